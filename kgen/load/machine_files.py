"""Reads the constant files for machines: in their layer's folder each lies under the path that it is written to."""

import os

from kgen.load import data


def constant(path: str) -> str:
    """One file of bases/machine-files/files, verbatim. Raises FileNotFoundError where there is none."""
    with open(os.path.join(data.folder(), "bases", "machine-files", "files", path), encoding="utf-8") as stream:
        return stream.read()

"""Reads the constant files of verification, as they lie in the folder of their layer."""

import os

from kgen.load import data

FILES = ("verify.sh", "requests.sh", "checks.sh", "enforcement.sh", "answer.awk", "ask.py")


def constant(name: str) -> str:
    """One of FILES, verbatim."""
    with open(os.path.join(data.folder(), "bases", "verify", name), encoding="utf-8") as stream:
        return stream.read()

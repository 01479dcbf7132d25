"""Reads the files that a Platform names by `spec.files`: globs below one folder, and nothing outside it."""

import os
from collections.abc import Iterable

from kgen.load import files
from kgen.results import Refused, Result

_FIELD = "spec.files"


def read(patterns: Iterable[str], folder: str, skip: Iterable[str] = ()) -> files.Input:
    """The documents of every file that a pattern matches, but those of `skip`, which are read already.

    `*` stays within a folder, `**` goes through all of them; hidden names match no pattern. Raises Refused where a
    pattern leads out of the folder or matches nothing, and with everything wrong in the files.
    """
    problems: list[Result] = []
    known = {os.path.realpath(path) for path in skip}
    found: dict[str, None] = {}
    for pattern in patterns:
        try:
            found |= dict.fromkeys(matching(pattern, folder))
        except Refused as refused:
            problems += refused.results
    if problems:
        raise Refused(problems)
    names = [name for name in found if os.path.realpath(name) not in known]
    return files.read(names, root=folder)


def matching(pattern: str, folder: str) -> list[str]:
    """The files of one pattern, sorted. Raises Refused where there are none."""
    from glob import glob

    if pattern.startswith("/") or ".." in pattern.split("/") or "\\" in pattern:
        message = f"{pattern} leads out of the folder: name files below the kustomization or the Platform's file"
        raise _refusal(message, pattern)
    names = sorted(glob(pattern, root_dir=folder, recursive=True))
    # a folder stands for what is in it, as on the command line, but ** has named its files already
    names = [name for name in names if "**" not in pattern or os.path.isfile(os.path.join(folder, name))]
    names = [name for name in names if os.path.basename(name) not in files.KUSTOMIZATIONS]
    if not names:
        where = "here" if folder in ("", ".") else f"in {folder}"
        message = f"{pattern} matches no file {where}: correct the pattern, or take it out"
        raise _refusal(message, pattern)
    return [name if folder in ("", ".") else os.path.join(folder, name) for name in names]


def _refusal(message: str, pattern: str) -> Refused:
    return Refused([Result(message, rule="files", kind="Platform", field=_FIELD, current=pattern)])

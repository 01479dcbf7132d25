"""Copies the Component that ships with kgen to where a kustomization can list it."""

import os

from kgen.entry.plugin_home import Step
from kgen.load import data
from kgen.results import ERROR, Refused, Result

FUNCTION = "function"  # for kustomize with --enable-exec
LEGACY = "legacy"  # for kubectl kustomize


def copy(kind: str, folder: str, *, dry_run: bool = False) -> list[Step]:
    """Puts the Component's files there; they are the user's from then on. Raises Refused over files that differ."""
    source = os.path.join(data.folder(), "plugins", "kustomize", kind)
    files = {name: _text(os.path.join(source, name)) for name in sorted(os.listdir(source)) if name.endswith(".yaml")}
    there = {name: os.path.join(folder, name) for name in files}
    problems = []
    for name, path in there.items():
        if os.path.lexists(path) and _text(path) != files[name]:
            message = "is there already, and differs: it is left alone; name another folder"
            problems.append(Result(message, ERROR, "foreign-file", file=path))
    if problems:
        raise Refused(problems)
    steps = []
    for name, path in there.items():
        same = os.path.lexists(path)
        if not same and not dry_run:
            os.makedirs(folder, exist_ok=True)
            with open(path, "x", encoding="utf-8") as file:
                file.write(files[name])
        steps.append(Step(path, "is there" if same else "written"))
    return steps


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""

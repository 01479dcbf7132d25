"""The place where kustomize and kubectl look for legacy plugins, and kgen's two programs in it.

kustomize (api/konfig/plugins.go, v0.20) takes the first of four folders that exists; a plugin is the program
GROUP/VERSION/kind in lower case/Kind below it. The programs are small scripts that start this very Python and kgen,
so that they work whatever PATH a GitOps controller has.
"""

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from kgen.kinds import API_VERSION
from kgen.results import ERROR, Refused, Result

KINDS = ("Platform", "AgentLink")
MARK = "# installed by `kgen install kustomize-plugin`"


class Step(NamedTuple):
    """One program: what was, or would be, done with it."""

    path: str
    done: str  # "written", "is there", "removed", "is not there"


def candidates(environment: Mapping[str, str]) -> list[str]:
    """The folders that clients look into, in their order."""
    home = environment.get("HOME") or os.path.expanduser("~")
    found = []
    if environment.get("KUSTOMIZE_PLUGIN_HOME"):
        found.append(environment["KUSTOMIZE_PLUGIN_HOME"])
    if environment.get("XDG_CONFIG_HOME"):
        found.append(os.path.join(environment["XDG_CONFIG_HOME"], "kustomize/plugin"))
    return [*found, os.path.join(home, ".config/kustomize/plugin"), os.path.join(home, "kustomize/plugin")]


def home(environment: Mapping[str, str]) -> str:
    """The folder that counts: the first that exists, else the first, which is then made."""
    folders = candidates(environment)
    return next((folder for folder in folders if os.path.isdir(folder)), folders[0])


def programs(folder: str) -> list[str]:
    """The paths of kgen's programs below a plugin folder."""
    return [os.path.join(folder, API_VERSION, kind.lower(), kind) for kind in KINDS]


def script() -> str:
    """A program that starts kgen as this process was started. -P: the current folder is a stranger's repository."""
    quoted = "'" + sys.executable.replace("'", "'\\''") + "'"
    call = "from kgen.entry.program import plugin; plugin()"
    return f'#!/bin/sh\n{MARK}\nexec {quoted} -P -c "{call}" "$@"\n'


def install(folder: str, *, dry_run: bool = False) -> list[Step]:
    """Puts the programs there. Raises Refused, having done nothing, where something else is in the way."""
    _refuse_foreign(folder)
    steps = []
    for path in programs(folder):
        same = _text(path) == script() and os.access(path, os.X_OK)
        if not same and not dry_run:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            part = f"{path}.part"
            with open(part, "w", encoding="utf-8") as file:
                file.write(script())
            os.chmod(part, 0o755)
            os.replace(part, path)
        steps.append(Step(path, "is there" if same else "written"))
    return steps


def uninstall(folder: str, *, dry_run: bool = False) -> list[Step]:
    """Takes the programs out again, and folders that are empty then. Raises Refused where they are not kgen's."""
    _refuse_foreign(folder)
    steps = []
    for path in programs(folder):
        there = os.path.lexists(path)
        if there and not dry_run:
            os.remove(path)
            _remove_empty(os.path.dirname(path), folder)
        steps.append(Step(path, "removed" if there else "is not there"))
    return steps


def _refuse_foreign(folder: str) -> None:
    problems = []
    for path in programs(folder):
        if os.path.lexists(path) and MARK not in (_text(path) or ""):
            message = "this file is not kgen's, and is left alone: move it away first"
            problems.append(Result(message, ERROR, "foreign-plugin", file=path))
    if problems:
        raise Refused(problems)


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(10_000)
    except OSError:
        return None


def _remove_empty(folder: str, top: str) -> None:
    while folder != top:
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = os.path.dirname(folder)

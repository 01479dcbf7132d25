"""Translates the shipped layers to Python modules, when the package is built: `python -m kgen.expand.compile`.

With --check nothing is written; the exit code is 1 where a module is missing, stale or left over.
"""

import os
import sys

from kgen.expand import module
from kgen.expand.layer import module_name
from kgen.expand.registry import digest
from kgen.load import layers
from kgen.load.layers import LayerSource
from kgen.results import Refused

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compiled")


def compiled_text(source: LayerSource) -> str:
    """The whole text of a layer's module. The digest stands in its first line."""
    body = module.text(source, header=0)
    used: dict[str, list[str]] = {}
    for name, (place, attribute) in sorted(module.HELPERS.items()):
        if f"{name}(" in body or f"{name}," in body:
            used.setdefault(place, []).append(attribute if attribute == name else f"{attribute} as {name}")
    header = [
        f"DIGEST = {digest(source)!r}",
        f"# From {source.folder} by python -m kgen.expand.compile. Change it there.",
        *(f"from {place} import {', '.join(names)}" for place, names in sorted(used.items())),
    ]
    return "\n".join([*header, module.text(source, header=len(header))])


def main(arguments: list[str]) -> int:
    wanted: dict[str, str] = {"__init__.py": ""}
    try:
        for name in layers.shipped_names():
            wanted[f"{module_name(name)}.py"] = compiled_text(layers.shipped(name))
    except Refused as refused:
        for result in refused.results:
            print(f"{result.file}:{result.line}: {result.message}", file=sys.stderr)
        return 1
    stale = [name for name in sorted(os.listdir(FOLDER)) if name.endswith(".py") and name not in wanted]
    for name, text in wanted.items():
        if text and _content(name) != text:
            stale.append(name)
    if "--check" in arguments:
        if stale:
            print(f"to be made again with python -m kgen.expand.compile: {', '.join(stale)}", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        path = os.path.join(FOLDER, name)
        if name not in wanted:
            os.remove(path)
            continue
        # whole or not at all: another process may be importing it
        with open(f"{path}.{os.getpid()}", "w", encoding="utf-8", newline="\n") as stream:
            stream.write(wanted[name])
        os.replace(f"{path}.{os.getpid()}", path)
    return 0


def _content(name: str) -> str | None:
    try:
        with open(os.path.join(FOLDER, name), encoding="utf-8", newline="") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

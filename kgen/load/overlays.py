"""Overlays: one folder an environment, with the Platform's values (platform.yaml) and patches (patches.yaml).

A bare name is an overlay that comes with kgen; anything with a slash, or that is no such name, is a folder.
"""

import os
from typing import Any, NamedTuple

from kgen.load import data, yaml_read
from kgen.manifests import Document, Origin
from kgen.results import ERROR, Refused, Result

PLATFORM = "platform.yaml"
PATCHES = "patches.yaml"
KNOWN = frozenset({PLATFORM, PATCHES, "README.md"})


class Overlay(NamedTuple):
    """What one folder says. `patches` is the plain value of its file, None without one."""

    name: str  # as the user named it
    platform: Document | None
    patches: Any
    patches_file: str
    sources: dict[str, bytes]


def shipped_names() -> list[str]:
    """Names of the overlays that come with kgen, sorted."""
    try:
        with os.scandir(os.path.join(data.folder(), "overlays")) as entries:
            return sorted(entry.name for entry in entries if entry.name[0] != "." and entry.is_dir())
    except FileNotFoundError:
        return []


def read(name: str) -> Overlay:
    """One overlay by name or folder. Raises Refused with everything that is wrong in its files."""
    folder, shown = _folder(name)
    results: list[Result] = []
    sources: dict[str, bytes] = {}
    found: dict[str, list[yaml_read.Value]] = {}
    for file in (PLATFORM, PATCHES):
        try:
            with open(os.path.join(folder, file), "rb") as stream:
                content = stream.read()
        except FileNotFoundError:
            continue
        except OSError as error:
            results.append(Result(f"can not be read: {error.strerror}", ERROR, "overlay", file=f"{shown}/{file}"))
            continue
        sources[f"{shown}/{file}"] = content
        found[file] = list(yaml_read.values(content, f"{shown}/{file}", results, strict=True))
        if len(found[file]) > 1:
            message = f"found {len(found[file])} documents, expected one: an overlay is one fragment"
            results.append(Result(message, ERROR, "overlay", file=f"{shown}/{file}"))
    if not sources and not results:
        message = f"{shown} holds neither {PLATFORM} nor {PATCHES}: an overlay has one of them, or both"
        results.append(Result(message, ERROR, "overlay", file=shown))
    platform = _platform(found.get(PLATFORM) or [], f"{shown}/{PLATFORM}", results)
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    patches = found.get(PATCHES) or []
    return Overlay(name, platform, patches[0].value if patches else None, f"{shown}/{PATCHES}", sources)


def _platform(values: "list[yaml_read.Value]", file: str, results: list[Result]) -> Document | None:
    if not values:
        return None
    value = values[0].value
    if not isinstance(value, dict):
        results.append(Result("expected a fragment of a Platform, a mapping", ERROR, "overlay", file=file))
        return None
    return Document(value, Origin(file, 0, 1))


def _folder(name: str) -> tuple[str, str]:
    """The folder to read, and how messages call it. Raises Refused where there is none."""
    shipped = shipped_names()
    if name in shipped:
        return os.path.join(data.folder(), "overlays", name), f"overlays/{name}"
    shown = name.rstrip("/") or name
    if os.path.isdir(name):
        return name, shown
    from difflib import get_close_matches

    near = get_close_matches(name, shipped, 1)
    hint = f"did you mean {near[0]}?" if near else f"kgen brings {', '.join(shipped) or 'none'}"
    message = f"there is no overlay {name}: neither one of kgen's nor a folder; {hint}"
    raise Refused([Result(message, ERROR, "overlay")])

"""Overlays: one folder an environment, with the Platform's values (platform.yaml) and patches (patches.yaml).

A bare name is an overlay that comes with kgen; anything with a slash, or that is no such name, is a folder.
What else lies in the folder is not kgen's: it may be a kustomization's as well.
"""

import os

from kgen.load import data, yaml_read
from kgen.load.compose import LIMITS
from kgen.load.nodes import line_of
from kgen.manifests import Document, Origin, get
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, Refused, Result

PLATFORM = "platform.yaml"
PATCHES = "patches.yaml"


class Overlay(NamedTuple):
    """What one folder says. `patches` is the plain value of its file, None without one."""

    name: str  # as the user named it
    platform: Document | None
    patches: Any
    patches_file: str
    sources: dict[str, bytes]
    lines: tuple[int, ...] = ()  # where each patch begins, where they are a list


def shipped_names() -> list[str]:
    """Names of the overlays that come with kgen, sorted."""
    try:
        with os.scandir(os.path.join(data.folder(), "overlays")) as entries:
            return sorted(entry.name for entry in entries if entry.name[0] != "." and entry.is_dir())
    except FileNotFoundError:
        return []


def read(name: str, *, root: str | None = None) -> Overlay:
    """One overlay by name or folder. Raises Refused with everything that is wrong in its files.

    `root`: nothing outside this folder is read, except what comes with kgen. Without it symbolic links may lead
    anywhere in the overlay's own folder.
    """
    folder, shown, inside = _folder(name, root)
    results: list[Result] = []
    sources: dict[str, bytes] = {}
    found: dict[str, list[yaml_read.Value]] = {}
    for file in (PLATFORM, PATCHES):
        content = _content(folder, file, inside, f"{shown}/{file}", results)
        if content is None:
            continue
        sources[f"{shown}/{file}"] = content
        found[file] = list(yaml_read.values(content, f"{shown}/{file}", results, strict=True))
        if len(found[file]) != 1 and not results:
            message = f"found {len(found[file])} documents, expected one: an overlay is one fragment"
            results.append(Result(message, ERROR, "overlay", file=f"{shown}/{file}"))
    if not sources and not results:
        message = f"{shown} holds neither {PLATFORM} nor {PATCHES}: an overlay has one of them, or both"
        results.append(Result(message, ERROR, "overlay", file=shown))
    platform = _platform(found.get(PLATFORM) or [], folder, f"{shown}/{PLATFORM}", results)
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    if PATCHES not in found:
        return Overlay(name, platform, None, "", sources)
    [patches] = found[PATCHES]
    count = len(patches.value) if isinstance(patches.value, list) else 0
    lines = tuple(line_of(patches.root, (i,)) if patches.root else patches.line for i in range(count))
    return Overlay(name, platform, patches.value, f"{shown}/{PATCHES}", sources, lines)


def _platform(values: list[yaml_read.Value], folder: str, file: str, results: list[Result]) -> Document | None:
    """The fragment; kinds/ judges what is in it. Its name is the folder's, so that a copied overlay is noticed."""
    if not values:
        return None
    value = values[0].value
    if not isinstance(value, dict):
        results.append(Result("expected a fragment of a Platform, a mapping", ERROR, "overlay", file=file))
        return None
    wanted = os.path.basename(os.path.realpath(folder))
    name = get(value, "metadata", "name", default=wanted)
    if name != wanted:
        message = f"metadata.name is {name!r}, but the overlay's folder is {wanted!r}: write the folder's name, or none"
        field = "metadata.name"
        results.append(Result(message, ERROR, "overlay", field=field, current=name, proposed=wanted, file=file))
    return Document(value, Origin(file, values[0].document, values[0].line))


def _folder(name: str, root: str | None) -> tuple[str, str, str]:
    """The folder to read, how messages call it, and what links in it may not leave. Raises Refused for none."""
    shipped = shipped_names()
    if name in shipped:
        folder = os.path.join(data.folder(), "overlays", name)
        return folder, f"overlays/{name}", os.path.realpath(folder)
    shown = name.rstrip("/") or name
    real = os.path.realpath(name)
    if root is not None and not _within(real, os.path.realpath(root)):
        raise Refused([Result(f"overlay {name} is outside {root}, and nothing outside it is read", ERROR, "overlay")])
    if name and os.path.isdir(real):
        return real, shown, real if root is None else os.path.realpath(root)
    from difflib import get_close_matches

    near = get_close_matches(name, shipped, 1)
    hint = f"did you mean {near[0]}?" if near else f"kgen brings {', '.join(shipped) or 'none'}"
    message = f"there is no overlay {name}: neither one of kgen's nor a folder; {hint}"
    raise Refused([Result(message, ERROR, "overlay")])


def _content(folder: str, file: str, inside: str, shown: str, results: list[Result]) -> bytes | None:
    """A file's bytes, None where there is none. A name that is nearly right is an error: else it would be ignored."""
    path = os.path.join(folder, file)
    real = os.path.realpath(path)
    message = ""
    if not os.path.lexists(path):
        from difflib import get_close_matches

        others = [other for other in os.listdir(folder) if other not in (PLATFORM, PATCHES)]
        near = get_close_matches(file, others, 1, 0.8)
        if not near:
            return None
        message = f"{near[0]} lies where {file} is read: rename it"
    elif not _within(real, inside):
        message = "a symbolic link that leads out of the folder is not followed: copy the file"
    elif not os.path.isfile(real):
        message = "not a regular file: remove it from the overlay"
    else:
        try:
            with open(real, "rb") as stream:
                return stream.read(LIMITS.size + 1)
        except OSError as error:
            message = f"can not be read: {error.strerror}"
    results.append(Result(message, ERROR, "overlay", file=shown))
    return None


def _within(target: str, folder: str) -> bool:
    return target == folder or target.startswith(folder.rstrip(os.sep) + os.sep)

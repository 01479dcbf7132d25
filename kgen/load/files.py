"""Reads the files a user names: files, folders and standard input, to documents.

Of a folder: every *.yaml, *.yml and *.json below it, in the order of their paths. Left out are hidden names,
kustomization files, and what belongs to kgen's own configuration: folders called `overlays` and the folders of a
user's own layers, which hold a layer.yaml. A file without a single apiVersion or kind is no manifest (Helm values,
say) and is left out with a note, unless it has `spec` or `metadata` as an object does; a named file is never left out.

Symbolic links to files are followed where their target stays in the folder that is read (in the confinement root,
where one is given), else refused. Linked folders below a named one are not followed, with a warning.
"""

import os
import sys
from collections.abc import Iterable, Iterator

from kgen.load.compose import LIMITS, Limits, text_of
from kgen.load.documents import unpack
from kgen.load.yaml_read import Value, values
from kgen.manifests import Document
from kgen.records import NamedTuple
from kgen.results import ERROR, INFO, WARNING, Refused, Result

SUFFIXES = (".yaml", ".yml", ".json")
KUSTOMIZATIONS = frozenset(("kustomization.yaml", "kustomization.yml", "Kustomization"))
_OVERLAYS = "overlays"  # an overlay applies where it is asked for, not because it lies in the folder
_LAYER = "layer.yaml"  # templates are no manifests
_TOOL_GROUPS = ("kustomize.config.k8s.io/", "kpt.dev/")  # files of tools, never applied to a cluster
STDIN = "-"


class Input(NamedTuple):
    """What was read."""

    documents: list[Document]
    results: list[Result]  # warnings and notes; errors are raised
    sources: dict[str, bytes]  # file as named in origins -> its content, for positions


def read(
    paths: Iterable[str], *, stdin: bytes | None = None, root: str | None = None, limits: Limits = LIMITS
) -> Input:
    """Everything under the paths; `-` is standard input (`stdin` where given). Raises Refused with all errors found.

    `root`: nothing outside this folder is read, whatever the paths and the symbolic links in it say.
    """
    documents: list[Document] = []
    results: list[Result] = []
    sources: dict[str, bytes] = {}
    seen: set[str] = set()
    for path in paths:
        for file, target, named in _files(path, root, results):
            if target in seen:
                continue  # a folder and a file in it may both be named
            seen.add(target)
            data = _content(file, target, stdin, limits, results)
            if data is not None:
                sources[file] = data
                _documents(data, file, named, limits, documents, results)
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    return Input(documents, results, sources)


def _documents(
    data: bytes, file: str, named: bool, limits: Limits, documents: list[Document], results: list[Result]
) -> None:
    """Adds the objects of one file; of a file that nobody named, only if it holds any."""
    notes: list[Result] = []
    others: list[Value] = []  # what may show that the file is none of manifests
    manifests = named
    for value in values(data, file, notes, limits=limits):
        tool = _tool(value.value)
        if tool and named:
            message = f"{tool} is no manifest but a tool's own file: run the tool, or give its resources themselves"
            notes.append(Result(message, rule="manifest", file=file, index=value.document, line=value.line))
        elif not tool and (manifests or _is_object(value.value)):
            for other in (*others, value):
                unpack(other, file, documents, notes)
            manifests = True
            others.clear()
        elif not tool:
            others.append(value)
    if not manifests and b"apiVersion" not in text_of(data) and any(note.severity == ERROR for note in notes):
        message = f"left out, because it has no apiVersion and can not be read ({notes[0].message})"
        notes = [Result(message, WARNING, "skipped", file=file, line=notes[0].line)]
    elif others:
        message = "left out: nothing in it has apiVersion or kind, so it holds no manifests; name the file to read it"
        notes.append(Result(message, INFO, "skipped", file=file))
    results.extend(notes)


def _is_object(value: object) -> bool:
    return isinstance(value, dict) and not value.keys().isdisjoint(("apiVersion", "kind", "metadata", "spec"))


def _tool(value: object) -> str:
    """The kind of a file that configures kustomize or kpt; "" of others."""
    if isinstance(value, dict) and str(value.get("apiVersion")).startswith(_TOOL_GROUPS):
        return str(value.get("kind"))
    return ""


def _files(path: str, root: str | None, results: list[Result]) -> Iterator[tuple[str, str, bool]]:
    """The files that a path stands for: name as people know it, real path, whether the path itself names it."""
    if path == STDIN:
        yield STDIN, STDIN, True
        return
    target = os.path.realpath(path)
    if root is not None and not _within(target, os.path.realpath(root)):
        results.append(Result(f"{path} is outside {root}, and nothing outside it is read", rule="path", file=path))
        return
    if os.path.isdir(target):
        inside = os.path.realpath(root) if root is not None else target
        name = os.path.normpath(path)
        yield from _below("" if name == "." else name, target, inside, results)
    elif os.path.exists(target):
        yield os.path.normpath(path).replace(os.sep, "/"), target, True
    else:
        results.append(Result(_no_such(path), rule="path", file=path))


def _below(name: str, folder: str, inside: str, results: list[Result]) -> Iterator[tuple[str, str, bool]]:
    """The files below a folder in the order of their paths; symbolic links may lead anywhere in `inside`."""
    try:
        with os.scandir(folder) as found:
            entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        results.append(Result(f"can not list the folder: {error.strerror}", rule="path", file=name or "."))
        return
    for entry in entries:
        shown = f"{name}/{entry.name}" if name else entry.name
        if entry.is_dir():
            if entry.name == _OVERLAYS or os.path.exists(os.path.join(entry.path, _LAYER)):
                message = "left out: a folder of overlays or a layer is configuration, not input; name it to read it"
                results.append(Result(message, INFO, "skipped", file=shown))
            elif entry.is_symlink():
                message = "left out: a folder that is a symbolic link is not followed; name it to read it"
                results.append(Result(message, WARNING, "path", file=shown))
            else:
                yield from _below(shown, entry.path, inside, results)
        elif entry.name.endswith(SUFFIXES) and entry.name not in KUSTOMIZATIONS:
            target = os.path.realpath(entry.path)
            if entry.is_symlink() and not _within(target, inside):
                message = "a symbolic link that leads out of the folder is not followed: name the file it points to"
                results.append(Result(message, rule="path", file=shown))
            elif not os.path.isfile(target):
                message = "not a regular file: remove it, or the broken link, from the folder"
                results.append(Result(message, rule="path", file=shown))
            else:
                yield shown, target, False


def _within(target: str, folder: str) -> bool:
    return target == folder or target.startswith(folder.rstrip(os.sep) + os.sep)


def _no_such(path: str) -> str:
    """What to say of a path that does not exist: the nearest name next to it."""
    from difflib import get_close_matches

    folder = os.path.dirname(path)
    try:
        near = get_close_matches(os.path.basename(path), os.listdir(folder or "."), 1)
    except OSError:
        return f"{path} does not exist, nor does its folder: give a file, a folder, or - for standard input"
    if near:
        return f"{path} does not exist: did you mean {os.path.join(folder, near[0])}?"
    return f"{path} does not exist: give a file, a folder, or - for standard input"


def _content(file: str, target: str, stdin: bytes | None, limits: Limits, results: list[Result]) -> bytes | None:
    """A file's bytes, one more than the limit at most: the reader then says that it is too long."""
    if file == STDIN:
        return stdin if stdin is not None else sys.stdin.buffer.read(limits.size + 1)
    try:
        with open(target, "rb") as stream:
            return stream.read(limits.size + 1)
    except OSError as error:
        results.append(Result(f"can not read the file: {error.strerror}", rule="path", file=file))
        return None

"""Reads the folders of layers: the shipped ones, and a user's own from `spec.bases`.

Nothing is parsed here; expand/ makes a layer of the files. The shipped folders are kgen's own data. A user's
folder is input like any other: it stays inside the root given, no symlink is followed, and its size is limited.
"""

import os
import stat
from binascii import crc32

from kgen.load import data
from kgen.records import NamedTuple
from kgen.results import Refused, Result

DESCRIPTION = "layer.yaml"
IGNORED = frozenset({"README.md"})  # for people; not part of what the layer does

MAX_FILE = 1 << 20  # bytes; a Kubernetes object holds no more
MAX_LAYER = 4 << 20
MAX_FILES = 200
MAX_LAYERS = 20


class LayerSource(NamedTuple):
    """One layer's folder as read. The digest only tells one state of the files from another."""

    name: str  # of the folder
    files: dict[str, bytes]  # name within the folder -> content, by name
    digest: str
    shipped: bool
    folder: str  # as people name it: bases/network


def shipped_names() -> list[str]:
    """Names of the layers that come with kgen, sorted."""
    try:
        with os.scandir(os.path.join(data.folder(), "bases")) as entries:
            return sorted(e.name for e in entries if e.name[0] != "." and e.is_dir())
    except FileNotFoundError:
        return []


def shipped(name: str) -> LayerSource:
    """One layer that comes with kgen. Raises KeyError where there is none of that name."""
    path = os.path.join(data.folder(), "bases", name)
    try:
        with os.scandir(path) as entries:
            names = sorted(e.name for e in entries if e.name[0] != "." and e.name not in IGNORED and e.is_file())
    except OSError:
        raise KeyError(name) from None
    files = {}
    for file in names:
        descriptor = os.open(f"{path}/{file}", os.O_RDONLY)
        try:
            # one read is enough for nearly every file, and costs a fraction of open()
            content = os.read(descriptor, 1 << 16)
            while len(content) >= 1 << 16 and (more := os.read(descriptor, 1 << 20)):
                content += more
        finally:
            os.close(descriptor)
        files[file] = content
    return LayerSource(name, files, digest(files), True, f"bases/{name}")


def digest(files: dict[str, bytes]) -> str:
    """Tells one state of a layer's files from another; no protection against anybody."""
    value = 0
    for name, content in files.items():
        value = crc32(content, crc32(b"%s\0%d\0" % (name.encode(), len(content)), value))
    return f"{value:08x}"


def own(folders: list[str], root: str, *, taken: frozenset[str] | None = None) -> list[LayerSource]:
    """A user's layers: each of `folders` (`spec.bases`) is a layer, or a folder of layers.

    They are relative to `root` and stay inside it. `taken` are the names of the shipped layers, which a
    user's layer may not carry. Raises Refused with everything found.
    """
    problems: list[Result] = []
    found: list[LayerSource] = []
    names = dict.fromkeys(shipped_names() if taken is None else taken, "a layer that comes with kgen")
    real_root = os.path.realpath(root)
    for folder in folders:
        try:
            for place in _layer_folders(folder, real_root):
                source = _read(place, real_root)
                if source.name in names:
                    raise _refusal(
                        place, f"layer {source.name} has the name of {names[source.name]}: rename its folder"
                    )
                names[source.name] = f"the layer in {place}"
                found.append(source)
                if len(found) > MAX_LAYERS:
                    raise _refusal(folder, f"more than {MAX_LAYERS} layers: take some out of spec.bases")
        except Refused as refused:
            problems += refused.results
        except OSError as error:
            problems += _refusal(folder, f"{folder} can not be read: {error.strerror}").results
    if problems:
        raise Refused(problems)
    return found


def _layer_folders(folder: str, root: str) -> list[str]:
    parts = folder.split("/")
    if not folder or folder.startswith("/") or ".." in parts or "\\" in folder or "\0" in folder:
        raise _refusal(
            folder, f"{folder!r} is no folder inside the repository: write a relative path without .., such as layers"
        )
    folder = "/".join(part for part in parts if part not in ("", ".")) or "."
    path = os.path.join(root, folder)
    real = os.path.realpath(path)
    if real != root and not real.startswith(root.rstrip("/") + "/"):
        raise _refusal(folder, f"{folder} leads out of the repository by a symbolic link: copy the layer into it")
    if not os.path.isdir(path):
        raise _refusal(folder, f"there is no folder {folder}: spec.bases names folders relative to the repository")
    if os.path.lexists(f"{path}/{DESCRIPTION}"):
        return [folder]
    with os.scandir(path) as entries:
        inner = sorted(e.name for e in entries if e.name[0] != "." and e.is_dir(follow_symlinks=False))
    layers = [f"{folder}/{name}" for name in inner if os.path.lexists(f"{path}/{name}/{DESCRIPTION}")]
    if not layers:
        raise _refusal(folder, f"{folder} holds no {DESCRIPTION} and no folder that does: a layer needs one")
    return layers


def _read(folder: str, root: str) -> LayerSource:
    path = os.path.join(root, folder)
    name = os.path.basename(os.path.normpath(path))
    letters = name.replace("-", "a")
    if not (letters.isascii() and letters.isalnum() and name == name.lower()):
        raise _refusal(folder, f"{name!r} is no name for a layer: lowercase letters, digits and - only")
    with os.scandir(path) as entries:
        names = sorted(e.name for e in entries if e.name[0] != "." and not e.is_dir(follow_symlinks=False))
    if len(names) > MAX_FILES:
        raise _refusal(folder, f"layer {name} has {len(names)} files, more than {MAX_FILES}")
    files: dict[str, bytes] = {}
    size = 0
    for file in names:
        if file in IGNORED:
            continue
        files[file] = content = _content(folder, path, file)
        size += len(content)
        if size > MAX_LAYER:
            raise _refusal(folder, f"layer {name} is larger than {MAX_LAYER >> 20} MiB")
    return LayerSource(name, files, digest(files), False, folder)


def _content(folder: str, path: str, file: str) -> bytes:
    """One regular file, never through a symbolic link; opening a FIFO must not wait for its other end."""
    place = f"{folder}/{file}"
    try:
        descriptor = os.open(f"{path}/{file}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if os.path.islink(f"{path}/{file}"):
            raise _refusal(place, f"{place} is a symbolic link: a layer holds regular files only") from None
        raise _refusal(place, f"{place} can not be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _refusal(place, f"{place} is no regular file: a layer holds regular files only")
        content = stream.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise _refusal(place, f"{place} is larger than {MAX_FILE >> 20} MiB")
    return content


def _refusal(file: str, message: str) -> Refused:
    return Refused([Result(message, rule="layer-folder", field="spec.bases", file=file)])

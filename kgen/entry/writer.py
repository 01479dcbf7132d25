"""Writes output whole or not at all: a tree of files, one file, or standard output.

A tree is staged beside its place first. What an earlier run wrote is recorded in `.kgen-files` (as `sha256sum -c`
reads it), so that stale files go, and what others put there, or edited, is never touched.
"""

import os
import sys
from collections.abc import Iterable

from kgen.records import Any, NamedTuple
from kgen.results import Refused, Result

RECORD = ".kgen-files"
_STAGE = ".kgen-new-"

Files = dict[str, set[str]]
"""Relative path -> checksums that kgen gave it; two after a run that was cut off, when either may be there."""


class Written(NamedTuple):
    """What a run changed in a tree: relative paths, sorted."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


def write_tree(folder: str, pieces: Iterable[tuple[str, str]], *, force: bool = False) -> Written:
    """Makes `folder` hold these files (pieces of one path in their order) instead of those of the last run.

    Nothing in the folder changes before all pieces are there and all is found well; each file is then replaced whole.
    A run that is cut off in between is completed by the next one. Raises Refused for a file that is not kgen's, and
    for one that was edited since unless `force`.
    """
    import shutil
    import tempfile

    folder = os.path.abspath(folder)
    exists = os.path.isdir(folder)
    if not exists and os.path.lexists(folder):
        raise Refused([_problem(folder, f"{folder} is a file: name a folder for the tree")])
    try:
        lock = _lock(folder) if exists else None
        # In an existing folder inside of it: beside it can be another file system, to which nothing moves atomically.
        stage = tempfile.mkdtemp(prefix=_STAGE, dir=folder if exists else _nearest_folder(folder))
        try:
            files = _stage(stage, pieces)
            if exists:
                return _replace(folder, stage, files, force)
            _write_record(stage, files)
            os.chmod(stage, 0o777 & ~_umask())
            os.makedirs(os.path.dirname(folder), exist_ok=True)
            os.rename(stage, folder)
            return Written(tuple(sorted(files)), (), (), ())
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            if lock is not None:
                os.close(lock)
    except OSError as error:
        raise Refused([_problem(folder, f"{error.filename or folder} can not be written: {error.strerror}")]) from None


def _lock(folder: str) -> int:
    """Keeps other runs out of a folder until it is closed, and takes out what a killed one left staged."""
    import fcntl
    import shutil

    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for name in os.listdir(folder):
            if name.startswith(_STAGE):
                place = os.path.join(folder, name)
                shutil.rmtree(place) if os.path.isdir(place) and not os.path.islink(place) else os.unlink(place)
    except BlockingIOError:
        os.close(lock)
        raise Refused([_problem(folder, f"another kgen is writing into {folder}: wait for it to end")]) from None
    except BaseException:
        os.close(lock)
        raise
    return lock


def _nearest_folder(path: str) -> str:
    parent = os.path.dirname(path)
    return parent if os.path.lexists(parent) else _nearest_folder(parent)


def write_file(path: str, pieces: Iterable[str]) -> None:
    """Replaces one file whole once all pieces are there; a link stays one, a device is written to."""
    import tempfile

    target = os.path.realpath(path)
    temporary = ""
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(list(pieces))
            return
        descriptor, temporary = tempfile.mkstemp(prefix=_STAGE, dir=os.path.dirname(target))
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(pieces)
            stream.flush()
            os.fsync(descriptor)
        mode = os.stat(target).st_mode & 0o7777 if os.path.exists(target) else 0o666 & ~_umask()
        os.chmod(temporary, mode)
        os.replace(temporary, target)
        temporary = ""
    except OSError as error:
        raise Refused([_problem(path, f"{path} can not be written: {error.strerror}")]) from None
    finally:
        if temporary:
            os.unlink(temporary)


def write_stdout(pieces: Iterable[str], stream: Any = None) -> None:
    """Writes everything at once, when the last piece is there: half an output looks like a whole one to kustomize."""
    from io import BytesIO

    whole = BytesIO()
    for piece in pieces:
        whole.write(piece.encode())
    write_whole(whole.getbuffer(), stream)


def write_whole(output: "bytes | bytearray | memoryview", stream: Any = None) -> None:
    """Writes an output that is complete."""
    binary = sys.stdout.buffer if stream is None else stream
    rest = memoryview(output)
    while rest:
        # with PYTHONUNBUFFERED this is the bare file, which may take a part only and not say that its reader has gone
        rest = rest[binary.write(rest) :]
    binary.flush()


def _stage(stage: str, pieces: Iterable[tuple[str, str]]) -> Files:
    """Writes all files below the stage as the pieces come, and returns their checksums."""
    from hashlib import sha256
    from itertools import groupby

    sums: dict[str, Any] = {}
    folders: set[str] = set()
    # Pieces of one path mostly come one after another: what is written at once costs a third.
    for path, group in groupby(pieces, key=_path):
        data = "".join(text for _, text in group).encode()
        if path not in sums:
            if not _is_safe(path):
                raise ValueError(f"no path inside the tree: {path}")
            sums[path] = sha256()
            parent = os.path.dirname(path)
            if parent not in folders:
                folders.add(parent)
                os.makedirs(os.path.join(stage, parent), exist_ok=True)
        sums[path].update(data)
        with open(f"{stage}/{path}", "ab", 0) as stream:
            stream.write(data)
    return {path: {total.hexdigest()} for path, total in sums.items()}


def _path(piece: tuple[str, str]) -> str:
    return piece[0]


def _replace(folder: str, stage: str, files: Files, force: bool) -> Written:
    before = _read_record(folder)
    found = {path: _checksum(folder, path) for path in sorted(files.keys() | before.keys())}
    _refuse(folder, files, before, found, force)
    stale = [path for path in before if path not in files and found[path] is not None]
    fresh = [path for path in files if found[path] is None]
    moved = [path for path in files if found[path] is not None and found[path] not in files[path]]
    # From here on a cut-off run leaves files of both runs: the record knows both until all is done.
    if fresh or moved or stale:
        _write_record(folder, {path: before.get(path, set()) | files.get(path, set()) for path in before | files})
    for path in (*fresh, *moved):
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        os.replace(os.path.join(stage, path), os.path.join(folder, path))
    for path in stale:
        os.unlink(os.path.join(folder, path))
        _remove_empty(folder, os.path.dirname(path))
    if before != files:
        _write_record(folder, files)
    same = files.keys() - set(fresh) - set(moved)
    return Written(*(tuple(sorted(paths)) for paths in (fresh, moved, stale, same)))


def _refuse(folder: str, files: Files, before: Files, found: dict[str, str | None], force: bool) -> None:
    problems = []
    for path, there in found.items():
        if there is None or there in files.get(path, ()) or there in before.get(path, ()):
            continue
        shown = os.path.join(folder, path)
        if there == _NO_FILE:
            text = f"{shown} is a folder or a link, or lies below one, where kgen writes a file: move it away"
        elif path not in before:
            text = f"{shown} is there already and was not written by kgen: move it away, or choose another folder"
        elif force:
            continue
        else:
            verb = "replace" if path in files else "remove"
            text = (
                f"{shown} was edited since kgen wrote it: say it in the input or in a patch instead, "
                f"then {verb} the file with --force"
            )
        problems.append(_problem(shown, text))
    if problems:
        raise Refused(problems)


_NO_FILE = "no file"


def _checksum(folder: str, path: str) -> str | None:
    """Of a regular file that lies in the folder itself; None where there is nothing."""
    from hashlib import file_digest

    place = folder
    *parents, name = path.split("/")
    for parent in parents:
        place = os.path.join(place, parent)
        if not os.path.lexists(place):
            return None
        if os.path.islink(place) or not os.path.isdir(place):
            return _NO_FILE
    place = os.path.join(place, name)
    if not os.path.lexists(place):
        return None
    if os.path.islink(place) or not os.path.isfile(place):
        return _NO_FILE
    with open(place, "rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _read_record(folder: str) -> Files:
    """What kgen wrote there. A line that kgen would not write could make it remove anything, so it is refused."""
    place = os.path.join(folder, RECORD)
    found: Files = {}
    if not os.path.lexists(place):
        return found
    if os.path.islink(place) or not os.path.isfile(place):
        raise Refused([_problem(place, f"{place} is no regular file: move it away")])
    with open(place, encoding="utf-8", errors="surrogateescape") as stream:
        for number, line in enumerate(stream.read().splitlines(), 1):
            total, gap, path = line.partition("  ")
            if not gap or len(total) != 64 or set(total) - set("0123456789abcdef") or not _is_safe(path):
                text = (
                    f"{place}, line {number}: not as kgen writes it (checksum, two spaces, path); "
                    "restore the file from git, or write into a new folder"
                )
                raise Refused([_problem(place, text)._replace(line=number)])
            found.setdefault(path, set()).add(total)
    return found


def _write_record(folder: str, files: Files) -> None:
    lines = (f"{total}  {path}\n" for path in sorted(files) for total in sorted(files[path]))
    write_file(os.path.join(folder, RECORD), lines)


def _is_safe(path: str) -> bool:
    return bool(path) and "\\" not in path and all(part not in ("", ".", "..") for part in path.split("/"))


def _remove_empty(folder: str, inner: str) -> None:
    while inner:
        try:
            os.rmdir(os.path.join(folder, inner))
        except OSError:  # not empty: somebody else's files
            return
        inner = os.path.dirname(inner)


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _problem(file: str, text: str) -> Result:
    return Result(text, rule="output", file=file)

"""What of a revision a run can read: named files and folders, layers, and what symbolic links there lead to."""

import posixpath
from collections.abc import Sequence

from kgen.load.files import SUFFIXES
from kgen.load.git import LINK, SUBMODULE, Repository, Tree, contents, link_target
from kgen.load.layers import DESCRIPTION
from kgen.records import NamedTuple
from kgen.results import WARNING, Result

_MOST_LINKS = 40  # as Linux follows


class Snapshot(NamedTuple):
    """Files and links to lay out, by their path in the repository; nothing of it leads out of it."""

    files: dict[str, bytes]
    links: dict[str, str]  # to a target as written; "" where it leads out of the repository
    missing: tuple[str, ...]  # named paths that the revision does not have
    results: tuple[Result, ...]


def snapshot(repo: Repository, of: Tree, named: Sequence[str], also: Sequence[str] = ()) -> Snapshot:
    """What `named` paths, and those of `also` (which need not exist), stand for. Paths count from the repository's
    folder. Raises Refused where git lacks a file."""
    results: list[Result] = []
    links = _links(repo, of)
    wanted: set[str] = set()
    missing = []
    loose: list[str] = []  # files that may be a Platform's, which may name more files beside it
    for path in (*named, *also):
        place = _real(of, links, posixpath.normpath(posixpath.join(repo.prefix, path)))
        if place in of and of[place].mode != SUBMODULE:
            wanted.add(place)
            loose.append(place)
        elif found := _below(of, place):
            for one in found:
                if of[one].mode == SUBMODULE:
                    message = "a submodule: its files are in another repository, and are not compared"
                    results.append(Result(message, WARNING, "submodule", file=one))
                elif one.endswith(SUFFIXES) or of[one].mode == LINK:
                    wanted.add(one)
        elif path in named:
            missing.append(path)
    wanted |= _layers(of, repo.prefix)
    for path in [path for path in wanted if of[path].mode == LINK]:
        target = _real(of, links, path)
        if target in of and of[target].mode not in (LINK, SUBMODULE):
            wanted.add(target)
    files = dict(contents(repo, of, sorted(path for path in wanted if of[path].mode not in (LINK, SUBMODULE))))
    beside: set[str] = set()
    for path in loose:
        if b"files" in files.get(path, b"") and b"Platform" in files[path]:
            beside |= {one for one in _below(of, posixpath.dirname(path)) if one.endswith(SUFFIXES)}
    more = sorted(path for path in beside - files.keys() if of[path].mode not in (LINK, SUBMODULE))
    files |= dict(contents(repo, of, more))
    return Snapshot(files, _laid_out(of, links), tuple(missing), tuple(results))


def _below(of: Tree, folder: str) -> list[str]:
    if folder in ("", "."):
        return list(of)
    start = folder.rstrip("/") + "/"
    return [path for path in of if path.startswith(start)]


def _layers(of: Tree, prefix: str) -> set[str]:
    """The files of every layer: a Platform may name its folder by spec.bases."""
    folders = [path.removesuffix(DESCRIPTION) for path in of if posixpath.basename(path) == DESCRIPTION]
    starts = tuple(folder for folder in folders if folder.startswith(prefix))
    return {path for path in of if path.startswith(starts)} if starts else set()


def _links(repo: Repository, of: Tree) -> dict[str, str]:
    """Symbolic links with their targets as paths of the tree; "" where one leads out of it."""
    paths = [path for path, blob in of.items() if blob.mode == LINK]
    written = {path: data.decode("utf-8", "surrogateescape") for path, data in contents(repo, of, paths)}
    return {path: link_target(of, path, to) for path, to in written.items()}


def _real(of: Tree, links: dict[str, str], path: str) -> str:
    """The path with every link on the way followed; "\\0" where one leads out of the repository or in a circle."""
    if path.startswith(("../", "/")) or path in ("..", ""):
        return "\0"
    for _ in range(_MOST_LINKS):
        steps = path.split("/")
        ahead = ("/".join(steps[:count]) for count in range(1, len(steps) + 1))
        link = next((step for step in ahead if step in links), None)
        if link is None:
            return path
        if not links[link]:
            return "\0"
        path = posixpath.normpath(links[link] + path.removeprefix(link))
    return "\0"


def _laid_out(of: Tree, links: dict[str, str]) -> dict[str, str]:
    """Links as they may be made: relative, or "" where the way there leaves the repository."""
    made = {}
    for path in links:
        real = _real(of, links, path)
        made[path] = "" if real == "\0" else posixpath.relpath(real, posixpath.dirname(path) or ".")
    return made

"""A revision laid out in a folder of its own, so that it is read as any folder is; the work tree is not touched.

The names of files are those of the repository: while a revision is read, its folder is the current one.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kgen.load import git, revisions
from kgen.load.git import Repository
from kgen.records import NamedTuple
from kgen.results import Result

WORK_TREE = ""
_OUTSIDE = "/nonexistent/outside-the-repository"


class Ends(NamedTuple):
    """The two sides of a comparison: ids of commits, WORK_TREE for the files as they lie, and how people call them."""

    base: str
    head: str
    base_name: str
    head_name: str


def ends(repo: Repository, words: str) -> Ends:
    """REV, REV..REV or REV...REV as `git diff` takes them; "" is HEAD against the work tree. Raises Refused."""
    before, dots, after = words.partition("...")
    if dots:
        one, other = git.commit(repo, before or "HEAD"), git.commit(repo, after or "HEAD")
        base = git.merge_base(repo, one, other)
        return Ends(base, other, f"the merge base of {before or 'HEAD'}", after or "HEAD")
    before, dots, after = words.partition("..")
    base = git.commit(repo, before or "HEAD")
    if dots:
        return Ends(base, git.commit(repo, after or "HEAD"), before or "HEAD", after or "HEAD")
    return Ends(base, WORK_TREE, before or "HEAD", "the work tree")


def is_one(repo: Repository, words: str) -> bool:
    """Whether a word of the command line names revisions."""
    for dots in ("...", ".."):
        before, found, after = words.partition(dots)
        if found:
            return bool(git.find_commit(repo, before or "HEAD") and git.find_commit(repo, after or "HEAD"))
    return bool(git.find_commit(repo, words))


class There(NamedTuple):
    """What of the named paths a side has."""

    missing: tuple[str, ...]
    results: tuple[Result, ...]


@contextmanager
def inside(repo: Repository, commit: str, named: Sequence[str], also: Sequence[str] = ()) -> Iterator[There]:
    """While it lasts, the current folder is that of the repository at a commit, with what `named` paths stand for.

    WORK_TREE is the folder as it is.
    """
    if commit == WORK_TREE:
        yield There(tuple(path for path in named if not os.path.lexists(path)), ())
        return
    from tempfile import TemporaryDirectory

    found = revisions.snapshot(repo, git.tree(repo, commit), named, also)
    before = os.getcwd()
    with TemporaryDirectory(prefix="kgen-diff-") as folder:
        for path, data in found.files.items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as stream:
                stream.write(data)
        for path, target in found.links.items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(target or _OUTSIDE, place)
        here = os.path.join(folder, repo.prefix)
        os.makedirs(here, exist_ok=True)
        searched = sys.path[:]
        # a relative entry would make code of what lies in the revision
        sys.path[:] = [os.path.abspath(entry) for entry in searched]
        os.chdir(here)
        try:
            yield There(found.missing, found.results)
        finally:
            os.chdir(before)
            sys.path[:] = searched

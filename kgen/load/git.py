"""Revisions of a git repository, read object by object: no checkout, nothing of the repository is run or fetched.

Only plumbing is called (rev-parse, merge-base, ls-tree, cat-file), which neither filters nor converts what it reads and
starts no hook. Every transport is forbidden, because a partial clone would fetch what it lacks, by commands that its
configuration names. Replacement refs are left out: what is shown is what the commit holds.
"""

import os
from collections.abc import Iterator, Sequence

from kgen.load.compose import LIMITS
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.results import ERROR, Refused, Result

if TYPE_CHECKING:
    from subprocess import Popen

FILE, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_CONFIGURING = ("GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_EXTERNAL_DIFF", "GIT_TRACE", "GIT_TRACE2")
_POINTER = b"version https://git-lfs.github.com/spec/"
_LONGEST = 300


class Repository(NamedTuple):
    """Where git was asked from."""

    folder: str  # the folder that paths are relative to
    prefix: str  # of that folder in the repository, with a final slash; "" at its top


class Blob(NamedTuple):
    """A file of a revision as its tree lists it."""

    mode: str
    object_id: str


Tree = dict[str, Blob]  # path from the top of the repository, with slashes


def repository(folder: str = ".") -> Repository:
    """The repository that a folder is in. Raises Refused where it is in none, or there is no git."""
    prefix = _ask(folder, "rev-parse", "--show-prefix", failing="kgen diff compares revisions of a git repository")
    return Repository(folder, prefix)


def commit(repo: Repository, name: str) -> str:
    """The id of the commit that a revision names. Raises Refused where it names none."""
    found = find_commit(repo, name)
    if found:
        return found
    shown = name[:_LONGEST]
    message = f"{shown} is no revision here{_shallow(repo)}: give a branch, a tag or a commit"
    raise Refused([Result(message, ERROR, "revision")])


def find_commit(repo: Repository, name: str) -> str:
    """The same, "" where it names none."""
    if not name or name.startswith("-") or "\0" in name:
        return ""
    code, out, _ = _run(repo.folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return out.decode("ascii", "replace").strip() if code == 0 else ""


def merge_base(repo: Repository, one: str, other: str) -> str:
    """The commit at which two others parted. Raises Refused where they have none in common here."""
    code, out, _ = _run(repo.folder, "merge-base", one, other)
    if code:
        message = f"{one[:12]} and {other[:12]} have no commit in common{_shallow(repo)}: compare them with two dots"
        raise Refused([Result(message, ERROR, "revision")])
    return out.decode("ascii").split()[0]


def tree(repo: Repository, of: str) -> Tree:
    """Every file of a commit. Raises Refused where a tree is missing or holds a name that no file may have."""
    code, out, complaint = _run(repo.folder, "ls-tree", "-r", "-z", "--full-tree", of)
    if code:
        raise Refused([Result(f"git ls-tree {of[:12]}: {_words(complaint)}{_partial()}", ERROR, "git")])
    found: Tree = {}
    for line in out.split(b"\0"):
        if not line:
            continue
        head, _, name = line.partition(b"\t")
        mode, _, object_id = head.decode("ascii").split(" ")
        path = os.fsdecode(name)
        if any(step in ("", ".", "..") or step.lower() == ".git" for step in path.split("/")):
            raise Refused([Result(f"{of[:12]} holds a file called {path!r}, which is no name", ERROR, "git")])
        found[path] = Blob(mode, object_id)
    return found


def contents(repo: Repository, of: Tree, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The bytes of these files, one more than a reader's limit at most. Raises Refused where one is missing."""
    if not paths:
        return
    process = _start(repo.folder, "cat-file", "--batch")
    with process:
        assert process.stdin
        assert process.stdout
        try:
            for path in paths:
                process.stdin.write(of[path].object_id.encode() + b"\n")
                process.stdin.flush()
                header = process.stdout.readline().split()
                if len(header) != 3 or header[1] != b"blob":
                    raise Refused([Result(f"git has no content for it{_partial()}", ERROR, "git", file=path)])
                left = int(header[2])
                data = process.stdout.read(min(left, LIMITS.size + 1))
                left -= len(data)
                while left > 0:
                    left -= len(process.stdout.read(min(left, 1 << 20))) or left
                process.stdout.read(1)
                if data.startswith(_POINTER):
                    message = "a Git LFS pointer, and nothing is fetched: keep manifests out of LFS"
                    raise Refused([Result(message, ERROR, "git", file=path)])
                yield path, data
        finally:
            process.stdin.close()


def link_target(of: Tree, path: str, to: str) -> str:
    """Where a symbolic link of a tree leads, as a path of the tree; "" where it leads out of the repository."""
    if to.startswith("/") or "\0" in to:
        return ""
    steps = path.split("/")[:-1]
    for step in to.split("/"):
        if step == "..":
            if not steps:
                return ""
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def _start(folder: str, *words: str) -> "Popen[bytes]":
    from subprocess import DEVNULL, PIPE, Popen

    environment = {key: value for key, value in os.environ.items() if not key.startswith(_CONFIGURING)}
    try:
        return Popen(
            ["git", *_SAFE, *words],
            cwd=folder,
            env={**environment, **_ENVIRONMENT},
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL if words[0] == "cat-file" else PIPE,
        )
    except FileNotFoundError:
        raise Refused([Result("there is no git on PATH: install it", ERROR, "git")]) from None


def _run(folder: str, *words: str) -> tuple[int, bytes, bytes]:
    with _start(folder, *words) as process:
        out, complaint = process.communicate()
        return process.returncode, out, complaint


def _ask(folder: str, *words: str, failing: str) -> str:
    code, out, complaint = _run(folder, *words)
    if code:
        raise Refused([Result(f"{failing}: {_words(complaint)}", ERROR, "git")])
    return os.fsdecode(out).rstrip("\n")


def _words(complaint: bytes) -> str:
    """git's own words, on one line."""
    text = " ".join(complaint.decode("utf-8", "replace").split())
    return text.removeprefix("fatal: ")[:_LONGEST] or "git gave no reason"


def _shallow(repo: Repository) -> str:
    code, out, _ = _run(repo.folder, "rev-parse", "--is-shallow-repository")
    if code == 0 and out.strip() == b"true":
        return ", and this clone is shallow (set fetch-depth: 0 in GitHub's checkout, GIT_DEPTH: 0 in GitLab)"
    return ""


def _partial() -> str:
    return ": the clone is a partial one, and nothing is fetched; clone without --filter, or run git fetch --refetch"

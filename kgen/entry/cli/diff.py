"""Says who can now call whom, what opened, what closed, which guardrail went, and which objects changed.

REV is a revision, to be compared with the work tree; REV..REV two of them; REV...REV the second and where it parted
from the first. Without any, HEAD is compared with the work tree. Both sides are rendered, each of its own files, read
from git; the work tree is not touched. The same options count for both.

Exit code 0, whatever differs, unless --fail-on asks: then 3 where more is possible than before, 4 where something else
differs; 1 where a side does not render.
"""

import os

from kgen.entry.cli import UsageError, inputs
from kgen.entry.cli.reply import Reply
from kgen.load.git import Repository
from kgen.records import Any
from kgen.results import DIFFERS, OK, WIDENS

_FORMATS = ("text", "markdown", "json")


def arguments(parser: Any) -> None:
    """The revisions, the paths, how to tell it, and what to fail on."""
    parser.add_argument("rev", metavar="REV", nargs="?", help="REV, REV..REV or REV...REV, as git diff takes them")
    inputs.arguments(parser)
    parser.add_argument("--format", choices=_FORMATS, default="text", help="text (the default), markdown or json")
    parser.add_argument(
        "--fail-on",
        choices=("none", "widening", "any"),
        default="none",
        help="what ends with a code of its own: widening (3), any (3, or 4 where nothing widens); none by default",
    )


def run(options: Any) -> Reply:
    """The comparison on stdout."""
    from kgen.entry import diffing, revisions
    from kgen.load import git

    day = inputs.date(options)
    repo = git.repository()
    rev, paths = _words(repo, options.rev, options.paths)
    ends = revisions.ends(repo, rev)
    asked = diffing.Asked(tuple(paths), options.platform, tuple(options.overlay), day)
    found, results = diffing.diff(repo, ends, asked)
    if options.format == "markdown":
        from kgen.present.diff_markdown import markdown as shown
    elif options.format == "json":
        from kgen.present.diff_data import as_json as shown
    else:
        from kgen.present.diff_text import text as shown
    code = OK
    if options.fail_on != "none" and found.widens:
        code = WIDENS
    elif options.fail_on == "any" and found.differs:
        code = DIFFERS
    return Reply(shown(found, ends.base_name, ends.head_name), results, code)


def _words(repo: Repository, rev: str | None, paths: list[str]) -> tuple[str, list[str]]:
    """Which of the words are revisions, and which paths, relative to the current folder."""
    from kgen.entry import revisions

    words = [*([rev] if rev is not None else []), *paths]
    if "-" in words:
        raise UsageError("kgen diff reads from git: - stands for no revision and no path")
    named = ""
    if words[0] not in (".", ".."):
        there, is_rev = os.path.lexists(words[0]), revisions.is_one(repo, words[0])
        if there and is_rev:
            raise UsageError(
                f"{words[0]} is a path and a revision: write ./{words[0]}, or {words[0]}.. for the revision"
            )
        # what looks like revisions and is none is not taken for a path, or a typing error would compare nothing
        if is_rev or (not there and ".." in words[0] and ".." not in words[0].split("/")):
            named, words = words[0], words[1:]
    if not words:
        raise UsageError(f"kgen diff {named} takes a PATH as well: a file or folder with links, . for all")
    return named, [os.path.relpath(path) if os.path.isabs(path) else path for path in words]

"""The KRM function for kustomize and kpt: a ResourceList on stdin, one on stdout. They start it, nobody else.

See docs/hosts/kustomize.md and docs/hosts/kpt.md.
"""

from kgen.entry.cli.reply import Reply
from kgen.entry.krm import Options
from kgen.records import Any
from kgen.results import ERROR, Refused, Result


def arguments(parser: Any) -> None:
    """All of them optional: without any, no parser is built."""
    from kgen.entry.function import ROLES

    parser.add_argument(
        "--role", choices=ROLES, default="", help="validator: only check; else what arrives tells what to do"
    )
    parser.add_argument(
        "--overlay",
        metavar="NAME|DIR",
        action="append",
        default=[],
        help="an environment's values and patches, relative to the kustomization; may be repeated, in order",
    )
    parser.add_argument("--as-of", metavar="DATE", help="the date for validUntil; else SOURCE_DATE_EPOCH, else today")


def run(options: Any) -> Reply:
    """Answers the call; it writes by itself, because a refused call has an answer too."""
    from kgen.entry import krm

    return Reply(code=krm.main(_options(options)))


def parsed(words: list[str]) -> Options:
    """Options from the arguments of a legacy plugin's configuration. Raises Refused."""
    import sys

    from kgen.entry.cli import UsageError, make_parser

    try:
        return _options(make_parser("fn", sys.modules[__name__]).parse_args(words))
    except UsageError as error:
        raise Refused([Result(f"argsOneLiner: {error}", ERROR, "arguments")]) from None


def _options(options: Any) -> Options:
    return Options(options.role, tuple(options.overlay), options.as_of)

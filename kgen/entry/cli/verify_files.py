"""Writes the script that asks a running cluster whether it does what the links say, and the table that it reads.

kgen itself speaks to no cluster: run the script with a shell and your own kubectl, `sh DIR/verify.sh`. Its head says
what it takes and how it ends. spec.verify.mode PostSyncJob puts the same into the bundle, as a Job of Argo CD's.
"""

from collections.abc import Callable

from kgen.entry.cli import inputs
from kgen.entry.cli.reply import Reply
from kgen.entry.request import Request, at_lines
from kgen.records import Any
from kgen.results import Refused

TABLE = "links.tsv"


def arguments(parser: Any) -> None:
    """The input of a rendering, and where to."""
    inputs.arguments(parser)
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="write the files here; stale ones go")
    parser.add_argument("--force", action="store_true", help="also replace files that were edited since")


def run(options: Any) -> Reply:
    """The files, and a line that says so."""
    day, request = inputs.date(options), inputs.read(options)
    try:
        return _write(options, request, day)
    except Refused as refused:
        raise at_lines(refused, request.sources) from None


def _write(options: Any, request: Request, day: Callable[[], str]) -> Reply:
    from kgen.entry import writer
    from kgen.load.verify_files import FILES, constant
    from kgen.present import summary
    from kgen.topology.verification import rows

    bundle = inputs.render(request, day)
    table = "".join(rows(request.platform.manifest["spec"], bundle.topology.platform))
    pieces = [*((name, constant(name)) for name in FILES), (TABLE, table)]
    written = writer.write_tree(options.output, pieces, force=options.force)
    text = summary.files(options.output, *map(len, written)) + f"run it with: sh {options.output}/verify.sh\n"
    return Reply(text, (*request.results, *inputs.told(bundle.results, request)))

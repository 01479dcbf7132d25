"""The arguments that every command over manifests shares, and what they stand for."""

import os
import sys
from collections.abc import Callable, Sequence

import kgen
from kgen.bundle import Bundle, Slice
from kgen.entry.date import as_of
from kgen.entry.request import Request, read_request
from kgen.records import Any
from kgen.results import INFO, Result


def arguments(parser: Any) -> None:
    """Paths, the Platform, overlays, the date."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, a folder (with all below it), or - for stdin")
    parser.add_argument(
        "--platform", metavar="FILE", help="the Platform; without it the one in the input counts, else the defaults"
    )
    parser.add_argument(
        "--overlay",
        metavar="NAME|DIR",
        action="append",
        default=[],
        help="an environment's values and patches: dev, staging or production, or a folder; may be repeated, in order",
    )
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        help="the date for validUntil, e.g. 2027-03-31; else SOURCE_DATE_EPOCH, else today in UTC",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no notes, only warnings and errors")


def read(options: Any) -> Request:
    """The request of these options. Raises Refused."""
    stdin = sys.stdin.buffer.read() if "-" in options.paths or options.platform == "-" else None
    return read_request(options.paths, options.platform, options.overlay, stdin=stdin)


def date(options: Any) -> Callable[[], str]:
    """The date of the run. Raises Refused for one that is none."""
    return as_of(options.as_of, os.environ)


def render(request: Request, day: Callable[[], str], part: Slice | None = None) -> Bundle:
    """The bundle of a request."""
    return kgen.render(
        request.documents, request.platform, layers=request.layers, patches=request.patches, slice=part, as_of=day
    )


def told(results: Sequence[Result], request: Request) -> tuple[Result, ...]:
    """Results for people, warnings and errors at the line of their field."""
    from kgen.load.lines import located

    notes = [result for result in results if result.severity == INFO]  # often many, and about a whole document
    others = [result for result in results if result.severity != INFO]
    return (*located(others, request.sources), *notes)

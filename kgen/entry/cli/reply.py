"""What a command hands back: the text for stdout, what there is to tell, and the exit code."""

from kgen.records import NamedTuple
from kgen.results import ERROR, OK, REFUSED, Result


class Reply(NamedTuple):
    """`results` go to stderr, then `aside`; `text` goes to stdout whole, last."""

    text: str | bytearray = ""  # a long one is kept encoded, which takes a third of the memory
    results: tuple[Result, ...] = ()
    code: int = OK
    aside: str = ""  # for other people than the one who reads the results


def verdict(results: tuple[Result, ...]) -> int:
    """The exit code that results ask for."""
    return REFUSED if any(result.severity == ERROR for result in results) else OK

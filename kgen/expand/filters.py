"""The filters of template expressions: pure functions, checked by type before anything runs.

To add one, add a function and its row here, and a test; the layer author's reference is made from this table.
"""

from collections.abc import Callable

from kgen.expand import values
from kgen.records import Any, NamedTuple
from kgen.topology.promql import literal


def join(items: Any, separator: str) -> str:
    return separator.join([values.text(item) for item in values.each(items)])


def sort(items: Any) -> list[Any]:
    return sorted(values.each(items))


def unique(items: Any) -> list[Any]:
    return list(dict.fromkeys(values.each(items)))


def length(value: Any) -> int:
    if isinstance(value, str | tuple | list | dict):
        return len(value)
    raise values.Missing("length needs text, a list or a mapping")


def host(url: Any) -> str:
    """Host name of a URL, in lower case, or "" where there is none."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(values.text(url)).hostname or ""
    except ValueError:
        return ""


def promql(value: Any) -> str:
    return literal(values.text(value))


class Filter(NamedTuple):
    """One filter: what it takes and gives, for the type check and for people."""

    function: Callable[..., Any]
    takes: str  # list (of text or numbers), sized (text, list, mapping), scalar (text, number, true/false) or text
    arguments: tuple[type[Any], ...]
    gives: Any  # a type, or None: a list of the same items
    about: str
    example: str


FILTERS: dict[str, Filter] = {
    "host": Filter(host, "text", (), str, 'host name of a URL, in lower case; "" where it has none', "url | host"),
    "join": Filter(join, "list", (str,), str, "one text of the items, the separator between them", 'items | join(",")'),
    "length": Filter(length, "sized", (), int, "how many items or characters", "agent.callers | length"),
    "promql": Filter(
        promql, "text", (), str, "the text as PromQL has it: in quotes, with escapes", "agent.name | promql"
    ),
    "sort": Filter(sort, "list", (), None, "the items in order: text by code point, numbers by size", "items | sort"),
    "text": Filter(values.text, "scalar", (), str, 'the value as text: 8083 becomes "8083"', "port.number | text"),
    "unique": Filter(unique, "list", (), None, "each item once, where it comes first", "items | unique"),
}

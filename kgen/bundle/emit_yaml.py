"""Block YAML that people like to read in a diff, and that every reader takes for the same values.

Plain where PyYAML, ruamel.yaml, sigs.k8s.io/yaml and kyaml all read the text itself, double quotes where one would
not, `|` for text of several lines. Two spaces of indent, sequences not indented under their key, as kubectl prints.
The spelling of each text is kept in a cache: manifests repeat few texts many times.
"""

import re
from collections.abc import Iterable, Iterator

from kgen.bundle.unwritable import LARGEST, SMALLEST, Unwritable, refusal
from kgen.manifests import Manifest
from kgen.records import Any

_CACHED = 1 << 14  # texts; more only cost memory
_LONGEST = 256  # characters of a text that is kept
_LONGEST_KEY = 1000  # characters; YAML takes 1024 before a colon

# First characters and contents of a text that is itself when written plain. Conservative: quotes never hurt.
_PLAIN = re.compile(r"(?:[A-Za-z0-9_/.$(\\+<;^]|-(?=[A-Za-z0-9_./-])|[^\x00-\xa0])(?:[ -~]|[^\x00-\xa0])*")
_NEVER_PLAIN = re.compile(r": |:$| #| $|^(?:---|\.\.\.)(?: |$)")
# What some reader takes for a number, a date or a time (YAML 1.1 has base 60), or might
_NUMBER = re.compile(
    r"[-+]?(?:(?=[0-9._])[0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9_]*)?|0[xXoObB][-+0-9a-fA-F_]*"
    r"|[0-9][0-9_]*(?::[0-9_]+)+(?:\.[0-9_]*)?|\.(?:inf|Inf|INF|nan|NaN|NAN))"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"
)
_WORDS = frozenset(
    word
    for lower in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
    for word in (lower, lower.upper(), lower.capitalize())
) | {"", "~", "=", "<<"}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def emit(manifest: Manifest) -> str:
    """One document, without `---`. Raises Refused for what YAML or JSON can not hold: half characters, infinity."""
    out: list[str] = []
    try:
        if manifest:
            _mapping(manifest, "", out)
        else:
            out.append("{}\n")
    except (Unwritable, RecursionError):
        raise refusal(manifest) from None
    return "".join(out)


def emit_stream(manifests: Iterable[Manifest]) -> Iterator[str]:
    """One piece of text a manifest, with `---` between them."""
    separator = ""
    for manifest in manifests:
        yield separator + emit(manifest)
        separator = "---\n"


class _Values(dict[str, str]):
    """Text to what stands after the key or dash; "" where it is a block of lines, which depends on the indent."""

    def __missing__(self, text: str) -> str:
        spelling = "" if "\n" in text and _fits_block(text) else f" {spell(text)}\n"
        if len(text) <= _LONGEST:
            if len(self) >= _CACHED:
                self.clear()
            self[text] = spelling
        return spelling


class _Heads(dict[str, str]):
    """Key to what its line begins with at one indent: the indent, the key, the colon."""

    def __init__(self, lead: str, indent: str) -> None:
        self.lead, self.indent = lead, indent

    def __missing__(self, key: str) -> str:
        if not isinstance(key, str):
            raise Unwritable
        spelling = spell(key)
        short = len(spelling) <= _LONGEST_KEY
        head = f"{self.lead}{spelling}:" if short else f"{self.lead}? {spelling}\n{self.indent}:"
        if len(key) <= _LONGEST:
            if len(self) >= _CACHED:
                self.clear()
            self[key] = head
        return head


class _Levels(dict[str, tuple[_Heads, str]]):
    """Lead of a mapping's first line to the heads at it and the indent of its further lines."""

    def __missing__(self, lead: str) -> tuple[_Heads, str]:
        indent = " " * len(lead)
        level = self[lead] = (_Heads(lead, indent), indent)
        return level


_values = _Values()
_levels = _Levels()


def _mapping(mapping: Manifest, lead: str, out: list[str]) -> None:
    """`lead` stands before the first key: spaces, with dashes among them in a sequence."""
    heads, indent = _levels[lead]
    add = out.append
    for key, item in mapping.items():
        head = heads[key]
        if lead is not indent:  # the dashes stand before the first key only
            heads, lead = _levels[indent][0], indent
        kind = item.__class__
        if kind is str:
            tail = _values[item]
            add(head + tail if tail else _block(head, item, indent))
        elif kind is dict:
            if item:
                add(head + "\n")
                _mapping(item, indent + "  ", out)
            else:
                add(head + " {}\n")
        elif kind is list:
            if item:
                add(head + "\n")
                _sequence(item, indent, indent, out)
            else:
                add(head + " []\n")
        else:
            add(f"{head} {_scalar(item)}\n")


def _sequence(items: list[Any], lead: str, indent: str, out: list[str]) -> None:
    for item in items:
        head = lead + "-"
        lead = indent
        kind = item.__class__
        if kind is str:
            tail = _values[item]
            out.append(head + tail if tail else _block(head, item, indent))
        elif kind is dict and item:
            _mapping(item, head + " ", out)
        elif kind is list and item:
            _sequence(item, head + " ", indent + "  ", out)
        elif kind is dict or kind is list:
            out.append(head + (" {}\n" if kind is dict else " []\n"))
        else:
            out.append(f"{head} {_scalar(item)}\n")


def _scalar(value: Any) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if value.__class__ is int and SMALLEST <= value <= LARGEST:
        return str(value)
    if value.__class__ is float and value - value == 0:  # neither infinite nor NaN
        mantissa, _, exponent = repr(value).partition("e")
        if not exponent:
            return mantissa
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"  # YAML 1.1 wants the point
    raise Unwritable


def spell(text: str) -> str:
    """A text on one line: plain where every reader takes it for itself, else in double quotes."""
    if (
        _PLAIN.fullmatch(text)
        and not _NEVER_PLAIN.search(text)
        and text not in _WORDS
        and not _NUMBER.fullmatch(text)
        and text.isprintable()
    ):
        return text
    if text.isprintable():
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join([_ESCAPES.get(c) or (c if c.isprintable() else _escape(c)) for c in text]) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise Unwritable
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _fits_block(text: str) -> bool:
    """Whether a text of several lines can be written after `|` so that every reader finds its indent."""
    body = text.strip("\n")
    return (
        bool(body)
        and body[0] not in " \t"
        and not body.endswith("\n")
        and bool(body[body.rfind("\n") + 1 :].strip(" \t"))
        and text.replace("\n", "").replace("\t", "").isprintable()
    )


def _block(head: str, text: str, indent: str) -> str:
    """A literal block, its lines two spaces deeper than `indent`; empty lines stay empty."""
    body = text.rstrip("\n")
    newlines = len(text) - len(body)
    pad = "\n" + indent + "  "
    lines = (pad + body.replace("\n", pad)).replace(pad + "\n", "\n\n").replace(pad + "\n", "\n\n")
    style = "|" if newlines == 1 else "|+" if newlines else "|-"
    return f"{head} {style}{lines}\n" + "\n" * (newlines - 1)

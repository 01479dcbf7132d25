"""PromQL texts: string literals, and regular expressions that mean exactly the names they are made of.

Names come out of manifests of the input too, where anything may stand. A label matcher that a name could break out of
would be an alert that never fires.
"""

from collections.abc import Iterable

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/:-")


def literal(text: str) -> str:
    """A text as PromQL writes it: in double quotes, with the escapes of Go (prometheus, util/strutil/quote.go)."""
    return '"' + "".join([_ESCAPES.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in text]) + '"'


def exactly(text: str) -> str:
    """A regular expression (RE2) that matches this text alone. A dot is [.]: it needs no escape within a literal."""
    return "".join([c if c in _PLAIN else f"\\{c}" if c in "^\\]" else f"[{c}]" for c in text])


def either(patterns: Iterable[str]) -> str:
    """A regular expression that matches what one of these does; PromQL anchors it at both ends."""
    return "|".join(patterns)

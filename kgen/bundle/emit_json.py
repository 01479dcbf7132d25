"""JSON that YAML readers take for the same values: kustomize reads a function's output as YAML.

A character outside the basic plane stands as itself (YAML has no surrogate pairs), one that YAML takes for a line
break or forbids is escaped. (A key of more than 1,000 characters is beyond YAML's flow style; no manifest has one.)
"""

import json
from collections.abc import Iterable, Iterator

from kgen.bundle.unwritable import find, refusal
from kgen.manifests import Manifest
from kgen.regexes import Regex

_ESCAPED = Regex("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
_SUSPICIOUS = Regex("[\ud800-\udfff]|[0-9]{19}")  # half characters, and numbers that may be too large

_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)
_pretty = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=2, check_circular=False)


def emit(manifest: Manifest, *, pretty: bool = False) -> str:
    """One object on one line, or on many that people can read. Ends in a newline.

    Raises Refused for what JSON can not hold: half characters, infinity, integers of more than 64 bits.
    """
    try:
        text = (_pretty if pretty else _compact).encode(manifest)
    except (TypeError, ValueError, RecursionError):
        raise refusal(manifest) from None
    if _SUSPICIOUS.search(text) and find(manifest):
        raise refusal(manifest)
    if not text.isascii() or "\x7f" in text:
        text = _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return text + "\n"


def emit_list(manifests: Iterable[Manifest]) -> Iterator[str]:
    """A `kind: List` in pieces, one object a line."""
    head = '{"apiVersion":"v1","kind":"List","items":[\n'
    for manifest in manifests:
        yield head + emit(manifest).removesuffix("\n")
        head = ",\n"
    yield "\n]}\n" if head == ",\n" else head + "]}\n"

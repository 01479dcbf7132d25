"""Finds the name that was probably meant: the closest of some, or the level at which a field stands."""

from collections.abc import Iterable, Iterator
from typing import Any

from kgen.manifests import Path

Schema = dict[str, Any]


def nearest(name: Any, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name closest to a written one, capitals and hyphens aside; None where none is close."""
    if not isinstance(name, str) or len(name) > 100:
        return None
    from difflib import get_close_matches

    plain = {_plain(candidate): candidate for candidate in known}
    close = get_close_matches(_plain(name), plain, 1, cutoff)
    return plain[close[0]] if close else None


def belongs(root: Schema, name: str, path: Path | None = None) -> str | None:
    """Where else in a kind a field of this name stands: the path of its parent as text, "" for the top.

    `path` is the place at which it was written, which is not elsewhere.
    """
    places = [place for place, field in _fields(root, root, "") if field == name]
    own = None if path is None else ".".join(str(step) for step in path)
    return min((place for place in places if place != own), key=lambda place: place.count("."), default=None)


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _fields(root: Schema, schema: Schema, place: str) -> Iterator[tuple[str, str]]:
    """Every field of a schema as (path of its parent, name); lists as `[]`, names of the user's own as `NAME`."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    for name, field in schema.get("properties", {}).items():
        yield place, name
        yield from _fields(root, field, f"{place}.{name}" if place else name)
    for branch in schema.get("anyOf", ()):
        yield from _fields(root, branch, place)
    if "items" in schema:
        yield from _fields(root, schema["items"], f"{place}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _fields(root, schema["additionalProperties"], f"{place}.NAME")

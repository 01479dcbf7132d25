"""Finds the name that was probably meant: the closest of some, or the level at which a field stands."""

from collections.abc import Iterable, Iterator

from kgen.manifests import Path
from kgen.records import Any

Schema = dict[str, Any]


def nearest(name: Any, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name closest to a written one, capitals and hyphens aside, or begun like it; else None."""
    if not isinstance(name, str) or len(name) > 100:
        return None
    from difflib import get_close_matches

    plain = {_plain(candidate): candidate for candidate in known}
    written = _plain(name)
    begun = [candidate for candidate in plain if len(written) > 3 and candidate.startswith(written)]
    close = begun[:1] or get_close_matches(written, plain, 1, cutoff)
    return plain[close[0]] if close else None


def belongs(root: Schema, name: str, path: Path = ()) -> str | None:
    """Where in a kind a field of this name stands: paths of parents as text, "the top" for the root itself.

    The place closest to `path`, where it was written; and the highest one, where that is hardly close.
    """
    written: list[str] = []
    for step in path:
        if isinstance(step, int):
            written[-1] += "[]"
        else:
            written.append(step)
    places = [place for place, field in _fields(root, root, ()) if field == name]
    if not places:
        return None
    close = min(places, key=lambda place: (-_shared(place, written), len(place)))
    high = min(places, key=len)
    shown = [close, high] if len(high) < len(close) and _shared(close, written) < 2 else [close]
    return " or ".join(".".join(place) or "the top" for place in shown)


def _shared(place: tuple[str, ...], written: list[str]) -> int:
    """How many steps two paths begin with in common; a name of the user's own counts for any."""
    steps = 0
    for one, other in zip(place, written, strict=False):
        if one not in (other, "NAME"):
            break
        steps += 1
    return steps


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _fields(root: Schema, schema: Schema, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every field of a schema as (path of its parent, name); lists as `[]`, names of the user's own as `NAME`."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    for name, field in schema.get("properties", {}).items():
        yield place, name
        yield from _fields(root, field, (*place, name))
    for branch in schema.get("anyOf", ()):
        yield from _fields(root, branch, place)
    if "items" in schema:
        yield from _fields(root, schema["items"], (*place[:-1], f"{place[-1]}[]"))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _fields(root, schema["additionalProperties"], (*place, "NAME"))

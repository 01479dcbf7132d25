"""Taking out of an object what kgen merged into it, so that a removed link leaves no trace."""

from kgen.manifests import Manifest, get
from kgen.patch import record
from kgen.patch.record import Record, Step, Steps
from kgen.records import Any
from kgen.results import Refused


def unmerge(manifest: Manifest) -> Manifest:
    """The object as it was before kgen's merges, without their record; itself where there is no record.

    What the user added meanwhile stays, and what the user removed meanwhile is not missed. Raises
    Refused where the record is invalid or does not say which of several list items it means.
    """
    if get(manifest, "metadata", "annotations", record.ANNOTATION) is None:
        return manifest
    done = record.read(manifest)
    try:
        return _undo(manifest, done)
    except _Ambiguous as error:
        raise Refused([record.invalid(manifest, f"two items of a list match {error}")]) from None


class _Ambiguous(Exception):
    """More than one list item carries the recorded merge keys."""


def _undo(manifest: Manifest, done: Record) -> Manifest:
    value = _without(manifest, ("metadata", "annotations", record.ANNOTATION), manifest, (), always=True)
    for path in done.added:
        if path in done.null:
            value = _nulled(value, path, manifest, (), always=True)
        else:
            value = _without(value, path, manifest, (), always=True)
    # Parents were made before their children, so the last made is the first to be empty.
    for path in reversed(done.made):
        value = _without(value, path, manifest, (), always=False)
    for path in reversed(done.null):
        value = _nulled(value, path, manifest, (), always=False)
    assert isinstance(value, dict)
    return value


def _without(value: Any, path: Steps, whole: Manifest, at: Steps, *, always: bool) -> Any:
    """A copy of the value without what stands at a path: always, or only where that is empty."""
    place = _place(value, path[0], whole, (*at, path[0]))
    if place is None:
        return value
    if len(path) == 1:
        if not always and value[place] not in ({}, []):
            return value
        copy = value.copy()
        del copy[place]
        return copy
    inner = _without(value[place], path[1:], whole, (*at, path[0]), always=always)
    return value if inner is value[place] else _with(value, place, inner)


def _nulled(value: Any, path: Steps, whole: Manifest, at: Steps, *, always: bool) -> Any:
    """A copy of the value with null at a path: always, or only where an empty mapping or list stands there."""
    place = _place(value, path[0], whole, (*at, path[0]))
    if place is None:
        return value
    if len(path) > 1:
        inner = _nulled(value[place], path[1:], whole, (*at, path[0]), always=always)
        return value if inner is value[place] else _with(value, place, inner)
    return _with(value, place, None) if always or value[place] in ({}, []) else value


def _place(value: Any, step: Step, whole: Manifest, at: Steps) -> Any:
    """The key or position of a step in a mapping or list; None where it is not there."""
    if isinstance(step, str):
        return step if isinstance(value, dict) and step in value else None
    if not isinstance(value, list):
        return None
    found = record.find_items(value, step, whole)
    if len(found) > 1:
        raise _Ambiguous(record.text_of(at))
    return found[0] if found else None


def _with(value: Any, place: Any, inner: Any) -> Any:
    copy = value.copy()
    copy[place] = inner
    return copy

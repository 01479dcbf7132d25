"""The fields in which two objects differ: maps by key, lists of named things by name, all others by what they hold.

Order says nothing, in maps as in lists, except where a program reads it: the words of a command, and containers that
start one after another.
"""

from collections.abc import Callable, Iterator

from kgen.compare.differences import FieldChange
from kgen.compare.hiding import may_show, scalar_text, whole_text
from kgen.manifests import Manifest, Path, path_text
from kgen.records import Any

_ORDERED = frozenset(("command", "args", "initContainers", "cmd"))
# what tells the items of a list apart, the first that every item has and no two share
_MERGE_KEYS: tuple[tuple[str, ...], ...] = (
    ("name",),
    ("key",),
    ("mountPath",),
    ("containerPort", "protocol"),
    ("port", "protocol"),
    ("type",),
    ("kind", "name", "namespace"),
    ("expression",),
    ("host",),
    ("ip",),
)
_MOST_TRIED = 2500  # pairs of items of two lists
_NOISE: frozenset[Path] = frozenset(
    ("metadata", step) for step in ("resourceVersion", "uid", "generation", "managedFields", "creationTimestamp")
)


def field_changes(
    kind: str, before: Manifest, after: Manifest, skip: frozenset[Path] = frozenset()
) -> list[FieldChange]:
    """The differences by path, in the order of the fields; none where only order and style differ."""
    return list(_Walk(kind, skip | _NOISE).value((), before, after))


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar, and every empty map or list, with its path; list positions left out."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for item in value:
            yield from leaves(item, path)
    else:
        yield path, value if not isinstance(value, dict | list) else scalar_text(value)


class _Walk:
    def __init__(self, kind: str, skip: frozenset[Path]) -> None:
        self.kind = kind
        self.skip = skip

    def value(self, path: Path, before: Any, after: Any) -> Iterator[FieldChange]:
        if _same(before, after) or path in self.skip:
            return
        if isinstance(before, dict) and isinstance(after, dict):
            for key in (*before, *(key for key in after if key not in before)):
                step = (*path, str(key))
                if key not in after:
                    yield from self.one_sided(step, before[key], True)
                elif key not in before:
                    yield from self.one_sided(step, after[key], False)
                else:
                    yield from self.value(step, before[key], after[key])
        elif isinstance(before, list) and isinstance(after, list):
            yield from self.items(path, before, after)
        else:
            yield self.change(path, before, after)

    def items(self, path: Path, before: list[Any], after: list[Any]) -> Iterator[FieldChange]:
        ordered = bool(path) and path[-1] in _ORDERED
        key = _merge_key(before, after)
        if key is not None:
            old, new = ({key(item): item for item in items} for items in (before, after))
            for name in (*old, *(name for name in new if name not in old)):
                step = (*path, name)
                if name not in new:
                    yield from self.one_sided(step, old[name], True)
                elif name not in old:
                    yield from self.one_sided(step, new[name], False)
                else:
                    yield from self.value(step, old[name], new[name])
            if ordered and [name for name in old if name in new] != [name for name in new if name in old]:
                yield FieldChange(path_text(path), "in another order", "in another order")
            return
        if ordered:
            shown = may_show(self.kind, path)
            old_text, new_text = (", ".join(map(scalar_text, items)) for items in (before, after))
            yield (
                FieldChange(path_text(path), scalar_text(old_text), scalar_text(new_text))
                if shown
                else FieldChange(path_text(path), None, None, True)
            )
            return
        gone, come = _unmatched(before, after)
        if len(gone) == len(come) and all(isinstance(item, dict) for _, item in (*gone, *come)):
            # as many as before: what changed in each says more than that all went and others came
            for (_, old_item), (position, new_item) in zip(gone, come, strict=True):
                yield from self.value((*path, position), old_item, new_item)
            return
        for position, item in gone:
            yield from self.one_sided((*path, position), item, True)
        for position, item in come:
            yield from self.one_sided((*path, position), item, False)

    def one_sided(self, path: Path, value: Any, gone: bool) -> Iterator[FieldChange]:
        """A value that is on one side only, a line for each of its leaves."""
        if path in self.skip:
            return
        text = whole_text(value) if isinstance(value, dict) and self._shows_all(path, value) else ""
        if text and len(path) > 1:
            yield FieldChange(path_text(path), text if gone else None, None if gone else text)
        elif isinstance(value, dict) and value:
            for key, item in value.items():
                if item != path[-1] or key != "name":  # which the path says already
                    yield from self.one_sided((*path, str(key)), item, gone)
        elif isinstance(value, list) and value:
            if all(not isinstance(item, dict | list) for item in value):
                text = ", ".join(map(scalar_text, value))
                yield self.change(path, text if gone else None, None if gone else text)
                return
            name = _merge_key(value, [])
            for position, item in enumerate(value):
                yield from self.one_sided((*path, name(item) if name else position), item, gone)
        else:
            text = scalar_text(value)
            yield self.change(path, text if gone else None, None if gone else text)

    def _shows_all(self, path: Path, value: Any) -> bool:
        return all(may_show(self.kind, (*path, *below)) for below, _ in leaves(value))

    def change(self, path: Path, before: Any, after: Any) -> FieldChange:
        place = path_text(path)
        if not may_show(self.kind, path) or any(isinstance(value, dict | list) and value for value in (before, after)):
            return FieldChange(place, None if before is None else "", None if after is None else "", True)
        return FieldChange(
            place,
            None if before is None else scalar_text(before),
            None if after is None else scalar_text(after),
        )


def _same(before: Any, after: Any) -> bool:
    """Equal, and of one type: 1 is not true, and neither is "1"."""
    if type(before) is not type(after) and not (isinstance(before, dict) and isinstance(after, dict)):
        return False
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(item, after[key]) for key, item in before.items())
    if isinstance(before, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return bool(before == after)


def _merge_key(before: list[Any], after: list[Any]) -> Callable[[dict[str, Any]], str] | None:
    """How the items of both lists are told apart; None where nothing tells all of them apart."""
    items = [*before, *after]
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    for fields in _MERGE_KEYS:
        if not all(isinstance(item.get(fields[0]), str | int) for item in items):
            continue

        def key(item: dict[str, Any], fields: tuple[str, ...] = fields) -> str:
            return " ".join(str(item[field]) for field in fields if field in item)

        if all(len({key(item) for item in side}) == len(side) for side in (before, after)):
            return key
    return None


def _unmatched(before: list[Any], after: list[Any]) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """The items of each list that have no equal in the other, with their positions."""
    import json

    texts: dict[str, list[int]] = {}
    for position, item in enumerate(after):
        texts.setdefault(json.dumps(item, sort_keys=True), []).append(position)
    gone = []
    for position, item in enumerate(before):
        same = texts.get(json.dumps(item, sort_keys=True))
        if same:
            same.pop()
        else:
            gone.append((position, item))
    come = [(position, after[position]) for position in sorted(sum(texts.values(), []))]
    if len(gone) * len(come) > _MOST_TRIED:
        return gone, come
    left = []
    for position, item in gone:  # what is left may still be equal but for the order of a list in it
        match = next((found for found in come if _equal(item, found[1])), None)
        if match is None:
            left.append((position, item))
        else:
            come.remove(match)
    return left, come


def _equal(one: Any, other: Any) -> bool:
    """Whether two values say the same, whatever the order of their lists."""
    return _same(one, other) or not list(_Walk("", frozenset()).value((), one, other))

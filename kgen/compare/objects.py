"""The objects of two sides, matched by identity: what came, what went, what changed, what has another name.

Objects are built in pairs, compared and dropped; only those that differ are kept.
"""

from collections.abc import Callable, Iterable

from kgen.compare.differences import ADDED, CHANGED, MOVED, REMOVED, RENAMED, ObjectChange
from kgen.compare.fields import field_changes, leaves
from kgen.compare.sides import Item, Key, Side, concerns
from kgen.manifests import Identity, Manifest, Path
from kgen.records import Any, NamedTuple

_NAME: frozenset[Path] = frozenset((("metadata", "name"), ("metadata", "namespace")))
_MANY = 100  # differences, after which what does not differ is built once for all that follows
_ALIKE = 0.75  # of the fields two objects need in common to be one that was renamed
_MOST_CANDIDATES = 2500  # pairs of one kind that are tried


class Pair(NamedTuple):
    """One object that differs, with what it is on each side; None where it is not there."""

    key: Key  # in the new state, where it is there
    before: Manifest | None
    after: Manifest | None
    old: Item | None
    new: Item | None

    @property
    def sides(self) -> tuple[Manifest | None, Manifest | None]:
        return self.before, self.after

    @property
    def item(self) -> Item:
        item = self.new or self.old
        assert item is not None
        return item


class Differing(NamedTuple):
    """The objects that differ, by key; renames are still an object that went and one that came."""

    pairs: dict[Key, Pair]
    unchanged: int
    kept: dict[
        Key, Manifest
    ] = {}  # of those that do not differ, where it is likely that a world is made of all of them


def differing(base: Side, head: Side, passing: Iterable[tuple[Key, Manifest]] | None = None) -> Differing:
    """`passing` gives the head's objects as they are built for another purpose, so that each is built once."""
    pairs: dict[Key, Pair] = {}
    kept: dict[Key, Manifest] = {}
    unchanged = 0
    for key, after in passing if passing is not None else ((key, item.build()) for key, item in head.items.items()):
        old, new = base.items.get(key), head.items[key]
        if old is None:
            pairs[key] = Pair(key, None, after, None, new)
            continue
        before = old.build()
        # `==` is Python's C code; it takes 1 for true, which no field of an object can be both of
        if before == after or not field_changes(key[1], before, after):
            unchanged += 1
            if len(pairs) > _MANY and concerns(key):
                kept[key] = after
        else:
            pairs[key] = Pair(key, before, after, old, new)
    for key, old in base.items.items():
        if key not in head.items:
            pairs[key] = Pair(key, old.build(), None, old, None)
    return Differing(pairs, unchanged, kept)


def object_changes(found: Differing, team: Callable[[str], str]) -> list[ObjectChange]:
    """The same for people: with their fields, and renames found. By namespace, kind and name."""
    renamed = _renames(found)
    new_names = {new.key for _, new in renamed}
    made = [_renamed(old, new, team) for old, new in renamed]
    gone = {old.key for old, _ in renamed}
    for pair in found.pairs.values():
        if pair.key in gone or pair.key in new_names:
            continue
        item = pair.item
        if pair.before is None or pair.after is None:
            change, fields = ADDED if pair.before is None else REMOVED, []
        else:
            change, fields = CHANGED, field_changes(item.identity.kind, pair.before, pair.after)
        place = team(_home(item.identity))
        made.append(ObjectChange(change, item.identity, None, tuple(fields), item.layer, place, item.origin.file))
    return sorted(made, key=lambda one: (one.identity.namespace, one.identity.kind, one.identity.name, one.change))


def _home(identity: Identity) -> str:
    return identity.name if identity.kind == "Namespace" else identity.namespace


def _renamed(old: Pair, new: Pair, team: Callable[[str], str]) -> ObjectChange:
    assert old.before is not None
    assert new.after is not None
    was, now = old.item.identity, new.item.identity
    fields = field_changes(now.kind, old.before, new.after, _NAME)
    change = RENAMED if was.namespace == now.namespace else MOVED
    return ObjectChange(change, now, was, tuple(fields), new.item.layer, team(now.namespace), new.item.origin.file)


def _renames(found: Differing) -> list[tuple[Pair, Pair]]:
    """Objects that went, each with the one that came in its place: of one kind, and alike but for their names."""
    gone: dict[tuple[str, str], list[Pair]] = {}
    come: dict[tuple[str, str], list[Pair]] = {}
    for pair in found.pairs.values():
        if pair.before is None:
            come.setdefault(pair.key[:2], []).append(pair)
        elif pair.after is None:
            gone.setdefault(pair.key[:2], []).append(pair)
    made = []
    for kind, old_ones in gone.items():
        if not 0 < len(old_ones) * len(come.get(kind, ())) <= _MOST_CANDIDATES:
            continue
        contents = {pair.key: _content(pair) for pair in (*old_ones, *come.get(kind, ()))}
        scored = [
            (_likeness(contents[old.key], contents[new.key]), old, new)
            for old in old_ones
            for new in come.get(kind, ())
            if old.key[2] == new.key[2] or old.key[3] == new.key[3]
        ]
        taken: set[Key] = set()
        for score, old, new in sorted(scored, key=lambda one: (-one[0], one[1].key, one[2].key)):
            if score >= _ALIKE and old.key not in taken and new.key not in taken:
                taken |= {old.key, new.key}
                made.append((old, new))
    return made


def _content(pair: Pair) -> frozenset[tuple[Path, str]]:
    """Every field, its own name and namespace written alike wherever they stand."""
    manifest = pair.before if pair.after is None else pair.after
    assert manifest is not None
    _, _, namespace, name = pair.key

    def plain(value: Any) -> str:
        # types told apart; only whole words, so that the name `a` does not eat every letter
        if value == name:
            return "(name)"
        return "(namespace)" if value == namespace else f"{type(value).__name__} {value}"

    kept = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    return frozenset((path, plain(value)) for path, value in leaves(kept) if path not in _NAME)


def _likeness(one: frozenset[tuple[Path, str]], other: frozenset[tuple[Path, str]]) -> float:
    every = one | other
    return len(one & other) / len(every) if every else 0.0

"""Merging what a layer adds into an object of the input: it adds what is missing and never overwrites.

Mappings merge key by key, lists by the merge keys that the layer names. A value that is there
already and differs is a conflict. Unknown fields and the order of keys stay as they are.
"""

from kgen.manifests import Manifest, parse_path, path_text
from kgen.patch import record
from kgen.patch.record import Item, Record, Steps
from kgen.records import Any, NamedTuple

Lists = dict[str, tuple[str, ...]]
"""Merge keys by the path of a list, written without its items: {"spec.tools.headersFrom": ("name",)}."""


class Conflict(NamedTuple):
    """A place where object and layer do not agree. The values are scalars, or None where they may not be shown."""

    path: str  # for people: a list item by its merge keys
    reason: str  # "differs", "shape", "unnamed list", "ambiguous", "no key" or "twice"
    found: Any = None
    wanted: Any = None
    field: str = ""  # the same as a field path of the object, as far as that exists


class _Merge:
    """One merge: what the object is, which lists have keys, and what was done so far."""

    def __init__(self, whole: Manifest, lists: Lists) -> None:
        self.whole = whole
        self.lists = {parse_path(path): tuple(names) for path, names in lists.items()}
        self.added: list[Steps] = []
        self.made: list[Steps] = []
        self.null: list[Steps] = []
        self.conflicts: list[Conflict] = []

    def mapping(self, target: dict[str, Any], addition: dict[str, Any], at: Steps) -> dict[str, Any]:
        merged = dict(target)
        for key, value in addition.items():
            here = (*at, key)
            if value is None:
                continue  # null says nothing to an API server, so there is nothing to add
            if key not in merged:
                merged[key] = self.new(value, here)
            else:
                merged[key] = self.value(merged[key], value, here)
        return merged

    def value(self, target: Any, addition: Any, here: Steps) -> Any:
        if isinstance(addition, dict) and isinstance(target, dict):
            return self.mapping(target, addition, here)
        if target is None:  # to an API server the same as absent; remembered, to leave the user's text as it was
            self.null.append(here)
            if self.opens(addition, here):
                return self.fill(addition, here)
            self.added.append(here)
            return addition
        if isinstance(addition, list) and isinstance(target, list):
            names = self.names(here)
            if names is not None:
                return self.items(target, addition, names, here)
            if not same(target, addition):
                self.conflict(here, "unnamed list")
        elif isinstance(addition, dict | list) or isinstance(target, dict | list):
            self.conflict(here, "shape")
        elif not same(target, addition):
            hidden = self.is_private(here)
            self.conflict(here, "differs", None if hidden else target, None if hidden else addition)
        return target

    def new(self, value: Any, here: Steps) -> Any:
        if self.opens(value, here):
            self.made.append(here)
            return self.fill(value, here)
        self.added.append(here)
        return value

    def opens(self, value: Any, here: Steps) -> bool:
        """Whether others may add to this value too: then its parts are recorded, not itself."""
        return isinstance(value, dict) or (isinstance(value, list) and self.names(here) is not None)

    def fill(self, value: Any, here: Steps) -> Any:
        if isinstance(value, dict):
            return self.mapping({}, value, here)
        return self.items([], value, self.names(here) or (), here)

    def items(self, target: list[Any], addition: list[Any], names: tuple[str, ...], here: Steps) -> list[Any]:
        merged = list(target)
        seen: list[Item] = []
        for value in addition:
            item = record.item_of(value, names, self.whole)
            if item is None:
                self.conflict(here, "no key", None, ", ".join(names))
                continue
            place = (*here, item)
            if item in seen:
                self.conflict(place, "twice")
                continue
            seen.append(item)
            found = record.find_items(target, item, self.whole)
            if len(found) > 1:
                self.conflict(place, "ambiguous")
            elif found and _says_otherwise(here, target[found[0]], value):
                self.conflict(place, "differs")
            elif found:
                merged[found[0]] = self.value(target[found[0]], value, place)
            else:
                # An item that kgen adds is kgen's whole: it is taken out by its key, whatever it holds.
                merged.append(value)
                self.added.append(place)
        return merged

    def names(self, here: Steps) -> tuple[str, ...] | None:
        return self.lists.get(tuple(step for step in here if isinstance(step, str)))

    def conflict(self, here: Steps, reason: str, found: Any = None, wanted: Any = None) -> None:
        field = path_text(record.path_in(self.whole, here))
        self.conflicts.append(Conflict(record.text_of(here), reason, found, wanted, field))

    def is_private(self, here: Steps) -> bool:
        """Whether a value may be confidential, and so is not shown in a message."""
        from kgen.kinds.secrecy import may_show

        keys = tuple(step for step in here if isinstance(step, str))
        return self.whole.get("kind") == "Secret" or not may_show(keys) or not _PAYLOADS.isdisjoint(keys)


# What objects of the input hold beside the fields of kgen's own kinds.
_PAYLOADS = frozenset({"cmd", "stringData", "binaryData", "headersFrom"})


# Items of pods that take one field besides their name: merged key by key they would be both, and no pod is made so.
_ONE_OF = frozenset({"env", "volumes"})


def _says_otherwise(here: Steps, target: Any, addition: Any) -> bool:
    """Whether an item is there already as something else: a volume of another kind, a value for a valueFrom."""
    if here[-1] not in _ONE_OF or not isinstance(target, dict) or not isinstance(addition, dict):
        return False
    there = {key for key, value in target.items() if value is not None and key != "name"}
    return bool(there) and there.isdisjoint(addition.keys() - {"name"}) and len(addition) > 1


def merge(target: Manifest, addition: Manifest, lists: Lists) -> tuple[Manifest, list[Conflict]]:
    """The object with the addition merged in and recorded, and every conflict found.

    Neither argument is changed; the result shares with them what did not change. Where there are
    conflicts the object is not to be used. A record that is there already is continued. Raises
    Refused where that record is invalid.
    """
    before = record.read(target)
    work = _Merge(target, lists)
    merged = work.mapping(target, addition, ())
    if not (work.added or work.made or work.null) or work.conflicts:
        return (target if not work.conflicts else merged), work.conflicts
    merged = work.mapping(merged, {"metadata": {"annotations": {}}}, ())
    if work.conflicts:
        return merged, work.conflicts
    metadata = merged["metadata"]
    done = Record(before.added + tuple(work.added), before.made + tuple(work.made), before.null + tuple(work.null))
    annotations = {**metadata["annotations"], record.ANNOTATION: record.write(done)}
    return {**merged, "metadata": {**metadata, "annotations": annotations}}, []


def same(left: Any, right: Any) -> bool:
    """Equal as JSON values: true is not 1, and 1 is 1.0."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)

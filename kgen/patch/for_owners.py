"""A layer's addition as a JSON patch (RFC 6902) for the owner of an object that is not in the input."""

from kgen.manifests import Manifest, parse_path
from kgen.patch.merge import Lists
from kgen.records import Any, NamedTuple

Operation = dict[str, Any]

# Every object has these, so an operation may take them as given.
_GIVEN = frozenset({("metadata",), ("spec",)})
_IDENTITY = frozenset({("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")})


class Step(NamedTuple):
    """One operation, and those that create what it adds to, each to be left out where that is there already."""

    operation: Operation
    parents: tuple[Operation, ...]


def as_json_patch(addition: Manifest, lists: Lists) -> list[Operation]:
    """The operations that put an addition into an object that nobody here has seen.

    Items of lists with merge keys are appended. JSON Patch can not create a parent only where it
    is missing, so parents are taken as given, and the first operation that needs one says so in
    `comment`, a member that every reader of patches ignores (RFC 6902, section 4).
    """
    return [_commented(step) for step in steps(addition, lists)]


def _commented(step: Step) -> Operation:
    if not step.parents:
        return step.operation
    missing = ", ".join(f"{parent['path']} as {'[]' if parent['value'] == [] else '{}'}" for parent in step.parents)
    return {**step.operation, "comment": f"where it is missing, add first {missing}"}


def steps(addition: Manifest, lists: Lists) -> list[Step]:
    """The same with the parents apart, each only once."""
    keyed = {parse_path(path) for path in lists}
    found: list[Step] = []
    known: set[tuple[str, ...]] = set(_GIVEN)

    def walk(value: Any, path: tuple[str, ...]) -> None:
        if value is None or path in _IDENTITY:
            return
        if isinstance(value, dict):
            # An empty mapping would wipe what the owner has there.
            for key, inner in value.items():
                walk(inner, (*path, key))
        elif isinstance(value, list) and path in keyed:
            for item in value:
                add((*path, "-"), item)
        else:
            add(path, value)

    def add(path: tuple[str, ...], value: Any) -> None:
        parents: list[Operation] = []
        for end in range(1, len(path)):
            if (parent := path[:end]) not in known:
                known.add(parent)
                empty: Any = [] if path[end] == "-" else {}
                parents.append({"op": "add", "path": pointer(parent), "value": empty})
        found.append(Step({"op": "add", "path": pointer(path), "value": value}, tuple(parents)))

    walk(addition, ())
    return found


def pointer(path: tuple[str, ...]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)

"""A layer's addition as a JSON patch (RFC 6902) for the owner of an object that is not in the input."""

from typing import Any

from kgen.manifests import Manifest, parse_path
from kgen.patch.merge import Lists

Operation = dict[str, Any]

# Every object has these, so an operation may take them as given.
_GIVEN = frozenset({("metadata",), ("spec",)})
_IDENTITY = frozenset({("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")})


def as_json_patch(addition: Manifest, lists: Lists) -> list[Operation]:
    """The operations that put an addition into an object that nobody here has seen.

    Items of lists with merge keys are appended. JSON Patch can not create a parent only where it
    is missing, so parents are taken as given, and the first operation that needs one says so in
    `comment`, a member that every reader of patches ignores (RFC 6902, section 4).
    """
    keyed = {parse_path(path) for path in lists}
    operations: list[Operation] = []
    assumed: set[tuple[str, ...]] = set()

    def walk(value: Any, path: tuple[str, ...]) -> None:
        if value is None or path in _IDENTITY:
            return
        if isinstance(value, dict):
            # An empty mapping would wipe what the owner has there.
            for key, inner in value.items():
                walk(inner, (*path, key))
        elif isinstance(value, list) and path in keyed:
            for item in value:
                add((*path, "-"), item, "list")
        else:
            add(path, value, "mapping")

    def add(path: tuple[str, ...], value: Any, shape: str) -> None:
        operation: Operation = {"op": "add", "path": pointer(path), "value": value}
        parent = path[:-1]
        if parent and parent not in _GIVEN and parent not in assumed:
            assumed.add(parent)
            empty = "[]" if shape == "list" else "{}"
            operation["comment"] = f"needs the {shape} {pointer(parent)}; where there is none, add it first as {empty}"
        operations.append(operation)

    walk(addition, ())
    return operations


def pointer(path: tuple[str, ...]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)

"""Documents of the kinds for tests: generated from the schemas, and broken in one place."""

import copy
from functools import cache
from typing import Any

from hypothesis import strategies as st

from kgen import kinds
from kgen.kinds.availability import LAYERS
from kgen.kinds.patterns import FORMS
from kgen.manifests import Document, Origin

EVERYTHING = frozenset(LAYERS) | {"consent", "generator"}
BASELINE = frozenset(["namespaces", "identity", "network", "secrets", "models", "agents"])

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70000),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.text(max_size=8),
    st.sampled_from(["", "a", "A", "a/b", "a/*", "x\n", "1.33", "0.10", "Mesh", "10.0.0.0/8", "true", "team-alpha"]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(["name", "namespace", "a", "é"]), SCALARS, max_size=2),
)
FREE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def document(value: dict[str, Any], file: str = "file.yaml", index: int = 0) -> Document:
    """A document as load/ would give it."""
    return Document(value, Origin(file, index, 1))


@cache
def of_kind(kind: str, *, whole: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Documents that fit the schema of a kind; with `whole` False, fragments of it without nulls."""
    schema = kinds.schema(kind)
    return fitting(schema, schema["$defs"], whole, top=True)


def fitting(schema: dict[str, Any], definitions: dict[str, Any], whole: bool = True, top: bool = False) -> Any:
    """Values that fit a schema."""
    if "$ref" in schema:
        return fitting(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions, whole)
    if "anyOf" in schema:
        return st.one_of([fitting(branch, definitions, whole) for branch in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    match schema["type"]:
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum", -5), schema.get("maximum", 5000))
        case "string" if "pattern" in schema:
            return _matching(schema["pattern"], schema["maxLength"])
        case "string":
            return st.text(min_size=schema.get("minLength", 0), max_size=12)
        case "array":
            items = fitting(schema["items"], definitions)
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=max(2, schema.get("minItems", 0)))
        case _ if schema.get("additionalProperties") is True:
            return st.dictionaries(st.text(max_size=4), FREE, max_size=2)
        case _ if "properties" not in schema:
            names = fitting({"type": "string", **schema.get("propertyNames", {})}, definitions)
            values = fitting(schema["additionalProperties"], definitions, whole)
            return st.dictionaries(names, values, max_size=2)
    required = schema.get("required", []) if whole or top else []
    fields = {name: fitting(field, definitions, whole) for name, field in schema["properties"].items()}
    needed = {name: fields.pop(name) for name in required}
    return st.fixed_dictionaries(needed, optional=fields)


@cache
def _matching(pattern: str, longest: int) -> st.SearchStrategy[str]:
    """Texts of a form: its example mostly, and whatever else the pattern takes."""
    texts = st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))
    usual = st.just(FORMS[pattern].example)
    return st.one_of(usual, usual, texts.filter(lambda text: len(text) <= longest))


def broken(value: Any, data: st.DataObject) -> Any:
    """A copy of a document with one place changed: a value, a missing field, an unknown or renamed one."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    parent, key = data.draw(st.sampled_from(places))
    match data.draw(st.sampled_from(["replace", "replace", "remove", "add", "rename"])):
        case "replace":
            parent[key] = data.draw(VALUES)
        case "remove":
            del parent[key]
        case "add" if isinstance(parent, dict):
            parent[data.draw(st.sampled_from(["name", "spec", "ports", "peer", "x-y", "Ä"]))] = data.draw(VALUES)
        case "add":
            parent.append(data.draw(VALUES))
        case "rename" if isinstance(parent, dict):
            parent[data.draw(st.sampled_from(["naem", "namespace", "hosts", "a/b", "A", ""]))] = parent.pop(key)
    return value


def _places(value: Any) -> Any:
    """Every (container, key) of a value."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])

"""Checks a value against the schemas that kgen generates for its own kinds, and fills in their defaults.

Small and strict on purpose: it knows exactly the keywords that kinds/generate.py writes, and a schema
with any other is an internal error, never an unchecked rule. `integer` is an int and no bool, a pattern
is matched whole. It only says yes or no; kinds/explain.py, imported on a no, finds out why.

A schema is compiled to nested functions once a process, each part when it is first met: five lines of
AgentLink meet a tenth of it. Free mappings are shared with the input, everything else is new.
"""

import re
from collections.abc import Callable

from kgen.records import Any

Schema = dict[str, Any]
Check = Callable[[Any], Any]

SHOWN = frozenset(["$schema", "$defs", "title", "description", "examples", "default"])
KNOWN = SHOWN | {"$ref", "type", "properties", "required", "additionalProperties", "propertyNames", "items"}
KNOWN |= {"minItems", "maxItems", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "anyOf"}

PYTHON = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


class Mismatch(Exception):
    """The value does not fit the schema."""


class Checker:
    """One schema, compiled as far as it was needed.

    With `fragment` it checks a fragment of the kind: nothing is required, nothing is filled in, and null stands
    for "removed" wherever a mapping is merged. What stands in a list is whole even then: lists replace.
    """

    def __init__(self, schema: Schema, fragment: bool = False) -> None:
        self.schema = schema
        self._references: dict[tuple[str, bool], Check] = {}
        if fragment:
            self._check = self._root_fragment(schema)
        else:
            self._check = self._object(schema, False)

    def check(self, value: Any) -> Any:
        """A new value with defaults filled in. Raises Mismatch."""
        return self._check(value)

    def _root_fragment(self, schema: Schema) -> Check:
        head = {name: self._compile(schema["properties"][name], False) for name in ("apiVersion", "kind")}
        rest = self._object(
            {**schema, "properties": {k: v for k, v in schema["properties"].items() if k not in head}}, True
        )

        def check(value: Any) -> Any:
            if type(value) is not dict or not head.keys() <= value.keys():
                raise Mismatch
            checked = {name: function(value[name]) for name, function in head.items()}
            return {**checked, **rest({key: item for key, item in value.items() if key not in head})}

        return check

    def _compile(self, schema: Schema, fragment: bool) -> Check:
        unknown = schema.keys() - KNOWN
        if unknown:
            raise RuntimeError(f"kgen's own schema has keywords that its checker does not know: {sorted(unknown)}")
        if "$ref" in schema:
            return self._reference(schema["$ref"], fragment)
        if "anyOf" in schema:
            return self._union(schema["anyOf"], fragment)
        match schema.get("type"):
            case "object":
                return self._object(schema, fragment)
            case "array":
                return self._array(schema)
            case "string":
                return _string(schema)
            case "integer":
                return _integer(schema)
            case "boolean":
                return _boolean
        raise RuntimeError("kgen's own schema has a value without a type")

    def _reference(self, reference: str, fragment: bool) -> Check:
        key = reference, fragment
        if key not in self._references:

            def first(value: Any) -> Any:
                if self._references[key] is first:
                    self._references[key] = self._compile(self._definition(reference), fragment)
                return self._references[key](value)

            self._references[key] = first
        return lambda value: self._references[key](value)

    def _definition(self, reference: str) -> Schema:
        definition: Schema = self.schema["$defs"][reference.removeprefix("#/$defs/")]
        return definition

    def _union(self, branches: list[Schema], fragment: bool) -> Check:
        """The branches of a union differ in their JSON type, so the value's type chooses."""
        chosen: dict[type, Check] = {}
        for branch in branches:
            target = self._definition(branch["$ref"]) if "$ref" in branch else branch
            kind = PYTHON[target["type"]]
            if kind in chosen:
                raise RuntimeError("kgen's own schema has a union of one JSON type twice")
            chosen[kind] = self._compile(branch, fragment)

        def check(value: Any) -> Any:
            branch = chosen.get(type(value))
            if branch is None:
                raise Mismatch
            return branch(value)

        return check

    def _object(self, schema: Schema, fragment: bool) -> Check:
        if schema.keys() - KNOWN:
            raise RuntimeError(
                f"kgen's own schema has keywords that its checker does not know: {schema.keys() - KNOWN}"
            )
        if "properties" not in schema:
            return self._map(schema, fragment)
        if schema.get("additionalProperties") is not False:
            raise RuntimeError("kgen's own schema allows unknown fields")
        properties: dict[str, Schema] = schema["properties"]
        required = () if fragment else tuple(schema.get("required", ()))
        defaults = () if fragment else tuple((name, field) for name, field in properties.items() if "default" in field)
        compiled: dict[str, Check] = {}

        def check(value: Any) -> Any:
            if type(value) is not dict:
                raise Mismatch
            result = {}
            for name, item in value.items():
                function = compiled.get(name)
                if function is None:
                    if name not in properties:
                        raise Mismatch
                    function = compiled[name] = self._compile(properties[name], fragment)
                result[name] = None if fragment and item is None else function(item)
            for name in required:
                if name not in result:
                    raise Mismatch
            for name, field in defaults:
                if name not in result:
                    result[name] = self._filled(field, field["default"])
            return result

        return check

    def _filled(self, schema: Schema, default: Any) -> Any:
        """A fresh copy of a default with the defaults below it. The schema's own values need no check."""
        if type(default) is list:
            return list(default)  # of scalars, or empty
        if type(default) is not dict:
            return default
        target = self._definition(schema["$ref"]) if "$ref" in schema else schema
        properties = target.get("properties", {})
        filled = {name: self._filled(properties.get(name, {}), item) for name, item in default.items()}
        for name, field in properties.items():
            if "default" in field and name not in filled:
                filled[name] = self._filled(field, field["default"])
        return filled

    def _map(self, schema: Schema, fragment: bool) -> Check:
        """A mapping with names of the user's own, or one that is passed on as it is."""
        if schema.get("additionalProperties") is True:
            return _free
        value_of = self._compile(schema["additionalProperties"], fragment)
        names = schema.get("propertyNames")
        name_of = _string(names) if names else _string({})

        def check(value: Any) -> Any:
            if type(value) is not dict:
                raise Mismatch
            return {
                name_of(name): None if fragment and item is None else value_of(item) for name, item in value.items()
            }

        return check

    def _array(self, schema: Schema) -> Check:
        item_of = self._compile(schema["items"], False)
        least, most = schema.get("minItems", 0), schema.get("maxItems", float("inf"))

        def check(value: Any) -> Any:
            if type(value) is not list or not least <= len(value) <= most:
                raise Mismatch
            return [item_of(item) for item in value]

        return check


def _free(value: Any) -> Any:
    if type(value) is not dict:
        raise Mismatch
    return value


def _boolean(value: Any) -> Any:
    if type(value) is not bool:
        raise Mismatch
    return value


def _integer(schema: Schema) -> Check:
    least, most = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))

    def check(value: Any) -> Any:
        if type(value) is not int or not least <= value <= most:
            raise Mismatch
        return value

    return check


def _string(schema: Schema) -> Check:
    if "const" in schema or "enum" in schema:
        values = frozenset(schema["enum"] if "enum" in schema else [schema["const"]])

        def choose(value: Any) -> Any:
            if type(value) is not str or value not in values:
                raise Mismatch
            return value

        return choose
    least, most = schema.get("minLength", 0), schema.get("maxLength", float("inf"))
    matches = re.compile(schema["pattern"]).fullmatch if "pattern" in schema else None

    def check(value: Any) -> Any:
        if type(value) is not str or not least <= len(value) <= most or (matches and not matches(value)):
            raise Mismatch
        return value

    return check

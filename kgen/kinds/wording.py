"""How explanations say what was found and what is expected."""

import re
from collections.abc import Sequence

from kgen.kinds.patterns import FORMS
from kgen.kinds.secrecy import may_show
from kgen.manifests import Path
from kgen.records import Any

Schema = dict[str, Any]

TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
NOUNS = {"string": "text", "boolean": "true or false", "integer": "a number", "number": "a number"}
NOUNS |= {"array": "a list", "object": "a mapping", "null": "null"}
LONGEST = 64


def json_type(value: Any) -> str:
    """JSON type of a value; a float is a number, never an integer."""
    return TYPES.get(type(value), "null")


def resolved(root: Schema, schema: Schema) -> Schema:
    """The schema that a reference leads to."""
    if "$ref" in schema:
        target: Schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return target
    return schema


def found(value: Any, path: Path = ()) -> str:
    """What was found: a short scalar as it would be written in JSON, else only its type."""
    kind = json_type(value)
    if kind in ("array", "object", "null"):
        return NOUNS[kind]
    if not (may_show(path) and showable(value)):
        return {"boolean": "a truth value"}.get(kind, NOUNS[kind]) + " (not shown)"
    return scalar(value)


def current(value: Any, path: Path = ()) -> Any:
    """The same for Result.current: the scalar, or None where it is not shown."""
    shown = json_type(value) not in ("array", "object", "null") and may_show(path) and showable(value)
    return value if shown else None


def scalar(value: Any) -> str:
    """A scalar as it would be written in JSON."""
    import json

    return json.dumps(value, ensure_ascii=False)


def showable(value: Any) -> bool:
    """Whether a scalar is fit to be read: neither endless nor full of control characters."""
    if isinstance(value, str):
        return len(value) <= LONGEST and value.isprintable()
    return not isinstance(value, int) or abs(value) < 10**20


def one_of(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def and_all(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def same_type(root: Schema, schema: Schema, value: Any) -> bool:
    """Whether a value has a JSON type that the schema takes."""
    target = resolved(root, schema)
    return any(same_type(root, b, value) for b in target.get("anyOf", ())) or json_type(value) == target.get("type")


def fits(schema: Schema, value: Any) -> bool:
    """Whether a scalar of the right type has the right value."""
    if "const" in schema:
        return bool(value == schema["const"])
    if "enum" in schema:
        return value in schema["enum"]
    if isinstance(value, str):
        length = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        return length and ("pattern" not in schema or re.fullmatch(schema["pattern"], value) is not None)
    if isinstance(value, int) and not isinstance(value, bool):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return True


def expected(root: Schema, schema: Schema) -> str:
    """What a schema takes, to be read after "expected"."""
    target = resolved(root, schema)
    if "anyOf" in target:
        return ", or ".join(expected(root, branch) for branch in target["anyOf"])
    if "const" in target:
        return str(target["const"])
    if "enum" in target:
        return one_of([value or '""' for value in target["enum"]])
    if target.get("pattern") in FORMS:
        return FORMS[target["pattern"]].expected
    kind = target["type"]
    if kind == "string":
        most = f" of at most {target['maxLength']} characters" if "maxLength" in target else ""
        return ("text that is not empty" if target.get("minLength") else "text") + (" and" + most if most else "")
    if kind == "integer":
        if "maximum" in target:
            return f"a number from {target['minimum']} to {target['maximum']}"
        return f"a number of at least {target['minimum']}" if "minimum" in target else "a number"
    if kind == "array" and ("minItems" in target or "maxItems" in target):
        if "maxItems" not in target:
            return f"a list of at least {target['minItems']}"
        return (
            f"a list of {target['minItems']} to {target['maxItems']}"
            if "minItems" in target
            else (f"a list of at most {target['maxItems']}")
        )
    return NOUNS[kind]


def flow(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str) and re.fullmatch("[A-Za-z][A-Za-z0-9._/-]*", value):
        return value
    return scalar(value)

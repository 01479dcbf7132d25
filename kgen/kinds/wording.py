"""How explanations say what was found, what is expected, and what to write instead."""

import re
from collections.abc import Sequence

from kgen.kinds.nearest import nearest
from kgen.kinds.patterns import CIDR, FORMS, HOST
from kgen.kinds.secrecy import may_show
from kgen.manifests import Path
from kgen.records import Any

Schema = dict[str, Any]

TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
NOUNS = {"string": "text", "boolean": "true or false", "integer": "a number", "number": "a number"}
NOUNS |= {"array": "a list", "object": "a mapping", "null": "null"}
LONGEST = 64
SWITCHES = {"true": True, "yes": True, "on": True, "enabled": True}
SWITCHES |= {"false": False, "no": False, "off": False, "disabled": False}


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


def advice(root: Schema, schema: Schema, value: Any, path: Path) -> tuple[str, Any]:
    """What to do about a wrong scalar or type, and the value to propose, if there is one."""
    target = resolved(root, schema)
    wanted, written = target.get("type"), json_type(value)
    if value is None:
        if path and isinstance(path[-1], int):
            return "remove the item", None
        return ("write {} for its defaults" if wanted == "object" else "leave it out"), None
    if wanted == "string" and written in ("integer", "number", "boolean") and not may_show(path):
        return "quote it", None
    if wanted == "array" and written == "object":
        return f"write a list, {_at(path)}[{{...}}]", None
    if wanted == "integer" and written == "integer":
        return "choose one in that range", None
    proposal = propose(root, schema, value) if may_show(path) else None
    if proposal is None:
        return f"write {example(root, schema, path)}", None
    if isinstance(proposal, list):
        return f"write a list, {_at(path)}[{_flow(proposal[0])}]", None
    if written == "string" and isinstance(proposal, str):
        return f"did you mean {proposal}?", proposal
    if written == "string":
        return f"write {_at(path)}{scalar(proposal)}, without quotes", proposal
    if isinstance(proposal, str) and "enum" not in target or written == "number":
        quotes = ", with the quotes" if isinstance(proposal, str) else ""
        return f"write {_at(path)}{scalar(proposal)}{quotes}", proposal
    return f"write {_at(path)}{_flow(proposal)}", proposal


def _at(path: Path) -> str:
    """`name: ` of a field; nothing for the item of a list."""
    return f"{path[-1]}: " if path and isinstance(path[-1], str) else ""


def propose(root: Schema, schema: Schema, value: Any) -> Any:
    """A value that fits and is close to the one written, or None."""
    target = resolved(root, schema)
    for branch in target.get("anyOf", ()):
        proposal = propose(root, branch, value)
        if proposal is not None:
            return proposal
    kind, written = target.get("type"), json_type(value)
    if kind == "array" and written in ("string", "integer", "boolean"):
        item = resolved(root, target["items"])
        branches = [resolved(root, branch) for branch in item.get("anyOf", [item])]
        return [value] if any(b.get("type") == written and fits(b, value) for b in branches) else None
    if kind == "string" and written in ("integer", "number", "boolean"):
        text = scalar(value)
        same = [choice for choice in target.get("enum", ()) if _meant(choice) == value and written != "integer"]
        return same[-1] if same else text if fits(target, text) else None
    if kind == "string" and written == "string":
        return _repaired(target, value)
    if kind == "integer" and written == "string" and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value) if fits(target, int(value)) else None
    if kind == "integer" and written == "number" and value == value // 1 and abs(value) < 10**9:
        return int(value) if fits(target, int(value)) else None
    if kind == "boolean" and written == "string":
        return SWITCHES.get(value.lower())
    return None


def _meant(choice: str) -> Any:
    """What somebody may have written for a choice, who left out the quotes or thought of a switch."""
    try:
        return float(choice)
    except ValueError:
        return SWITCHES.get(choice.lower())


def _repaired(schema: Schema, text: str) -> str | None:
    if "enum" in schema or "const" in schema:
        return nearest(text, schema.get("enum", [schema.get("const")]))
    if len(text) > LONGEST or not text.isprintable():
        return None
    lower, dashed = text.strip().lower(), text.strip().replace("_", "-").replace(" ", "-")
    candidates = [dashed, lower, dashed.lower(), text.removeprefix("v")]
    if schema.get("pattern") == CIDR.pattern:
        candidates = [f"{text}/128" if ":" in text else f"{text}/32"]
    elif schema.get("pattern") == HOST.pattern:
        candidates = [lower.rpartition("://")[2].partition("/")[0].partition(":")[0]]
    for candidate in candidates:
        if candidate and candidate != text and fits(schema, candidate):
            return candidate
    return None


def example(root: Schema, schema: Schema, path: Path) -> str:
    """How a field could be written: `name: value`, from its examples, its default, its choices or its form."""
    target = resolved(root, schema)
    if target.get("type") == "boolean":
        return "true or false"
    value = _example(root, schema)
    if value is None:
        return f"{_at(path)}and then {expected(root, schema)}"
    certain = "enum" in target or "const" in target
    return f"{_at(path)}{_flow(value)}" + ("" if certain else ", for example")


def _example(root: Schema, schema: Schema) -> Any:
    target = resolved(root, schema)
    default = [schema["default"]] if schema.get("default") else None
    for examples in (schema.get("examples"), default, target.get("enum"), [target.get("const")]):
        if examples and examples[0] is not None:
            return examples[0]
    for branch in target.get("anyOf", ()):
        return _example(root, branch)
    if target.get("pattern") in FORMS:
        return FORMS[target["pattern"]].example
    if target.get("type") == "boolean":
        return False
    if target.get("type") == "integer":
        return target.get("minimum")
    if target.get("type") == "array":
        item = _example(root, target["items"])
        return None if item is None else [item]
    if target.get("type") == "object":
        inner = {name: _example(root, target["properties"][name]) for name in target.get("required", ())}
        if "properties" not in target and isinstance(target.get("additionalProperties"), dict):
            names = {"type": "string", **target.get("propertyNames", {})}
            inner = {_example(root, names) or "NAME": _example(root, target["additionalProperties"])}
        return None if any(value is None for value in inner.values()) else inner
    return None


def _flow(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str) and re.fullmatch("[A-Za-z][A-Za-z0-9._/-]*", value):
        return value
    return scalar(value)

"""What explanations tell to write instead: the value that was probably meant, or an example."""

from typing import Any

from kgen.kinds.nearest import nearest
from kgen.kinds.patterns import CIDR, FORMS, HOST
from kgen.kinds.secrecy import may_show
from kgen.kinds.wording import Schema, expected, fits, flow, json_type, resolved, scalar, showable
from kgen.manifests import Path

SWITCHES = {"true": True, "yes": True, "on": True, "enabled": True}
SWITCHES |= {"false": False, "no": False, "off": False, "disabled": False}


def instead(root: Schema, schema: Schema, value: Any, path: Path) -> tuple[str, Any]:
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
        return f"write a list, {_at(path)}[{flow(proposal[0])}]", None
    if written == "string" and isinstance(proposal, str):
        return f"did you mean {proposal}?", proposal
    if written == "string":
        return f"write {_at(path)}{scalar(proposal)}, without quotes", proposal
    if isinstance(proposal, str) and "enum" not in target or written == "number":
        quotes = ", with the quotes" if isinstance(proposal, str) else ""
        return f"write {_at(path)}{scalar(proposal)}{quotes}", proposal
    return f"write {_at(path)}{flow(proposal)}", proposal


def _at(path: Path) -> str:
    """`name: ` of a field; nothing for the item of a list."""
    if not path or not isinstance(path[-1], str):
        return ""
    key = path[-1]
    return f"{key if key.isprintable() else key.encode('unicode_escape').decode()}: "


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
    if not showable(text):
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
    return f"{_at(path)}{flow(value)}" + ("" if certain else ", for example")


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

"""Makes the JSON Schemas (draft 2020-12) from the models. Run when packaging and by scripts/schemas.py.

What is committed under schemas/ is what editors and the checker read; a test holds it to the models.
"""

import json
from typing import Any

from kgen.kinds.agentgrant import AgentGrant
from kgen.kinds.agentlink import AgentLink
from kgen.kinds.fields import Model
from kgen.kinds.platform import Platform

Schema = dict[str, Any]

MODELS: dict[str, type[Model]] = {"AgentLink": AgentLink, "AgentGrant": AgentGrant, "Platform": Platform}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def files() -> dict[str, str]:
    """Text of every schema file by its name: one a kind, `overlay.json`, and `kgen.json` for any of them."""
    kinds = {kind: of_kind(kind) for kind in MODELS}
    written = {f"{kind.lower()}.json": schema for kind, schema in kinds.items()}
    written["overlay.json"] = overlay(kinds["Platform"])
    written["kgen.json"] = together(kinds)
    return {name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in written.items()}


def of_kind(kind: str) -> Schema:
    """The schema of one kind, self-contained."""
    schema = _plain(MODELS[kind].model_json_schema(by_alias=True))
    for holder in (schema, *schema["$defs"].values()):
        for field in holder.get("properties", {}).values():
            if "$ref" in field:  # pydantic leaves out what the reference says too; not every editor looks there
                target = schema["$defs"][field["$ref"].removeprefix("#/$defs/")]
                field.setdefault("description", target["description"])
    return {"$schema": DIALECT, **schema}


def overlay(platform: Schema) -> Schema:
    """The schema of a fragment of a Platform: nothing is required, nothing is filled in, null removes."""
    fragment: Schema = _fragment(platform)
    fragment["description"] = "A fragment of a Platform, merged over it by RFC 7386: null removes."
    fragment["required"] = ["apiVersion", "kind"]
    fragment["properties"] |= {name: platform["properties"][name] for name in ("apiVersion", "kind")}
    return fragment


def together(kinds: dict[str, Schema]) -> Schema:
    """The schema of a file that holds documents of any of the kinds, told apart by `kind`."""
    definitions: Schema = {}
    for kind, schema in kinds.items():
        definitions |= schema["$defs"]
        definitions[kind] = {key: value for key, value in schema.items() if key not in ("$schema", "$defs")}
    return {
        "$schema": DIALECT,
        "title": "kgen",
        "description": "A document of kgen: an AgentLink, an AgentGrant or a Platform.",
        "type": "object",
        "properties": {
            "apiVersion": {"const": "kgen.dev/v1alpha1", "description": "Version of the kind."},
            "kind": {"enum": list(kinds), "description": "The kind."},
        },
        "required": ["apiVersion", "kind"],
        "allOf": [
            {"if": {"properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{kind}"}} for kind in kinds
        ],
        "$defs": definitions,
    }


def _plain(schema: Schema) -> Schema:
    """Only keywords that the checker knows, in one order, whichever pydantic wrote the schema."""
    plain = dict(schema)
    if "patternProperties" in plain:  # a mapping whose keys have a pattern
        ((pattern, plain["additionalProperties"]),) = plain.pop("patternProperties").items()
        plain["propertyNames"] = {"pattern": pattern, **plain.get("propertyNames", {})}
    if plain.get("type") == "object" and "properties" not in plain:
        plain.setdefault("additionalProperties", True)  # pydantic before 2.11 leaves it to be understood
    for keyword in ("properties", "$defs"):
        if keyword in plain:
            plain[keyword] = {name: _plain(value) for name, value in plain[keyword].items()}
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(plain.get(keyword), dict):
            plain[keyword] = _plain(plain[keyword])
    if "anyOf" in plain:
        plain["anyOf"] = [_plain(branch) for branch in plain["anyOf"]]
    return dict(sorted(plain.items()))


def _fragment(schema: Any) -> Any:
    """A schema loosened for fragments. Lists replace as a whole, so what stands in lists stays as it is."""
    loose = {key: value for key, value in schema.items() if key not in ("required", "default", "$defs")}
    if "properties" in schema:
        loose["properties"] = {name: _or_null(value) for name, value in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        loose["additionalProperties"] = _or_null(schema["additionalProperties"])
    if "$ref" in schema:
        loose["$ref"] = schema["$ref"] + "Fragment"
    if "$defs" in schema:
        loose["$defs"] = {}
        for name, value in schema["$defs"].items():
            loose["$defs"][name] = value
            loose["$defs"][name + "Fragment"] = _fragment(value)
    return loose


def _or_null(schema: Schema) -> Schema:
    shown: Schema = {key: schema[key] for key in ("title", "description", "examples") if key in schema}
    return {**shown, "anyOf": [_fragment({k: v for k, v in schema.items() if k not in shown}), {"type": "null"}]}

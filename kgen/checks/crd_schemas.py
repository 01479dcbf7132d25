"""JSON Schemas from CustomResourceDefinitions, as strict as `kubectl apply --validate=strict` is.

A structural schema drops unknown fields silently; here they are refused, unless the schema preserves
them. x-kubernetes-validations (CEL) are not evaluated.
"""

from kgen.manifests import Manifest, get
from kgen.records import Any

_EVERY_OBJECT = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
_NESTED = ("allOf", "anyOf", "oneOf")


def schemas(crds: tuple[Manifest, ...]) -> dict[tuple[str, str], dict[str, Any]]:
    """One JSON Schema for each served version, by (apiVersion, kind)."""
    found = {}
    for crd in crds:
        spec = crd.get("spec") or {}
        group, kind = get(spec, "group", default=""), get(spec, "names", "kind", default="")
        for version in get(spec, "versions", default=[]):
            schema = get(version, "schema", "openAPIV3Schema")
            if isinstance(schema, dict) and version.get("served", True):
                strict = _strict(schema)
                if "properties" in strict:
                    strict["properties"] = {**strict["properties"], **_EVERY_OBJECT}
                found[f"{group}/{version.get('name')}", kind] = strict
    return found


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with unknown fields forbidden where the API server would drop them."""
    strict: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            strict[key] = {name: _strict(field) for name, field in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            strict[key] = _strict(value)
        elif key in _NESTED or key == "not":
            strict[key] = value  # in a structural schema these only restrict values
        elif not key.startswith("x-") and key not in ("nullable", "description", "default", "example", "format"):
            strict[key] = value
    if schema.get("x-kubernetes-int-or-string"):
        strict.pop("type", None)
        strict["type"] = ["integer", "string"]
        strict.pop("anyOf", None)
    elif schema.get("nullable") and isinstance(strict.get("type"), str):
        strict["type"] = [strict["type"], "null"]
        if "enum" in strict:
            strict["enum"] = [*strict["enum"], None]
    if schema.get("x-kubernetes-embedded-resource"):
        strict["properties"] = {**strict.get("properties", {}), **_EVERY_OBJECT}
    closed = "properties" in strict and "additionalProperties" not in strict
    if closed and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict["additionalProperties"] = False
    return strict

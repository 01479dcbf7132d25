"""Schemas: built-in kinds against the Kubernetes OpenAPI, custom ones against the CRDs that were given.

Needs the extra `kgen[schemas]` (kubernetes-validate, which carries the schemas and brings jsonschema). What
could not be checked is named: it is one warning, or an error where schemas are required. Values are never
shown; a message says which field, what is expected, and the nearest field name.
"""

from importlib.util import find_spec

from kgen.checks import Context, Subject, crd_schemas, problem
from kgen.manifests import path_text
from kgen.records import Any
from kgen.results import ERROR, WARNING, Result

_MOST_PER_OBJECT = 10


class Lint:
    """Checks each object as it comes; validators are made once a kind."""

    def __init__(self, context: Context) -> None:
        self._available = find_spec("kubernetes_validate") is not None
        self._version = context.kubernetes_version
        self._required = context.schemas_required
        self._custom = crd_schemas.schemas(context.crds)
        self._validators: dict[tuple[str, str], Any] = {}
        self._registry: Any = None
        self._unchecked: dict[tuple[str, str], int] = {}
        self._found: list[Result] = []
        self.checked = 0

    def see(self, subject: Subject) -> None:
        api_version, kind = subject.identity.api_version, subject.identity.kind
        if api_version.startswith("kgen.dev/"):
            return  # checked when it was read
        key = (api_version, kind)
        if key not in self._validators:
            self._validators[key] = self._validator(api_version, kind) if self._available else None
        validator = self._validators[key]
        if validator is None:
            self._unchecked[key] = self._unchecked.get(key, 0) + 1
            return
        self.checked += 1
        errors = [leaf for error in validator.iter_errors(subject.manifest) for leaf in _leaves(error)]
        for message, path in dict.fromkeys(explained(error) for error in errors[:_MOST_PER_OBJECT]):
            self._found.append(problem(subject, "schema", message, ERROR, path))

    def _validator(self, api_version: str, kind: str) -> Any:
        from jsonschema.validators import Draft202012Validator

        if (api_version, kind) in self._custom:
            return Draft202012Validator(self._custom[api_version, kind])
        group = api_version.rpartition("/")[0]
        if "." in group and not group.endswith(".k8s.io"):
            return None
        from kgen.checks import builtin_schemas

        schema = builtin_schemas.schema(self._version, api_version, kind)
        if schema is None:
            return None
        if self._registry is None:
            self._registry = builtin_schemas.definitions(self._version)
        return Draft202012Validator(schema, registry=schema_registry(self._registry, schema))

    def results(self) -> list[Result]:
        found = list(self._found)
        if self._unchecked:
            kinds = ", ".join(
                f"{api_version} {kind} ({number})" for (api_version, kind), number in sorted(self._unchecked.items())
            )
            way = "give their CRDs with --crds DIR" if self._available else "install kgen[schemas]"
            severity = ERROR if self._required else WARNING
            found.append(Result(f"not checked against a schema: {kinds}; {way}", severity, "unchecked"))
        return found


def schema_registry(definitions: Any, schema: dict[str, Any]) -> Any:
    """The definitions, with this schema beside them."""
    from referencing import Resource

    return Resource.from_contents(schema) @ definitions


def _leaves(error: Any) -> list[Any]:
    """The errors of the alternative that came nearest, where a schema has alternatives."""
    if not error.context:
        return [error]
    branches: dict[Any, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    nearest = min(
        branches.values(), key=lambda found: (any(e.validator == "type" and not e.path for e in found), len(found))
    )
    return [leaf for inner in nearest for leaf in _leaves(inner)]


def explained(error: Any) -> tuple[str, str]:
    """The message of a jsonschema error without any value of the object, and the field path."""
    path, rule, expected = tuple(error.absolute_path), error.validator, error.validator_value
    if rule == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties") or {})
        unknown = sorted(key for key in error.instance if key not in known)
        return f"unknown field {', '.join(map(str, unknown))}{_nearest(unknown, known)}", path_text(path)
    if rule == "required":
        missing = sorted(name for name in expected if name not in error.instance)
        return f"missing field {', '.join(missing)}", path_text(path)
    if rule == "type":
        wanted = " or ".join(expected) if isinstance(expected, list) else expected
        return f"expected {wanted}, found {_type(error.instance)}", path_text(path)
    if rule in ("enum", "const"):
        wanted = ", ".join(map(str, expected)) if rule == "enum" else str(expected)
        return f"expected one of {wanted}", path_text(path)
    return f"does not hold {rule}: {str(expected)[:120]}", path_text(path)


def _nearest(unknown: list[str], known: list[str]) -> str:
    from difflib import get_close_matches

    near = [match for name in unknown for match in get_close_matches(str(name), known, 1)]
    if near:
        return f"; did you mean {', '.join(near)}?"
    return f"; known are {', '.join(sorted(known)[:20])}" if known else ""


def _type(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value), "null")

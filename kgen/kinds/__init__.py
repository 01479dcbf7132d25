"""The three kinds: AgentLink, AgentGrant and Platform. Checks documents of theirs and fills in defaults.

The pydantic models in this package are the one authority; the schemas generated from them are what runs
(docs/decisions/0004-kinds-are-explained-by-their-schema.md). Importing this package loads neither pydantic nor a
schema.
"""

from kgen.manifests import Document, Manifest, group_of
from kgen.records import Any
from kgen.results import Result

GROUP = "kgen.dev"
API_VERSION = "kgen.dev/v1alpha1"
KINDS = ("AgentLink", "AgentGrant", "Platform")

_schemas: dict[str, dict[str, Any]] = {}
_checkers: dict[tuple[str, bool], Any] = {}


def is_ours(manifest: Manifest) -> bool:
    """Whether a manifest is of kgen's own group, known kind or not."""
    return group_of(manifest.get("apiVersion") or "") == GROUP


def check(document: Document, layers: frozenset[str]) -> tuple[Manifest | None, list[Result]]:
    """The document of one of our kinds as a new value with defaults filled in, or None and why not.

    `layers` names the layers, and other abilities of the engine, that exist; a field that is written and
    needs another is refused. Every problem of the document is reported at once.
    """
    return _checked(document, layers, fragment=False)


def check_fragment(document: Document, layers: frozenset[str]) -> tuple[Manifest | None, list[Result]]:
    """The same for a fragment of a Platform: nothing is required or filled in, null stands for "removed"."""
    return _checked(document, layers, fragment=True)


def schema(kind: str | None = None) -> dict[str, Any]:
    """The JSON Schema of a kind; without one, the schema of a file that holds any of them. Not to be changed."""
    name = "kgen" if kind is None else kind.lower()
    if name not in _schemas:
        import json

        with open(f"{_folder()}/{name}.json", encoding="utf-8") as file:
            _schemas[name] = json.load(file)
    return _schemas[name]


def _checked(document: Document, layers: frozenset[str], fragment: bool) -> tuple[Manifest | None, list[Result]]:
    from kgen.kinds.checker import Checker, Mismatch

    manifest = document.manifest
    kind = manifest.get("kind")
    if manifest.get("apiVersion") != API_VERSION or kind not in KINDS or (fragment and kind != "Platform"):
        from kgen.kinds import explain

        return None, explain.unknown_kind(document, fragment)
    checker = _checkers.get((kind, fragment))
    if checker is None:
        checker = _checkers[kind, fragment] = Checker(schema(kind), fragment)
    try:
        value: Manifest = checker.check(manifest)
    except Mismatch:
        from kgen.kinds import explain

        return None, explain.mismatch(document, layers, fragment)
    if kind != "AgentLink" and (kind != "Platform" or manifest.get("spec")):
        from kgen.kinds.availability import lacking, unknown_layers

        if lacking(manifest, layers) or unknown_layers(manifest, layers):
            from kgen.kinds import explain

            return None, explain.unavailable(document, layers)
    return value, []


def _folder() -> str:
    """Folder of the schema files: inside an installed package, else in the checkout around it."""
    import os

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "_data", "schemas")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "schemas")

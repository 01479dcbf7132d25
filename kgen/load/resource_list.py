"""The ResourceList that kustomize and kpt give a KRM function on standard input, as documents."""

from kgen.load.clients import is_tool
from kgen.load.compose import RESOURCE_LIST
from kgen.load.documents import shape
from kgen.load.yaml_read import values
from kgen.manifests import Document, Manifest, Origin, get, identity_of, parse_path, path_text
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, Refused, Result

VERSIONS = ("config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", "config.kubernetes.io/v1alpha1")
_PATHS = ("internal.config.kubernetes.io/path", "config.kubernetes.io/path")
_INDEXES = ("internal.config.kubernetes.io/index", "config.kubernetes.io/index")
_WANTED = "expected a ResourceList on standard input, as kustomize and kpt give it"


class ResourceList(NamedTuple):
    """Origins name the file and document that kpt tells; kustomize tells none (file is "")."""

    items: list[Document]
    function_config: Document | None
    results: list[Result]  # warnings
    api_version: str


def parse(data: bytes) -> ResourceList:
    """Reads a ResourceList in YAML or JSON. Raises Refused with everything wrong in it."""
    results: list[Result] = []
    found = [read.value for read in values(data, "", results, limits=RESOURCE_LIST)]  # lets go of the nodes
    if not found and not results:
        raise Refused([Result(f"{_WANTED}, found nothing: use `kgen render` outside of them", rule="resource-list")])
    if not found:
        raise Refused(results)
    whole = found[0]
    problem = _problem(whole, len(found))
    if problem:
        raise Refused([*results, Result(problem, rule="resource-list")])
    items = [_document(item) for item in whole.get("items") or []]
    config = whole.get("functionConfig")
    results = [_placed(result, items, config) for result in results]
    for number, item in enumerate(items):
        if is_tool(item.manifest):
            continue
        about = f"items[{number}]: "
        for result in shape(item.manifest):
            results.append(
                result._replace(message=about + result.message, file=item.origin.file, index=item.origin.index)
            )
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    return ResourceList(items, _document(config) if config else None, results, whole["apiVersion"])


def _problem(whole: Any, documents: int) -> str:
    """Why a value is no ResourceList; "" where it is one."""
    kind = get(whole, "kind")
    if kind != "ResourceList":
        what = f"kind {kind}" if isinstance(kind, str) else "something else"
        return f"{_WANTED}, found {what}: use `kgen render` for plain manifests"
    if documents > 1:
        return f"{_WANTED}, found {documents} documents: put all objects under its items"
    if whole.get("apiVersion") not in VERSIONS:
        return f"a ResourceList has apiVersion {' or '.join(VERSIONS[:2])}, found {whole.get('apiVersion')}"
    if not isinstance(whole.get("items") or [], list):
        return "items of the ResourceList has to be a list"
    if not isinstance(whole.get("functionConfig") or {}, dict):
        return "functionConfig of the ResourceList has to be a mapping"
    return ""


def _document(manifest: Manifest) -> Document:
    annotations = get(manifest, "metadata", "annotations", default={})
    return Document(manifest, Origin(_first(annotations, _PATHS), _number(_first(annotations, _INDEXES))))


def _first(annotations: Any, names: tuple[str, ...]) -> str:
    return next((found for name in names if isinstance(found := get(annotations, name), str)), "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _placed(result: Result, items: list[Document], config: Any) -> Result:
    """What is wrong in the whole, told of the object in it: there is no file with its line."""
    path = parse_path(result.field) if result.field else ()
    if len(path) > 1 and path[0] == "items" and isinstance(path[1], int) and path[1] < len(items):
        manifest, origin = items[path[1]]
        path = path[2:]
    elif path and path[0] == "functionConfig" and isinstance(config, dict):
        manifest, origin = _document(config)
        path = path[1:]
    else:
        return result
    if not isinstance(manifest, dict) or shape(manifest):
        return result
    identity = identity_of(manifest)
    return result._replace(
        api_version=identity.api_version,
        kind=identity.kind,
        namespace=identity.namespace,
        name=identity.name,
        field=path_text(path),
        file=origin.file,
        index=origin.index,
        line=0,
    )

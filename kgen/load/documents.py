"""Plain values to documents: what a manifest must have, and `kind: List` taken apart."""

from kgen.load.nodes import line_of
from kgen.manifests import Document, Manifest, Origin, Path
from kgen.records import Any
from kgen.results import Result

_NEEDED = "every Kubernetes object has apiVersion, kind and metadata.name"


def unpack(read: Any, file: str, documents: list[Document], results: list[Result]) -> None:
    """Adds the objects of one YAML document (yaml_read.Value) to `documents`, what is wrong to `results`."""
    value = read.value
    if value.__class__ is dict:
        kind = value.get("kind")
        metadata = value.get("metadata")
        if (
            metadata.__class__ is dict
            and metadata.get("name").__class__ is str
            and metadata["name"]
            and kind.__class__ is str
            and kind
            and value.get("apiVersion").__class__ is str
            and value["apiVersion"]
            and not kind.endswith("List")
            and metadata.get("namespace", "").__class__ is str
        ):
            documents.append(Document(value, Origin(file, read.document, read.line)))
            return
    _unpack(value, (), read, file, documents, results)


def _unpack(value: Any, path: Path, read: Any, file: str, documents: list[Document], results: list[Result]) -> None:
    line = line_of(read.root, path) if path and read.root is not None else read.line
    if is_list(value):
        for i, item in enumerate(value["items"]):
            _unpack(item, (*path, "items", i), read, file, documents, results)
        return
    problems = shape(value)
    if problems:
        results.extend(result._replace(file=file, index=read.document, line=line) for result in problems)
    else:
        documents.append(Document(value, Origin(file, read.document, line)))


def is_list(value: Any) -> bool:
    """`kind: List` and the typed lists of the API (`DeploymentList`), as kubectl and kustomize tell them."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("kind"), str)
        and value["kind"].endswith("List")
        and value["kind"] != "ResourceList"
        and isinstance(value.get("items"), list)
        and "spec" not in value
    )


def shape(value: Any) -> list[Result]:
    """What keeps a plain value from being a manifest; empty where nothing does."""
    if not isinstance(value, dict):
        found = {list: "a list", str: "text", bool: "true or false"}.get(type(value), "a number")
        message = f"a document has to be a mapping, found {found}: {_NEEDED}; put --- between two objects"
        return [Result(message, rule="manifest")]
    problems = []
    api_version, kind = _text(value, "apiVersion"), _text(value, "kind")
    for field, good, example in (("apiVersion", api_version, "v1"), ("kind", kind, "ConfigMap")):
        if not good:
            problems.append(_missing(field, value.get(field), f"add it, e.g. {field}: {example}", field in value))
    if kind == "ResourceList":
        message = "a ResourceList is the input of a KRM function: give it to `kgen fn`, or give the files themselves"
        return [Result(message, rule="manifest", api_version=api_version, kind=kind)]
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        problems.append(_missing("metadata", metadata, "add metadata: {name: ...}", "metadata" in value))
    else:
        if not _text(metadata, "name"):
            advice = "add it, e.g. name: my-object"
            if "generateName" in metadata:
                advice = "generateName gives a new object at every apply: write a fixed name"
            problems.append(_missing("metadata.name", metadata.get("name"), advice, "name" in metadata))
        if "namespace" in metadata and not isinstance(metadata["namespace"], str | None):
            problems.append(_missing("metadata.namespace", metadata["namespace"], "write a name, in quotes", True))
    name = _text(metadata, "name") if isinstance(metadata, dict) else ""
    return [problem._replace(api_version=api_version, kind=kind, name=name) for problem in problems]


def _text(value: Manifest, field: str) -> str:
    found = value.get(field)
    return found if isinstance(found, str) else ""


def _missing(field: str, found: Any, advice: str, present: bool) -> Result:
    if not present or found is None or found == "":
        return Result(f"{field} is missing: {advice}; {_NEEDED}", rule="manifest", field=field)
    kind = {dict: "a mapping", list: "a list", bool: "true or false", str: "text"}.get(type(found), "a number")
    wanted = "a mapping" if field == "metadata" else "text"
    if kind in ("true or false", "a number"):
        advice = "put it in quotes"
    return Result(f"{field} has to be {wanted}, found {kind}: {advice}", rule="manifest", field=field)

"""Says why a document of a kind of ours is refused: every problem at once, each with what to do.

Imported only after the checker has said no. It walks the same schema, so what it says is what was checked;
a test holds the two to the same verdict. Only scalars are ever shown, and none where a secret may stand.
"""

from collections.abc import Iterator
from itertools import islice

from kgen import kinds
from kgen.kinds import advice, availability, wording
from kgen.kinds.nearest import belongs, nearest
from kgen.manifests import Document, Manifest, Path, path_text
from kgen.records import Any, NamedTuple
from kgen.results import Result

Schema = dict[str, Any]

MOST = 50
"""Problems told of one document: a file of another tool has thousands, and they all say the same."""


class Problem(NamedTuple):
    """One thing wrong at one place. `message` goes on after the path of the field."""

    path: Path
    message: str
    rule: str
    current: Any = None
    proposed: Any = None


def mismatch(document: Document, layers: frozenset[str], fragment: bool) -> list[Result]:
    """Why a document does not fit the schema of its kind, and what in it waits for a layer."""
    schema = kinds.schema(document.manifest["kind"])
    waiting = _waiting(document, layers)
    closed = [problem.path for problem in waiting]
    found = [p for p in problems(schema, document.manifest, fragment) if not _below(p.path, closed)]
    if not found and not waiting:
        raise RuntimeError("kgen's checker refused a document in which nothing wrong can be found")
    return [_result(document, problem) for problem in [*found, *waiting]]


def problems(schema: Schema, manifest: Manifest, fragment: bool) -> list[Problem]:
    """What in a document of a kind does not fit the schema of that kind."""
    return list(islice(_walk(schema, schema, manifest, (), fragment), MOST))


def unavailable(document: Document, layers: frozenset[str]) -> list[Result]:
    """What in a document that fits its schema waits for a layer, or names one that there is not."""
    return [_result(document, problem) for problem in _waiting(document, layers)]


def unknown_kind(document: Document, fragment: bool) -> list[Result]:
    """Why a document of our group is none of our kinds, or no fragment of a Platform."""
    version, kind = document.manifest.get("apiVersion"), document.manifest.get("kind")
    found = []
    if version != kinds.API_VERSION:
        message = f"found {wording.found(version)}, expected {kinds.API_VERSION}: write apiVersion: {kinds.API_VERSION}"
        found.append(Problem(("apiVersion",), message, "kind", wording.current(version), kinds.API_VERSION))
    if fragment and kind != "Platform":
        message = f"found {wording.found(kind)}, expected Platform: an overlay is a fragment of the Platform"
        found.append(Problem(("kind",), message, "kind", wording.current(kind), "Platform"))
    elif kind not in kinds.KINDS:
        close = nearest(kind, kinds.KINDS)
        deed = f"did you mean {close}?" if close else "write one of them"
        message = f"found {wording.found(kind)}, expected {wording.one_of(kinds.KINDS)}: {deed}"
        found.append(Problem(("kind",), message, "kind", wording.current(kind), close))
    return [_result(document, problem) for problem in found]


def _waiting(document: Document, layers: frozenset[str]) -> list[Problem]:
    found = []
    for lack in availability.lacking(document.manifest, layers):
        value = f" {lack.value}" if lack.value else ""
        need = f"layer {lack.need}" if lack.need in availability.LAYERS else lack.need
        message = f"{value} needs {need}, which this version does not have: remove it"
        found.append(Problem(lack.path, message, "not-available", lack.value or None))
    known = sorted(layers & set(availability.LAYERS))
    for path, name in availability.unknown_layers(document.manifest, layers):
        close = nearest(name, sorted((layers | set(availability.LAYERS)) - availability.ABILITIES))
        deed = f"did you mean {close}?" if close else f"name one of {', '.join(known)}"
        message = f" names a layer that there is not: {deed}"
        found.append(Problem(path, message, "unknown-layer", wording.current(name), close))
    return found


def _below(path: Path, parents: list[Path]) -> bool:
    return any(path[: len(parent)] == parent for parent in parents)


def _result(document: Document, problem: Problem) -> Result:
    manifest, origin = document.manifest, document.origin
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    field = path_text(_tellable(problem.path))
    separator = "" if problem.message.startswith(" ") else ": "
    version, kind, namespace, name = (
        value if isinstance(value, str) and wording.showable(value) else ""
        for value in (manifest.get("apiVersion"), manifest.get("kind"), metadata.get("namespace"), metadata.get("name"))
    )
    return Result(
        f"{field}{separator}{problem.message}",
        rule=problem.rule,
        api_version=version,
        kind=kind,
        namespace=namespace,
        name=name,
        field=field,
        current=problem.current,
        proposed=problem.proposed,
        file=origin.file,
        index=origin.index,
    )


def _tellable(path: Path) -> Path:
    """A path as far as its keys are fit to be read: neither endless nor full of control characters."""
    for length, step in enumerate(path):
        if isinstance(step, str) and not wording.showable(step):
            return path[:length]
    return path


def _walk(root: Schema, schema: Schema, value: Any, path: Path, fragment: bool) -> Iterator[Problem]:
    """Every place below `value` that does not fit."""
    target = wording.resolved(root, schema)
    if fragment and value is None and len(path) > 0 and path not in (("apiVersion",), ("kind",)):
        return
    kind = wording.json_type(value)
    if "anyOf" in target:
        branches = {wording.resolved(root, branch)["type"]: branch for branch in target["anyOf"]}
        if kind in branches:
            shown = {"examples": schema["examples"]} if "examples" in schema else {}
            yield from _walk(root, {**branches[kind], **shown}, value, path, fragment)
        else:
            yield _wrong(root, schema, value, path)
    elif kind != target["type"]:
        yield _wrong(root, schema, value, path)
    elif kind == "object":
        yield from _mapping(root, target, value, path, fragment)
    elif kind == "array":
        if not target.get("minItems", 0) <= len(value) <= target.get("maxItems", len(value)):
            yield _count(root, schema, value, path)
        for index, item in enumerate(value):
            yield from _walk(root, target["items"], item, (*path, index), False)
    elif not wording.fits(target, value):
        yield _wrong(root, schema, value, path)


def _mapping(root: Schema, schema: Schema, value: dict[Any, Any], path: Path, fragment: bool) -> Iterator[Problem]:
    properties = schema.get("properties")
    if properties is None and schema["additionalProperties"] is True:
        return
    for name, item in value.items():
        if not isinstance(name, str):
            message = f"found the key {wording.found(name)}, expected text: quote it"
            yield Problem(path, message, "wrong-type", wording.current(name))
        elif properties is None:
            names = schema.get("propertyNames", {})
            if not wording.fits({"type": "string", **names}, name):
                yield _wrong_name(names, name, path)
            yield from _walk(root, schema["additionalProperties"], item, (*path, name), fragment)
        elif item is None and name in schema.get("required", ()) and not (fragment and path):
            yield _empty(root, properties[name], (*path, name))
        elif name in properties:
            yield from _walk(root, properties[name], item, (*path, name), fragment)
        else:
            yield _unknown(root, list(properties), name, path)
    for name in schema.get("required", ()):
        if name not in value and not (fragment and path):
            yield _missing(root, properties[name] if properties else {}, (*path, name))


def _wrong(root: Schema, schema: Schema, value: Any, path: Path) -> Problem:
    """A value of the wrong type or form. A scalar in place of a mapping could be anything, so it is not shown."""
    shown, current = wording.found(value, path), wording.current(value, path)
    if wording.resolved(root, schema).get("type") == "object":
        shown, current = wording.NOUNS[wording.json_type(value)], None
    deed, proposed = advice.instead(root, schema, value, path)
    rule = "wrong-value" if wording.same_type(root, schema, value) else "wrong-type"
    message = f"found {shown}, expected {wording.expected(root, schema)}: {deed}"
    return Problem(path, message, rule, current, proposed)


def _count(root: Schema, schema: Schema, value: list[Any], path: Path) -> Problem:
    target = wording.resolved(root, schema)
    most = target.get("maxItems")
    more = "leave it out for all" if path[-1:] == ("toolNames",) else "write a second document"
    deed = f"keep to {most}, or {more}" if most and len(value) > most else "add one, or leave it out"
    message = f"found {len(value)} items, expected {wording.expected(root, schema)}: {deed}"
    return Problem(path, message, "wrong-count")


def _wrong_name(names: Schema, name: str, path: Path) -> Problem:
    deed, proposed = advice.instead({}, {"type": "string", **names}, name, ())
    message = (
        f"found the name {wording.found(name)}, expected {wording.expected({}, {'type': 'string', **names})}: {deed}"
    )
    return Problem((*path, name), message, "wrong-name", wording.current(name), proposed)


def _missing(root: Schema, schema: Schema, path: Path) -> Problem:
    message = f" is missing: write {advice.example(root, schema, path)}"
    return Problem(path, message, "missing-field")


def _empty(root: Schema, schema: Schema, path: Path) -> Problem:
    """A required field whose value was left out, which YAML reads as null."""
    message = f"found null, expected {wording.expected(root, schema)}: write {advice.example(root, schema, path)}"
    return Problem(path, message, "missing-field")


def _unknown(root: Schema, known: list[str], name: str, path: Path) -> Problem:
    """A field that there is not: perhaps misspelt, perhaps at another level, perhaps of another kind."""
    kind = root["title"]
    if not wording.showable(name):
        return Problem((*path, name), f" has a key that is no field of {kind}: remove it", "unknown-field")
    close = nearest(name, known, 0.8)
    if close is None:
        if place := belongs(root, name, path):
            return Problem((*path, name), f" is no field here: {name} belongs under {place}", "unknown-field")
        for other in kinds.KINDS:
            if other != kind and (place := belongs(kinds.schema(other), name)):
                message = f" is no field of {kind}: {name} belongs under {place} of {other}"
                return Problem((*path, name), message, "unknown-field")
        close = nearest(name, known)
    if close is not None:
        message = f" is no field of {kind}: did you mean {close}?"
        return Problem((*path, name), message, "unknown-field", None, close)
    return Problem((*path, name), f" is no field of {kind}: remove it, or use {wording.one_of(known)}", "unknown-field")

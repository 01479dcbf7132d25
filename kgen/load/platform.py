"""The Platform of a run: defaults < profile < Platform < overlays in order < parameters, merged by RFC 7386.

A default is what a field has that nobody wrote, so it is filled in last: a selector or label set that is
written replaces the default one instead of being mixed with it.
"""

from collections.abc import Mapping, Sequence

from kgen import kinds
from kgen.manifests import Document, Manifest, Origin, Path, get, parse_path, path_text
from kgen.records import Any
from kgen.results import ERROR, INFO, Refused, Result

PROFILES: dict[str, Manifest] = {"Baseline": {}, "Mesh": {}, "Hardened": {}, "ZeroTrust": {}}
"""What each profile says of `spec` by itself. The layers know from which profile they are on; nothing else yet."""

SPIFFE = "spiffe://"


def resolve(
    platform: Document | None,
    overlays: Sequence[Document],
    parameters: Sequence[Document] = (),
    *,
    layers: frozenset[str],
    notes: list[Result] | None = None,
) -> Manifest:
    """The whole Platform with every default filled in. What is worth a note, but no error, goes to `notes`.

    `layers` names the layers and other abilities that exist. With `spec.bases`, names in `spec.layers` are
    judged by `undeclared_layers` once those folders are read. Raises Refused with the problems of all
    documents, each with its file.
    """
    written = [document for document in (platform, *overlays, *parameters) if document is not None]
    fragments, problems = [], []
    for document in written:
        checked, results = kinds.check_fragment(document, layers)
        problems += results
        if checked is not None:
            fragments.append(Document(checked, document.origin))
    if problems:
        raise Refused(problems)

    merged: Manifest = {"apiVersion": kinds.API_VERSION, "kind": "Platform", "metadata": {}, "spec": {}}
    for fragment in fragments:
        problems += _removes_nothing(merged, fragment)
        merged = merge(merged, fragment.manifest)
    profile = PROFILES[get(merged, "spec", "profile", default="Baseline")]
    merged["spec"] = merge(profile, merged.get("spec") or {})
    if overlays and "name" not in (overlays[-1].manifest.get("metadata") or {}):
        folder = overlay_name(overlays[-1].origin)
        if folder:
            merged["metadata"] = {**(merged.get("metadata") or {}), "name": folder}

    last = written[-1].origin if written else Origin()
    whole, results = kinds.check(Document(merged, last), layers)
    problems += [_at_its_writer(result, fragments) for result in results]
    if whole is None or problems:
        raise Refused(problems)
    found = _settle(whole["spec"], fragments)
    if notes is not None:
        notes += found
    return whole


def merge(target: Any, patch: Any) -> Any:
    """RFC 7386: mappings merge, null removes, everything else replaces. Changes neither; shares what stays."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def parameter_fragment(parameters: Mapping[str, str], file: str = "parameters") -> Document:
    """Parameters such as `{"kagent.version": "0.9"}` as a fragment of a Platform.

    A name is a path below `spec`; the text becomes a number, truth value, list or mapping where the field
    is one. Raises Refused where a name is no path, or goes on below another parameter's.
    """
    spec: Manifest = {}
    taken: list[Path] = []
    problems = []
    for name in sorted(parameters):
        try:
            path = parse_path(name.removeprefix("spec."))
        except ValueError:
            path = ()
        if not path or not all(isinstance(step, str) and step for step in path):
            message = f"parameter {name!r} is no path below spec: write for example kagent.version"
            problems.append(Result(message, rule="parameter", file=file, kind="Platform"))
            continue
        if any(path[: len(other)] == other or other[: len(path)] == path for other in taken):
            message = f"parameter {name} meets another one that sets a part of it: give one of them"
            problems.append(Result(message, rule="parameter", field=path_text(("spec", *path)), file=file))
            continue
        taken.append(path)
        place: Any = spec
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = read_value(("spec", *path), parameters[name])
    if problems:
        raise Refused(problems)
    return Document({"apiVersion": kinds.API_VERSION, "kind": "Platform", "spec": spec}, Origin(file))


def overlay_name(origin: Origin) -> str:
    """Name of the folder that an overlay's file lies in; "" where it is not known."""
    return origin.file.replace("\\", "/").rpartition("/")[0].rpartition("/")[2].strip(".")


def undeclared_layers(platform: Manifest, names: frozenset[str]) -> list[Result]:
    """Names in `spec.layers` that are no layer's, when all layers, the user's own included, are known."""
    switched = get(platform, "spec", "layers")
    if not switched:
        return []
    from kgen.kinds.availability import ABILITIES

    names -= ABILITIES
    results = []
    for name in sorted(set(switched) - names):
        message = f"spec.layers.{name} names a layer that there is not: name one of {', '.join(sorted(names))}"
        results.append(
            Result(message, ERROR, "unknown-layer", kind="Platform", field=f"spec.layers.{name}", current=name)
        )
    return results


def _settle(spec: Manifest, fragments: list[Document]) -> list[Result]:
    """Facts that follow from others, set in the new `spec`; says what was changed."""
    notes = []
    places: list[tuple[Path, Manifest | None]] = [((), spec), (("workloadIdentity",), spec.get("workloadIdentity"))]
    for path, section in places:
        domain = section.get("trustDomain", "") if section else ""
        if section and domain.startswith(SPIFFE):
            section["trustDomain"] = domain.removeprefix(SPIFFE)
            field = path_text(("spec", *path, "trustDomain"))
            message = f"{field}: {SPIFFE} is taken off, a trust domain is a name: write {section['trustDomain']}"
            note = Result(message, INFO, "trust-domain", kind="Platform", field=field)
            note = note._replace(current=domain, proposed=section["trustDomain"])
            notes.append(_at_its_writer(note, fragments))
    for namespace in spec["namespaces"].values():
        namespace["podSecurity"].setdefault("version", f"v{spec['kubernetesVersion']}")
    return notes


def _removes_nothing(merged: Manifest, fragment: Document) -> list[Result]:
    """`namespaces: {team-alpha:}` is null too: who writes that means to list it, and would get nothing."""
    results = []
    for section in ("namespaces", "layers", "suspended", "links"):
        entries = get(fragment.manifest, "spec", section, default={})
        for name in entries:
            if entries[name] is None and name not in get(merged, "spec", section, default={}):
                field = path_text(("spec", section, name))
                advice = "write {} to list it with its defaults" if section == "namespaces" else "remove it"
                message = f"{field}: null removes an entry, and nothing before this set one: {advice}"
                origin = fragment.origin
                place = Result(message, rule="removes-nothing", kind="Platform", field=field)
                results.append(place._replace(file=origin.file, index=origin.index))
    return results


def _at_its_writer(result: Result, fragments: list[Document]) -> Result:
    """The same result at the document that wrote the field, or most of the way to it, last."""
    path = parse_path(result.field)
    best, depth = None, 0
    for fragment in fragments:
        value, steps = fragment.manifest, 0
        for step in path:
            value = get(value, step)
            if value is None:
                break
            steps += 1
        if steps >= depth:
            best, depth = fragment, steps
    if best is None:
        return result
    return result._replace(file=best.origin.file, index=best.origin.index)


def field(path: Path) -> Any:
    """The schema of a field of the Platform, `*` standing for any name of a mapping; None where there is no such."""
    schema = kinds.schema("Platform")
    found: Any = schema
    for step in path:
        if "$ref" in found:
            found = schema["$defs"][found["$ref"].removeprefix("#/$defs/")]
        found = found.get("properties", {}).get(step, found.get("additionalProperties"))
        if not isinstance(found, dict):
            return None
    return found


def read_value(path: Path, text: str) -> Any:
    """Text of a parameter as the field's type. What can not be read as that stays text, which the check refuses."""
    found = field(path)
    if found is None or found.get("type") == "string":
        return text
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text

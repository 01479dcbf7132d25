"""An object of the input with what layers add to it, and what there is to say where the two do not agree."""

from collections.abc import Iterator

from kgen.bundle.order import WAVE, wave_of
from kgen.expand.instantiate import Instance
from kgen.manifests import Document, Identity, Manifest, Origin, get, path_text
from kgen.patch.merge import Conflict, merge
from kgen.results import WARNING, Refused, Result


def wire(document: Document, instances: tuple[Instance, ...]) -> Manifest:
    """The object with every addition merged in. Raises Refused with every conflict."""
    manifest = document.manifest
    problems: list[Result] = []
    for instance in instances:
        merged, conflicts = merge(manifest, _addition(instance, manifest), instance.template.lists)
        if conflicts:
            problems += [_conflict(conflict, document, instance) for conflict in conflicts]
        else:
            manifest = merged
    if problems:
        raise Refused(problems)
    return manifest


def _addition(instance: Instance, manifest: Manifest) -> Manifest:
    """What a layer adds, its sync wave included where the object has none of its own."""
    addition = instance.build()
    if instance.wave and instance.platform.sync_waves and get(manifest, "metadata", "annotations", WAVE) is None:
        metadata = addition["metadata"]
        annotations = {**(metadata.get("annotations") or {}), WAVE: str(instance.wave)}
        addition["metadata"] = {**metadata, "annotations": annotations}
    return addition


def wave_results(document: Document, instances: tuple[Instance, ...]) -> Iterator[Result]:
    """A warning where the object's own sync wave is another than the one that its links need; it stays as it is."""
    own = get(document.manifest, "metadata", "annotations", WAVE)
    if own is None:
        return
    for instance in instances:
        if instance.platform.sync_waves and wave_of(document.manifest) != instance.wave:
            yield _result(
                instance.identity,
                document.origin,
                f"its sync wave is {_short(own)}, but its links need {instance.wave} (layer {instance.layer}), "
                "so that a callee is there before its callers; kgen leaves it: take the annotation out, or change it",
                "sync-wave",
                path_text(("metadata", "annotations", WAVE)),
            )._replace(severity=WARNING, proposed=str(instance.wave))
            return


def place(origin: Origin) -> str:
    """Where something is written, for messages: agents.yaml, line 12."""
    if not origin.file:
        return "the input"
    if origin.line:
        return f"{origin.file}, line {origin.line}"
    return f"{origin.file}, document {origin.index + 1}" if origin.index else origin.file


def template_place(instance: Instance) -> str:
    """Where a layer says it, for messages: layer network (bases/network/egress.yaml, line 3)."""
    return f"layer {instance.layer} ({instance.template.file}, line {instance.template.line})"


_ADVICE = "kgen never overwrites: take the field out of the manifest, or write there what the layer merges"


def _conflict(conflict: Conflict, document: Document, instance: Instance) -> Result:
    here, there = place(document.origin), template_place(instance)
    at = conflict.path
    match conflict.reason:
        case "differs" if conflict.wanted is None:
            text = f"{at} in {here} differs from what {there} merges there; {_ADVICE}"
        case "differs":
            found, wanted = _short(conflict.found), _short(conflict.wanted)
            text = f"{at} is {found} in {here}, but {there} merges {wanted} there; {_ADVICE}"
        case "shape":
            text = f"{at} in {here} is of another shape than what {there} merges there; {_ADVICE}"
        case "unnamed list":
            text = f"the list {at} in {here} differs from the one that {there} merges there; {_ADVICE}"
        case "ambiguous":
            text = f"{at} is there twice in {here}, so that {there} can not merge into it; take one of them out"
        case "twice":
            text = f"{there} merges {at} twice into {here}; correct the layer's template"
        case _:
            text = f"{there} merges an item without {conflict.wanted} into {at} of {here}; correct the layer's $lists"
    return _result(instance.identity, document.origin, text, "wired-conflict", conflict.field)._replace(
        current=conflict.found, proposed=conflict.wanted if conflict.reason == "differs" else None
    )


def _short(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value).lower()
    return text if len(text) <= 80 else f'{text[:76]}…"'


def _result(identity: Identity, origin: Origin, text: str, rule: str, field: str) -> Result:
    return Result(
        text,
        rule=rule,
        api_version=identity.api_version,
        kind=identity.kind,
        namespace=identity.namespace,
        name=identity.name,
        field=field,
        file=origin.file,
        index=origin.index,
        line=origin.line,
    )

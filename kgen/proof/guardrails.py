"""The guardrails that kgen's layers put up, as they are shown: there, changed, or missing.

A policy of kgen's is a constant text, so it is recognised by being equal to what its template gives, field by field.
CEL and Rego are not evaluated: of a text that is not the shipped one nothing is known, and it is said to be changed.
What these texts decide was tested against API servers (tests/clients); kgen/proof/admission.py knows it by their names.
"""

from collections.abc import Callable, Iterator, Sequence

from kgen.manifests import Document, Identity, Path, get, identity_of, path_text
from kgen.proof.findings import DISAGREEMENT, EXCESS, NOT_UNDERSTOOD, Cause, Finding
from kgen.records import TYPE_CHECKING, Any, NamedTuple
from kgen.results import ERROR, INFO, WARNING
from kgen.topology.types import Topology

if TYPE_CHECKING:
    from kgen.expand.instantiate import Instance

LAYER = "admission"
BESIDE: tuple[tuple[str, Callable[[Topology], bool]], ...] = (
    ("certificates", lambda topology: topology.platform.certificates),
    ("secrets", lambda topology: topology.platform.nudge is not None),
)
"""Layers that put up some besides what they are for, and when they can. All of the layer admission is one."""
POLICY = b"kind: ValidatingAdmissionPolicy"
CONCERN = "concern"  # the parameter of a Constraint that says which rules it asks; a lock has none

_NEUTRAL: dict[str, Any] = {
    # what the API server fills in (k8s.io/api/admissionregistration/v1, defaults)
    "namespaceSelector": {},
    "objectSelector": {},
    "matchPolicy": "Equivalent",
    "scope": "*",
    "failurePolicy": "Fail",
    "enforcementAction": "deny",  # Gatekeeper
}
# kinds that decide on writes too, and of which nothing is known
_FOREIGN: dict[str, str] = {
    "ValidatingAdmissionPolicy": "it only refuses",
    "ValidatingWebhookConfiguration": "it only refuses",
    "MutatingAdmissionPolicy": "it may change what is applied",
    "MutatingWebhookConfiguration": "it may change what is applied",
    "ConstraintTemplate": "it only refuses",
    "ClusterPolicy": "it may change what is applied",
}
# what a field of a guardrail is for, the longest beginning counts
_MEANINGS: tuple[tuple[str, str], ...] = (
    ("spec.validationActions", "what it finds is no longer refused"),
    ("spec.enforcementAction", "what it finds is no longer refused"),
    ("spec.failurePolicy", "what fails to be judged is let through"),
    ("spec.paramRef.parameterNotFoundAction", "without its data everything is let through"),
    ("spec.paramRef", "it takes its data from somewhere else"),
    ("spec.matchResources", "it is for other namespaces"),
    ("spec.match", "it is for other objects"),
    ("spec.matchConstraints", "it is for other objects"),
    ("spec.matchConditions", "some requests are no longer judged"),
    ("spec.policyName", "it binds another policy"),
)


class Guardrail(NamedTuple):
    """One object that the layer makes for this topology."""

    wanted: dict[str, Any]
    shown: Document | None
    enforced: bool  # it refuses; else it warns, under Observe
    paths: tuple[Path, ...]  # where the shown one differs, its data left out

    @property
    def identity(self) -> Identity:
        return identity_of(self.wanted)

    @property
    def holds(self) -> bool:
        return self.shown is not None and not self.paths

    @property
    def cause(self) -> Cause:
        """The object that is shown, or the one that is missing."""
        if self.shown is None:
            from kgen.manifests import Origin

            return Cause(self.identity, Origin())
        return Cause(identity_of(self.shown.manifest), self.shown.origin, self.paths[0] if self.paths else ())


def guardrails(documents: Sequence[Document], topology: Topology) -> dict[tuple[str, str, str, str], Guardrail]:
    """Those of a topology, by identity, beside what the manifests show; none where no such layer is enabled."""
    shown = {identity_of(document.manifest).key: document for document in documents}
    found: dict[tuple[str, str, str, str], Guardrail] = {}
    for instance in _rendered(topology):
        wanted = instance.build()
        there = shown.get(instance.identity.key)
        paths = () if there is None else tuple(_differences(_judged(wanted), _judged(there.manifest), ()))
        found[instance.identity.key] = Guardrail(wanted, there, _enforced(wanted), paths)
    return found


def _rendered(topology: Topology) -> "Iterator[Instance]":
    """The guardrails as kgen renders them."""
    beside = [name for name, is_on in BESIDE if is_on(topology)]
    if topology.platform.admission is None and not beside:
        return
    from kgen.expand import compile_layer, instantiate
    from kgen.load.layers import shipped

    if topology.platform.admission is not None:
        found = instantiate((compile_layer(shipped(LAYER)),), topology)
        yield from (one for one in found if one.identity.kind != "Namespace")
    for name in beside:
        source = shipped(name)
        layer = compile_layer(source)
        # only the files that speak of one: the others have an object for each agent
        near = {f"{source.folder}/{file}" for file, content in source.files.items() if POLICY in content}
        layer = layer._replace(documents=tuple(one for one in layer.documents if one.file in near))
        found = instantiate((layer,), topology)
        yield from (one for one in found if one.identity.kind.startswith("ValidatingAdmissionPolicy"))


def _enforced(manifest: dict[str, Any]) -> bool:
    actions = get(manifest, "spec", "validationActions")
    return bool("Deny" in actions if actions else get(manifest, "spec", "enforcementAction") != "warn")


def _judged(manifest: dict[str, Any]) -> dict[str, Any]:
    """What of an object decides: all but its names, its state and its data."""
    spec = dict(manifest.get("spec") or {})
    if CONCERN in (spec.get("parameters") or ()):
        spec["parameters"] = {CONCERN: spec["parameters"][CONCERN]}  # what holds the links is judged entry by entry
    return {"spec": _plain(spec)} if spec else {}


def _plain(value: Any) -> Any:
    """Without what means the same as nothing."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        plain = {key: _plain(one) for key, one in value.items()}
        return {key: one for key, one in plain.items() if key not in _NEUTRAL or one != _NEUTRAL[key]}
    return value


def _differences(wanted: Any, shown: Any, path: Path) -> Iterator[Path]:
    if isinstance(wanted, dict) and isinstance(shown, dict):
        for key in sorted({*wanted, *shown}):
            if key not in wanted or key not in shown:
                yield (*path, key)
            else:
                yield from _differences(wanted[key], shown[key], (*path, key))
    elif isinstance(wanted, list) and isinstance(shown, list) and len(wanted) == len(shown):
        for index, (one, other) in enumerate(zip(wanted, shown, strict=True)):
            yield from _differences(one, other, (*path, index))
    elif wanted != shown:
        yield path


def findings(
    documents: Sequence[Document], given: dict[tuple[str, str, str, str], Guardrail], judged: bool
) -> Iterator[Finding]:
    """What is missing and what was changed; then what decides on writes besides, and is not evaluated."""
    for guardrail in given.values():
        severity = ERROR if guardrail.enforced else WARNING
        identity = guardrail.identity
        if guardrail.shown is None:
            message = f"{identity} is not among the manifests: what it refuses is admitted"
            if identity.kind == "ConfigMap":
                message = f"{identity} is not among the manifests: without it everything it is asked about is refused"
            yield Finding(EXCESS, message, "render and apply it", (guardrail.cause,), layer=LAYER, severity=severity)
        for path in guardrail.paths[:1]:
            more = f", and {len(guardrail.paths) - 1} more fields" if len(guardrail.paths) > 1 else ""
            message = f"{identity} is not as kgen renders it{more}: {_meaning(path_text(path))}"
            cause = guardrail.cause
            yield Finding(DISAGREEMENT, message, "render and apply it again", (cause,), layer=LAYER, severity=severity)
    foreign: dict[str, list[Cause]] = {}
    for document in documents:
        identity = identity_of(document.manifest)
        if identity.key not in given and identity.kind in _FOREIGN:
            foreign.setdefault(identity.kind, []).append(Cause(identity, document.origin))
    for kind, causes in sorted(foreign.items()):
        hint = "" if given or not judged else "; kgen's own are judged with --links and the Platform that has the layer"
        message = f"{kind} is not evaluated ({len(causes)} here): {_FOREIGN[kind]}, at the API server{hint}"
        yield Finding(NOT_UNDERSTOOD, message, "", tuple(causes), layer=LAYER, severity=INFO)


def _meaning(path: str) -> str:
    near = max((one for one in _MEANINGS if path.startswith(one[0])), key=lambda one: len(one[0]), default=None)
    return near[1] if near else "what it refuses is not known any more"

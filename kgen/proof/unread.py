"""What this evaluator does not judge, said instead of passed over."""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, Identity, Origin, group_of, identity_of, parse_path
from kgen.proof import tiers
from kgen.proof.findings import NOT_UNDERSTOOD, Cause, Finding
from kgen.proof.world import World
from kgen.results import ERROR, WARNING, Result
from kgen.runtimes import kagent

# objects that can let through, or stop, what the layers here do not know of
_KINDS: dict[tuple[str, str], str] = {
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): "adds to every NetworkPolicy",
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): "has an order among policies",
    ("projectcalico.org", "GlobalNetworkPolicy"): "has an order among policies",
    ("crd.projectcalico.org", "NetworkPolicy"): "has an order among policies",
    ("projectcalico.org", "NetworkPolicy"): "has an order among policies",
}
_MOST_REFUSED = 5


def findings(world: World, documents: Sequence[Document]) -> Iterator[Finding]:
    """Kinds and parts of policies that were not evaluated."""
    for doubt in world.doubts:
        identity = identity_of(doubt.document.manifest)
        layer = "mesh" if "istio.io/" in identity.api_version else "network"
        cause = Cause(identity, doubt.document.origin, doubt.path)
        yield Finding(NOT_UNDERSTOOD, doubt.message, "", (cause,), layer=layer)
    yield from _undecided(world)
    yield from _twice(documents)
    groups = {group_of(identity_of(document.manifest).api_version) for document in documents}
    if any(group.endswith((".istio.io", "gateway.networking.k8s.io")) for group in groups):
        from kgen.proof.istio import beside

        yield from beside.findings(documents, {call.service for call in world.asked.calls if call.service})
    for document in documents:
        identity = identity_of(document.manifest)
        effect = _KINDS.get((group_of(identity.api_version), identity.kind))
        if identity.kind in tiers.KINDS and not tiers.is_one(document):
            effect = f"is of {identity.api_version}, which is not one of {', '.join(tiers.KINDS[identity.kind][0])}"
        versions = ("networking.k8s.io/v1", "cilium.io/v2")
        known = identity.kind in ("NetworkPolicy", "CiliumNetworkPolicy")
        if effect is None and known and identity.api_version not in versions:
            effect = f"is of {identity.api_version}, not of {' or '.join(versions)}"
        if effect is not None:
            cause = Cause(identity, document.origin)
            message = f"{identity.kind} is not evaluated, and it {effect}: what is proven holds without it"
            yield Finding(NOT_UNDERSTOOD, message, "", (cause,))
        if group_of(identity.api_version) == "kagent.dev" and (what := _of_kagent(identity)):
            cause = Cause(identity, document.origin)
            yield Finding(NOT_UNDERSTOOD, what, "", (cause,), layer="kagent", severity=WARNING)


def unasked(refused: Sequence[Result]) -> Iterator[Finding]:
    """Tool references that ask for nothing, because some of them, or of their agents, can not be read."""
    for one in [one for one in refused if one.severity == ERROR][:_MOST_REFUSED]:
        origin = Origin(one.file, one.index, one.line)
        cause = Cause(Identity(one.api_version, one.kind, one.namespace, one.name), origin, parse_path(one.field))
        message = f"the tool references are no question, so nothing was held against them: {one.message}"
        yield Finding(NOT_UNDERSTOOD, message, "", (cause,), layer="kagent")


def _of_kagent(identity: Identity) -> str:
    if identity.kind == "SandboxAgent":
        return "SandboxAgent is not evaluated: its pods and its tools are unknown here"
    if identity.kind == "Agent" and identity.api_version != kagent.API_VERSION:
        return f"is of {identity.api_version}, and what kagent makes of it is not evaluated: write {kagent.API_VERSION}"
    return ""


def _twice(documents: Sequence[Document]) -> Iterator[Finding]:
    """Objects that stand twice: a cluster holds one of the two, and manifests do not tell which."""
    seen: dict[tuple[str, str, str, str], Document] = {}
    for document in documents:
        identity = identity_of(document.manifest)
        first = seen.setdefault(identity.key, document)
        if first is not document and identity.name and first.manifest != document.manifest:
            causes = (Cause(identity, document.origin), Cause(identity, first.origin))
            message = "stands twice with different contents: only one of the two will be there"
            yield Finding(NOT_UNDERSTOOD, message, "keep one", causes)


def _undecided(world: World) -> Iterator[Finding]:
    """Ordered policies between which the API documentation leaves the order open."""
    first: dict[tuple[str, int, str], tiers.Step] = {}
    for tier in tiers.TIERS:
        kinds = {step.policy.identity.kind: step.policy for step in world.steps if step.tier == tier}
        if len(kinds) > 1:
            causes = tuple(Cause(policy.identity, policy.origin) for policy in kinds.values())
            message = f"{' and '.join(sorted(kinds))} share the tier {tier}: which is asked first is not defined"
            yield Finding(NOT_UNDERSTOOD, message, "keep one of the two APIs", causes)
    told = set()
    for step in world.steps:
        before = first.setdefault((step.tier, step.priority, step.direction), step)
        pair = (before.policy.identity, step.policy.identity)
        both = world.index.subjects(before.policy.subjects) & world.index.subjects(step.policy.subjects)
        if before.policy is step.policy or not both or pair in told:
            continue
        told.add(pair)
        causes = tuple(Cause(one.policy.identity, one.policy.origin, ("spec", "priority")) for one in (before, step))
        message = (
            f"{pair[0]} and {pair[1]} are of one tier and priority, and select the same pods: which is asked first "
        )
        yield Finding(NOT_UNDERSTOOD, message + "is not defined", "give them priorities of their own", causes)

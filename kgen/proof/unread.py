"""What this evaluator does not judge, said instead of passed over."""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, get, group_of, identity_of
from kgen.proof import tiers
from kgen.proof.findings import NOT_UNDERSTOOD, Cause, Finding
from kgen.proof.world import World
from kgen.results import WARNING
from kgen.runtimes.shapes import items

# objects that can let through, or stop, what the layers here do not know of
_KINDS: dict[tuple[str, str], str] = {
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): "adds to every NetworkPolicy",
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): "has an order among policies",
    ("projectcalico.org", "GlobalNetworkPolicy"): "has an order among policies",
    ("crd.projectcalico.org", "NetworkPolicy"): "has an order among policies",
    ("projectcalico.org", "NetworkPolicy"): "has an order among policies",
}
_LIMITS = "envoy.filters.http.local_ratelimit"


def findings(world: World, documents: Sequence[Document]) -> Iterator[Finding]:
    """Kinds and parts of policies that were not evaluated."""
    for doubt in world.doubts:
        cause = Cause(identity_of(doubt.document.manifest), doubt.document.origin, doubt.path)
        yield Finding(NOT_UNDERSTOOD, doubt.message, "", (cause,))
    yield from _undecided(world)
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
        if identity.kind in ("EnvoyFilter", "DestinationRule") and "istio.io/" in identity.api_version:
            yield from _of_proxies(document)


def _of_proxies(document: Document) -> Iterator[Finding]:
    """What changes proxies beside their policies; limits of requests and connections only take away."""
    identity = identity_of(document.manifest)
    if identity.kind == "DestinationRule":
        if get(document.manifest, "spec", "trafficPolicy", "tls") is None:
            return
        what = "sets how callers speak TLS: with a wrong mode what is asked for fails"
    else:
        patches = items(get(document.manifest, "spec", "configPatches"))
        if patches and all(get(one, "patch", "value", "name") == _LIMITS for one in patches):
            return
        what = "can change anything in a proxy"
    message = f"{identity.kind} is not evaluated, and it {what}"
    yield Finding(NOT_UNDERSTOOD, message, "", (Cause(identity, document.origin),), layer="mesh", severity=WARNING)


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

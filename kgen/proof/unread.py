"""What this evaluator does not judge, said instead of passed over."""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, group_of, identity_of
from kgen.proof.findings import NOT_UNDERSTOOD, Cause, Finding
from kgen.proof.world import World
from kgen.results import WARNING

# objects that can let through, or stop, what the layers here do not know of
_KINDS: dict[tuple[str, str], str] = {
    ("policy.networking.k8s.io", "AdminNetworkPolicy"): "comes before every NetworkPolicy",
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"): "counts where no NetworkPolicy selects a pod",
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"): "comes before, or after, every NetworkPolicy",
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): "adds to every NetworkPolicy",
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): "has an order among policies",
    ("projectcalico.org", "GlobalNetworkPolicy"): "has an order among policies",
    ("crd.projectcalico.org", "NetworkPolicy"): "has an order among policies",
    ("projectcalico.org", "NetworkPolicy"): "has an order among policies",
}
# objects that only take away: nothing more is possible with them than without
_TAKING_AWAY = frozenset(
    ("security.istio.io", kind) for kind in ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")
)


def findings(world: World, documents: Sequence[Document]) -> Iterator[Finding]:
    """Kinds and parts of policies that were not evaluated."""
    for doubt in world.doubts:
        cause = Cause(identity_of(doubt.document.manifest), doubt.document.origin, doubt.path)
        yield Finding(NOT_UNDERSTOOD, doubt.message, "", (cause,))
    taking_away: dict[str, list[Cause]] = {}
    for document in documents:
        identity = identity_of(document.manifest)
        if (group_of(identity.api_version), identity.kind) in _TAKING_AWAY:
            taking_away.setdefault(identity.kind, []).append(Cause(identity, document.origin))
            continue
        effect = _KINDS.get((group_of(identity.api_version), identity.kind))
        versions = ("networking.k8s.io/v1", "cilium.io/v2")
        known = identity.kind in ("NetworkPolicy", "CiliumNetworkPolicy")
        if effect is None and known and identity.api_version not in versions:
            effect = f"is of {identity.api_version}, not of {' or '.join(versions)}"
        if effect is not None:
            cause = Cause(identity, document.origin)
            message = f"{identity.kind} is not evaluated, and it {effect}: what is proven holds without it"
            yield Finding(NOT_UNDERSTOOD, message, "", (cause,))
    for kind, causes in sorted(taking_away.items()):
        message = (
            f"{kind} is not evaluated ({len(causes)} here); it only takes away, so nothing more is possible than "
            "is said, but what is asked for may be blocked by it"
        )
        yield Finding(NOT_UNDERSTOOD, message, "", tuple(causes), layer="mesh", severity=WARNING)

"""What this evaluator does not judge, said instead of passed over."""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, get, group_of, identity_of
from kgen.proof.findings import NOT_UNDERSTOOD, Cause, Finding
from kgen.proof.world import World
from kgen.results import WARNING
from kgen.runtimes.shapes import items

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
_LIMITS = "envoy.filters.http.local_ratelimit"


def findings(world: World, documents: Sequence[Document]) -> Iterator[Finding]:
    """Kinds and parts of policies that were not evaluated."""
    for doubt in world.doubts:
        cause = Cause(identity_of(doubt.document.manifest), doubt.document.origin, doubt.path)
        yield Finding(NOT_UNDERSTOOD, doubt.message, "", (cause,))
    for document in documents:
        identity = identity_of(document.manifest)
        effect = _KINDS.get((group_of(identity.api_version), identity.kind))
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

"""Agents that the mesh does not judge though it is there: of the requests that reach them none is told from another."""

from collections.abc import Iterator

from kgen.proof.findings import EXCESS, NOT_UNDERSTOOD, Cause, Finding
from kgen.proof.istio.deficits import LAYER
from kgen.proof.istio.layer import MeshLayer
from kgen.proof.istio.members import SIDECAR
from kgen.proof.istio.roads import piece
from kgen.proof.naming import ends
from kgen.proof.reachability import Network
from kgen.proof.spaces import bits
from kgen.results import WARNING

_PAST = tuple(
    f"traffic.sidecar.istio.io/{name}"
    for name in ("excludeOutboundPorts", "excludeOutboundIPRanges", "includeOutboundPorts", "includeOutboundIPRanges")
)


def findings(layer: MeshLayer, network: Network, targets: int) -> Iterator[Finding]:
    """Ports of which certain requests are asked, and on which every request gets through.

    A pod gets past its proxy by labels and annotations: without a sidecar, out of ambient mode, ports left out.
    """
    world = layer.world
    told: set[tuple[int, int]] = set()
    for call in layer.mesh.calls:
        if not call.asks:
            continue
        port = piece(layer, call.port)
        for target in bits(world.asks((call.target,), False) & targets & world.guarded_out):
            one = world.endpoints[target]
            if (target, port) in told or layer.judges(target, port) or not _meshed(layer, target):
                continue
            told.add((target, port))
            sources = network.into(target, port) & ~(1 << target)
            if not sources:
                continue
            who, whom, how = ends(world, sources), one.title, world.ports.text(1 << port)
            cause = (Cause(one.pod.identity, one.pod.origin),) if one.pod else ()
            why = "the proxy leaves this port alone" if one.member else "its pods are not in the mesh"
            message = f"{who} to {whom}, {how}: every request gets through, though only some are asked for: {why}"
            mend = "take out the labels and annotations, of its pods or their namespace, that keep the proxy from them"
            yield Finding(EXCESS, message, mend, cause, who, whom, how, LAYER)


def leaving(layer: MeshLayer) -> Iterator[Finding]:
    """Callers whose annotations may lead what is asked past their own proxy: it comes without their certificate."""
    world = layer.world
    sources = 0
    for call in layer.mesh.calls:
        sources |= world.asks(call.sources, False) if call.asks else 0
    for position in bits(sources & world.index.known & layer.identities.meshed):
        pod = world.endpoints[position].pod
        found = [key for key in _PAST if pod is not None and key in pod.annotations]
        if pod is not None and found and layer.mode(position) == SIDECAR:
            message = f"{found[0]} is not evaluated: what {world.endpoints[position].title} is asked to call may not "
            message += "pass its proxy, and then comes without its certificate"
            yield Finding(
                NOT_UNDERSTOOD,
                message,
                "take the annotation out",
                (Cause(pod.identity, pod.origin),),
                layer=LAYER,
                severity=WARNING,
            )


def _meshed(layer: MeshLayer, target: int) -> bool:
    """Whether the mesh is meant for these pods: by the Platform, or by a policy of their namespace's own."""
    namespace = layer.world.endpoints[target].namespace
    platform = layer.mesh.asked.mesh
    if platform.mode and namespace in platform.spaces:
        return True
    return any(policy.scope.namespace == namespace for policy in layer.policies(target))

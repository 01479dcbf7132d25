"""What only network policies stop in a mesh: where that is meant so it is said once and why, else a disagreement.

It is meant so where nothing in the mesh could decide: on a port where the pods end TLS themselves, which a proxy can
not read, and where the verifying label of a gate is missing, which no principal tells. Both come from what is asked.
"""

from collections.abc import Iterator, Sequence

from kgen.proof.excesses import Wanted
from kgen.proof.findings import DISAGREEMENT, Cause, Finding
from kgen.proof.istio.deficits import LAYER
from kgen.proof.istio.doors import Door
from kgen.proof.istio.excesses import meant
from kgen.proof.istio.layer import MeshLayer
from kgen.proof.istio.members import WAYPOINT
from kgen.proof.istio.policies import ALLOW
from kgen.proof.naming import ends
from kgen.proof.reachability import Network
from kgen.proof.spaces import bits
from kgen.results import INFO

OWN_TLS, GATE = "own TLS", "gate"
_WHY = {
    OWN_TLS: "they end TLS there themselves, which no proxy can judge, so the mesh leaves the port to them",
    GATE: "the label of the gate is missing at one end, and a mesh knows callers by their principals, not by labels",
}


def findings(layer: MeshLayer, network: Network, wanted: Wanted, targets: int) -> Iterator[Finding]:
    """What is meant so, then all else that the mesh lets in and only the network keeps out."""
    world = layer.world
    left = _left(layer)
    meant_so: dict[tuple[str, int, int], int] = {}  # why, sources, ports -> targets
    grouped: dict[tuple[int, int], tuple[int, int]] = {}  # sources, door -> targets, ports
    doors: dict[int, Door] = {}
    for target in bits(targets):
        if not meant(layer, target):
            continue
        special = {*layer.special(target), *network.special(target)}
        judged = [port for port in range(len(world.ports.pieces)) if layer.judges(target, port)]
        rest = [port for port in judged if port not in special][:1]
        for port in [*(port for port in judged if port in special), *rest]:
            mesh = layer.into(target, port) & ~layer.probes
            extra = mesh & ~network.into(target, port) & ~wanted.by(target, port) & ~(1 << target)
            mask = 1 << port if port in special else _rest(judged, special)
            if extra and left.get(target, 0) >> port & 1:
                # what matters is who is let through at all: that some of them are asked is told elsewhere
                through = 0 if not world.index.all & ~mesh & ~layer.probes & ~(1 << target) else extra
                meant_so[OWN_TLS, through, mask] = meant_so.get((OWN_TLS, through, mask), 0) | 1 << target
                continue
            if gated := extra & wanted.by_half(target, port):
                meant_so[GATE, gated, mask] = meant_so.get((GATE, gated, mask), 0) | 1 << target
                extra &= ~gated
            if extra:
                door = layer.pod_door(target) if layer.mode(target) != WAYPOINT else None
                key = (extra, id(door))
                if door:
                    doors[id(door)] = door
                before = grouped.get(key, (0, 0))
                grouped[key] = before[0] | 1 << target, before[1] | mask
    yield from _meant_so(layer, meant_so)
    for (sources, place), (of, ports) in grouped.items():
        yield _disagreement(layer, sources, of, ports, doors.get(place))


def _left(layer: MeshLayer) -> dict[int, int]:
    """Target -> the ports on which it ends TLS itself."""
    world = layer.world
    found: dict[int, int] = {}
    for term, port in layer.mesh.asked.own_tls:
        mask = world.numbered((port,))
        for target in bits(world.asks((term,), False)):
            found[target] = found.get(target, 0) | mask
    return found


def _meant_so(layer: MeshLayer, found: dict[tuple[str, int, int], int]) -> Iterator[Finding]:
    """One finding for each reason: all the ends that it is true of."""
    world = layer.world
    parts: dict[str, list[tuple[str, str, str]]] = {}
    for (why, sources, ports), of in found.items():
        who = ends(world, sources) if sources else "anybody"
        parts.setdefault(why, []).append((who, ends(world, of), world.ports.text(ports)))
    for why, ways in parts.items():
        told = "; ".join(f"{who} to {whom}, {how}" for who, whom, how in ways)
        message = f"by design only network policies stop this: {told}: {_WHY[why]}"
        first = ways[0] if len(ways) == 1 else ("", "", "")
        yield Finding(DISAGREEMENT, message, "", (), *first, layer=LAYER, severity=INFO)


def _disagreement(layer: MeshLayer, sources: int, of: int, ports: int, door: Door | None) -> Finding:
    world = layer.world
    who, whom, how = ends(world, sources), ends(world, of), world.ports.text(ports)
    message = (
        f"{who} to {whom}, {how}: the mesh lets this through, though nothing asks for it; only the network stops "
        "it (strictest: network, loosest: mesh)"
    )
    causes: tuple[Cause, ...] = ()
    if door is not None and door.allows:
        port = next(bits(ports))
        causes = tuple(
            dict.fromkeys(
                Cause(box.policy.scope.identity, box.policy.scope.origin, box.rule.path)
                for box in door.boxes(False)
                if box.policy.action == ALLOW and box.ports >> port & 1 and box.callers[1] & sources
            )
        )
    mend = "narrow that rule to what is asked" if causes else "add an AuthorizationPolicy that allows what is asked"
    return Finding(DISAGREEMENT, message, mend, causes, who, whom, how, LAYER)


def _rest(judged: Sequence[int], special: set[int]) -> int:
    return sum(1 << port for port in judged if port not in special)

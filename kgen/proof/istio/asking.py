"""One question to the mesh: whether a caller gets a request through to pods, on which road, by which rules."""

from kgen.proof.findings import Cause
from kgen.proof.istio.deficits import of_policy, of_rule, of_scope
from kgen.proof.istio.layer import MeshLayer
from kgen.proof.istio.members import AMBIENT
from kgen.proof.istio.policies import ALLOW, DENY, DISABLE, STRICT
from kgen.proof.istio.roads import Road, by_waypoint, lets_waypoint, others, straight
from kgen.proof.spaces import bits
from kgen.proof.verdicts import ALLOWED, BLOCKED, OPEN
from kgen.records import NamedTuple


class Passing(NamedTuple):
    """What the mesh says of one caller, pods, port and kind of requests."""

    verdict: str
    causes: tuple[Cause, ...]
    requests: str  # those that go through, or that do not
    by: str  # the waypoint's Service; "" straight to the pods
    wire: tuple[int, int]  # where the network sees it: pods, piece of the ports
    asked: tuple[str, ...]  # the calls that ask for it


def passing(layer: MeshLayer, source: int, target: int, port: int, method: str, path: str) -> Passing | None:
    """The answer of what could be possible; None where the mesh has no say."""
    road = _road(layer, source, target, port)
    if road is None:
        return None
    world, space = layer.world, road.door.space
    meant = space.of_request(method, path) if road.door.reads_http else space.all
    through = 0
    for one in road.through(False):
        if one.callers >> source & 1:
            through |= one.requests & meant
    if road.waypoint and not lets_waypoint(layer, road):
        through = 0
    asked: dict[str, None] = {}
    for call in layer.mesh.calls:
        ours = world.asks(call.sources, False) >> source & world.asks((call.target,), False) >> target & 1
        if ours and call.port == world.ports.pieces[port][1] and road.asked(call) & meant:
            asked[call.name] = None
    wire = (target, port)
    if layer.mode(target) == AMBIENT and layer.identities.meshed >> source & 1:
        wire = (next(bits(road.waypoint)) if road.waypoint else target, layer.hbone)
    text = space.text(through or meant) if road.door.reads_http else ""
    if not road.door.policies and layer.peer_mode(target, port)[0] != STRICT:
        return Passing(OPEN, (), text, road.service, wire, tuple(asked))
    causes = _allowing(road, source, through) if through else _refusing(layer, road, source, meant)
    return Passing(ALLOWED if through else BLOCKED, causes, text, road.service, wire, tuple(asked))


def _road(layer: MeshLayer, source: int, target: int, port: int) -> Road | None:
    """Through a waypoint where a known Service of the pods has one, as callers go that keep to the Service."""
    if layer.identities.meshed >> source & 1:
        for service in others(layer, target):
            road = by_waypoint(layer, target, port, service) if service.name in layer.mesh.services else None
            if road is not None and not road.waypoint >> source & 1:
                return road
    return straight(layer, target, port)


def _allowing(road: Road, source: int, requests: int) -> tuple[Cause, ...]:
    found = [
        of_rule(box)
        for box in road.door.boxes(road.mode == DISABLE)
        if box.policy.action == ALLOW
        and box.callers[1] >> source & 1
        and box.requests[1] & requests
        and box.ports >> road.port & 1
    ]
    return tuple(dict.fromkeys(found))


def _refusing(layer: MeshLayer, road: Road, source: int, requests: int) -> tuple[Cause, ...]:
    mode, peers = layer.peer_mode(road.target, road.port)
    if mode == STRICT and not layer.identities.meshed >> source & 1:
        return tuple(of_scope(peer.scope, "spec", "mtls") for peer in peers)
    denying = [
        of_rule(box)
        for box in road.door.boxes(road.mode == DISABLE)
        if box.policy.action == DENY and box.callers[1] >> source & 1 and box.requests[1] & requests
    ]
    return tuple(dict.fromkeys(denying)) or tuple(of_policy(policy) for policy in road.door.policies)

"""The roads on which a call gets to pods in the mesh, and who gets which requests through on each."""

from collections.abc import Iterator

from kgen.proof.calls import Call
from kgen.proof.istio.doors import Door, Through
from kgen.proof.istio.layer import ANY_OTHER, MeshLayer
from kgen.proof.istio.members import AMBIENT, SIDECAR
from kgen.proof.istio.policies import DISABLE, STRICT
from kgen.proof.istio.world import Served
from kgen.proof.spaces import bits
from kgen.proof.terms import PortTerm
from kgen.records import NamedTuple


class Road(NamedTuple):
    """One way in: straight to the pods, or through the waypoint in front of a Service."""

    target: int
    port: int  # a piece of the pods' ports
    door: Door  # where requests, or connections, are judged
    mode: str  # of PeerAuthentication there
    waypoint: int  # its pods; 0 where the road is straight
    service: str  # namespace/name behind the waypoint
    as_raw: bool = False

    def through(self, certain: bool) -> tuple[Through, ...]:
        return self.door.through(self.port, self.mode, certain, self.as_raw)

    def everything(self, certain: bool, requests: int) -> int:
        return self.door.everything(self.port, self.mode, certain, requests, self.as_raw)

    def asked(self, call: Call) -> int:
        """The requests of a call in the terms of this road's door."""
        if not self.door.reads_http:
            return self.door.space.all
        return self.door.space.asked(call.asks, call.token)


def piece(layer: MeshLayer, number: int) -> int:
    return next(bits(layer.world.ports.mask(PortTerm("TCP", number, number))))


def straight(layer: MeshLayer, target: int, port: int) -> Road | None:
    """To the pods themselves; None where the mesh has no say."""
    if not layer.judges(target, port) or layer.mode(target) not in (SIDECAR, AMBIENT):
        return None
    # in ambient mode what pods of the mesh say always comes with their certificates
    mode = STRICT if layer.mode(target) == AMBIENT else layer.peer_mode(target, port)[0]
    raw = layer.mode(target) == SIDECAR and layer.is_raw(target, port)
    return Road(target, port, layer.pod_door(target), mode, 0, "", raw)


def by_waypoint(layer: MeshLayer, target: int, port: int, service: Served) -> Road | None:
    """Through the waypoint in front of a Service; None where there is none."""
    space, _, name = service.waypoint.partition("/")
    pods = layer.waypoints.get((space, name), 0)
    if not pods or layer.mode(target) != AMBIENT:
        return None
    return Road(target, port, layer.service_door(service), STRICT, pods, service.name)


def lets_waypoint(layer: MeshLayer, road: Road) -> bool:
    """Whether the pods take what comes from the waypoint on a road through one."""
    door = layer.pod_door(road.target)
    return not road.waypoint & ~door.anybody(road.port, STRICT, layer.certain)


def of_call(layer: MeshLayer, call: Call, target: int) -> Road | None:
    """The road that a call takes to one class of its pods."""
    port = piece(layer, call.port)
    service = layer.mesh.services.get(call.service)
    if service is not None and (road := by_waypoint(layer, target, port, service)):
        return road
    return straight(layer, target, port)


def lets(layer: MeshLayer, road: Road, certain: bool, requests: int) -> int:
    """Who gets all of these requests to the pods, as far as the mesh has a say.

    In ambient mode a caller outside of the mesh comes in plain text, straight to the pods, and nobody knows it.
    """
    found = road.everything(certain, requests)
    if layer.mode(road.target) == AMBIENT:
        meshed = layer.identities.meshed
        door = layer.pod_door(road.target)
        strict = layer.peer_mode(road.target, road.port)[0] == STRICT
        plain = 0 if strict else door.anybody(road.port, DISABLE, certain)
        inside = found & meshed if not road.waypoint or lets_waypoint(layer, road) else 0
        outside = ~meshed if certain else ~layer.ambient  # a pod may get past its own sidecar
        return inside | plain & outside | layer.probes
    return found


def others(layer: MeshLayer, target: int) -> Iterator[Served]:
    """Services that lead to a pod through a waypoint, and one that could: in namespaces that are guarded as a whole."""
    closed = layer.world.endpoints[target].namespace in layer.closed
    for service in layer.leading.get(target, ()):
        if closed or not service.name.endswith(f"/{ANY_OTHER}"):
            yield service

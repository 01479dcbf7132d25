"""What the mesh lets through and nothing asks for: requests on roads that are asked for, and ways around a waypoint."""

from collections.abc import Iterator, Sequence

from kgen.proof.findings import DISAGREEMENT, EXCESS, Cause, Finding
from kgen.proof.istio.deficits import LAYER, of_policy, of_scope
from kgen.proof.istio.layer import ANY_OTHER, MeshLayer
from kgen.proof.istio.members import AMBIENT, SIDECAR
from kgen.proof.istio.policies import ALLOW, DISABLE, STRICT
from kgen.proof.istio.roads import Road, by_waypoint, lets_waypoint, others, straight
from kgen.proof.naming import ends
from kgen.proof.reachability import Network
from kgen.proof.spaces import bits
from kgen.proof.world import World
from kgen.records import NamedTuple


class Extra(NamedTuple):
    """Requests that some callers get through on a road, and nothing asks for."""

    road: Road
    sources: int
    requests: int


class Asking:
    """Who asks what, by the pods that are asked and by the Service that it goes through."""

    def __init__(self, layer: MeshLayer) -> None:
        self.layer = layer
        world = layer.world
        self._at: dict[int, list[tuple[int, int]]] = {}  # target -> (call, sources)
        self._ports: list[int] = []
        for number, call in enumerate(layer.mesh.calls):
            sources = world.asks(call.sources, False)
            self._ports.append(_piece(world, call.port))
            for target in bits(world.asks((call.target,), False)):
                self._at.setdefault(target, []).append((number, sources))

    def unasked(self, road: Road, sources: int, flows: int) -> list[Extra]:
        """What of all that a road lets through nothing asks for. `flows`: callers whose flow asks for the port."""
        calls = self.layer.mesh.calls
        asked: list[tuple[int, int]] = []  # requests, callers
        spoken = 0
        for number, callers in self._at.get(road.target, ()):
            call = calls[number]
            if self._ports[number] != road.port or (road.service and call.service != road.service):
                continue
            if not road.waypoint and call.service in self.layer.mesh.services and self._is_behind(call.service, road):
                continue  # it is asked through the waypoint, and not past it
            asked.append((road.asked(call), callers))
            spoken |= callers
        free = flows & ~spoken if not road.waypoint else 0
        found: dict[int, int] = {}
        for through in road.through(False):
            callers = through.callers & sources & ~free
            if not callers:
                continue
            for request in bits(through.requests):
                rest = callers
                for requests, of in asked:
                    if requests >> request & 1:
                        rest &= ~of
                if rest:
                    found[rest] = found.get(rest, 0) | 1 << request
        return [Extra(road, callers, requests) for callers, requests in found.items()]

    def _is_behind(self, service: str, road: Road) -> bool:
        served = self.layer.mesh.services[service]
        return by_waypoint(self.layer, road.target, road.port, served) is not None

    def ports(self, target: int) -> set[int]:
        return {self._ports[number] for number, _ in self._at.get(target, ())}


def _piece(world: World, number: int) -> int:
    from kgen.proof.terms import PortTerm

    return next(bits(world.ports.mask(PortTerm("TCP", number, number))))


def extras(layer: MeshLayer, network: Network, asking: Asking, flows: "Flows", targets: int) -> Iterator[Extra]:
    """All of them to these targets, of what network and mesh together let through."""
    world = layer.world
    for target in bits(targets):
        mode = layer.mode(target) if meant(layer, target) else ""
        if mode == SIDECAR:
            for port in sorted(asking.ports(target)):
                if road := straight(layer, target, port):
                    wanted = flows.by(target, port)
                    sources = network.into(target, port) & wanted & ~(1 << target)
                    yield from asking.unasked(road, sources, wanted)
        elif mode == AMBIENT:
            tunnel = network.into(target, layer.hbone) & layer.identities.meshed & ~(1 << target)
            door = layer.pod_door(target)
            ports = {*layer.app_ports(door), *asking.ports(target)}
            for port in sorted(ports):
                waypoints = 0
                for service in others(layer, target):
                    road = by_waypoint(layer, target, port, service)
                    if road is None:
                        continue
                    carried = port in asking.ports(target)
                    own = service.port and port == _piece(world, service.port)
                    waypoints |= road.waypoint if carried or own else 0
                    if not carried or road.waypoint & ~tunnel or not lets_waypoint(layer, road):
                        continue
                    reached = world.index.all
                    for waypoint in bits(road.waypoint):
                        reached &= network.into(waypoint, layer.hbone)
                    yield from asking.unasked(road, reached & layer.identities.meshed & ~road.waypoint, 0)
                pods = Road(target, port, door, STRICT, 0, "")
                yield from asking.unasked(pods, tunnel & ~waypoints, 0)


class Flows:
    """By target and port the callers whose named flow asks for it, as far as network policies speak of it."""

    def __init__(self, wanted: "object") -> None:
        self._wanted = wanted

    def by(self, target: int, port: int) -> int:
        found: int = self._wanted.by(target, port)  # type: ignore[attr-defined]
        return found


def findings(layer: MeshLayer, found: Sequence[Extra]) -> Iterator[Finding]:
    """Excesses by the rule that lets them through."""
    world = layer.world
    joined: dict[tuple[int, int, int, str, int], Extra] = {}
    for one in found:
        key = (one.road.target, one.road.port, one.sources, one.road.service, id(one.road.door))
        before = joined.get(key)
        joined[key] = one._replace(requests=one.requests | (before.requests if before else 0))
    ports: dict[tuple[int, int, str, int, int], tuple[Extra, int]] = {}
    for one in joined.values():  # the same on several ports is told once
        place = (one.road.target, one.sources, one.road.service, id(one.road.door), one.requests)
        ports[place] = (one, ports[place][1] | 1 << one.road.port if place in ports else 1 << one.road.port)
    for one, on in ports.values():
        road = one.road
        door = road.door
        who, whom, how = ends(world, one.sources), world.endpoints[road.target].title, world.ports.text(on)
        causes, allowing = _causes(layer, one)
        what = f", {door.space.text(one.requests)}" if door.reads_http else ""
        by = f" through {_title(road.service)}" if road.service else ""
        around = ""
        past = layer.mode(road.target) == AMBIENT and not road.waypoint and not _is_waypoint(layer, one.sources)
        if past and any(service.waypoint for service in others(layer, road.target)):
            around = ", walking around the waypoint by the pods' addresses"
        message = f"{who} to {whom}, {how}{what}{by}{around}: possible, and nothing asks for it; {allowing}"
        mend = "narrow it to what is asked" if causes else "add an AuthorizationPolicy that allows what is asked, alone"
        yield Finding(EXCESS, message, mend, causes, who, whom, how, LAYER)


def _is_waypoint(layer: MeshLayer, sources: int) -> bool:
    return any(not sources & ~pods for pods in layer.waypoints.values())


def _title(service: str) -> str:
    space, _, name = service.partition("/")
    return f"any other Service of {space}" if name == ANY_OTHER else f"Service {service}"


def _causes(layer: MeshLayer, one: Extra) -> tuple[tuple[Cause, ...], str]:
    road, door = one.road, one.road.door
    if layer.mode(road.target) == "":
        return (), "its pods are not in the mesh"
    if not door.allows:
        return tuple(of_policy(policy) for policy in door.policies), "no ALLOW is for it, so everything goes through"
    found: dict[Cause, None] = {}
    for box in door.boxes(road.mode == DISABLE):
        fits = box.ports >> road.port & 1 and box.callers[1] & one.sources and box.requests[1] & one.requests
        if box.policy.action == ALLOW and fits:
            scope = box.policy.scope
            found[Cause(scope.identity, scope.origin, box.rule.path)] = None
    return tuple(found), "this rule lets it through" if len(found) < 2 else "these rules let it through"


def meant(layer: MeshLayer, target: int) -> bool:
    """Whether the mesh is there to guard these pods: agents, closed namespaces, with its layer kagent's own, and those
    with a policy or requests."""
    guarded = layer.world.guarded_in if layer.mesh.asked.mesh.mode else layer.world.guarded_out
    return bool(guarded >> target & 1) or layer.selected(target) or layer.asked_requests(target)


def plain(layer: MeshLayer, asking: Asking, targets: int) -> Iterator[Finding]:
    """Where callers need not show who they are."""
    world = layer.world
    grouped: dict[tuple[Cause, ...], int] = {}
    for target in bits(targets & world.guarded_out):
        if layer.mode(target) not in (SIDECAR, AMBIENT):
            continue
        for port in sorted(asking.ports(target)) or [_piece(world, 15008)]:
            mode, peers = layer.peer_mode(target, port)
            if mode != STRICT and layer.judges(target, port):
                causes = tuple(of_scope(peer.scope, "spec") for peer in peers)
                grouped[causes] = grouped.get(causes, 0) | 1 << target
    for causes, of in grouped.items():
        message = (
            f"{ends(world, of)} takes plain text as well: nothing asks callers for a certificate, so what they send is "
            "read on the way, and only rules by principal keep the nameless out"
        )
        mend = "a PeerAuthentication with mtls.mode STRICT"
        yield Finding(DISAGREEMENT, message, mend, causes, "anybody in plain text", ends(world, of), "", LAYER)

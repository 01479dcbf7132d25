"""What a mesh lets through on either side, request by request, in kinds of requests that are the same ones on both.

A door (kgen.proof.istio.doors) tells apart only what its own policies speak of. Here the doors of both sides are made
again over what either of them speaks of, so that `new & ~old` means something.
"""

from collections.abc import Iterable, Sequence

from kgen.proof.istio import requests
from kgen.proof.istio.doors import Door, Through
from kgen.proof.istio.layer import MeshLayer
from kgen.proof.istio.members import AMBIENT, SIDECAR
from kgen.proof.istio.policies import DISABLE, STRICT, Authorization, Jwt, Scope
from kgen.proof.istio.requests import Space
from kgen.proof.istio.roads import by_waypoint, others
from kgen.proof.istio.world import Served
from kgen.proof.reachability import Reach
from kgen.proof.spaces import bits
from kgen.proof.terms import PortTerm
from kgen.proof.world import World
from kgen.records import NamedTuple

ALL = ""  # policies of every action


class Asks(NamedTuple):
    """A call at one target: on a piece of the ports, by whom, what."""

    port: int
    sources: int
    requests: int
    name: str
    pair: tuple[str, str]


class Meshed:
    """One side: who gets which requests to whom, by network and mesh together, or by one action of the mesh alone."""

    def __init__(self, world: World, reach: Reach) -> None:
        self.world = world
        self.network = reach.network
        self.layer: MeshLayer | None = reach.mesh
        self._doors: dict[tuple[object, ...], Door] = {}
        self._calls: dict[int, list[tuple[int, int]]] = {}  # target -> (call, sources)
        for number, call in enumerate(world.mesh.calls if world.mesh is not None else ()):
            sources = world.asks(call.sources, False)
            for target in bits(world.asks((call.target,), False)):
                self._calls.setdefault(target, []).append((number, sources))

    def judges(self, target: int, port: int) -> bool:
        return self.layer is not None and self.layer.judges(target, port) and self.mode(target) in (SIDECAR, AMBIENT)

    def mode(self, target: int) -> str:
        return self.layer.mode(target) if self.layer is not None else ""

    def services(self, target: int) -> list[Served]:
        """Those behind a waypoint through which the target is reached."""
        layer = self.layer
        if layer is None or layer.mode(target) != AMBIENT:
            return []
        return [one for one in others(layer, target) if by_waypoint(layer, target, layer.hbone, one) is not None]

    def waypoints(self, target: int) -> int:
        """The pods of the waypoints before a target."""
        found = 0
        for service in self.services(target):
            space, _, name = service.waypoint.partition("/")
            found |= self.layer.waypoints.get((space, name), 0) if self.layer is not None else 0
        return found

    def attached(self, scope: Scope) -> list[Served]:
        """The Services that an object with targets is for."""
        if self.layer is None:
            return []
        services = self.layer.mesh.services
        if all(target.kind == "Service" for target in scope.targets):
            names = (f"{scope.namespace}/{target.name}" for target in scope.targets)
            return [services[name] for name in names if name in services]
        return [one for one in services.values() if self.layer.attached(scope, one)]

    def content(self, target: int) -> object:
        """All that decides at a target: equal on both sides, and the mesh lets the same through."""
        layer = self.layer
        if layer is None:
            return None
        behind = tuple(
            (one.name, self._plain(layer.service_policies(one)), tuple(layer.service_jwts(one)))
            for one in self.services(target)
        )
        peers = tuple(
            (one.mode, tuple(sorted(one.ports.items())), one.scope.namespace, bool(one.scope.selector))
            for one in layer.peers(target)
        )
        return self._plain(layer.policies(target)), tuple(layer.jwts(target)), peers, behind

    @staticmethod
    def _plain(policies: Iterable[Authorization]) -> tuple[object, ...]:
        return tuple(sorted(((one.action, one.scope.namespace, one.rules) for one in policies), key=repr))

    def speaks(self, target: int) -> tuple[list[Authorization], list[Jwt]]:
        """Every policy, and every issuer of tokens, that counts at a target."""
        layer = self.layer
        if layer is None:
            return [], []
        policies, jwts = list(layer.policies(target)), layer.jwts(target)
        for service in self.services(target):
            policies += layer.service_policies(service)
            jwts = [*jwts, *layer.service_jwts(service)]
        return policies, jwts

    def actions(self, target: int) -> dict[str, list[object]]:
        """What the policies at a target say, by action."""
        found: dict[str, list[object]] = {}
        for one in self.speaks(target)[0]:
            found.setdefault(one.action, []).append((one.scope.namespace, one.rules))
        return found

    def calls(self, target: int) -> list[int]:
        return [number for number, _ in self._calls.get(target, ())]

    def ports(self, target: int) -> set[int]:
        """Pieces of the ports on which the answer may differ from that on all others."""
        found = set(self.network.special(target))
        if self.layer is not None:
            found |= self.layer.special(target)
            for number in self.calls(target):
                found |= set(self._pieces(number))
        return found

    def _pieces(self, call: int) -> Iterable[int]:
        assert self.world.mesh is not None
        number = self.world.mesh.calls[call].port
        return bits(self.world.ports.mask(PortTerm("TCP", number, number)))

    def asked(self, target: int, space: Space) -> list[Asks]:
        """The calls of a target; any request where nothing before its pods reads them."""
        if self.layer is None or self.world.mesh is None:
            return []
        reads = self.mode(target) == SIDECAR or bool(self.services(target))
        found = []
        for number, sources in self._calls.get(target, ()):
            call = self.world.mesh.calls[number]
            for port in self._pieces(number):
                raw = not reads or (self.mode(target) == SIDECAR and self.layer.is_raw(target, port))
                what = space.all if raw else space.asked(call.asks, call.token)
                found.append(Asks(port, sources, what, call.name, (call.caller, call.callee)))
        return found

    def passing(self, target: int, port: int, space: Space, action: str = ALL) -> list[int]:
        """For each kind of requests the ends that get it to the target on a piece of the ports; with an action those
        that the policies of that action alone would let through, whatever the network does."""
        size = space.http_count + 1
        layer = self.layer
        if layer is None or not self.judges(target, port):
            return [self._network(target, port, action)] * size
        policies = self._of(layer.policies(target), action)
        # alone, policies are judged by certificates: that plain text goes around them is not theirs
        mode = layer.peer_mode(target, port)[0] if action == ALL else STRICT
        if layer.mode(target) == SIDECAR:
            raw = layer.is_raw(target, port)
            door = self._door(policies, space, True)
            given = door.through(port, mode, False, raw)
            there = self._network(target, port, action)
            return [callers & there for callers in self._spread(given, space, layer.jwts(target))]
        tunnel = self._network(target, layer.hbone, action)
        straight, lets_in = self._straight(target, port, policies, tunnel, action, mode == STRICT)
        found = [straight] * size
        for service in self.services(target):
            road = by_waypoint(layer, target, port, service)
            if road is None or (action == ALL and road.waypoint & ~(tunnel & lets_in)):
                continue
            reached = layer.identities.meshed & ~road.waypoint
            for waypoint in bits(road.waypoint):
                reached &= self._network(waypoint, layer.hbone, action)
            door = self._door(self._of(layer.service_policies(service), action), space, True)
            spread = self._spread(door.through(port, STRICT, False), space, layer.service_jwts(service))
            found = [one | callers & reached for one, callers in zip(found, spread, strict=True)]
        return found

    def _straight(
        self, target: int, port: int, policies: Sequence[Authorization], tunnel: int, action: str, strict: bool
    ) -> tuple[int, int]:
        """Who gets to the pods themselves past every waypoint; and those that the node's proxy lets in."""
        layer = self.layer
        assert layer is not None
        meshed = layer.identities.meshed
        door = self._door(policies, requests.raw_space(), False)
        lets_in = door.anybody(port, STRICT, False)
        plain = 0
        if not strict:
            plain = door.anybody(port, DISABLE, False) & ~meshed
        return tunnel & lets_in & meshed | (plain | layer.probes) & self._network(target, port, action), lets_in

    def _network(self, target: int, port: int, action: str) -> int:
        return self.network.into(target, port) if action == ALL else self.world.index.all

    @staticmethod
    def _of(policies: Sequence[Authorization], action: str) -> list[Authorization]:
        return [one for one in policies if action in (ALL, one.action)]

    def _door(self, policies: Sequence[Authorization], space: Space, http: bool) -> Door:
        assert self.layer is not None
        key = (tuple(map(id, policies)), id(space), http)
        if key not in self._doors:
            self._doors[key] = Door(self.layer.identities, self.world.ports, policies, space, http, not http)
        return self._doors[key]

    @staticmethod
    def _spread(given: Sequence[Through], space: Space, jwts: Iterable[Jwt]) -> list[int]:
        """Callers by kind of requests. A token of an issuer that is not verified here counts as none."""
        found = [0] * (space.http_count + 1)
        for one in given:
            for number in bits(one.requests):
                found[number] = one.callers
        if space.tokens == 1:
            return found
        issuers = {jwt.issuer for jwt in jwts}
        return [found[space.taken(number, issuers)] for number in range(len(found))]


def joint(old: Meshed, new: Meshed, target: int) -> Space:
    """The kinds of requests that anything at a target tells apart, on either side."""
    rules, jwts, calls = [], [], []
    for side in (old, new):
        policies, issuers = side.speaks(target)
        rules += [rule for policy in policies for rule in policy.rules]
        jwts += issuers
        calls += [side.world.mesh.calls[number] for number in side.calls(target)] if side.world.mesh is not None else []
    return requests.space_of(requests.patterns_of(rules, jwts, calls))

"""The mesh as a layer: who gets anything through to whom, and which requests.

With sidecars each pod has its own door, for requests. In ambient mode the node's proxy is a door for connections, and
carries what comes from the mesh on port 15008; a waypoint in front of a Service is a door for requests, and speaks for
itself to the pods behind it (istio.io, Use Layer 4 security policy).
"""

from collections.abc import Iterator

from kgen.proof.endpoints import PODS
from kgen.proof.index import mask_of
from kgen.proof.istio import requests
from kgen.proof.istio.doors import Door
from kgen.proof.istio.identities import Identities
from kgen.proof.istio.members import AMBIENT, GATEWAY_LABEL, SIDECAR, WAYPOINT, WAYPOINT_CLASS
from kgen.proof.istio.policies import (
    DISABLE,
    PERMISSIVE,
    STRICT,
    UNSET,
    Authorization,
    Jwt,
    PeerAuthentication,
    RequestAuthentication,
    Scope,
)
from kgen.proof.istio.world import Mesh, Served
from kgen.proof.spaces import bits
from kgen.proof.terms import BlockTerm, PodTerm, PortTerm
from kgen.proof.world import World
from kgen.records import Any
from kgen.topology.mesh import PROBES
from kgen.topology.types import HBONE

ANY_OTHER = "*"  # the name of a Service behind a waypoint that nobody speaks of


Attached = dict[tuple[str, str, str], list[int]]  # kind, namespace, name -> objects by number


def _by_target(scopes: list[Scope]) -> Attached:
    found: Attached = {}
    for number, scope in enumerate(scopes):
        for target in scope.targets:
            found.setdefault((target.kind, scope.namespace, target.name), []).append(number)
    return found


class MeshLayer:
    """What Istio's policies let through."""

    name = "mesh"

    def __init__(self, world: World, certain: bool) -> None:
        assert world.mesh is not None
        self.world = world
        self.certain = certain
        self.mesh: Mesh = world.mesh
        index = world.index
        self.identities = Identities(index, self.mesh.trust_domain)
        self.closed = {term.namespace for term in world.asked.guarded if not term.pods}  # whole namespaces
        self.ambient = mask_of(
            [at for at, one in enumerate(index.endpoints) if one.member and one.member.mode != SIDECAR]
        )
        self._tcp = world.numbered([PortTerm("TCP")])
        self.hbone = next(bits(world.ports.mask(PortTerm("TCP", HBONE, HBONE))))
        self.probes = index.peers(BlockTerm(PROBES), True)
        self._selecting: dict[int, list[Authorization]] = {}
        self._peers: dict[int, list[PeerAuthentication]] = {}
        self._verifying: dict[int, list[RequestAuthentication]] = {}
        read = self.mesh.read
        for policy in read.authorizations:
            self._select(policy.scope, policy, self._selecting)
        for peer in read.peers:
            self._select(peer.scope, peer, self._peers)
        for request in read.requests:
            self._select(request.scope, request, self._verifying)
        self.waypoints: dict[tuple[str, str], int] = {}  # namespace, name -> its pods
        for position, one in enumerate(index.endpoints):
            if one.member and one.member.mode == WAYPOINT:
                key = (one.namespace, one.labels[GATEWAY_LABEL])
                self.waypoints[key] = self.waypoints.get(key, 0) | 1 << position
        self.behind: dict[str, list[Served]] = {}  # waypoint -> the Services behind it
        for service in self.mesh.services.values():
            self.behind.setdefault(service.waypoint, []).append(service)
        for space, name in self.waypoints:
            other = Served(f"{space}/{ANY_OTHER}", PodTerm(space, {}), f"{space}/{name}")
            self.behind.setdefault(f"{space}/{name}", []).append(other)
        self.leading: dict[int, list[Served]] = {}  # to a pod, through a waypoint
        for waypoint, behind in self.behind.items():
            for service in behind if waypoint else ():
                for position in bits(index.subjects(service.pods)):
                    self.leading.setdefault(position, []).append(service)
        self._policies_at = _by_target([one.scope for one in read.authorizations])
        self._requests_at = _by_target([one.scope for one in read.requests])
        self._at_service: dict[str, Door] = {}
        self._calls_of: dict[str, list[int]] = {}
        for number, call in enumerate(self.mesh.calls):
            self._calls_of.setdefault(call.service, []).append(number)
        self._calls_at: dict[int, list[int]] = {}
        for number, call in enumerate(self.mesh.calls):
            for position in bits(world.asks((call.target,), False)):
                self._calls_at.setdefault(position, []).append(number)
        self._raw = [service for service in self.mesh.services.values() if service.raw_ports]
        self._doors: dict[tuple[object, ...], Door] = {}
        self._into: dict[tuple[int, int], int] = {}
        self._special: dict[int, frozenset[int]] = {}

    def _select(self, scope: Scope, what: Any, into: dict[int, list[Any]]) -> None:
        if not scope.targets:
            for position in bits(self.world.index.subjects(self.mesh.term(scope))):
                into.setdefault(position, []).append(what)

    # doors

    def mode(self, position: int) -> str:
        member = self.world.endpoints[position].member
        return member.mode if member else ""

    def pod_door(self, position: int) -> Door:
        """That of a pod: its sidecar's, or the node's proxy's."""
        policies = self._selecting.get(position, [])
        if self.mode(position) == AMBIENT:
            return self._door(policies, [], (), False)
        calls = tuple(self._calls_at.get(position, ()))
        return self._door(policies, self.jwts(position), calls, True)

    def selected(self, position: int) -> bool:
        """Whether some policy is for a pod."""
        return position in self._selecting

    def asked_requests(self, position: int) -> bool:
        """Whether some call asks a pod for certain requests only."""
        return any(self.mesh.calls[number].asks for number in self._calls_at.get(position, ()))

    def policies(self, position: int) -> list[Authorization]:
        """Those that are for a pod."""
        return self._selecting.get(position, [])

    def peers(self, position: int) -> list[PeerAuthentication]:
        """Those that are for a pod."""
        return self._peers.get(position, [])

    def trusts_all(self, position: int) -> bool:
        """Whether nothing of the mesh is for a pod: no policy, and plain text taken."""
        return self.mode(position) != WAYPOINT and not self.selected(position) and not self._peers.get(position)

    def verifying(self, position: int) -> list[RequestAuthentication]:
        return self._verifying.get(position, [])

    def service_door(self, service: Served) -> Door:
        """That of a waypoint for one Service (istio pilot/pkg/model/policyattachment.go)."""
        if service.name not in self._at_service:
            policies = self.service_policies(service)
            calls = tuple(self._calls_of.get(service.name, ()))
            self._at_service[service.name] = self._door(policies, self.service_jwts(service), calls, True)
        return self._at_service[service.name]

    def service_policies(self, service: Served) -> list[Authorization]:
        """Those that are attached to a Service, or to the waypoint in front of it."""
        return [self.mesh.read.authorizations[number] for number in self._attached(self._policies_at, service)]

    def attached(self, scope: Scope, service: Served) -> bool:
        """Whether an object is attached to a Service behind a waypoint, or to the waypoint."""
        return bool(self._attached(_by_target([scope]), service))

    def _attached(self, index: Attached, service: Served) -> list[int]:
        """Objects that are attached to a Service behind a waypoint, or to the waypoint, each once, in order."""
        space, _, name = service.name.partition("/")
        gateway_space, _, gateway = service.waypoint.partition("/")
        found = {
            *index.get(("Service", space, name), ()),
            *index.get(("Gateway", gateway_space, gateway), ()),
            *index.get(("GatewayClass", self.mesh.root, WAYPOINT_CLASS), ()),
        }
        return sorted(found)

    def jwts(self, position: int) -> list[Jwt]:
        return [jwt for one in self._verifying.get(position, ()) for jwt in one.rules]

    def service_jwts(self, service: Served) -> list[Jwt]:
        return [jwt for one in self.service_verifying(service) for jwt in one.rules]

    def service_verifying(self, service: Served) -> list[RequestAuthentication]:
        return [self.mesh.read.requests[number] for number in self._attached(self._requests_at, service)]

    def _door(self, policies: list[Authorization], jwts: list[Jwt], calls: tuple[int, ...], http: bool) -> Door:
        key = (tuple(map(id, policies)), tuple(jwts), calls, http)
        if key not in self._doors:
            if http:
                rules = [rule for policy in policies for rule in policy.rules]
                found = requests.patterns_of(rules, jwts, (self.mesh.calls[number] for number in calls))
                space = requests.space_of(found)
            else:
                space = requests.raw_space()
            self._doors[key] = Door(self.identities, self.world.ports, policies, space, http, not http)
        return self._doors[key]

    # peers

    def peer_mode(self, position: int, port: int) -> tuple[str, tuple[PeerAuthentication, ...]]:
        """STRICT, PERMISSIVE or DISABLE on a piece of the ports, and the objects that say so.

        Workload before namespace before root namespace; of several at one place Istio takes the oldest, which manifests
        do not tell: the first by name stands for it, and that there are several is reported.
        """
        given = sorted(self._peers.get(position, ()), key=lambda one: one.scope.identity.name)
        wide = self.mesh.root
        root = [one for one in given if one.scope.namespace == wide and not one.scope.selector]
        space = [one for one in given if one.scope.namespace != wide and not one.scope.selector]
        workload = [one for one in given if one.scope.namespace != wide and one.scope.selector]
        said: list[PeerAuthentication] = []
        mode = UNSET
        for group in (workload[:1], space[:1], root[:1]):
            for one in group:
                on_port = UNSET
                if one in workload:
                    _, low, high = self.world.ports.pieces[port]
                    on_port = next((value for number, value in one.ports.items() if low <= number <= high), UNSET)
                own = on_port if on_port != UNSET else one.mode
                if mode == UNSET and own != UNSET:
                    mode, said = own, [one]
        if mode == UNSET:
            mode = PERMISSIVE
        if mode == DISABLE and self.mode(position) == AMBIENT:
            mode = PERMISSIVE  # the node's proxy ignores it
        return mode, tuple(said)

    def ambiguous_peers(self) -> Iterator[tuple[PeerAuthentication, ...]]:
        """Several objects of one place for the same pods."""
        seen = set()
        for given in self._peers.values():
            places: dict[tuple[str, bool], list[PeerAuthentication]] = {}
            for one in given:
                places.setdefault((one.scope.namespace, bool(one.scope.selector)), []).append(one)
            for found in places.values():
                key = tuple(sorted(one.scope.identity for one in found))
                if len(found) > 1 and key not in seen:
                    seen.add(key)
                    yield tuple(found)

    # the layer

    def judges(self, target: int, port: int) -> bool:
        """Whether the mesh has a say on a piece of the ports: TCP, to its members, where the proxy stands before it."""
        member = self.world.endpoints[target].member
        if member is None or not self._tcp >> port & 1:
            return False
        _, low, high = self.world.ports.pieces[port]
        if low == high and low in member.open_ports:
            return False
        return member.mode != WAYPOINT or port == self.hbone

    def into(self, target: int, port: int) -> int:
        """The endpoints that get anything through to the target on a port of the wire."""
        key = (target, port)
        if key not in self._into:
            self._into[key] = self._entering(target, port)
        return self._into[key]

    def _entering(self, target: int, port: int) -> int:
        if not self.judges(target, port):
            return self.world.index.all
        mode = self.mode(target)
        if mode == WAYPOINT:
            found = 0
            for service in self.services_of(target):
                door = self.service_door(service)
                for piece in self.app_ports(door):
                    found |= door.anybody(piece, STRICT, self.certain)
            return found
        door = self.pod_door(target)
        if mode == SIDECAR:
            return door.anybody(port, self.peer_mode(target, port)[0], self.certain)
        if port == self.hbone:
            found = 0
            for piece in self.app_ports(door):
                found |= door.anybody(piece, STRICT, self.certain)
            return found
        # plain: pods of the mesh never come this way, but what they are asked to say is carried on 15008
        strict = self.peer_mode(target, port)[0] == STRICT
        plain = 0 if strict else door.anybody(port, DISABLE, self.certain)
        if self.certain:
            meshed = self.identities.meshed
            plain = plain & ~meshed | door.anybody(port, STRICT, True)
        return plain | self.probes

    def app_ports(self, door: Door) -> list[int]:
        """Pieces of the ports that may differ at a door: those its rules name, and one for all others."""
        named = 0
        for box in door.boxes(False):
            if box.ports != self.world.ports.all:
                named |= box.ports if box.ports.bit_count() * 2 < self.world.ports.all.bit_count() else ~box.ports
        named &= self._tcp
        rest = self._tcp & ~named & ~(1 << self.hbone)
        return [*bits(named), *([next(bits(rest))] if rest else [])]

    def services_of(self, target: int) -> list[Served]:
        """The Services behind the waypoint that a pod is of."""
        one = self.world.endpoints[target]
        return self.behind.get(f"{one.namespace}/{one.labels.get(GATEWAY_LABEL, '')}", [])

    def special(self, target: int) -> set[int]:
        """The ports on which the answer for this target may differ from that for all others."""
        if target not in self._special:
            self._special[target] = frozenset(self._specials(target))
        return set(self._special[target])

    def _specials(self, target: int) -> set[int]:
        one = self.world.endpoints[target]
        if one.kind != PODS or one.member is None:
            return set()
        found = {self.hbone}
        for number in one.member.open_ports:
            found |= set(bits(self.world.ports.mask(PortTerm("TCP", number, number))))
        if one.member.mode == WAYPOINT:
            return found
        found |= set(self.app_ports(self.pod_door(target)))
        for peer in self._peers.get(target, ()):
            for number in peer.ports:
                found |= set(bits(self.world.ports.mask(PortTerm("TCP", number, number))))
        return found

    def is_raw(self, target: int, port: int) -> bool:
        """Whether a Service says of a pod's port that it speaks no HTTP."""
        _, low, high = self.world.ports.pieces[port]
        pod = self.world.endpoints[target].pod
        for service in self._raw:
            if self.world.index.subjects(service.pods) >> target & 1:
                for given in service.raw_ports:
                    number = given
                    if isinstance(given, str):
                        number = next((p.number for p in pod.ports if p.name == given), -1) if pod else -1
                    if low == number == high:
                        return True
        return False

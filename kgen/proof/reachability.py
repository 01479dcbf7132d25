"""What can reach what: which side isolates, which rules let through, and both together, as bits.

A rule is laid out once for all pods that its policy selects, and traffic needs both sides, so cost grows with the rules
and what they name, not with pairs of pods.
"""

from collections.abc import Iterator

from kgen.proof.spaces import bits
from kgen.proof.terms import EGRESS, INGRESS, Policy, Rule
from kgen.proof.world import World
from kgen.records import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kgen.proof.istio.layer import MeshLayer

EVERY = -1
"""Stands for every port where a rule names none."""

Row = dict[int, int]  # port piece, or EVERY -> the endpoints at the other side


class Grant(NamedTuple):
    """One rule that lets through, with what it comes to."""

    policy: Policy
    rule: Rule
    subjects: int
    peers: int


class Network:
    """The layer of network policies. `into(target, port)` is all that a further layer has to offer as well."""

    name = "network"

    def __init__(self, world: World, certain: bool) -> None:
        self.world = world
        self.certain = certain
        index = world.index
        self.isolated = {INGRESS: 0, EGRESS: 0}
        self.selecting: dict[str, dict[int, list[Policy]]] = {INGRESS: {}, EGRESS: {}}
        self._in: dict[int, Row] = {}
        self._out: dict[int, Row] = {}
        self._out_to_all: Row = {}
        for policy in world.policies:
            subjects = index.subjects(policy.subjects)
            for direction in policy.isolates:
                # a pod on the node's network may be isolated or not; a suspicion takes it as not, a promise as both
                self.isolated[direction] |= subjects if certain else subjects & ~index.host_network
                for subject in bits(subjects):
                    self.selecting[direction].setdefault(subject, []).append(policy)
            for rule in policy.rules(INGRESS):
                self._lay_in(rule, subjects)
            for rule in policy.rules(EGRESS):
                self._lay_out(rule, subjects)
        self._free_in = index.all & ~self.isolated[INGRESS]
        self._free_out = index.all & ~self.isolated[EGRESS]

    def _lay_in(self, rule: Rule, subjects: int) -> None:
        world = self.world
        peers = world.means(rule.peers, self.certain)
        for subject in bits(subjects):
            row = self._in.setdefault(subject, {})
            for port in self._pieces(rule, subject):
                row[port] = row.get(port, 0) | peers

    def _lay_out(self, rule: Rule, subjects: int) -> None:
        world = self.world
        if rule.peers is None and not any(term.name for term in rule.ports or ()):
            for port in self._pieces(rule, 0):
                self._out_to_all[port] = self._out_to_all.get(port, 0) | subjects
            return
        for target in bits(world.means(rule.peers, self.certain)):
            row = self._out.setdefault(target, {})
            for port in self._pieces(rule, target):
                row[port] = row.get(port, 0) | subjects

    def _pieces(self, rule: Rule, receiver: int) -> Iterator[int]:
        if rule.ports is None:
            return iter((EVERY,))
        return bits(self.world.ports_at(rule.ports, self.world.endpoints[receiver], self.certain))

    def entering(self, target: int, port: int) -> int:
        """The endpoints that the target's own side lets in on a port; all where nothing isolates it."""
        if self._free_in >> target & 1:
            return self.world.index.all
        row = self._in.get(target, {})
        return row.get(port, 0) | row.get(EVERY, 0)

    def leaving(self, target: int, port: int) -> int:
        """The endpoints whose own side lets them go to the target on a port."""
        row = self._out.get(target, {})
        found = self._free_out | self._out_to_all.get(EVERY, 0) | self._out_to_all.get(port, 0)
        return found | row.get(port, 0) | row.get(EVERY, 0)

    def into(self, target: int, port: int) -> int:
        """The endpoints that reach the target on a port."""
        return self.entering(target, port) & self.leaving(target, port)

    def special(self, target: int) -> set[int]:
        """The ports on which the answer for this target may differ from that for all others."""
        return {*self._in.get(target, ()), *self._out.get(target, ()), *self._out_to_all} - {EVERY}

    def grants(self, direction: str, subject: int) -> Iterator[Grant]:
        """The rules that let the subject's traffic of a direction through, with what they name."""
        for policy in self.selecting[direction].get(subject, ()):
            subjects = self.world.index.subjects(policy.subjects)
            for rule in policy.rules(direction):
                yield Grant(policy, rule, subjects, self.world.means(rule.peers, self.certain))

    def is_isolated(self, direction: str, subject: int) -> bool:
        return bool(self.isolated[direction] >> subject & 1)


LAYERS = (Network,)
"""Layers that all have to let traffic through. A further one is a class here with `into` and `special`; the mesh's is
added where one of Istio's objects is there, so that nothing else pays for it."""


class Reach:
    """All layers together."""

    def __init__(self, world: World, certain: bool) -> None:
        self.world = world
        self.mesh: MeshLayer | None = None
        self.layers: tuple[Network | MeshLayer, ...] = tuple(layer(world, certain) for layer in LAYERS)
        if world.mesh is not None:
            from kgen.proof.istio.layer import MeshLayer as Layer  # only where one of Istio's objects is there

            self.mesh = Layer(world, certain)
            self.layers += (self.mesh,)

    @property
    def network(self) -> Network:
        first = self.layers[0]
        assert isinstance(first, Network)
        return first

    def into(self, target: int, port: int) -> int:
        found = self.world.index.all
        for layer in self.layers:
            found &= layer.into(target, port)
        return found

    def special(self, target: int) -> set[int]:
        found: set[int] = set()
        for layer in self.layers:
            found |= layer.special(target)
        return found

"""What can reach what: which side isolates, which rules let through, and both together, as bits.

A rule is laid out once for all pods that its policy selects, and traffic needs both sides, so cost grows with the rules
and what they name, not with pairs of pods.
"""

from collections.abc import Iterator

from kgen.proof.spaces import bits
from kgen.proof.terms import EGRESS, INGRESS, PodTerm, Policy, Rule
from kgen.proof.tiers import ADMIN, ALLOW, BASELINE, DENY, PASS, Step
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


class Asking(NamedTuple):
    """One step of a policy that has an order, laid out."""

    step: Step
    subjects: int
    surely: int  # the ends that it means beyond doubt
    perhaps: int  # those that it could mean


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
        # pods on the node's network are neither subject nor peer of these (network-policy-api)
        self.asking = tuple(self._asked(step, index.subjects(step.policy.subjects)) for step in world.steps)

    def _lay_in(self, rule: Rule, subjects: int) -> None:
        world = self.world
        peers = world.means(rule.peers, self.certain)
        alike = self._alike(rule)
        for subject in bits(subjects):
            row = self._in.setdefault(subject, {})
            for port in alike or self._pieces(rule, subject):
                row[port] = row.get(port, 0) | peers

    def _lay_out(self, rule: Rule, subjects: int) -> None:
        world = self.world
        if rule.peers is None and not any(term.name for term in rule.ports or ()):
            for port in self._pieces(rule, 0):
                self._out_to_all[port] = self._out_to_all.get(port, 0) | subjects
            return
        alike = self._alike(rule)
        for target in bits(world.means(rule.peers, self.certain)):
            row = self._out.setdefault(target, {})
            for port in alike or self._pieces(rule, target):
                row[port] = row.get(port, 0) | subjects

    def _alike(self, rule: Rule) -> tuple[int, ...]:
        """The pieces of a rule's ports where they are the same at every receiver; () where names make a difference."""
        if rule.ports is None:
            return (EVERY,)
        if any(term.name for term in rule.ports):
            return ()
        return tuple(bits(self.world.numbered(rule.ports)))

    def _pieces(self, rule: Rule, receiver: int) -> Iterator[int]:
        if rule.ports is None:
            return iter((EVERY,))
        return bits(self.world.ports_at(rule.ports, self.world.endpoints[receiver], self.certain))

    def _asked(self, step: Step, subjects: int) -> Asking:
        index, peers = self.world.index, step.rule.peers
        surely, perhaps = self.world.means(peers, True), self.world.means(peers, False)
        pods = 0
        for term in peers or ():
            pods |= index.peers(term, False) if isinstance(term, PodTerm) else 0
        blocks = [term for term in peers or () if not isinstance(term, PodTerm)]
        if peers is not None:
            surely = pods & ~index.host_network | self.world.means(blocks, True)
            perhaps = pods & ~index.host_network | self.world.means(blocks, False)
        return Asking(step, subjects & ~index.host_network, surely, perhaps | (index.nodes if step.nodes else 0))

    def _judged(self, tier: str, direction: str, target: int, port: int, below: int) -> int:
        """The sources that a tier lets through to the target; `below` those that what comes after it lets through.

        What a step only could mean counts against the claim: beyond doubt is what goes through either way.
        """
        waiting, allowed, passed, doubted = self.world.index.all, 0, 0, 0
        for one in self.asking:
            step = one.step
            if step.tier != tier or step.direction != direction:
                continue
            if direction == INGRESS:
                surely, perhaps = (one.surely, one.perhaps) if one.subjects >> target & 1 else (0, 0)
            else:
                surely = one.subjects if one.surely >> target & 1 else 0
                perhaps = one.subjects if one.perhaps >> target & 1 else 0
            surely &= waiting if self._matches(step.rule, target, port, True) else 0
            perhaps &= waiting if self._matches(step.rule, target, port, False) else 0
            if step.action == PASS:
                passed |= surely
                doubted |= perhaps & ~surely
                waiting &= ~surely
                continue
            # the likelier of the two ways is the one that speaks against the claim
            decided = perhaps if self.certain == (step.action == DENY) else surely
            allowed |= decided if step.action == ALLOW else 0
            waiting &= ~decided
        found = allowed | (waiting | passed) & below
        return found & (below | ~doubted) if self.certain else found | doubted & below

    def _matches(self, rule: Rule, target: int, port: int, certain: bool) -> bool:
        if rule.ports is None:
            return True
        return port != EVERY and bool(
            self.world.ports_at(rule.ports, self.world.endpoints[target], certain) >> port & 1
        )

    def entering(self, target: int, port: int) -> int:
        """The endpoints that the target's own side lets in on a port; all where nothing isolates it."""
        if self._free_in >> target & 1:
            found = self.world.index.all
            if self.asking:
                found = self._judged(BASELINE, INGRESS, target, port, found)
        else:
            row = self._in.get(target, {})
            found = row.get(port, 0) | row.get(EVERY, 0)
        return self._judged(ADMIN, INGRESS, target, port, found) if self.asking else found

    def leaving(self, target: int, port: int) -> int:
        """The endpoints whose own side lets them go to the target on a port."""
        row = self._out.get(target, {})
        free = self._free_out
        if self.asking:
            free &= self._judged(BASELINE, EGRESS, target, port, self.world.index.all)
        found = free | self._out_to_all.get(EVERY, 0) | self._out_to_all.get(port, 0)
        found |= row.get(port, 0) | row.get(EVERY, 0)
        return self._judged(ADMIN, EGRESS, target, port, found) if self.asking else found

    def into(self, target: int, port: int) -> int:
        """The endpoints that reach the target on a port."""
        return self.entering(target, port) & self.leaving(target, port)

    def special(self, target: int) -> set[int]:
        """The ports on which the answer for this target may differ from that for all others."""
        found = {*self._in.get(target, ()), *self._out.get(target, ()), *self._out_to_all} - {EVERY}
        for one in self.asking:
            if one.step.rule.ports is not None:
                found |= {*bits(self.world.ports_at(one.step.rule.ports, self.world.endpoints[target], False))}
        return found

    def grants(self, direction: str, subject: int) -> Iterator[Grant]:
        """The rules that let the subject's traffic of a direction through, with what they name."""
        for one in self.ordered(direction, subject):
            if one.step.action == ALLOW:
                yield Grant(one.step.policy, one.step.rule, one.subjects, one.surely if self.certain else one.perhaps)
        for policy in self.selecting[direction].get(subject, ()):
            subjects = self.world.index.subjects(policy.subjects)
            for rule in policy.rules(direction):
                yield Grant(policy, rule, subjects, self.world.means(rule.peers, self.certain))

    def ordered(self, direction: str, subject: int) -> list[Asking]:
        """The steps that are asked for a subject, in their order."""
        return [one for one in self.asking if one.step.direction == direction and one.subjects >> subject & 1]

    def denying(self, direction: str, subject: int, others: int, ports: int) -> list[Step]:
        """The steps that could deny the subject something of these ends and ports."""
        found = []
        for one in self.ordered(direction, subject):
            if one.step.action != DENY or not one.perhaps & others:
                continue
            near = [subject] if direction == INGRESS else list(bits(one.perhaps & others))
            if any(self._matches(one.step.rule, end, port, False) for end in near for port in bits(ports)):
                found.append(one.step)
        return found

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

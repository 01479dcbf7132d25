"""What is possible and not asked for, grouped by the rule, or the missing policy, that makes it possible.

Only traffic to or from guarded endpoints counts: the agents, and namespaces that are meant to be closed.
"""

from collections.abc import Iterable, Iterator, Sequence

from kgen.proof.asked import Question
from kgen.proof.findings import DISAGREEMENT, EXCESS, LEAK, ONE_SIDED, Cause, Finding, of_policy, of_rule
from kgen.proof.index import mask_of
from kgen.proof.naming import ends
from kgen.proof.reachability import Network, Reach
from kgen.proof.spaces import bits
from kgen.proof.terms import EGRESS, INGRESS, Policy, PortTerm, Rule, Term
from kgen.proof.tiers import KINDS
from kgen.proof.world import World
from kgen.records import NamedTuple
from kgen.results import WARNING

_ALONE = "only the mesh stops it (strictest: mesh, loosest: network)"


class Open(NamedTuple):
    """Pairs of one target that are possible and not asked for."""

    target: int
    sources: int
    ports: int


class Wanted:
    """What is asked for, by target and port; what could be meant counts as asked."""

    def __init__(self, world: World, questions: Iterable[Question] | None = None) -> None:
        asked = list(world.asked.questions if questions is None else questions)
        self._rows = _rows(world, [(one.sources, one.targets, one.ports) for one in asked])
        self._halves = _rows(world, [(*one.halves, one.ports) for one in asked if one.halves[0]])

    def by(self, target: int, port: int) -> int:
        """The endpoints that are asked to reach the target on a port."""
        return self._rows.get(target, {}).get(port, 0)

    def by_half(self, target: int, port: int) -> int:
        """The endpoints that one side alone may let through."""
        return self._halves.get(target, {}).get(port, 0)

    def ports(self, target: int) -> Iterable[int]:
        return self._rows.get(target, ())


def _rows(
    world: World, asked: "Iterable[tuple[Sequence[Term], Sequence[Term], Sequence[PortTerm]]]"
) -> dict[int, dict[int, int]]:
    """Target -> port -> the endpoints that are meant."""
    groups: dict[tuple[int, int], int] = {}
    for sources, targets, ports in asked:
        key = (world.asks(targets, False), world.numbered(ports))
        groups[key] = groups.get(key, 0) | world.asks(sources, False)
    rows: dict[int, dict[int, int]] = {}
    for (receivers, numbers), senders in groups.items():
        for target in bits(receivers):
            row = rows.setdefault(target, {})
            for port in bits(numbers):
                row[port] = row.get(port, 0) | senders
    return rows


class Opened(NamedTuple):
    """What is open and not asked for, by who stops it."""

    both: list[Open]  # nobody
    entering: list[Open]  # the sender's side alone
    leaving: list[Open]  # the receiver's side alone
    meshed: list[Open]  # the mesh alone
    observed: list[Open]  # nobody, until the end that would is under Enforce


def opened(world: World, reach: Reach, wanted: Wanted) -> Opened:
    """All of it; `reach` holds what could be."""
    made = Opened([], [], [], [], [])
    tcp = world.numbered([PortTerm("TCP")])
    network = reach.network
    isolated_out = network.isolated[EGRESS] & world.guarded_out
    tried = Wanted(world, world.asked.attempts)
    waiting = _observed(world)
    for target in range(len(world.endpoints)):
        guarded = world.guarded_in >> target & 1
        near = world.index.all if guarded else world.guarded_out
        isolated = network.is_isolated(INGRESS, target)
        special = sorted({*reach.special(target), *wanted.ports(target), *tried.ports(target)})
        rest = world.ports.all
        for port in special:
            rest &= ~(1 << port)
        found: tuple[dict[int, int], ...] = ({}, {}, {}, {}, {})
        free = waiting & ~network.isolated[EGRESS] if isolated or not waiting >> target & 1 else world.index.all
        # of all other ports one stands for the rest; to a mesh those of TCP are not like the others
        others = [(next(bits(some)), some) for some in (rest & tcp, rest & ~tcp) if some]
        for port, mask in [*((port, 1 << port) for port in special), *others]:
            asked = wanted.by(target, port)
            net = network.into(target, port)
            through = reach.into(target, port) & ~asked & near
            known = asked | net | wanted.by_half(target, port)
            inwards = network.entering(target, port) & ~known if guarded and isolated else 0
            outwards = network.leaving(target, port) & ~known & isolated_out & ~tried.by(target, port)
            by_mesh = net & ~asked & ~through & near if reach.mesh else 0
            until = through & wanted.by_half(target, port) & free
            for row, sources in zip(found, (through & ~until, inwards, outwards, by_mesh, until), strict=True):
                if sources:
                    row[sources] = row.get(sources, 0) | mask
        for into, row in zip(made, found, strict=True):
            into += [Open(target, sources, ports) for sources, ports in row.items()]
    return made


def _observed(world: World) -> int:
    """The pods of the namespaces under Observe."""
    spaces = frozenset(world.asked.observed)
    return mask_of([i for i in bits(world.index.pods) if world.endpoints[i].namespace in spaces]) if spaces else 0


def findings(world: World, reach: Reach, wanted: Wanted) -> Iterator[Finding]:
    """All excesses, then what only one side stops."""
    made = opened(world, reach, wanted)
    network = reach.network
    yield from _told(world, network, EXCESS, _attributed(world, network, made.both))
    yield from _under_observe(world, made.observed)
    yield from _told(world, network, ONE_SIDED, _attributed(world, network, made.entering, INGRESS))
    yield from _told(world, network, ONE_SIDED, _attributed(world, network, made.leaving, EGRESS))
    yield from _told(world, network, DISAGREEMENT, _attributed(world, network, made.meshed))


def _under_observe(world: World, found: Sequence[Open]) -> Iterator[Finding]:
    """What the gate of one end leaves to the other end, which is under Observe."""
    alike: dict[tuple[int, int], int] = {}  # (sources, ports) -> targets
    for one in found:
        alike[one.sources, one.ports] = alike.get((one.sources, one.ports), 0) | 1 << one.target
    for (sources, ports), targets in alike.items():
        who, whom, how = ends(world, sources), ends(world, targets), world.ports.text(ports)
        spaces = {world.endpoints[position].namespace for position in bits(sources | targets)}
        names = ", ".join(sorted(spaces & {*world.asked.observed}))
        message = (
            f"{who} to {whom}, {how}: possible without the label of the gate, an effect of Observe: each end of a link "
            f"asks the other for it, and {names} asks nothing yet"
        )
        mend = f"the step to Enforce closes it: enforcement of {names} in the Platform"
        yield Finding(EXCESS, message, mend, (), who, whom, how, severity=WARNING)


class Opening(NamedTuple):
    """What one rule opens, or (without a rule) what is open because no policy isolates."""

    direction: str
    policy: Policy | None
    rule: Rule | None


Openings = dict[tuple[str, int], tuple[Opening, list[Open]]]  # by direction and rule


def _attributed(world: World, network: Network, found: list[Open], side: str = "") -> Openings:
    """The pairs by what opens them, on the side of a guarded end; ingress first, because it is the target's own."""
    made: Openings = {}

    def add(direction: str, policy: Policy | None, rule: Rule | None, one: Open) -> None:
        key = (direction, id(rule) if rule is not None else 0)
        made.setdefault(key, (Opening(direction, policy, rule), []))[1].append(one)

    for one in found:
        guarded = world.guarded_in >> one.target & 1
        if (guarded and side != EGRESS) or side == INGRESS:
            if not network.is_isolated(INGRESS, one.target):
                add(INGRESS, None, None, one)
                continue
            for grant in network.grants(INGRESS, one.target):
                let = world.ports_at(grant.rule.ports, world.endpoints[one.target], network.certain) & one.ports
                if (hit := grant.peers & one.sources) and let:
                    add(INGRESS, grant.policy, grant.rule, Open(one.target, hit, let))
            continue
        free = one.sources & ~network.isolated[EGRESS]
        if free:
            add(EGRESS, None, None, Open(one.target, free, one.ports))
        for source in bits(one.sources & ~free):
            for grant in network.grants(EGRESS, source):
                let = world.ports_at(grant.rule.ports, world.endpoints[one.target], network.certain) & one.ports
                if grant.peers >> one.target & 1 and let:
                    add(EGRESS, grant.policy, grant.rule, Open(one.target, 1 << source, let))
    return made


def _told(world: World, network: Network, kind: str, found: Openings) -> Iterator[Finding]:
    for opening, pairs in found.values():
        alike: dict[tuple[int, int], int] = {}  # (sources, ports) -> targets
        for pair in pairs:
            alike[pair.sources, pair.ports] = alike.get((pair.sources, pair.ports), 0) | 1 << pair.target
        joined: dict[tuple[int, int], int] = {}  # (targets, sources) -> ports
        for (sources, ports), targets in alike.items():
            joined[targets, sources] = joined.get((targets, sources), 0) | ports
        for (targets, sources), ports in joined.items():
            yield _finding(world, network, kind, opening, sources, targets, ports)


def _finding(
    world: World, network: Network, kind: str, opening: Opening, sources: int, targets: int, ports: int
) -> Finding:
    who, whom, how = ends(world, sources), ends(world, targets), world.ports.text(ports)
    section = opening.direction.lower()
    own = targets if opening.direction == INGRESS else sources
    if opening.policy is None or opening.rule is None:
        mend = f"add a NetworkPolicy for {ends(world, own)} with policyTypes: [{opening.direction}]"
        if kind == DISAGREEMENT:
            message = f"{who} to {whom}, {how}: no network policy isolates the {section} side; {_ALONE}"
            return Finding(kind, message, mend, (), who, whom, how)
        message = f"{who} to {whom}, {how}: possible, and nothing asks for it: no policy isolates the {section} side"
        return Finding(kind, message, mend, (), who, whom, how)
    cause = of_rule(opening.policy, opening.rule)
    causes: tuple[Cause, ...] = (cause,)
    if kind == DISAGREEMENT:
        message = f"{who} to {whom}, {how}: the network lets this through here, though nothing asks for it; {_ALONE}"
    elif kind == ONE_SIDED:
        other = "egress of the sender" if opening.direction == INGRESS else "ingress of the receiver"
        message = f"{who} to {whom}, {how}: let through here, though nothing asks for it; only the {other} stops it"
    else:
        message = f"{who} to {whom}, {how}: possible, and nothing asks for it; this rule lets it through"
        selecting = network.selecting[opening.direction].get(_lowest(own), ())
        deny = next((policy for policy in selecting if _denies(policy, opening)), None)
        if deny is not None and deny.layer and not opening.policy.layer:
            kind, causes = LEAK, (cause, of_policy(deny))
            why = "it comes before every NetworkPolicy" if opening.policy.identity.kind in KINDS else "policies add up"
            message += f", and re-opens what {deny.identity} closed, because {why}"
    return Finding(kind, message, "narrow its peers and ports to what is asked, or take it out", causes, who, whom, how)


def _denies(policy: Policy, opening: Opening) -> bool:
    """Whether it closes this direction and opens nothing in it."""
    return policy is not opening.policy and not policy.rules(opening.direction)


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1

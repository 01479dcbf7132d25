"""What is asked and blocked: which side, which policies, which rule comes nearest, and the change that mends it."""

from collections.abc import Iterator

from kgen.manifests import path_text
from kgen.proof.asked import ATTEMPT, LINK, Question
from kgen.proof.findings import DEFICIT, Cause, Finding, of_policy, of_rule
from kgen.proof.naming import ends
from kgen.proof.reachability import Network, Reach
from kgen.proof.spaces import bits
from kgen.proof.terms import EGRESS, INGRESS
from kgen.proof.tiers import KINDS
from kgen.proof.world import World
from kgen.records import NamedTuple


class Blocked(NamedTuple):
    """One asked pair that does not go through."""

    question: Question
    source: int
    target: int
    ports: int


def blocked(world: World, reach: Reach) -> list[Blocked]:
    """All of them; `reach` holds what is beyond doubt."""
    found: list[Blocked] = []
    for question in world.asked.questions:
        sources = world.needs(question.sources)
        ports = world.numbered(question.ports)
        for target in bits(world.needs(question.targets)):
            missing: dict[int, int] = {}
            for port in bits(ports):
                for source in bits(sources & ~reach.into(target, port)):
                    missing[source] = missing.get(source, 0) | 1 << port
            found += [Blocked(question, source, target, mask) for source, mask in missing.items()]
    return found


def held_back(world: World, network: Network) -> list[Blocked]:
    """Attempts that do not get out: that the receiver refuses them would then show nothing."""
    return [
        Blocked(question, source, target, 1 << port)
        for question in world.asked.attempts
        for target in bits(world.means(question.targets, True))
        for port in bits(world.numbered(question.ports))
        for source in bits(world.means(question.sources, True) & ~network.leaving(target, port))
    ]


def findings(world: World, reach: Reach, pairs: list[Blocked]) -> Iterator[Finding]:
    """One finding a question, side and cause; targets that are blocked alike are told together."""
    grouped: dict[tuple[str, int, str, int, tuple[Cause, ...]], list[Blocked]] = {}
    for pair in pairs:
        for direction in _sides(reach.network, pair):
            subject = pair.source if direction == EGRESS else pair.target
            other = pair.target if direction == EGRESS else pair.source
            causes = _causes(reach.network, direction, subject, other, pair.ports)
            grouped.setdefault((pair.question.name, pair.ports, direction, subject, causes), []).append(pair)
    for (name, ports, direction, subject, causes), group in grouped.items():
        yield _finding(world, reach.network, name, ports, direction, subject, causes, group)


def _causes(network: Network, direction: str, subject: int, other: int, ports: int) -> tuple[Cause, ...]:
    """The rules that deny, where there are some; else the policies that isolate."""
    denying = network.denying(direction, subject, 1 << other, ports) if network.asking else []
    if denying:
        return tuple(of_rule(step.policy, step.rule) for step in denying)
    return tuple(of_policy(policy) for policy in network.selecting[direction].get(subject, ()))


def _sides(network: Network, pair: Blocked) -> Iterator[str]:
    for port in bits(pair.ports):
        sides = []
        if not network.leaving(pair.target, port) >> pair.source & 1:
            sides.append(EGRESS)
        if pair.question.name != ATTEMPT and not network.entering(pair.target, port) >> pair.source & 1:
            sides.append(INGRESS)
        yield from sides
        return


def _finding(
    world: World,
    network: Network,
    name: str,
    ports: int,
    direction: str,
    subject: int,
    causes: tuple[Cause, ...],
    group: list[Blocked],
) -> Finding:
    sources, targets = (0, 0)
    for pair in group:
        sources |= 1 << pair.source
        targets |= 1 << pair.target
    who, whom, how = ends(world, sources), ends(world, targets), world.ports.text(ports)
    own = world.endpoints[subject]
    others = whom if direction == EGRESS else who
    near = _nearest(world, network, direction, subject, targets if direction == EGRESS else sources, ports)
    policies = ", ".join(str(cause.identity) for cause in causes) or "no policy"
    purpose = "a link" if name == LINK else f"the flow {name}"
    section, side = ("egress", "to") if direction == EGRESS else ("ingress", "from")
    if causes and causes[0].identity.kind in KINDS:
        message = (
            f"{who} to {whom}, {how}: asked for by {purpose}, blocked by the {section} side of {own.title}: "
            f"{causes[0].identity} denies it or may do so, and comes where no other rule can allow it"
        )
        mend = f"put a rule before it in {causes[0].identity} that allows {others}, ports: {how}, or narrow it"
        return Finding(DEFICIT, message, mend, causes, who, whom, how)
    message = (
        f"{who} to {whom}, {how}: asked for by {purpose}, blocked by the {section} side of {own.title}: "
        f"{policies} isolate{'s' if len(causes) == 1 else ''} it, and no rule lets this through{near}"
    )
    rules = [p for p in network.selecting[direction].get(subject, ()) if p.rules(direction)]
    place = f"{rules[-1].identity}" if rules else f"a NetworkPolicy that selects {own.title}"
    mend = f"add to {place} a rule under spec.{section} with {side}: {others}, ports: {how}"
    return Finding(DEFICIT, message, mend, causes, who, whom, how)


def _nearest(world: World, network: Network, direction: str, subject: int, others: int, ports: int) -> str:
    """The rule that misses by its ports only, or by its peers only."""
    by_peers = ""
    for grant in network.grants(direction, subject):
        receiver = world.endpoints[subject] if direction == INGRESS else world.endpoints[_lowest(others)]
        let = world.ports_at(grant.rule.ports, receiver, True)
        where = f"{grant.policy.identity}, {path_text(grant.rule.path)}"
        if grant.peers & others == others and grant.peers != world.index.all:
            given = world.ports.text(let) or "no port"
            return f"; {where} names the right peers, but {given}"
        if let & ports == ports and not by_peers and grant.peers.bit_count() < 8:
            by_peers = f"; {where} has the right port, but other peers"
    return by_peers


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def causes_of(network: Network, direction: str, subject: int, other: int, port: int) -> tuple[Cause, ...]:
    """The rules that let one pair through on one side."""
    found = []
    for grant in network.grants(direction, subject):
        receiver = subject if direction == INGRESS else other
        let = network.world.ports_at(grant.rule.ports, network.world.endpoints[receiver], network.certain)
        if grant.peers >> other & 1 and let >> port & 1:
            found.append(of_rule(grant.policy, grant.rule))
    return tuple(found)

"""The comparison: two sides' objects, and first of all who can now call whom, what opened, what closed, what guards.

What is possible is asked of the proof's own reachability, on both sides over the same ends; what is declared, of links,
grants and Agents. docs/diff.md says what counts as a widening.
"""

from collections.abc import Callable, Iterable, Iterator

from kgen.compare import guardrails, narrowing, rights
from kgen.compare.differences import CALL, CONSENT, FLOW, KINDS, OUTSIDE, TERMS, Access, Comparison
from kgen.compare.edges import Names, edges, short
from kgen.compare.objects import Differing, Pair, differing, object_changes
from kgen.compare.sides import Key, Side
from kgen.compare.telling import access
from kgen.compare.watching import watching
from kgen.compare.worlds import NOBODY, Worlds
from kgen.manifests import Document, Manifest, identity_of
from kgen.proof import unread
from kgen.proof.asked import LINK, references
from kgen.proof.world import build
from kgen.records import NamedTuple

__all__ = ["Access", "Comparison", "Side", "compare"]

LinkEnds = tuple[str, str]  # caller, callee


def compare(base: Side, head: Side, passing: Iterable[tuple[Key, Manifest]] | None = None) -> Comparison:
    """What differs. `passing` gives the head's objects as they are built for another purpose."""
    found = differing(base, head, passing)
    teams = base.teams | head.teams

    def team(namespace: str) -> str:
        return teams.get(namespace, namespace)

    declared = _Declared(base, head)
    worlds = narrowing.worlds(base, head, found)
    traffic = _Traffic(base, head, worlds, declared, team)

    def status(pair: Pair) -> str:
        roads = traffic.roads
        return roads.status(pair.before, pair.after, pair.item.origin) if roads is not None else ""

    made = list(guardrails.guardrails(base, head, found, team, status, worlds.read if worlds is not None else {}))
    eased = [one for one in made if one.kind == TERMS and one.widens]
    unverified = {one.target for one in eased if one.text == guardrails.UNVERIFIED}
    made += traffic.told({one.target for one in eased}, unverified)
    given = list(rights.given(base, head, found, team))
    spoken = {(widens, pair[0].partition("/")[0] + "/*", pair[1]) for widens, pair in declared.changes()}
    made += [one for one in given if one.kind != CONSENT or (one.widens, one.source, one.target) not in spoken]
    order = {kind: number for number, kind in enumerate(KINDS)}
    # what is said of a whole namespace comes before its single objects
    made.sort(
        key=lambda one: (
            *(not one.widens, order[one.kind], bool(one.objects)),
            *(one.team, one.source, one.target, one.on, one.text),
        )
    )
    return Comparison(
        tuple(dict.fromkeys(made)),
        tuple(object_changes(found, team)),
        found.unchanged,
        tuple(_unjudged(found, worlds)),
        tuple(watching(found, declared.base.agents - declared.head.agents)),
    )


class _Links(NamedTuple):
    pairs: dict[LinkEnds, str]  # (caller, callee) -> the callee's port
    agents: frozenset[str]
    flows: dict[LinkEnds, None]  # (agent, name of a flow that its links declare)


class _Declared:
    """The links of both sides: of AgentLinks, or where there are none of the Agents' own tools."""

    def __init__(self, base: Side, head: Side) -> None:
        self.base, self.head = _links(base), _links(head)

    def changes(self) -> Iterator[tuple[bool, LinkEnds]]:
        """Links that came, then links that went."""
        yield from ((True, pair) for pair in self.head.pairs if pair not in self.base.pairs)
        yield from ((False, pair) for pair in self.base.pairs if pair not in self.head.pairs)


def _links(side: Side) -> _Links:
    if side.topology is not None:
        pairs = {
            (f"{link.caller.namespace}/{link.caller.name}", f"{link.callee.namespace}/{link.callee.name}"): (
                f"TCP {link.callee.port}"
            )
            for link in side.topology.links
        }
        agents = {f"{agent.namespace}/{agent.name}": agent for agent in side.topology.agents}
        flows = {
            (name, flow.name): None
            for name, agent in agents.items()
            for flow in agent.egress
            if flow.name.startswith(("egress ", "tool "))
        }
        return _Links(pairs, frozenset(agents), flows)
    made = [item for key, item in side.items.items() if key[:2] == ("kagent.dev", "Agent")]
    read = references([Document(item.build(), item.origin) for item in made])
    names = frozenset(f"{item.identity.namespace or 'default'}/{item.identity.name}" for item in made)
    return _Links({(caller, callee): "TCP 8080" for caller, callee, _ in read}, names, {})


class _Traffic:
    """Links that came or went, each a line; then all other traffic that opened or closed."""

    def __init__(
        self, base: Side, head: Side, worlds: Worlds | None, declared: _Declared, team: Callable[[str], str]
    ) -> None:
        agents = declared.base.agents | declared.head.agents
        known = {_space(key) for key in base.items}
        fresh = frozenset({_space(key) for key in head.items} - known - {""})
        self._worlds, self._declared, self._team = worlds, declared, team
        self._names = Names(agents, team, fresh, frozenset(agent.partition("/")[0] for agent in agents))
        found = edges(worlds, self._names) if worlds is not None else None
        self._through = found.through if found is not None else None
        self._rows = found.rows if found is not None else []
        self.roads = found.roads if found is not None else None

    def told(self, eased: set[str], unverified: set[str]) -> Iterator[Access]:
        """All of it. `eased`: agents of whom a term is told already, so that what it lets their callers send is not;
        `unverified`: those of whom it is told that any of their pods counts now."""
        declared, worlds, team = self._declared, self._worlds, self._team
        changes = dict.fromkeys(declared.changes())
        physical: dict[tuple[bool, LinkEnds], None] = {}
        left = []
        for row in self._rows:
            if row.asked == LINK and (row.opened, row.pair) in changes:
                physical[row.opened, row.pair] = None
            elif row.asked == LINK and row.opened and unverified.intersection(row.pair):
                continue
            elif not (row.asked == LINK and row.why.requests and row.pair[1] in eased):
                left.append(row)
        for widens, (caller, callee) in changes:
            side = declared.head if widens else declared.base
            text = "link"
            if (widens, (caller, callee)) not in physical:
                text += _beside(widens, caller, callee, declared, worlds)
            place = callee.partition("/")[0]
            yield Access(widens, CALL, team(place), caller, callee, side.pairs[caller, callee], text)
        yield from _flows(declared, {row.asked for row in left if row.opened}, team)
        if worlds is not None and self._through is not None:
            for one in access(left, worlds, self._names, self._through):
                yield one if one.source and one.target else one._replace(kind=FLOW)


def _flows(declared: _Declared, told: set[str], team: Callable[[str], str]) -> Iterator[Access]:
    """Hosts, addresses and servers that an agent is declared to reach, where the network does not tell them apart."""
    for agent, flow in declared.head.flows:
        if (agent, flow) not in declared.base.flows and flow not in told:
            place = team(agent.partition("/")[0])
            what, _, whom = flow.partition(" ")
            text = f"declared as {what}; the network let it through before, too"
            yield Access(True, OUTSIDE, place, agent, whom, "", text)


def _beside(widens: bool, caller: str, callee: str, declared: _Declared, worlds: Worlds | None) -> str:
    """What to say of a link that came or went where what is possible did not change."""
    if widens:
        return "; the network let it through before, too"
    if {caller, callee} <= declared.head.agents and worlds is not None and _possible(worlds, caller, callee):
        return "; the network still lets it through"
    return ""


def _possible(worlds: Worlds, caller: str, callee: str) -> bool:
    from kgen.proof.reachability import Reach

    reach = Reach(worlds.head, False)
    places: dict[str, list[int]] = {caller: [], callee: []}
    for position, one in enumerate(worlds.slots):
        if short(one) in places and worlds.in_head >> position & 1:
            places[short(one)].append(position)
    return any(
        reach.into(target, port) >> source & 1
        for target in places[callee]
        for source in places[caller]
        for port in range(len(worlds.head.ports.pieces))
    )


def _space(key: Key) -> str:
    return key[3] if key[:2] == ("", "Namespace") else key[2]


def _unjudged(found: Differing, worlds: Worlds | None) -> Iterator[str]:
    """What of the changed objects may let through or stop something, and is not evaluated."""
    changed = [
        Document(manifest, pair.item.origin)
        for pair in found.pairs.values()
        for manifest in (pair.before, pair.after)
        if manifest is not None
    ]
    told = [finding.message for finding in unread.findings(build([], NOBODY), changed)]
    for world in (worlds.base, worlds.head) if worlds is not None else ():
        told += [
            f"{identity_of(doubt.document.manifest)}: {doubt.message}"
            for doubt in world.doubts
            if identity_of(doubt.document.manifest).key in found.pairs
        ]
    yield from dict.fromkeys(told)

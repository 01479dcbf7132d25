"""Rows of traffic in words: who, to whom, on what ports, for what, and what a gateway dials."""

from collections.abc import Iterator, Sequence

from kgen.compare.differences import CALL, FLOW, INTO, OUTSIDE, Access
from kgen.compare.edges import MOST_NAMES, Names, Row, short
from kgen.compare.through import Through
from kgen.compare.worlds import Worlds
from kgen.proof.asked import LINK
from kgen.proof.endpoints import ADDRESSES, HOST, PODS, Endpoint
from kgen.proof.index import mask_of
from kgen.proof.naming import addresses_text
from kgen.proof.spaces import bits, blocks_of
from kgen.proof.terms import PortTerm

_PROXY = (15008, 15020, 15021, 15090)  # HBONE, telemetry, readiness, metrics (istio.io, Ports used by Istio)
_OUTSIDE = ", outside the mesh"


def access(rows: Sequence[Row], worlds: Worlds, names: Names, through: Through) -> Iterator[Access]:
    """The rows as changes in access."""
    for row in rows:
        sources, targets = (all_names(worlds, mask) for mask in (row.sources, row.targets))
        only = _only_end(worlds, row.targets)
        own = _only_end(worlds, row.sources)
        team = _team(own, only, names)
        text = f"for {row.asked}" if row.asked else "nothing asks for it"
        yield Access(
            row.opened,
            _kind(row, worlds, names),
            team,
            told(worlds, row.sources, row.targets, row.opened),
            told(worlds, row.targets, row.sources, row.opened),
            _ports(worlds, row.ports),
            (f"{text}: {row.why.requests}" if row.why.requests else text) + _by_gateway(row, worlds, through),
            (),
            sources,
            targets,
        )


def _by_gateway(row: Row, worlds: Worlds, through: Through) -> str:
    """For whom a gateway dials, or what it dials."""
    if not through.any:
        return ""
    if agents := through.agents(row.opened, row.sources, row.targets):
        return f"; it dials for {told(worlds, agents, 0, row.opened)}"
    if outside := through.dialled(row.opened, row.sources, row.targets):
        return f"; it dials for them {told(worlds, outside, 0, row.opened)}"
    return ""


def _ports(worlds: Worlds, ports: int) -> str:
    space = worlds.head.ports
    if worlds.meshed:
        tcp = space.mask(PortTerm("TCP"))
        own = sum(space.mask(PortTerm("TCP", number, number)) for number in _PROXY)
        if ports & tcp & ~own == tcp & ~own and not ports & own:
            rest = f", {space.text(ports & ~tcp)}" if ports & ~tcp else ""
            return f"every TCP port but the proxy's own{rest}"
    return space.text(ports)


def _only_end(worlds: Worlds, mask: int) -> Endpoint | None:
    """An end that stands for the whole set: its first, where all are of one namespace."""
    spaces = {worlds.slots[position].namespace for position in bits(mask)}
    return worlds.slots[next(bits(mask))] if len(spaces) == 1 else None


def _team(source: Endpoint | None, target: Endpoint | None, names: Names) -> str:
    """The callee's team, where it is one of an agent's; else the caller's."""
    for one in (target, source):
        if one is not None and one.namespace in names.spaces:
            return names.team(one.namespace)
    for one in (target, source):
        if one is not None and one.namespace:
            return names.team(one.namespace)
    return ""


def _kind(row: Row, worlds: Worlds, names: Names) -> str:
    ends = [[worlds.slots[i] for i in bits(mask)] for mask in (row.sources, row.targets)]
    from_agents, to_agents = (any(short(one) in names.agents for one in side) for side in ends)
    if row.asked and row.asked != LINK and not row.asked.startswith(("egress ", "tool ")):
        return FLOW
    if from_agents and to_agents:
        return CALL
    if to_agents:
        return INTO
    if all(one.kind in (ADDRESSES, HOST) for one in ends[1]):
        return OUTSIDE
    return FLOW


def all_names(worlds: Worlds, mask: int) -> tuple[str, ...]:
    """Every end of a set by name, addresses joined."""
    found = [short(one) for i in bits(mask) if (one := worlds.slots[i]).kind == PODS]
    found += [one.host for i in bits(mask) if (one := worlds.slots[i]).kind == HOST]
    spans = [worlds.slots[i].span for i in bits(mask & worlds.head.index.addresses)]
    return tuple(dict.fromkeys(found)) + tuple(blocks_of(spans))


def told(worlds: Worlds, mask: int, beside: int, opened: bool) -> str:
    """A set of ends in words. `beside` are the ends at the other side, which are not asked about themselves."""
    index = worlds.head.index
    there = (worlds.in_head if opened else worlds.in_base) & ~beside
    if there & ~mask == 0 and there.bit_count() > MOST_NAMES:
        return "everything"
    names: list[str] = []
    pods = index.pods & there
    left = mask
    if pods and pods & ~mask == 0 and pods.bit_count() > MOST_NAMES:
        names.append("every pod")
        left &= ~index.pods
    others = mask_of([i for i in bits(pods) if worlds.slots[i].name.startswith("any other ")])
    if others & ~left == 0 and others.bit_count() > 2:
        names.append("any other pod of every namespace")
        left &= ~others
    shown = list(dict.fromkeys(short(worlds.slots[i]) for i in bits(left & index.pods)))
    # those that opt out of the mesh are pods of it all the same
    every = set(shown)
    shown = [name for name in shown if (plain := name.removesuffix(_OUTSIDE)) == name or plain not in every]
    names += shown[:MOST_NAMES] + ([f"{len(shown) - MOST_NAMES} more"] if len(shown) > MOST_NAMES else [])
    if left & index.addresses:
        names += addresses_text(index, left)
    elif hosts := left & index.hosts:
        names += [worlds.slots[i].host for i in bits(hosts)][:MOST_NAMES]
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + f" and {names[-1]}"

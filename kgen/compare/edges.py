"""Traffic that opened or closed between two worlds, as rows for people: from whom, to whom, on what, for what."""

from collections.abc import Callable, Iterator, Sequence

from kgen.compare.differences import CALL, FLOW, INTO, OUTSIDE, Access
from kgen.compare.worlds import Worlds
from kgen.proof.asked import LINK
from kgen.proof.endpoints import ADDRESSES, HOST, PODS, Endpoint
from kgen.proof.reachability import EVERY, Reach
from kgen.proof.spaces import bits, blocks_text
from kgen.proof.world import World
from kgen.records import NamedTuple

MOST_NAMES = 4
_MANY = 200  # ends, more than which are not told by team

Pair = tuple[str, str]


class Row(NamedTuple):
    """Pairs that opened, or closed, alike."""

    opened: bool
    sources: int
    targets: int
    ports: int
    asked: str  # the flow that asks for it, on the side where it is possible; "" where nothing does
    pair: tuple[str, str]  # the ends of the link, where it is one


class Names(NamedTuple):
    """How ends are called, and whose they are."""

    agents: frozenset[str]  # namespace/name
    team: Callable[[str], str]
    fresh: frozenset[str]  # namespaces that only the new side knows

    spaces: frozenset[str] = frozenset()  # the agents' namespaces


def edges(worlds: Worlds, names: Names) -> list[Row]:
    """Every pair that is possible on one side only, joined where all else is alike."""
    old, new = Reach(worlds.base, False), Reach(worlds.head, False)
    wanted = {True: _Asked(worlds.head), False: _Asked(worlds.base)}
    quiet = _closing_untold(worlds, names)
    found: dict[tuple[bool, int, int, str, Pair], int] = {}  # ... -> ports
    for target in range(len(worlds.slots)):
        in_base, in_head = worlds.in_base >> target & 1, worlds.in_head >> target & 1
        special = sorted(old.special(target) | new.special(target))
        rest = worlds.head.ports.all
        for port in special:
            rest &= ~(1 << port)
        for port, mask in [*((port, 1 << port) for port in special), (EVERY, rest)]:
            if not mask:
                continue
            before = old.into(target, port) & worlds.in_base if in_base else 0
            after = new.into(target, port) & worlds.in_head if in_head else 0
            for opened, sources in ((True, after & ~before), (False, before & ~after)):
                if not opened:
                    sources = 0 if quiet >> target & 1 else sources & ~quiet
                if not sources:
                    continue
                for part, ports, asked, pair in wanted[opened].split(target, sources, mask):
                    key = (opened, target, part, asked, pair)
                    found[key] = found.get(key, 0) | ports
    return _joined(found, worlds, names)


def _closing_untold(worlds: Worlds, names: Names) -> int:
    """Imagined pods of a namespace that is new here: nobody could call what nobody knew."""
    return sum(1 << i for i, one in enumerate(worlds.slots) if one.namespace in names.fresh and one.pod is None)


class _Asked:
    """Who asks for what, by target."""

    def __init__(self, world: World) -> None:
        self._by_target: dict[int, list[tuple[int, int, str, tuple[str, str]]]] = {}
        for question in world.asked.questions:
            entry = (
                world.means(question.sources, False),
                world.numbered(question.ports),
                question.name,
                (question.caller, question.callee),
            )
            for target in bits(world.means(question.targets, False)):
                self._by_target.setdefault(target, []).append(entry)

    def split(self, target: int, sources: int, ports: int) -> Iterator[tuple[int, int, str, tuple[str, str]]]:
        """The sources by what asks for them; those that nothing asks for last."""
        left = sources
        for of, on, name, pair in self._by_target.get(target, ()):
            part, hit = left & of, ports & on
            if part and hit == ports:
                yield part, ports, name, pair if name == LINK else ("", "")
                left &= ~part
        if left:
            yield left, ports, "", ("", "")


def _joined(found: dict[tuple[bool, int, int, str, Pair], int], worlds: Worlds, names: Names) -> list[Row]:
    """Targets that the same sources reach alike are one row, but for ends of several teams; then the same of sources.

    An end that reaches itself is left in, so that the ends of a row are the same for all of them.
    """
    by_sources: dict[tuple[bool, int, str, Pair, int], int] = {}
    for (opened, target, sources, asked, pair), ports in found.items():
        key = (opened, sources, asked, pair, ports)
        by_sources[key] = by_sources.get(key, 0) | 1 << target
    by_targets: dict[tuple[bool, int, str, Pair, int, str], int] = {}
    for (opened, sources, asked, pair, ports), targets in by_sources.items():
        parts = _by_sort(worlds, names, sources)
        for of_targets in _by_sort(worlds, names, targets).values():
            for sort, of_sources in parts.items():
                place = (opened, of_targets, asked, pair, ports, sort)
                by_targets[place] = by_targets.get(place, 0) | of_sources
    rows = []
    for (opened, targets, asked, pair, ports, _), sources in by_targets.items():
        others = sources & ~targets if targets.bit_count() == 1 else sources
        if others:
            rows.append(Row(opened, others, targets, ports, asked, pair))
    return rows


def _by_sort(worlds: Worlds, names: Names, mask: int) -> dict[str, int]:
    """The ends of a set by team and kind; all of them together where there are many."""
    if mask.bit_count() > _MANY:
        return {"many": mask}
    found: dict[str, int] = {}
    for position in bits(mask):
        sort = _sort(worlds.slots[position], names)
        found[sort] = found.get(sort, 0) | 1 << position
    return found if len(found) <= MOST_NAMES else {"many": mask}


def _sort(one: Endpoint, names: Names) -> str:
    """Agents by team, other pods of their namespaces by team, and all the rest."""
    if one.kind == PODS and one.namespace in names.spaces:
        return f"{names.team(one.namespace)}|{short(one) in names.agents}"
    return ""


def short(one: Endpoint) -> str:
    """The name of an end as links write it."""
    return one.name.rpartition(" ")[2] if one.pod is not None else one.name


def access(rows: Sequence[Row], worlds: Worlds, names: Names) -> Iterator[Access]:
    """The rows as changes in access."""
    for row in rows:
        sources, targets = (all_names(worlds, mask) for mask in (row.sources, row.targets))
        only = _only_end(worlds, row.targets)
        own = _only_end(worlds, row.sources)
        team = _team(own, only, names)
        text = row.asked or "nothing asks for it"
        yield Access(
            row.opened,
            _kind(row, worlds, names),
            team,
            told(worlds, row.sources, row.targets, row.opened),
            told(worlds, row.targets, row.sources, row.opened),
            worlds.head.ports.text(row.ports),
            f"for {text}" if row.asked else text,
            (),
            sources,
            targets,
        )


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
    return tuple(dict.fromkeys(found)) + ((blocks_text(spans),) if spans else ())


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
    others = sum(1 << i for i in bits(pods) if worlds.slots[i].name.startswith("any other "))
    if others & ~left == 0 and others.bit_count() > 2:
        names.append("any other pod of every namespace")
        left &= ~others
    shown = list(dict.fromkeys(short(worlds.slots[i]) for i in bits(left & index.pods)))
    names += shown[:MOST_NAMES] + ([f"{len(shown) - MOST_NAMES} more"] if len(shown) > MOST_NAMES else [])
    addresses = left & index.addresses
    if addresses and addresses == index.addresses:
        names.append("every address")
    elif addresses:
        if addresses & index.public == index.public:
            names.append("every public address")
            addresses &= ~index.public
        if addresses:
            names.append(blocks_text(worlds.slots[i].span for i in bits(addresses)))
    elif hosts := left & index.hosts:
        names += [worlds.slots[i].host for i in bits(hosts)][:MOST_NAMES]
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + f" and {names[-1]}"

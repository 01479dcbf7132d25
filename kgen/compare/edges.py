"""Traffic that opened or closed between two worlds, as rows: from whom, to whom, on what ports, for what."""

from collections.abc import Callable, Iterator

from kgen.compare.through import Through
from kgen.compare.worlds import Worlds
from kgen.proof.asked import LINK
from kgen.proof.endpoints import PODS, Endpoint
from kgen.proof.index import mask_of
from kgen.proof.reachability import Reach
from kgen.proof.spaces import bits
from kgen.proof.terms import PortTerm
from kgen.proof.world import World
from kgen.records import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kgen.compare.roads import Roads

MOST_NAMES = 4
_MANY = 200  # ends, more than which are not told by team

Pair = tuple[str, str]


class Why(NamedTuple):
    """What asks for a pair, on the side where it is possible."""

    asked: str = ""  # a flow or a call; "" where nothing does
    pair: Pair = ("", "")  # the ends of the link, where it is one
    requests: str = ""  # in words, where it is about some of all that can be sent


class Row(NamedTuple):
    """Pairs that opened, or closed, alike."""

    opened: bool
    sources: int
    targets: int
    ports: int
    why: Why

    @property
    def asked(self) -> str:
        return self.why.asked

    @property
    def pair(self) -> Pair:
        return self.why.pair


class Names(NamedTuple):
    """How ends are called, and whose they are."""

    agents: frozenset[str]  # namespace/name
    team: Callable[[str], str]
    fresh: frozenset[str]  # namespaces that only the new side knows

    spaces: frozenset[str] = frozenset()  # the agents' namespaces


Found = dict[tuple[bool, int, int, Why], int]  # opened, target, sources, why -> ports


class Edges(NamedTuple):
    """All of them."""

    rows: list[Row]
    roads: "Roads | None"  # where a mesh judges
    through: Through


def edges(worlds: Worlds, names: Names) -> Edges:
    """Every pair that is possible on one side only, joined where all else is alike."""
    finding = _Finding(worlds, names)
    agents = mask_of([number for number, one in enumerate(worlds.slots) if short(one) in names.agents])
    through = Through(worlds, finding.reaches, agents)
    return Edges(_joined(finding.found, worlds, names), finding.roads, through)


class _Finding:
    """Goes through the targets, one by one."""

    def __init__(self, worlds: Worlds, names: Names) -> None:
        self._worlds = worlds
        self.reaches = (Reach(worlds.base, False), Reach(worlds.head, False))
        self._known_asked: dict[bool, _Asked] = {}
        self._quiet = _closing_untold(worlds, names)
        self._tcp = worlds.head.ports.mask(PortTerm("TCP"))
        self._differing: dict[int, list[tuple[bool, int, int]]] = {}
        self.found: Found = {}
        self.roads: Roads | None = None
        targets = range(len(worlds.slots))
        if worlds.base.mesh is None and worlds.head.mesh is None:
            for target in targets:
                self._plain(target, worlds.head.ports.all)
            return
        from kgen.compare.roads import Roads as Both  # only where one of Istio's objects is there

        self.roads = Both(worlds, *self.reaches)
        carrying = []
        for target in targets:
            if not self.roads.concerned(target):
                self._plain(target, worlds.head.ports.all)
            elif self.roads.is_waypoint(target):
                carrying.append(target)
            else:
                self._meshed(target, self.roads)
        for target in carrying:
            self._plain(target, worlds.head.ports.all)

    def _meshed(self, target: int, roads: "Roads") -> None:
        """Inside the connections where the mesh has a say, and what is left as any other end."""
        judged = roads.judged(target)
        every = self._worlds.head.ports.all
        near = (target, *bits(roads.before(target)))
        if roads.differs(target) or any(self._differ(one, every) for one in near):
            for one in roads.changes(target, judged):
                sources = self._told(one.opened, target, one.sources)
                why = Why(one.asked, one.pair if one.asked == LINK else ("", ""), one.requests)
                if one.asked or one.spoken:
                    self._add(one.opened, target, sources, why, one.ports)
                    continue
                carried = roads.hbone if roads.is_ambient(target) else 0
                for part, _, of in self._wanted(one.opened).split(target, sources, one.ports, carried):
                    self._add(one.opened, target, part, of if of.asked else why, one.ports)
        self._plain(target, every & ~judged)

    def _plain(self, target: int, mask: int) -> None:
        """What network policies and the mesh let through at all, on these pieces of the ports."""
        for opened, sources, ports in self._differ(target, mask):
            if self.roads is not None and not ports & ~self.roads.hbone:
                sources &= self.roads.untold(opened, target)
            for part, on, why in self._wanted(opened).split(target, self._told(opened, target, sources), ports):
                self._add(opened, target, part, why, on)

    def _told(self, opened: bool, target: int, sources: int) -> int:
        if opened:
            return sources
        return 0 if self._quiet >> target & 1 else sources & ~self._quiet

    def _wanted(self, opened: bool) -> "_Asked":
        if opened not in self._known_asked:
            self._known_asked[opened] = _Asked(self._worlds.head if opened else self._worlds.base)
        return self._known_asked[opened]

    def _add(self, opened: bool, target: int, sources: int, why: Why, ports: int) -> None:
        if sources:
            key = (opened, target, sources, why)
            self.found[key] = self.found.get(key, 0) | ports

    def _differ(self, target: int, mask: int) -> list[tuple[bool, int, int]]:
        """(opened, sources, ports) of a target."""
        if target not in self._differing:
            self._differing[target] = list(self._compared(target))
        return [(opened, sources, ports & mask) for opened, sources, ports in self._differing[target] if ports & mask]

    def _compared(self, target: int) -> Iterator[tuple[bool, int, int]]:
        worlds = self._worlds
        old, new = self.reaches
        there = (
            worlds.in_base if worlds.in_base >> target & 1 else 0,
            worlds.in_head if worlds.in_head >> target & 1 else 0,
        )
        special = sorted(old.special(target) | new.special(target))
        rest = worlds.head.ports.all & ~sum(1 << port for port in special)
        parts = [(port, 1 << port) for port in special]
        # a mesh speaks of TCP alone, so one piece can not stand for the rest of all protocols
        for left in (rest & self._tcp, rest & ~self._tcp) if worlds.meshed else (rest,):
            parts += [(next(bits(left)), left)] if left else []
        for port, mask in parts:
            before = old.into(target, port) & there[0] if there[0] else 0
            after = new.into(target, port) & there[1] if there[1] else 0
            if after & ~before:
                yield True, after & ~before, mask
            if before & ~after:
                yield False, before & ~after, mask


def _closing_untold(worlds: Worlds, names: Names) -> int:
    """Imagined pods of a namespace that is new here: nobody could call what nobody knew."""
    if not names.fresh:
        return 0
    return mask_of([i for i, one in enumerate(worlds.slots) if one.namespace in names.fresh and one.pod is None])


class _Asked:
    """Who asks for what, by target."""

    def __init__(self, world: World) -> None:
        self._by_target: dict[int, list[tuple[int, int, Why]]] = {}
        for question in (*world.asked.questions, *world.asked.attempts):
            pair = (question.caller, question.callee) if question.name == LINK else ("", "")
            entry = (world.asks(question.sources, False), world.numbered(question.ports), Why(question.name, pair))
            for target in bits(world.asks(question.targets, False)):
                self._by_target.setdefault(target, []).append(entry)

    def split(self, target: int, sources: int, ports: int, carried: int = 0) -> Iterator[tuple[int, int, Why]]:
        """The sources by what asks for them, on these ports or on the one that carries them; those that nothing asks
        for last."""
        left = sources
        for of, on, why in self._by_target.get(target, ()):
            part, hit = left & of, ports & on
            if part and (hit == ports or carried & on):
                yield part, ports, why
                left &= ~part
        if left:
            yield left, ports, Why()


def _joined(found: Found, worlds: Worlds, names: Names) -> list[Row]:
    """Targets that the same sources reach alike are one row, but for ends of several teams; then the same of sources.

    What the same ends can on several ports is one row in the end. An end that reaches itself is left in, so that the
    ends of a row are the same for all of them.
    """
    by_sources: dict[tuple[bool, int, Why, int], int] = {}
    for (opened, target, sources, why), ports in found.items():
        key = (opened, sources, why, ports)
        by_sources[key] = by_sources.get(key, 0) | 1 << target
    by_targets: dict[tuple[bool, int, Why, int, str], int] = {}
    for (opened, sources, why, ports), targets in by_sources.items():
        parts = _by_sort(worlds, names, sources)
        for of_targets in _by_sort(worlds, names, targets).values():
            for sort, of_sources in parts.items():
                place = (opened, of_targets, why, ports, sort)
                by_targets[place] = by_targets.get(place, 0) | of_sources
    by_ends: dict[tuple[bool, int, int, Why], int] = {}
    for (opened, targets, why, ports, _), sources in by_targets.items():
        others = sources & ~targets if targets.bit_count() == 1 else sources
        if others:
            by_ends[opened, others, targets, why] = by_ends.get((opened, others, targets, why), 0) | ports
    # parted by sort, ends may be alike on other ports now as well; hosts stay apart, as ways to the outside
    hosts = worlds.head.index.hosts
    again: dict[tuple[bool, int, Why, int, frozenset[str], bool], int] = {}
    for (opened, sources, targets, why), ports in by_ends.items():
        sorts = frozenset(_by_sort(worlds, names, targets))
        alike = (opened, sources, why, ports, sorts, not targets & ~hosts)
        again[alike] = again.get(alike, 0) | targets
    return [Row(opened, of, targets, ports, why) for (opened, of, why, ports, *_), targets in again.items()]


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

"""What opened and closed inside of connections, where a mesh judges: by caller, port and kind of requests.

And, for each change of a policy, whether what it opens is told as traffic: then the policy is not told as well.
"""

from collections.abc import Iterator

from kgen.compare.requests import Asks, Meshed, joint
from kgen.compare.rewritten import HELD, NOTHING, TOLD
from kgen.compare.worlds import Worlds
from kgen.manifests import Document, Manifest, Origin
from kgen.proof.endpoints import PODS
from kgen.proof.istio.policies import ALLOW, DENY, Reader
from kgen.proof.istio.requests import Space
from kgen.proof.reachability import Reach
from kgen.proof.spaces import bits
from kgen.proof.terms import PortTerm
from kgen.records import NamedTuple


class Change(NamedTuple):
    """Ends that get some requests to a target on one side only."""

    opened: bool
    sources: int
    ports: int
    requests: str  # in words; "" for all that they could send
    asked: str  # the call that asks for it; "" where none does
    pair: tuple[str, str]
    spoken: bool  # no call, but other requests of these ends are asked there, so no flow speaks for these either


class Roads:
    """Both sides of a mesh."""

    def __init__(self, worlds: Worlds, old: Reach, new: Reach) -> None:
        self._worlds = worlds
        self.sides = (Meshed(worlds.base, old), Meshed(worlds.head, new))
        self._tcp = worlds.head.ports.mask(PortTerm("TCP"))
        self.hbone = worlds.head.ports.mask(PortTerm("TCP", 15008, 15008))
        self._status: dict[tuple[int, str], str] = {}
        self._judged: dict[tuple[object, ...], int] = {}
        self._alike = self._same_everywhere()
        self._reached: dict[bool, dict[int, int]] = {True: {}, False: {}}  # opened -> an end -> sources that are told

    def _same_everywhere(self) -> bool:
        """Whether names and Services mean the same on both sides, so that equal policies let the same through."""
        old, new = self._worlds.base, self._worlds.head
        if old.mesh is None or new.mesh is None:
            return False
        same = all(a.member == b.member for a, b in zip(old.endpoints, new.endpoints, strict=True))
        return same and (old.mesh.trust_domain, old.mesh.services) == (new.mesh.trust_domain, new.mesh.services)

    def concerned(self, target: int) -> bool:
        return self._worlds.slots[target].kind == PODS and any(one.mode(target) for one in self.sides)

    def is_waypoint(self, target: int) -> bool:
        return any(one.mode(target) == "Waypoint" for one in self.sides)

    def is_ambient(self, target: int) -> bool:
        return any(one.mode(target) == "Ambient" for one in self.sides)

    def before(self, target: int) -> int:
        """The waypoints that lead to a target, on either side."""
        return self.sides[0].waypoints(target) | self.sides[1].waypoints(target)

    def differs(self, target: int) -> bool:
        """Whether the mesh may let something else through to a target."""
        old, new = self.sides
        return not self._alike or old.content(target) != new.content(target)

    def judged(self, target: int) -> int:
        """The pieces of the ports that are told here."""
        worlds = self._worlds
        members = (worlds.base.endpoints[target].member, worlds.head.endpoints[target].member)
        key = tuple(one and (one.mode, one.open_ports) for one in members)
        if key not in self._judged:
            found = 0
            for port in bits(self._tcp & ~self.hbone):
                if any(one.judges(target, port) for one in self.sides):
                    found |= 1 << port
            self._judged[key] = found
        return self._judged[key]

    def untold(self, opened: bool, target: int) -> int:
        """The sources of which nothing is told yet at a target that only carries what is for others."""
        return ~self._reached[opened].get(target, 0)

    def changes(self, target: int, mask: int) -> Iterator[Change]:
        """What opened and closed at a target on these pieces of the ports."""
        old, new = self.sides
        special = (old.ports(target) | new.ports(target)) & set(bits(mask))
        rest = mask & ~sum(1 << port for port in special)
        space = joint(old, new, target)
        asked = (old.asked(target, space), new.asked(target, space))
        carried = 1 << target | self.before(target)
        weighed = self._weighed(target)
        for port, ports in [
            *((port, 1 << port) for port in sorted(special)),
            *([(next(bits(rest)), rest)] if rest else []),
        ]:
            passing = [one.passing(target, port, space) for one in self.sides]
            for opened, own, other in ((True, 1, 0), (False, 0, 1)):
                there = self._worlds.in_head if opened else self._worlds.in_base
                there = there if there >> target & 1 else 0
                back = self._worlds.in_base if opened else self._worlds.in_head
                back = back if back >> target & 1 else 0
                found = [now & there & ~(was & back) for now, was in zip(passing[own], passing[other], strict=True)]
                any_before = _union(passing[other]) & back
                for sources, of in _alike(found):
                    for end in bits(carried):
                        told = self._reached[opened]
                        told[end] = told.get(end, 0) | sources
                    for part in (sources & ~any_before, sources & any_before):
                        if part:
                            yield from _asked(opened, part, ports, of, [a for a in asked[own] if a.port == port], space)
            self._judge(target, port, space, passing, weighed)

    def _weighed(self, target: int) -> list[str]:
        """The actions of which the policies at a target say something else on the two sides."""
        if any(one.layer is None for one in self.sides):
            return []
        old, new = (one.actions(target) for one in self.sides)
        for action in (ALLOW, DENY):
            self._status[target, action] = NOTHING
        return [action for action in (ALLOW, DENY) if old.get(action) != new.get(action)]

    def _judge(self, target: int, port: int, space: Space, passing: list[list[int]], weighed: list[str]) -> None:
        """Whether what the policies of one action let in more is told as traffic."""
        in_head = self._worlds.in_head
        opened = [] if not weighed else [now & ~was for was, now in zip(passing[0], passing[1], strict=True)]
        for action in weighed:
            was, now = (one.passing(target, port, space, action) for one in self.sides)
            status = NOTHING
            for before, after, told in zip(was, now, opened, strict=True):
                more = after & ~before & in_head & ~(1 << target)
                if more:
                    status = TOLD if more & told or status == TOLD else HELD
            self._status[target, action] = max(status, self._status.get((target, action), NOTHING), key=_RANK.index)

    def status(self, before: Manifest | None, after: Manifest | None, origin: Origin) -> str:
        """Of an AuthorizationPolicy that changed: whether its action opens nothing by itself, something that is told,
        or only what makes no difference as all else stands; "" where that is not known."""
        statuses = []
        for manifest, side in zip((before, after), self.sides, strict=True):
            if manifest is None:
                continue
            if side.layer is None:
                return ""
            reader = Reader([])
            reader.read(Document(manifest, origin), "")
            if reader.doubts or not reader.authorizations:
                return ""
            policy = reader.authorizations[0]
            targets = side.world.index.subjects(side.layer.mesh.term(policy.scope)) if not policy.scope.targets else 0
            for service in side.attached(policy.scope):
                targets |= side.world.index.subjects(service.pods)
            there = self._worlds.in_head
            statuses += [self._status.get((target, policy.action), "") for target in bits(targets & there)]
        known = [one for one in statuses if one]
        return max(known, key=_RANK.index) if known else ""


_RANK = (NOTHING, HELD, TOLD)


def _union(given: list[int]) -> int:
    found = 0
    for one in given:
        found |= one
    return found


def _alike(by_request: list[int]) -> list[tuple[int, int]]:
    """Sources, each in one set, with the requests that they have in common."""
    parts: list[tuple[int, int]] = []
    grouped: dict[int, int] = {}
    for number, sources in enumerate(by_request):
        if sources:
            grouped[sources] = grouped.get(sources, 0) | 1 << number
    for sources, of in grouped.items():
        split = []
        left = sources
        for own, had in parts:
            split += [(own & sources, had | of)] if own & sources else []
            split += [(own & ~sources, had)] if own & ~sources else []
            left &= ~own
        parts = [*split, *([(left, of)] if left else [])]
    return parts


def _asked(opened: bool, sources: int, ports: int, of: int, asks: list[Asks], space: Space) -> Iterator[Change]:
    """What calls ask of these requests, then what none does."""
    pieces = [(sources, of)]
    spoken = 0
    for one in asks:
        spoken |= one.sources
        left = []
        for who, what in pieces:
            part, hit = who & one.sources, what & one.requests
            if not part or not hit:
                left.append((who, what))
                continue
            words = "" if hit == one.requests else space.text(hit)
            yield Change(opened, part, ports, words, one.name, one.pair, True)
            left += [(who & ~part, what)] if who & ~part else []
            left += [(part, what & ~hit)] if what & ~hit else []
        pieces = left
    for who, what in pieces:
        for part, speaks in ((who & spoken, True), (who & ~spoken, False)):
            if part:
                words = "" if what == space.all else space.text(what)
                yield Change(opened, part, ports, words, "", ("", ""), speaks)

"""What the step from Observe to Enforce closes: everything possible today that nobody asks for, told before it is gone.

Today's manifests are held against the topology as it is under Enforce: what is an excess there and touches pods that
are guarded only then is what Enforce takes away. What is asked for stays, or the proof of Enforce itself says so.
"""

from collections.abc import Iterable, Sequence

from kgen.proof import asked as questions
from kgen.proof.excesses import Wanted, opened
from kgen.proof.naming import ends
from kgen.proof.reachability import Reach
from kgen.proof.world import Source, World, build
from kgen.records import NamedTuple
from kgen.results import Result
from kgen.topology.types import Topology


class Closed(NamedTuple):
    """Traffic that is possible under Observe, and not under Enforce."""

    source: str
    target: str
    ports: str
    known: bool  # between pods that manifests show, which may well use it


class Enforcing(NamedTuple):
    """What Enforce would change."""

    namespaces: tuple[str, ...]  # those under Observe
    closed: tuple[Closed, ...]  # between known pods first
    verdict: str = ""  # of the bundle under Enforce; "" where none was rendered
    problems: tuple[Result, ...] = ()  # why there is none, or what refutes it
    added: tuple[str, ...] = ()  # objects that Enforce adds
    changed: tuple[str, ...] = ()  # and those that it changes


def observed(topology: Topology | None) -> tuple[str, ...]:
    """The namespaces under Observe that links or the Platform name."""
    return tuple(space.name for space in topology.namespaces if not space.enforced) if topology else ()


def closed(sources: Iterable[Source], now: Topology, enforced: Topology) -> tuple[Closed, ...]:
    """What of today's manifests Enforce closes."""
    asked = questions.of_topology(enforced)
    world = build(list(sources), asked)
    before_out, before_in = _guarded(world, now)
    fresh_in, fresh_out = world.guarded_in & ~before_in, world.guarded_out & ~before_out
    alike: dict[tuple[int, int], int] = {}  # (sources, ports) -> targets
    for one in opened(world, Reach(world, False), Wanted(world))[0]:
        touched = one.sources if fresh_in >> one.target & 1 else one.sources & fresh_out
        for mask in (touched & world.index.known, touched & ~world.index.known):
            if mask:
                key = (mask, one.ports)
                alike[key] = alike.get(key, 0) | 1 << one.target
    joined: dict[tuple[int, int], int] = {}  # (sources, targets) -> ports
    for (mask, ports), targets in alike.items():
        for some in (targets & world.index.known, targets & ~world.index.known):
            if some:
                joined[mask, some] = joined.get((mask, some), 0) | ports
    found = [
        Closed(ends(world, mask), ends(world, some), world.ports.text(ports), _known(world, mask, some))
        for (mask, some), ports in joined.items()
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: not one.known))


def _known(world: World, sources: int, targets: int) -> bool:
    return bool(sources & world.index.known and targets & world.index.known)


def _guarded(world: World, topology: Topology) -> tuple[int, int]:
    """The endpoints that are guarded today: both ways, and on their ingress."""
    asked = questions.of_topology(topology)
    both = into = 0
    for term in asked.guarded:
        both |= world.index.subjects(term)
    for term in asked.guarded_ingress:
        into |= world.index.subjects(term)
    return both, both | into


def compared(now: Sequence[tuple[str, object]], then: Sequence[tuple[str, object]]) -> tuple[list[str], list[str]]:
    """Names of the objects that are new, and of those that are not the same."""
    before = dict(now)
    added = [name for name, _ in then if name not in before]
    return added, [name for name, value in then if name in before and before[name] != value]

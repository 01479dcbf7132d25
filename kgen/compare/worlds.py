"""Two worlds over the same ends: what a proof reasons over, on either side, so that a bit means one end in both.

Pods are one end where one object makes them on both sides, whatever their labels are there; what could run besides
(kgen.compare.slots) and the cuts of addresses and ports come from the policies of both sides.
"""

from collections.abc import Iterable

from kgen.compare.objects import Differing
from kgen.compare.sides import Item, Key, Side, concerns
from kgen.compare.slots import Half, slots
from kgen.manifests import Document, Identity, Manifest
from kgen.proof import asked as questions, endpoints as ends, tiers
from kgen.proof.asked import Asked
from kgen.proof.endpoints import Endpoint
from kgen.proof.index import LOCAL_BLOCKS, POD_BLOCKS, Index, mask_of
from kgen.proof.networkpolicy import Doubt
from kgen.proof.pods import Pod, pods
from kgen.proof.spaces import PortSpace, pieces
from kgen.proof.terms import DIRECTIONS, BlockTerm, HostTerm, PodTerm, Policy, PortTerm, Rule, Term, same
from kgen.proof.world import ISTIO, READERS, Source, World, foreign_pods, mesh_of
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.topology.types import Topology

if TYPE_CHECKING:
    from kgen.proof.istio.world import Mesh

NOBODY = Asked((), (), (), ())


class Read(NamedTuple):
    """One object, read: what it is is the same on both sides where it is."""

    document: Document
    policy: Policy | None
    steps: tuple[tiers.Step, ...]
    pods: tuple[Pod, ...]


class Part(NamedTuple):
    """The part of a side that a world is made of."""

    read: dict[Key, Read]
    doubts: tuple[Doubt, ...]
    asked: Asked
    mesh: "Mesh | None"

    @property
    def documents(self) -> list[Document]:
        return [one.document for one in self.read.values()]

    @property
    def policies(self) -> list[Policy]:
        return [one.policy for one in self.read.values() if one.policy is not None]

    @property
    def steps(self) -> list[tiers.Step]:
        return [step for one in self.read.values() for step in one.steps]

    @property
    def pods(self) -> list[Pod]:
        return [pod for one in self.read.values() for pod in one.pods]


class Worlds(NamedTuple):
    """Both sides. Positions of `slots` are the bits of every mask, in both."""

    base: World
    head: World
    slots: tuple[Endpoint, ...]  # the end as the new side has it, where it is there
    in_base: int  # ends that are there at all
    in_head: int
    read: dict[Key, Document]  # what was built of the new side

    @property
    def meshed(self) -> bool:
        return self.base.mesh is not None or self.head.mesh is not None


def build(base: Side, head: Side, found: Differing, spaces: frozenset[str] | None) -> Worlds:
    """The worlds of these namespaces, None for all. What does not differ is read once for both."""
    first = _part(base, spaces, found, {}, 0)
    return _worlds(first, _part(head, spaces, found, first.read, 1))


def _part(side: Side, spaces: frozenset[str] | None, found: Differing, known: dict[Key, Read], which: int) -> Part:
    read: dict[Key, Read] = {}
    doubts: list[Doubt] = []
    meshed = False
    for key, item in side.items.items():
        if not concerns(key) or not _inside(item.identity, spaces):
            continue
        meshed = meshed or item.identity.api_version.startswith(ISTIO)
        pair = found.pairs.get(key)
        one = known.get(key) if pair is None else None
        read[key] = (
            one if one is not None else _read(item, found.kept.get(key) if pair is None else pair.sides[which], doubts)
        )
    asked = NOBODY
    if side.topology is not None:
        asked = questions.of_topology(_narrowed(side.topology, spaces), meshed)
    mesh = mesh_of([Source(one.document, side.items[key].layer) for key, one in read.items()], asked, doubts)
    return Part(read, tuple(doubts), asked, mesh)


def _read(item: Item, manifest: Manifest | None, doubts: list[Doubt]) -> Read:
    document = Document(item.build() if manifest is None else manifest, item.origin)
    policy = next((reader.read(document, item.layer, doubts) for reader in READERS if reader.is_one(document)), None)
    steps = tuple(tiers.read(document, doubts)) if tiers.is_one(document) else ()
    return Read(document, policy, steps, tuple(pods([document])) if policy is None else ())


def _inside(identity: Identity, spaces: frozenset[str] | None) -> bool:
    if spaces is None:
        return True
    if identity.kind == "Namespace":
        return identity.name in spaces
    return not identity.namespace or identity.namespace in spaces


def _narrowed(topology: Topology, spaces: frozenset[str] | None) -> Topology:
    """The same, with the agents of these namespaces and the links between them."""
    if spaces is None:
        return topology
    return topology._replace(
        agents=tuple(agent for agent in topology.agents if agent.namespace in spaces),
        links=tuple(
            link for link in topology.links if link.caller.namespace in spaces and link.callee.namespace in spaces
        ),
        namespaces=tuple(space for space in topology.namespaces if space.name in spaces),
    )


def _worlds(old: Part, new: Part) -> Worlds:
    known = _terms(old, new)
    terms = list(known.values())
    named: dict[object, tuple[PodTerm, str]] = {}
    for term, name in (*new.asked.names, *old.asked.names):
        named.setdefault(same(term), (term, name))
    names: dict[str, str] = {}
    for term, name in named.values():
        names.setdefault(term.key, name)
    titled = [(term, names.get(key, "")) for key, term in known.items() if isinstance(term, PodTerm)]
    first, second = (Half(one.documents, one.pods, one.mesh) for one in (old, new))
    pairs = slots(first, second, titled)
    ports = PortSpace(_ports(old, new))
    hosts = sorted({term.host for term in terms if isinstance(term, HostTerm)})
    fixed = [BlockTerm(block) for block in (*POD_BLOCKS, *LOCAL_BLOCKS, "169.254.169.254/32")]
    blocks = pieces([*(term for term in terms if isinstance(term, BlockTerm)), *fixed])
    outside = [
        *(Endpoint(ends.HOST, host, host=host) for host in hosts),
        *(Endpoint(ends.ADDRESSES, "", span=piece) for piece in blocks),
    ]
    both = [*pairs, *((one, one) for one in outside)]
    of_base = tuple(a or b for a, b in both)
    of_head = tuple(b or a for a, b in both)
    assert None not in of_base
    assert None not in of_head
    base = Index([one for one in of_base if one])
    head = base if of_base == of_head else Index([one for one in of_head if one])
    return Worlds(
        _world(old, base, ports),
        _world(new, head, ports),
        tuple(one for one in of_head if one),
        mask_of([position for position, (a, _) in enumerate(both) if a]),
        mask_of([position for position, (_, b) in enumerate(both) if b]),
        {key: one.document for key, one in new.read.items()},
    )


def _world(part: Part, index: Index, ports: PortSpace) -> World:
    owners = frozenset(name for _, name in part.asked.agents)
    return World(
        index,
        ports,
        tuple(part.policies),
        part.asked,
        0,
        _closed(part, index),
        part.doubts,
        tuple(part.documents),
        tiers.ordered(part.steps),
        foreign_pods(index, part.asked, owners),
        part.mesh,
    )


def _closed(part: Part, index: Index) -> int:
    """The pods that may reach nothing but what is asked, which the mesh's roads want to know."""
    found = 0
    for term in part.asked.guarded if part.mesh is not None else ():
        found |= index.subjects(term)
    return found


def _read_once(old: Part, new: Part) -> Iterable[Read]:
    """What either side has, and once what both have."""
    yield from old.read.values()
    yield from (one for key, one in new.read.items() if old.read.get(key) is not one)


def _rules(one: Read) -> Iterable[Rule]:
    """Those of a policy, whatever its kind."""
    if one.policy is not None:
        for way in DIRECTIONS:
            yield from one.policy.rules(way)
    for step in one.steps:
        yield step.rule


def _terms(old: Part, new: Part) -> dict[str, Term]:
    """Every term of these policies and questions by its key, those that people have a name for first."""
    found: dict[str, Term] = {}
    seen: set[object] = set()

    def add(terms: Iterable[Term]) -> None:
        for term in terms:
            if (own := same(term)) not in seen:
                seen.add(own)
                found.setdefault(term.key, term)

    for part in (new, old):
        add(term for term, _ in part.asked.names)
    for one in _read_once(old, new):
        if one.policy is not None:
            add((one.policy.subjects,))
        add(step.policy.subjects for step in one.steps)
        for rule in _rules(one):
            add(rule.peers or ())
    for part in (old, new):
        for question in (*part.asked.questions, *part.asked.attempts):
            add(question.sources)
            add(question.targets)
        add(part.mesh.terms() if part.mesh is not None else ())
    return found


def _ports(old: Part, new: Part) -> list[PortTerm]:
    found: dict[PortTerm, None] = {}
    for one in _read_once(old, new):
        for rule in _rules(one):
            found |= dict.fromkeys(rule.ports or ())
    for part in (old, new):
        for question in (*part.asked.questions, *part.asked.attempts):
            found |= dict.fromkeys(question.ports)
        found |= dict.fromkeys(part.mesh.ports() if part.mesh is not None else ())
    names = {term.name for term in found if term.name}
    for part in (old, new) if names else ():
        for pod in part.pods:
            found |= {PortTerm(p.protocol, p.number, p.number): None for p in pod.ports if p.name in names}
    return list(found)

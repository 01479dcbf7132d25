"""Two worlds over the same ends: what a proof reasons over, on either side, so that a bit means one end in both.

Pods are one end where one object makes them on both sides, whatever their labels are there; what could run besides
(kgen.proof.endpoints) and the cuts of addresses and ports come from the policies of both sides.
"""

from collections.abc import Iterable, Sequence

from kgen.compare.sides import Key, Side
from kgen.manifests import Document, Identity
from kgen.proof import asked as questions, endpoints as ends
from kgen.proof.asked import Asked
from kgen.proof.endpoints import Endpoint
from kgen.proof.index import LOCAL_BLOCKS, POD_BLOCKS, Index
from kgen.proof.networkpolicy import Doubt
from kgen.proof.pods import Pod, pods
from kgen.proof.spaces import PortSpace, bits, pieces
from kgen.proof.terms import DIRECTIONS, NAMESPACE_NAME, BlockTerm, HostTerm, PodTerm, Policy, PortTerm, Term
from kgen.proof.world import READERS, World
from kgen.records import NamedTuple
from kgen.topology.types import Topology

_GROUPS = frozenset(
    [
        *("", "apps", "batch", "kagent.dev", "networking.k8s.io", "cilium.io", "policy.networking.k8s.io"),
        *("security.istio.io", "networking.istio.io", "gateway.networking.k8s.io"),
    ]
)
_BESIDE = frozenset(("ConfigMap", "Secret", "ModelConfig", "PersistentVolumeClaim"))
NOBODY = Asked((), (), (), ())


class Part(NamedTuple):
    """The part of a side that a world is made of."""

    documents: tuple[Document, ...]
    policies: dict[Key, Policy]
    doubts: tuple[Doubt, ...]
    pods: tuple[Pod, ...]
    asked: Asked


class Worlds(NamedTuple):
    """Both sides. Positions of `slots` are the bits of every mask, in both."""

    base: World
    head: World
    slots: tuple[Endpoint, ...]  # the end as the new side has it, where it is there
    in_base: int  # ends that are there at all
    in_head: int


def concerns(key: Key) -> bool:
    """Whether an object can be part of what a world is made of."""
    return key[0] in _GROUPS and key[1] not in _BESIDE


def build(base: Side, head: Side, differ: Iterable[Key], spaces: frozenset[str] | None) -> Worlds:
    """The worlds of these namespaces, None for all. Objects whose key is not in `differ` are read once for both."""
    changed = frozenset(differ)
    first = _part(base, spaces, {}, frozenset())
    return _worlds(first, _part(head, spaces, first.policies, changed))


def _part(side: Side, spaces: frozenset[str] | None, known: dict[Key, Policy], changed: frozenset[Key]) -> Part:
    documents: list[Document] = []
    policies: dict[Key, Policy] = {}
    doubts: list[Doubt] = []
    for key, item in side.items.items():
        if not concerns(key) or not _inside(item.identity, spaces):
            continue
        document = Document(item.build(), item.origin)
        documents.append(document)
        if key in known and key not in changed:
            policies[key] = known[key]
            continue
        for reader in READERS:
            if reader.is_one(document):
                policies[key] = reader.read(document, item.layer, doubts)
    asked = questions.of_topology(_narrowed(side.topology, spaces)) if side.topology is not None else NOBODY
    return Part(tuple(documents), policies, tuple(doubts), tuple(pods(documents)), asked)


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
    terms = _terms([*old.policies.values(), *new.policies.values()], (old.asked, new.asked))
    pod_terms = [term for term in terms if isinstance(term, PodTerm)]
    slots = _slots(old, new, pod_terms)
    ports = PortSpace(_ports(old, new))
    hosts = sorted({term.host for term in terms if isinstance(term, HostTerm)})
    fixed = [BlockTerm(block) for block in (*POD_BLOCKS, *LOCAL_BLOCKS, "169.254.169.254/32")]
    blocks = pieces([*(term for term in terms if isinstance(term, BlockTerm)), *fixed])
    outside = [
        *(Endpoint(ends.HOST, host, host=host) for host in hosts),
        *(Endpoint(ends.ADDRESSES, "", span=piece) for piece in blocks),
    ]
    both = [*slots, *((one, one) for one in outside)]
    of_base = tuple(a or b for a, b in both)
    of_head = tuple(b or a for a, b in both)
    assert None not in of_base
    assert None not in of_head
    first = Index([one for one in of_base if one])
    second = first if of_base == of_head else Index([one for one in of_head if one])
    shown = tuple(one for one in of_head if one)
    return Worlds(
        _world(old, first, ports),
        _world(new, second, ports),
        shown,
        sum(1 << position for position, (a, _) in enumerate(both) if a),
        sum(1 << position for position, (_, b) in enumerate(both) if b),
    )


def _world(part: Part, index: Index, ports: PortSpace) -> World:
    policies = tuple(part.policies.values())
    return World(index, ports, policies, part.asked, 0, 0, part.doubts, part.documents)


Slot = tuple[Endpoint | None, Endpoint | None]


def _slots(old: Part, new: Part, terms: Sequence[PodTerm]) -> list[Slot]:
    """Pods, known ones first, each as either side has it."""
    spaces = [ends.namespaces(part.documents, part.pods, terms) for part in (old, new)]
    for own, other in ((0, 1), (1, 0)):
        for name in spaces[other]:
            spaces[own].setdefault(name, {NAMESPACE_NAME: name})
    found: dict[object, list[Endpoint | None]] = {}
    for side, part in enumerate((old, new)):
        for endpoint in ends.known(part.pods, spaces[side]):
            assert endpoint.pod is not None
            found.setdefault(endpoint.pod.identity.key, [None, None])[side] = endpoint
    slots: list[Slot] = [(pair[0], pair[1]) for pair in found.values()]
    titled = [*new.asked.names, *old.asked.names, *((term, "") for term in terms)]
    could: dict[object, list[Endpoint | None]] = {}
    for side in (0, 1):
        for endpoint in ends.imagined(titled, spaces[side]):
            labels = frozenset(endpoint.labels.items())
            elsewhere = frozenset(endpoint.namespace_labels.items()) if not endpoint.namespace else None
            could.setdefault((endpoint.namespace, labels, elsewhere), [None, None])[side] = endpoint
    imagined = [(one or other, other or one) for one, other in could.values()]
    return slots + _not_doubled(slots, imagined, terms)


def _not_doubled(slots: list[Slot], imagined: list[Slot], terms: Sequence[PodTerm]) -> list[Slot]:
    """The imagined pods that no known one stands for. One that no selector names always stays."""
    every = [*slots, *imagined]
    masks: list[list[int]] = []
    for side in (0, 1):
        of_side = [slot[side] or slot[1 - side] for slot in every]
        index = Index([one for one in of_side if one])
        matched: list[list[int]] = [[] for _ in every]
        for number, term in enumerate(terms):
            for position in bits(index.subjects(term)):
                matched[position].append(number)
        masks.append([hash(tuple(one)) for one in matched])
        if side == 0 and all(a is None or b is None or a == b for a, b in every):
            masks.append(masks[0])  # the same ends on both sides, so the same matches
            break
    signatures = {(masks[0][position], masks[1][position]) for position in range(len(slots))}
    kept = []
    for position, slot in enumerate(imagined, len(slots)):
        one = slot[1] or slot[0]
        assert one is not None
        if not one.labels or (masks[0][position], masks[1][position]) not in signatures:
            kept.append(slot)
    return kept


def _terms(policies: Sequence[Policy], asked: Sequence[Asked]) -> list[Term]:
    """Every term of these policies and questions, once."""
    found: dict[str, Term] = {}

    def add(terms: Iterable[Term]) -> None:
        for term in terms:
            found.setdefault(term.key, term)

    for policy in policies:
        add([policy.subjects])
        for way in DIRECTIONS:
            for rule in policy.rules(way):
                add(rule.peers or ())
    for one in asked:
        for question in one.questions:
            add((*question.sources, *question.targets))
        add(term for term, _ in one.names)
    return list(found.values())


def _ports(old: Part, new: Part) -> list[PortTerm]:
    found: dict[PortTerm, None] = {}
    for part in (old, new):
        for policy in part.policies.values():
            for way in DIRECTIONS:
                for rule in policy.rules(way):
                    found |= dict.fromkeys(rule.ports or ())
        for question in part.asked.questions:
            found |= dict.fromkeys(question.ports)
    names = {term.name for term in found if term.name}
    for part in (old, new):
        for pod in part.pods:
            found |= {PortTerm(p.protocol, p.number, p.number): None for p in pod.ports if p.name in names}
    return list(found)

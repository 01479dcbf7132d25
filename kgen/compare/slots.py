"""The pods of two sides in pairs: what the same object makes, or the same labels describe, is one end in both."""

from collections.abc import Iterable, Sequence

from kgen.manifests import Document
from kgen.proof import endpoints as ends
from kgen.proof.endpoints import Endpoint, Member
from kgen.proof.index import Index
from kgen.proof.pods import Pod
from kgen.proof.spaces import bits
from kgen.proof.terms import NAMESPACE_NAME, PodTerm
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.runtimes.shapes import items, labels, text

if TYPE_CHECKING:
    from kgen.proof.istio.world import Mesh

Slot = tuple[Endpoint | None, Endpoint | None]  # as the old side has it, and the new one
Spaces = dict[str, dict[str, str]]


class Half(NamedTuple):
    """What one side says of pods."""

    documents: Sequence[Document]
    pods: Sequence[Pod]
    mesh: "Mesh | None"


def slots(old: Half, new: Half, titled: Sequence[tuple[PodTerm, str]]) -> list[Slot]:
    """Known pods first, then those that could run and that no known one stands for. `titled`: every selector, with the
    name that people know its pods by, "" where there is none."""
    terms = [term for term, _ in titled]
    halves = (old, new)
    asked = _asked_labels(terms)
    spaces = [_plain(ends.namespaces(half.documents, half.pods, terms), asked) for half in halves]
    for mine, other in ((0, 1), (1, 0)):
        for name in spaces[other]:
            spaces[mine].setdefault(name, {NAMESPACE_NAME: name})
    found: dict[object, list[Endpoint | None]] = {}
    for side, half in enumerate(halves):
        for endpoint in ends.known(half.pods, spaces[side]):
            assert endpoint.pod is not None
            found.setdefault(endpoint.pod.identity.key, [None, None])[side] = endpoint
    known: list[Slot] = [(pair[0], pair[1]) for pair in found.values()]
    could: dict[object, list[Endpoint | None]] = {}
    for side in (0, 1):
        if side and spaces[0] == spaces[1]:
            could = {key: [pair[0], pair[0]] for key, pair in could.items()}
            break
        for endpoint in ends.imagined(titled, spaces[side]):
            own = frozenset(endpoint.labels.items())
            elsewhere = frozenset(endpoint.namespace_labels.items()) if not endpoint.namespace else None
            could.setdefault((endpoint.namespace, own, elsewhere), [None, None])[side] = endpoint
    imagined = [(one or other, other or one) for one, other in could.values()]
    kept = _not_doubled(known, imagined, terms, halves)
    return kept if old.mesh is None and new.mesh is None else _besides(kept, halves, spaces)


def _asked_labels(terms: Sequence[PodTerm]) -> frozenset[str]:
    """The labels of namespaces that some selector asks for: no other one makes a difference."""
    found = {NAMESPACE_NAME}
    for term in terms:
        if term.namespaces:
            found |= labels(term.namespaces.get("matchLabels")).keys()
            found |= {text(one.get("key")) for one in items(term.namespaces.get("matchExpressions"))}
    return frozenset(found)


def _plain(spaces: Spaces, asked: frozenset[str]) -> Spaces:
    return {name: {key: of[key] for key in of.keys() & asked} for name, of in spaces.items()}


def _not_doubled(
    known: list[Slot], imagined: list[Slot], terms: Sequence[PodTerm], halves: Sequence[Half]
) -> list[Slot]:
    """With their part in the mesh, and without imagined pods that a known one stands for. One that no selector names
    always stays."""
    every = [*known, *imagined]
    marks: list[list[tuple[int, Member | None]]] = []
    for side, half in enumerate(halves):
        alike = side == 1 and all(a is None or b is None or a == b for a, b in every)
        if alike and halves[0].mesh is half.mesh is None:
            marks.append(marks[0])  # the same ends on both sides, so the same matches
            break
        of_side = [slot[side] or slot[1 - side] for slot in every]
        index = Index([one for one in of_side if one])
        matched: list[list[int]] = [[] for _ in every]
        for number, term in enumerate(terms):
            for position in bits(index.subjects(term)):
                matched[position].append(number)
        members = half.mesh.members.memberships(index) if half.mesh is not None else [None] * len(every)
        marks.append([(hash(tuple(one)), member) for one, member in zip(matched, members, strict=True)])
    signatures = {_signature(marks, position) for position in range(len(known))}
    kept = []
    for position, slot in enumerate(every):
        one = slot[1] or slot[0]
        assert one is not None
        if position < len(known) or not one.labels or _signature(marks, position) not in signatures:
            kept.append(_marked(slot, marks[0][position][1], marks[1][position][1]))
    return kept


def _signature(marks: Sequence[Sequence[tuple[int, Member | None]]], position: int) -> tuple[object, ...]:
    """What selects an end, and how it takes part in the mesh. As whom a pod runs that nobody shows is a guess, so it
    makes no end of its own beside the pod that has these labels."""
    return tuple((hit, member and (member.mode, member.open_ports)) for hit, member in (of[position] for of in marks))


def _marked(slot: Slot, was: Member | None, now: Member | None) -> Slot:
    old, new = slot
    if was is None and now is None:
        return slot
    return (
        old._replace(member=was) if old is not None else None,
        new._replace(member=now) if new is not None else None,
    )


def _besides(kept: list[Slot], halves: Sequence[Half], spaces: Sequence[Spaces]) -> list[Slot]:
    """And those that only the mesh tells apart: outside of it, of other namespaces, under an account that it names."""
    from kgen.proof.istio.members import STRANGER, is_any_other, outside

    made = list(kept)
    for old, new in kept:
        if old is not None and new is not None and is_any_other(old) and (old.member or new.member):
            made.append((outside(old), outside(new)))
    stranger = Endpoint(ends.PODS, "any other namespace of the mesh", ends.ELSEWHERE)
    first, second = (stranger._replace(member=STRANGER if half.mesh is not None else None) for half in halves)
    made.append((first, second))
    wanted: dict[tuple[str, str], None] = {}
    for side, half in enumerate(halves):
        if half.mesh is not None:
            there = (one.member for slot in made if (one := slot[side]) is not None)
            wanted |= dict.fromkeys(half.mesh.nobodys(there))
    named = [list(_named(half, wanted, spaces[side])) for side, half in enumerate(halves)]
    return [*made, *zip(named[0], named[1], strict=True)]


def _named(half: Half, accounts: Iterable[tuple[str, str]], spaces: Spaces) -> Iterable[Endpoint]:
    """Whoever runs under these accounts."""
    if half.mesh is not None:
        yield from half.mesh.members.named(accounts, spaces)
        return
    for namespace, name in accounts:
        own = spaces.get(namespace, {NAMESPACE_NAME: namespace})
        yield Endpoint(ends.PODS, f"whoever runs as {namespace}/{name}", namespace, own)

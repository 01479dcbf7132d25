"""A comparison tells each link that comes and goes, nothing of a side with itself, and misses nothing by narrowing.

With and without a mesh.
"""

from hypothesis import given, settings, strategies as st

from kgen.compare import compare, narrowing, sides
from kgen.compare.edges import Names, edges, short
from kgen.compare.objects import differing
from kgen.compare.sides import Side
from kgen.compare.worlds import Worlds, build
from kgen.manifests import Document
from kgen.proof.asked import of_topology
from kgen.proof.reachability import Reach
from kgen.proof.spaces import bits
from kgen.proof.world import Source, build as build_world
from tests.laws.meshed import meshed
from tests.laws.rendering import bundle
from tests.laws.topologies import Case, cases

FEW = 15  # each renders twice or more


def side(case: Case) -> Side:
    return sides.of_bundle(bundle(case), case.platform)


@settings(max_examples=FEW)
@given(st.one_of(cases(links=1), meshed(links=1)), st.data())
def test_a_link_that_comes_is_a_call_that_opens_and_one_that_goes_a_call_that_closes(
    case: Case, data: st.DataObject
) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    caller, callee = (case.agents[i].key for i in case.edges[edge])
    without, whole = side(case.without(edge)), side(case)
    for base, head, widens in ((without, whole, True), (whole, without, False)):
        found = compare(base, head)
        calls = [one for one in found.access if one.kind == "call" and one.text.startswith("link")]
        assert [(one.widens, one.source, one.target) for one in calls] == [(widens, caller, callee)]
        assert found.widens >= widens


@settings(max_examples=FEW)
@given(st.one_of(cases(), meshed()))
def test_a_side_does_not_differ_from_itself(case: Case) -> None:
    found = compare(side(case), side(case))
    assert not found.differs
    assert found.access == ()


@settings(max_examples=FEW)
@given(st.one_of(cases(links=2), meshed(links=2)), st.data())
def test_what_is_narrowed_to_a_change_misses_nothing(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    base, head = side(case.without(edge)), side(case)
    for old, new in ((base, head), (head, base)):
        found = differing(old, new)
        small, whole = narrowing.worlds(old, new, found), build(old, new, found, None)
        assert (_pairs(small, old, new) if small is not None else set()) == _pairs(whole, old, new)


@settings(max_examples=FEW)
@given(meshed(links=2, mode="Sidecar"), st.data())
def test_what_only_one_of_two_proofs_finds_possible_is_told(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    base, head = side(case.without(edge)), side(case)
    possible = [_possible(one) for one in (base, head)]
    worlds = build(base, head, differing(base, head), None)
    told = _pairs(worlds, base, head)
    names = {short(one) for number, one in enumerate(worlds.slots) if worlds.in_base & worlds.in_head >> number & 1}
    for opened, more in ((True, possible[1] - possible[0]), (False, possible[0] - possible[1])):
        missed = {(opened, *pair) for pair in more if names.issuperset(pair)} - told
        assert not missed


def _possible(of: Side) -> set[tuple[str, str]]:
    """Known pods of which one reaches the other on some port, by a proof of this side alone."""
    assert of.topology is not None
    sources = [Source(Document(item.build(), item.origin), item.layer) for item in of.items.values()]
    world = build_world(sources, of_topology(of.topology))
    reach = Reach(world, False)
    names = [
        {name.rpartition(" ")[2] for name in one.members or (one.name,)} if one.known else set()
        for one in world.endpoints
    ]
    return {
        (source, target)
        for position, targets in enumerate(names)
        if targets
        for port in range(len(world.ports.pieces))
        for number in bits(reach.into(position, port))
        for source in names[number]
        for target in targets
        if source != target
    }


def _pairs(worlds: Worlds, old: Side, new: Side) -> set[tuple[bool, str, str]]:
    """Known pods that reach each other on one side only, by name."""
    spaces = [{key[3] if key[1] == "Namespace" else key[2] for key in side.items} for side in (old, new)]
    shown = [one.pod is not None for one in worlds.slots]
    return {
        (row.opened, short(worlds.slots[source]), short(worlds.slots[target]))
        for row in edges(worlds, Names(frozenset(), str, frozenset(spaces[1] - spaces[0]))).rows
        for source in bits(row.sources)
        for target in bits(row.targets)
        if shown[source] and shown[target] and source != target
    }

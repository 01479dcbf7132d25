"""Laws 1, 3, 4, 5 and 6 with every layer on: what two layers bring together leaves no more trace than each alone."""

from typing import Any

from hypothesis import given, settings, strategies as st

from kgen.bundle import Slice
from kgen.manifests import Document
from kgen.proof import Source, prove
from tests.laws.rendering import Key, bundle, manifests, stream, texts
from tests.laws.test_links import _upstream, _waveless
from tests.laws.topologies import Agent, Case
from tests.laws.whole import whole

FEW = 12  # a bundle has up to 200 objects


@settings(max_examples=FEW)
@given(whole(links=1), st.data())
def test_adding_a_link_and_taking_it_away_gives_the_first_bytes(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    without = case.without(edge)
    first = bundle(without)
    added = bundle(case, [*case.definitions, *case.links, *manifests(first)])
    assert stream(added) == stream(bundle(case))
    assert stream(bundle(case, [*without.definitions, *without.links, *manifests(added)])) == stream(first)


@settings(max_examples=FEW)
@given(whole(), st.randoms(use_true_random=False))
def test_rendering_again_and_another_order_change_nothing(case: Case, random: Any) -> None:
    once = bundle(case)
    again = [*case.definitions, *case.links, *manifests(once)]
    random.shuffle(again)
    assert stream(bundle(case, again)) == stream(once)


@settings(max_examples=FEW)
@given(whole())
def test_the_slices_are_the_whole(case: Case) -> None:
    made = bundle(case)
    spaces = {entry.identity.namespace for entry in made.entries} - {""}
    parts: dict[Any, str] = {}
    for part in (Slice(cluster_scoped=True), *(Slice(namespace=space) for space in sorted(spaces))):
        sliced = texts(bundle(case, slice=part))
        assert not parts.keys() & sliced.keys()
        parts |= sliced
    assert parts == texts(made)


@settings(max_examples=FEW)
@given(whole(links=1), st.data())
def test_a_link_changes_only_objects_of_its_ends_and_what_names_them(case: Case, data: st.DataObject) -> None:
    """No gateway's among them, once both are there: a link opens nobody's way out."""
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    ends = [case.agents[i] for i in case.edges[edge]]
    made = bundle(case.without(edge))
    before, after = texts(made), texts(bundle(case))
    there = {(agent.namespace, agent.name) for agent in made.topology.agents}
    if not {(end.namespace, end.name) for end in ends} <= there:
        return  # the link brings an agent with all that it needs
    upstream = _upstream(case, edge)
    for key in before.keys() | after.keys():
        if before.get(key) == after.get(key) or any(_names(key, end) for end in ends) or key[2] == "kagent":
            continue
        assert (key[2], key[3]) in upstream, f"{key} has nothing to do with the link"
        assert _waveless(before[key]) == _waveless(after[key]), f"{key} changes in more than its wave"


def _names(key: Key, end: Agent) -> bool:
    """An object of this agent, the data of its namespace's admission, or the roads of its waypoint."""
    _, kind, namespace, name = key
    if namespace == end.namespace and (name == end.name or name.startswith(f"{end.name}-")):
        return not name.startswith(f"{end.name}-egress-gateway")
    if kind == "NetworkPolicy" and (namespace, name) == (end.namespace, "waypoint-traffic"):
        return True
    if kind == "ClusterSPIFFEID":
        return name.startswith(f"kgen.{end.namespace}.{end.name}.")
    data = kind == "ConfigMap" or kind.startswith("kgenguard-")
    return data and f"admission.{end.namespace}." in f"admission.{name.partition('.')[2]}"


@settings(max_examples=FEW)
@given(whole())
def test_the_proof_finds_what_is_asked_for_and_nothing_else(case: Case) -> None:
    made = bundle(case)
    proof = prove([Source(Document(one.build(), one.origin), one.layer) for one in made.entries], made.topology)
    assert proof.verdict == "proven", [finding.message for finding in proof.findings]

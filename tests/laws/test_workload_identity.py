"""Laws 3, 4, 5 and 6 with workload identity: what is merged leaves no trace, and the gate holds whom it can hold."""

from typing import Any

from hypothesis import given, strategies as st

from kgen.bundle import Slice
from tests.laws.identified import Pods, identified
from tests.laws.reachability import edges
from tests.laws.rendering import bundle, manifests, stream, texts
from tests.laws.topologies import Case


@given(identified(links=1), st.data())
def test_adding_a_link_and_taking_it_away_gives_the_first_bytes(case: Case, data: st.DataObject) -> None:
    """The port, labels and volumes that a link brought into a workload go with it."""
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    without = case.without(edge)
    first = bundle(without)
    added = bundle(case, [*case.definitions, *case.links, *manifests(first)])
    assert stream(added) == stream(bundle(case))
    assert stream(bundle(case, [*without.definitions, *without.links, *manifests(added)])) == stream(first)


@given(identified())
def test_the_slices_are_the_whole(case: Case) -> None:
    whole = bundle(case)
    spaces = {entry.identity.namespace for entry in whole.entries} - {""}
    parts: dict[Any, str] = {}
    for part in (Slice(cluster_scoped=True), *(Slice(namespace=space) for space in sorted(spaces))):
        made = texts(bundle(case, slice=part))
        assert not parts.keys() & made.keys()
        parts |= made
    assert parts == texts(whole)


@given(identified(links=1, gate=True))
def test_the_gate_lets_verified_pods_reach_whom_links_name_and_others_nobody_gated(case: Case) -> None:
    made = bundle(case)
    known = {f"{agent.namespace}/{agent.name}": agent for agent in made.topology.agents if agent.enforced}
    pods = [Pods(agent, agent.labels) for agent in case.agents if agent.key in known]
    labels = {agent.key: known[agent.key].endpoint.verified_by for agent, _ in pods}
    verified = [pod._replace(labels={**pod.labels, labels[pod.key]: "true"}) for pod in pods]
    ports = {pod.key: 9000 if pod.agent.how == "workload" else 8080 for pod in pods}
    linked = {(case.agents[i].key, case.agents[j].key) for i, j in case.edges}
    asked = {(one, other, ports[other]) for one, other in linked if one in ports and other in ports}
    assert edges(manifests(made), verified) == asked
    ungated = {edge for edge in asked if not labels[edge[0]] and not labels[edge[1]]}
    assert edges(manifests(made), pods) == ungated
    tls = {agent.key for agent in case.agents if agent.key in known and _serves_tls(known[agent.key])}
    assert {key for key, label in labels.items() if label} == tls


def _serves_tls(agent: Any) -> bool:
    return bool(agent.identity and agent.identity.tls_port)

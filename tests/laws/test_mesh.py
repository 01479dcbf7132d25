"""Laws 1, 3, 4, 5 and 6 in the mesh, in both modes: who is let in is exactly whom a link names."""

from typing import Any

from hypothesis import given, strategies as st

from kgen.bundle import Slice
from kgen.manifests import Document, Manifest
from kgen.proof import Source, prove
from tests.laws.meshed import meshed, principal
from tests.laws.reachability import edges
from tests.laws.rendering import bundle, manifests, stream, texts
from tests.laws.topologies import Agent, Case

CONTROLLER = "cluster.local/ns/kagent/sa/kagent-controller"
BOTH, EACH = ("Egress", "Ingress"), (("Egress",), ("Ingress",))


def enforced(case: Case) -> list[Agent]:
    """The agents of the run whose namespace is under Enforce."""
    made = bundle(case).topology
    known = {(agent.namespace, agent.name) for agent in made.agents if agent.enforced}
    return [agent for agent in case.agents if (agent.namespace, agent.name) in known]


def policies(objects: list[Manifest]) -> dict[str, dict[str, Any]]:
    return {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": each["spec"]
        for each in objects
        if each["kind"] == "AuthorizationPolicy"
    }


def admitted(spec: dict[str, Any]) -> set[str]:
    return {
        one for rule in spec.get("rules", []) for given in rule["from"] for one in given["source"].get("principals", [])
    }


@given(meshed(links=1))
def test_each_agent_lets_in_exactly_whom_links_name(case: Case) -> None:
    found = policies(manifests(bundle(case)))
    for agent in enforced(case):
        callers = {principal(case.agents[i], case) for i, j in case.edges if case.agents[j] == agent}
        expected = callers | ({CONTROLLER} if agent.is_kagent else set())
        policy = found.get(f"{agent.key}-callers")
        assert (admitted(policy) if policy else set()) == expected
        if policy:
            assert policy["action"] == "ALLOW"


@given(meshed(mode="Ambient"))
def test_in_ambient_mode_an_agents_pods_take_its_port_from_the_waypoint_alone(case: Case) -> None:
    found = policies(manifests(bundle(case)))
    for agent in enforced(case):
        policy = found[f"{agent.key}-waypoint"]
        assert admitted(policy) == {f"cluster.local/ns/{agent.namespace}/sa/waypoint"}
        assert "selector" in policy


@given(meshed(links=1, mode="Sidecar"))
def test_with_sidecars_the_network_lets_through_what_links_name(case: Case) -> None:
    known = enforced(case)
    names = {agent.key for agent in known}
    ports = {agent.key: 9000 if agent.how == "workload" else 8080 for agent in known}
    linked = {(case.agents[i].key, case.agents[j].key) for i, j in case.edges}
    asked = {(one, other, ports[other]) for one, other in linked if one in names and other in names}
    for directions in (BOTH, *EACH):
        assert edges(manifests(bundle(case)), known, directions) == asked


@given(meshed(links=1, mode="Ambient"))
def test_in_ambient_mode_no_agent_reaches_anothers_pods(case: Case) -> None:
    for directions in (BOTH, *EACH):
        assert edges(manifests(bundle(case)), enforced(case), directions) == set()


@given(meshed(links=1), st.data())
def test_adding_a_link_and_taking_it_away_gives_the_first_bytes(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    without = case.without(edge)
    first = bundle(without)
    added = bundle(case, [*case.definitions, *case.links, *manifests(first)])
    assert stream(added) == stream(bundle(case))
    assert stream(bundle(case, [*without.definitions, *without.links, *manifests(added)])) == stream(first)


@given(meshed(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_show(case: Case, random: Any) -> None:
    documents = list(case.documents)
    random.shuffle(documents)
    assert stream(bundle(case, documents)) == stream(bundle(case))


@given(meshed())
def test_the_slices_are_the_whole(case: Case) -> None:
    whole = bundle(case)
    spaces = {entry.identity.namespace for entry in whole.entries} - {""}
    parts: dict[Any, str] = {}
    for part in (Slice(cluster_scoped=True), *(Slice(namespace=space) for space in sorted(spaces))):
        made = texts(bundle(case, slice=part))
        assert not parts.keys() & made.keys()
        parts |= made
    assert parts == texts(whole)


@given(meshed())
def test_the_proof_finds_in_a_mesh_what_is_asked_for_and_nothing_else(case: Case) -> None:
    """Under Enforce; what a namespace under Observe still takes in plain text is what the step to Enforce closes."""
    made = bundle(case)
    observed = {agent.namespace for agent in made.topology.agents if not agent.enforced}
    sources = [Source(Document(entry.build(), entry.origin), entry.layer) for entry in made.entries]
    proof = prove(sources, made.topology)
    assert proof.verdict == "proven", [finding.message for finding in proof.findings]
    if not observed:
        assert not [finding for finding in proof.findings if finding.kind != "residual"]

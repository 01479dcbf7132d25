"""Laws 1, 3, 4, 5 and 6 with egress gateways, in each scope: nobody but a gateway gets out."""

from typing import Any

from hypothesis import given, settings, strategies as st

from kgen.bundle import Slice
from kgen.manifests import Document
from kgen.proof import Source, prove
from kgen.proof.findings import RESIDUAL
from tests.laws.gatewayed import gatewayed
from tests.laws.meshed import principal
from tests.laws.rendering import bundle, manifests, stream, texts
from tests.laws.test_mesh import admitted, policies
from tests.laws.topologies import Case


@given(gatewayed())
def test_a_bundle_allows_what_is_asked_for_and_nothing_else(case: Case) -> None:
    made = bundle(case)
    sources = [Source(Document(entry.build(), entry.origin), entry.layer) for entry in made.entries]
    proof = prove(sources, made.topology)
    network = [finding for finding in proof.findings if finding.layer == "network" and finding.kind != RESIDUAL]
    assert not [(finding.kind, finding.message) for finding in network]
    assert proof.verdict == "proven"


@given(gatewayed())
def test_no_agent_has_a_road_out_past_its_gateway(case: Case) -> None:
    made = bundle(case)
    behind = {agent.name for agent in made.topology.agents if agent.proxy}
    assert {name for one in made.topology.gateways for name in one.agents} == {
        f"{agent.namespace}/{agent.name}" for agent in made.topology.agents if agent.proxy
    }
    for policy in manifests(made):
        if policy["kind"] == "CiliumNetworkPolicy":
            assert "kgen.dev/egress-gateway" in policy["spec"]["endpointSelector"]["matchLabels"]
        if policy["kind"] == "NetworkPolicy" and policy["metadata"]["name"].removesuffix("-egress") in behind:
            blocks = [
                peer["ipBlock"]["cidr"]
                for rule in policy["spec"].get("egress", [])
                for peer in rule["to"]
                if "ipBlock" in peer
            ]
            assert not {"0.0.0.0/0", "::/0"} & set(blocks)


@settings(max_examples=20)
@given(gatewayed(in_mesh=True))
def test_in_the_mesh_a_gateway_lets_in_its_agents_by_identity_and_nobody_else(case: Case) -> None:
    made = bundle(case)
    sources = [Source(Document(entry.build(), entry.origin), entry.layer) for entry in made.entries]
    network = [finding for finding in prove(sources, made.topology).findings if finding.layer == "network"]
    assert not [(finding.kind, finding.message) for finding in network if finding.kind != RESIDUAL]
    found = policies(manifests(made))
    spec = case.platform["spec"]
    shut_out = () if spec["egressGateway"]["scope"] == "Agent" else spec["suspended"]
    accounts = {agent.key: principal(agent, case) for agent in case.agents}
    for one in made.topology.gateways:
        policy = found[f"{one.namespace}/{one.name}-callers"]
        assert policy["action"] == "ALLOW"
        assert admitted(policy) == {accounts[agent] for agent in one.agents if agent not in shut_out}
        assert all(rule["to"] == [{"operation": {"ports": ["8081"]}}] for rule in policy.get("rules", ()))


@settings(max_examples=20)
@given(gatewayed(links=1), st.data())
def test_adding_a_link_and_taking_it_away_gives_the_first_bytes(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    without = case.without(edge)
    first = bundle(without)
    added = bundle(case, [*case.definitions, *case.links, *manifests(first)])
    assert stream(added) == stream(bundle(case))
    assert stream(bundle(case, [*without.definitions, *without.links, *manifests(added)])) == stream(first)


@settings(max_examples=20)
@given(gatewayed(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_show(case: Case, random: Any) -> None:
    documents = list(case.documents)
    random.shuffle(documents)
    assert stream(bundle(case, documents)) == stream(bundle(case))


@settings(max_examples=20)
@given(gatewayed())
def test_the_slices_are_the_whole(case: Case) -> None:
    whole = bundle(case)
    spaces = {entry.identity.namespace for entry in whole.entries} - {""}
    parts: dict[Any, str] = {}
    for part in (Slice(cluster_scoped=True), *(Slice(namespace=space) for space in sorted(spaces))):
        made = texts(bundle(case, slice=part))
        assert not parts.keys() & made.keys()
        parts |= made
    assert parts == texts(whole)

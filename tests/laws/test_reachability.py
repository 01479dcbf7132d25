"""Law 6, between agents: what no link asks for is closed, and what one asks for is open. The proof has more."""

from hypothesis import given

from tests.laws.reachability import edges
from tests.laws.rendering import bundle, manifests
from tests.laws.topologies import Case, cases


@given(cases(links=1))
def test_agents_reach_exactly_whom_their_links_name(case: Case) -> None:
    made = bundle(case)
    enforced = {space.name for space in made.topology.namespaces if space.enforced}
    # an agent that nobody mentions is none of kgen's, and outside a namespace of kgen's it has no policies
    known = [a for a in case.agents if a.namespace in enforced and (a.namespace, a.name) in _of_the_run(case)]
    linked = {(case.agents[i].key, case.agents[j].key) for i, j in case.edges}
    names = {agent.key for agent in known}
    ports = {agent.key: 9000 if agent.how == "workload" else 8080 for agent in known}
    asked = {(one, other, ports[other]) for one, other in linked if one in names and other in names}
    for directions in (("Egress", "Ingress"), ("Egress",), ("Ingress",)):  # each side by itself closes it too
        assert edges(manifests(made), known, directions) == asked


def _of_the_run(case: Case) -> set[tuple[str, str]]:
    return {(agent.namespace, agent.name) for agent in bundle(case).topology.agents}

"""Laws 3, 4 and 5 for alerts: whom a rule expects is exactly whom links name, and a link changes its callee's rules."""

import re
from typing import Any

import yaml
from hypothesis import given, strategies as st

from kgen.bundle import Slice
from tests.laws.meshed import meshed, principal
from tests.laws.rendering import bundle, manifests, stream, texts
from tests.laws.topologies import Case

KINDS = ("PrometheusRule", "PodMonitor")


def watched(case: Case) -> Case:
    """The same case with the layer on."""
    spec = {**case.platform["spec"], "layers": {"monitoring": "Enabled"}}
    return case._replace(platform={**case.platform, "spec": spec})


def expected_callers(rule: dict[str, Any]) -> set[str]:
    """The regular expressions of callers that the rules of one agent leave out."""
    return {
        yaml.safe_load(f'"{found}"')  # the escapes that occur are the same
        for each in rule["spec"]["groups"][0]["rules"]
        if each["alert"] == "AgentCallUndeclared"
        for found in re.findall(r'source_principal!~"((?:[^"\\]|\\.)*)"', each["expr"])
    }


@given(meshed(links=1))
def test_exactly_the_callers_of_links_are_expected(case: Case) -> None:
    made = {each["metadata"]["name"]: each for each in manifests(bundle(watched(case)))}
    for agent in case.agents:
        rule = made.get(f"{agent.name}-agent-alerts")
        if rule is None:  # no document names it
            assert agent not in {case.agents[i] for edge in case.edges for i in edge}
            continue
        [pattern] = expected_callers(rule)
        callers = {principal(case.agents[i], case) for i, j in case.edges if case.agents[j] == agent}
        for other in case.agents:
            told = not re.fullmatch(pattern, f"spiffe://{principal(other, case)}")
            assert told == (principal(other, case) not in callers)
        assert agent.is_kagent == bool(re.fullmatch(pattern, "spiffe://cluster.local/ns/kagent/sa/kagent-controller"))
        assert not re.fullmatch(pattern, "unknown")


@given(meshed(links=1), st.data())
def test_a_link_changes_the_alerts_of_its_callee_alone(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    caller, callee = (case.agents[i] for i in case.edges[edge])
    case = watched(case)
    before, after = texts(bundle(case.without(edge))), texts(bundle(case))
    for key in before.keys() | after.keys():
        if key[1] in KINDS and before.get(key) != after.get(key):
            # a namespace, or an end, that only this link names comes with it
            fresh = key not in before and key[2] in (caller.namespace, callee.namespace)
            assert fresh or key[2:] == (callee.namespace, f"{callee.name}-agent-alerts")


@given(meshed(links=1))
def test_again_over_its_own_output_and_in_slices_it_is_the_same(case: Case) -> None:
    case = watched(case)
    whole = bundle(case)
    assert stream(bundle(case, [*case.definitions, *case.links, *manifests(whole)])) == stream(whole)
    parts = [bundle(case, slice=Slice(cluster_scoped=True))]
    spaces = {key[2] for key in texts(whole) if key[2]}
    parts += [bundle(case, slice=Slice(namespace=space)) for space in spaces]
    found = [key for part in parts for key in texts(part)]
    assert sorted(found) == sorted(texts(whole))

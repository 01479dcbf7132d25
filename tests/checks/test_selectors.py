"""Policies that select nothing."""

from typing import Any

import pytest

from kgen.checks import Context, External
from kgen.checks.selectors import matches

from .build import agent, deployment, lint, manifest


def policy(place: str, selector: Any) -> dict[str, Any]:
    return manifest("NetworkPolicy", place, "networking.k8s.io/v1", spec={"podSelector": selector})


def test_a_policy_beside_the_pods_it_misses_is_a_warning() -> None:
    typo = policy("a/p", {"matchLabels": {"app": "kagent", "kagent": "triag"}})
    found = lint("selectors", agent("a/triage"), typo)
    assert [(r.severity, r.field) for r in found] == [("warning", "spec.podSelector")]
    assert found[0].message.startswith("selects no pod: none of the 1 known in namespace a has these labels")


@pytest.mark.parametrize(
    "selector", [{}, {"matchLabels": {"app": "kagent", "kagent": "triage"}}, {"matchLabels": {"app": "x"}}]
)
def test_policies_that_select_something(selector: Any) -> None:
    assert lint("selectors", agent("a/triage"), deployment("a/web"), policy("a/p", selector)) == []


def test_nothing_is_said_where_no_pod_is_known_and_external_agents_are_known() -> None:
    chosen = {"matchLabels": {"app": "kagent", "kagent": "other"}}
    assert lint("selectors", policy("a/p", chosen)) == []
    context = Context(externals=(External("a", "other", "Agent", "", chosen),))
    assert lint("selectors", agent("a/triage"), policy("a/p", chosen), context=context) == []


def test_istio_and_cilium_selectors_are_read_in_their_own_form() -> None:
    istio = manifest(
        "AuthorizationPolicy", "a/p", "security.istio.io/v1", spec={"selector": {"matchLabels": {"app": "y"}}}
    )
    cilium = manifest(
        "CiliumNetworkPolicy", "a/q", "cilium.io/v2", spec={"endpointSelector": {"matchLabels": {"k8s:app": "x"}}}
    )
    found = lint("selectors", deployment("a/web"), istio, cilium)
    assert [(r.kind, r.field) for r in found] == [("AuthorizationPolicy", "spec.selector")]


@pytest.mark.parametrize(
    "expression, selected",
    [
        ({"key": "a", "operator": "In", "values": ["1"]}, True),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, False),
        ({"key": "b", "operator": "NotIn", "values": ["1"]}, True),
        ({"key": "a", "operator": "Exists"}, True),
        ({"key": "b", "operator": "DoesNotExist"}, True),
        ({"key": "a", "operator": "Gt", "values": ["0"]}, False),
    ],
)
def test_expressions(expression: dict[str, Any], selected: bool) -> None:
    assert matches({"matchExpressions": [expression]}, {"a": "1"}) is selected


def test_the_pods_of_a_waypoint_are_known_by_its_gateway() -> None:
    gateway = manifest(
        "Gateway", "a/waypoint", "gateway.networking.k8s.io/v1", spec={"gatewayClassName": "istio-waypoint"}
    )
    chosen = policy("a/p", {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "waypoint"}})
    assert lint("selectors", agent("a/triage"), gateway, chosen) == []
    assert lint("selectors", agent("a/triage"), chosen) != []

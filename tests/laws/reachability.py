"""Which agent reaches which under a set of NetworkPolicies: Kubernetes' own rules, as far as these tests need them.

A small second opinion, on purpose apart from the code it judges.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kgen.manifests import Manifest
from tests.laws.topologies import Agent


def edges(
    objects: Sequence[Manifest], agents: Iterable[Agent], directions: tuple[str, ...] = ("Egress", "Ingress")
) -> set[tuple[str, str, int]]:
    """(caller, callee, port) of everything that policies of these directions let through between the agents' pods."""
    policies = [each for each in objects if each["kind"] == "NetworkPolicy"]
    pods = list(agents)
    return {
        (one.key, other.key, port)
        for one in pods
        for other in pods
        if one != other
        for port in (8080, 9000)
        if ("Egress" not in directions or _lets(policies, one, other, port, "Egress"))
        and ("Ingress" not in directions or _lets(policies, other, one, port, "Ingress"))
    }


def opened(
    before: Sequence[Manifest], after: Sequence[Manifest], agents: Iterable[Agent], namespaces: set[str]
) -> set[tuple[str, str, int]]:
    """What can be reached in these namespaces afterwards and could not before."""
    pods = list(agents)
    new = edges(after, pods) - edges(before, pods)
    return {edge for edge in new if edge[1].partition("/")[0] in namespaces}


def _lets(policies: list[Manifest], pod: Agent, peer: Agent, port: int, direction: str) -> bool:
    own = [
        policy["spec"]
        for policy in policies
        if policy["metadata"]["namespace"] == pod.namespace
        and direction in policy["spec"]["policyTypes"]
        and _selects(policy["spec"]["podSelector"], pod.labels)
    ]
    if not own:
        return True  # not isolated
    side, rules = ("from", "ingress") if direction == "Ingress" else ("to", "egress")
    return any(
        _any(rule.get(side), lambda given: _is_peer(given, peer))
        and _any(rule.get("ports"), lambda given: given["port"] == port and given["protocol"] == "TCP")
        for spec in own
        for rule in spec.get(rules) or []
    )


def _any(given: list[dict[str, Any]] | None, holds: Callable[[dict[str, Any]], bool]) -> bool:
    """An empty list in a rule means all."""
    return not given or any(holds(each) for each in given)


def _is_peer(given: dict[str, Any], pod: Agent) -> bool:
    if "ipBlock" in given:
        return False  # pods have private addresses
    spaces = given["namespaceSelector"]["matchLabels"]
    return spaces == {"kubernetes.io/metadata.name": pod.namespace} and _selects(given["podSelector"], pod.labels)


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    requirements = selector.get("matchExpressions") or []
    assert all(each["operator"] == "In" for each in requirements)
    return all(labels.get(each["key"]) in each["values"] for each in requirements)

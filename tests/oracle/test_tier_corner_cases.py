"""The corners of AdminNetworkPolicy and ClusterNetworkPolicy, each by name, decided by the reference and kgen alike."""

from typing import Any

import pytest

from tests.oracle.asking import Evaluator
from tests.oracle.reference import Cluster, Pod, allows
from tests.oracle.test_corner_cases import DB, FAR, OUT, PODS, SPACES, WEB, Ask, policy

ALL: dict[str, Any] = {"namespaces": {}}
RED = {"namespaces": {"matchLabels": {"team": "red"}}}
BLUE = {"namespaces": {"matchLabels": {"team": "blue"}}}
CLOSED = policy({"podSelector": {}})
OPEN = policy({"podSelector": {}, "ingress": [{}]})
ANYWHERE = {"networks": ["0.0.0.0/0", "::/0"]}


def tiered(tier: str, priority: int, ingress: Any = (), egress: Any = (), subject: Any = ALL) -> dict[str, Any]:
    spec = {"tier": tier, "priority": priority, "subject": subject, "ingress": [*ingress], "egress": [*egress]}
    name = {"name": f"{tier.lower()}-{priority}"}
    return {
        "apiVersion": "policy.networking.k8s.io/v1beta1",
        "kind": "ClusterNetworkPolicy",
        "metadata": name,
        "spec": spec,
    }


def rule(action: str, *peers: Any, side: str = "from", **rest: Any) -> dict[str, Any]:
    return {"action": action, side: list(peers), **rest}


TCP_80 = {"protocols": [{"tcp": {"destinationPort": {"number": 80}}}]}
CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], Ask, bool]] = {
    "Admin Deny comes before what a NetworkPolicy allows": (
        [tiered("Admin", 1, [rule("Deny", BLUE)])],
        [OPEN],
        (FAR, WEB, "TCP", 80),
        False,
    ),
    "Admin Accept comes before what NetworkPolicies close": (
        [tiered("Admin", 1, [rule("Accept", BLUE)])],
        [CLOSED],
        (FAR, WEB, "TCP", 80),
        True,
    ),
    "what no Admin rule matches goes on to NetworkPolicies": (
        [tiered("Admin", 1, [rule("Accept", RED)])],
        [CLOSED],
        (FAR, WEB, "TCP", 80),
        False,
    ),
    "the lower number comes first": (
        [tiered("Admin", 2, [rule("Accept", BLUE)]), tiered("Admin", 1, [rule("Deny", BLUE)])],
        [],
        (FAR, WEB, "TCP", 80),
        False,
    ),
    "the upper rule comes first": (
        [tiered("Admin", 1, [rule("Accept", BLUE), rule("Deny", ALL)])],
        [],
        (FAR, WEB, "TCP", 80),
        True,
    ),
    "Pass skips the other policies of its tier": (
        [tiered("Admin", 1, [rule("Pass", BLUE)]), tiered("Admin", 2, [rule("Deny", ALL)])],
        [],
        (FAR, WEB, "TCP", 80),
        True,
    ),
    "Pass leads to the NetworkPolicies": (
        [tiered("Admin", 1, [rule("Pass", BLUE), rule("Accept", ALL)])],
        [CLOSED],
        (FAR, WEB, "TCP", 80),
        False,
    ),
    "Baseline counts where nothing isolates": (
        [tiered("Baseline", 1, [rule("Deny", ALL)])],
        [],
        (FAR, WEB, "TCP", 80),
        False,
    ),
    "Baseline does not count for a pod that a NetworkPolicy isolates": (
        [tiered("Baseline", 1, [rule("Deny", ALL)])],
        [OPEN],
        (FAR, WEB, "TCP", 80),
        True,
    ),
    "a NetworkPolicy for ingress leaves egress to Baseline": (
        [tiered("Baseline", 1, egress=[rule("Deny", ALL, side="to")])],
        [OPEN],
        (WEB, FAR, "TCP", 80),
        False,
    ),
    "an Accept of one side does not open the other": (
        [tiered("Admin", 1, egress=[rule("Accept", ALL, side="to")])],
        [policy({"podSelector": {}}, namespace="blue")],
        (WEB, FAR, "TCP", 80),
        False,
    ),
    "rules are for their subject": (
        [tiered("Admin", 1, [rule("Deny", ALL)], subject=BLUE)],
        [],
        (FAR, WEB, "TCP", 80),
        True,
    ),
    "pods of both selectors are meant": (
        [
            tiered(
                "Admin",
                1,
                [rule("Deny", {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "db"}}}})],
            )
        ],
        [],
        (DB, WEB, "TCP", 80),
        False,
    ),
    "without protocols a rule is for all": ([tiered("Admin", 1, [rule("Deny", ALL)])], [], (DB, WEB, "SCTP", 9), False),
    "a port is for its protocol": ([tiered("Admin", 1, [rule("Deny", ALL, **TCP_80)])], [], (DB, WEB, "UDP", 80), True),
    "a range holds both ends": (
        [
            tiered(
                "Admin",
                1,
                [rule("Deny", ALL, protocols=[{"tcp": {"destinationPort": {"range": {"start": 70, "end": 80}}}}])],
            )
        ],
        [],
        (DB, WEB, "TCP", 80),
        False,
    ),
    "a named port is the receiver's, whatever the protocol": (
        [tiered("Admin", 1, [rule("Deny", ALL, protocols=[{"destinationNamedPort": "dns"}])])],
        [],
        (DB, WEB, "UDP", 53),
        False,
    ),
    "networks mean pods by their addresses too": (
        [tiered("Admin", 1, egress=[rule("Deny", ANYWHERE, side="to")])],
        [],
        (WEB, FAR, "TCP", 80),
        False,
    ),
    "networks mean what is outside": (
        [tiered("Admin", 1, egress=[rule("Deny", {"networks": ["203.0.113.0/24"]}, side="to")])],
        [],
        (WEB, OUT, "TCP", 80),
        False,
    ),
    "namespaces mean pods only": ([tiered("Admin", 1, [rule("Deny", ALL)])], [], (OUT, WEB, "TCP", 80), True),
    "a pod on the node's network is no subject": (
        [tiered("Admin", 1, [rule("Deny", ALL)])],
        [],
        (FAR, WEB._replace(name="host", host_network=True), "TCP", 80),
        True,
    ),
    "and no peer": (
        [tiered("Admin", 1, [rule("Deny", ALL)])],
        [],
        (WEB._replace(name="host", host_network=True), FAR, "TCP", 80),
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_corner(name: str) -> None:
    steps, policies, (source, target, protocol, port), expected = CASES[name]
    cluster = Cluster(SPACES, policies, ordered=steps)
    assert allows(cluster, source, target, protocol, port) is expected, "the reference"
    host = [end for end in (source, target) if isinstance(end, Pod) and end.host_network]
    evaluator = Evaluator(cluster, [*PODS, *host])
    assert evaluator.answers(source, target, protocol, port) == (expected, expected), "kgen"


@pytest.mark.parametrize(
    "action, expected", [("Accept", (False, True)), ("Deny", (False, True)), ("Pass", (False, True))]
)
def test_a_network_that_may_hold_a_pod_is_judged_both_ways(action: str, expected: tuple[bool, bool]) -> None:
    unknown = FAR._replace(address="")
    steps = [tiered("Admin", 1, egress=[rule(action, {"networks": ["10.0.0.0/8"]}, side="to")])]
    below = [policy({"policyTypes": ["Egress"], "egress": []})] if action == "Accept" else []
    if action == "Pass":
        steps.append(tiered("Admin", 2, egress=[rule("Deny", ALL, side="to")]))
    assert Evaluator(Cluster(SPACES, below, ordered=steps), [WEB, unknown]).answers(WEB, unknown, "TCP", 80) == expected


@pytest.mark.parametrize("action, expected", [("Accept", (False, True)), ("Deny", (False, True))])
def test_nodes_may_have_any_private_address(action: str, expected: tuple[bool, bool]) -> None:
    steps = [tiered("Admin", 1, egress=[rule(action, {"nodes": {}}, side="to")])]
    below = [policy({"policyTypes": ["Egress"], "egress": []})] if action == "Accept" else []
    evaluator = Evaluator(Cluster(SPACES, below, ordered=steps), PODS)
    assert evaluator.answers(WEB, "192.168.7.7", "TCP", 80) == expected
    assert evaluator.answers(WEB, OUT, "TCP", 80) == ((True, True) if action == "Deny" else (False, False))


@pytest.mark.parametrize(
    "given, message",
    [
        (rule("Deny", {"labels": {}}), "is none of namespaces, pods"),
        (rule("Deny", {"nodes": {}}), "is none of namespaces, pods"),
        (rule("Drop", BLUE), "is no action that is known: taken for Deny"),
        (rule("Deny", BLUE, sameLabels=[]), "ClusterNetworkPolicy has no field sameLabels here that is known"),
        (rule("Pass", BLUE, protocols=[{"icmp": {}}]), "is no port that is known"),
        (rule("Deny"), "names no peer, which the API server refuses"),
    ],
)
def test_what_is_not_known_fails_closed_and_is_said(given: dict[str, Any], message: str) -> None:
    evaluator = Evaluator(Cluster(SPACES, [], ordered=[tiered("Admin", 1, [given])]), PODS)
    assert evaluator.answers(FAR, WEB, "TCP", 80) == (False, False)
    assert any(doubt.message.startswith(message) for doubt in evaluator.world.doubts)
    allowing = given | {"action": "Accept"}
    if message.startswith("is no action"):
        return
    closed = Evaluator(Cluster(SPACES, [CLOSED], ordered=[tiered("Admin", 1, [allowing])]), PODS)
    assert closed.answers(FAR, WEB, "TCP", 80) == (False, False)

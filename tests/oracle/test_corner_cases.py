"""The corners of the API documentation, each by name, decided by the documentation, the reference and kgen alike."""

from typing import Any

import pytest

from tests.oracle.asking import Evaluator
from tests.oracle.reference import Cluster, Pod, allows

SPACES = {name: {"kubernetes.io/metadata.name": name, "team": name} for name in ("red", "blue")}
WEB = Pod("red", "web", {"app": "web"}, "10.1.1.1", (("http", 8080, "TCP"), ("dns", 53, "UDP")))
DB = Pod("red", "db", {"app": "db"}, "10.1.1.2", (("http", 5432, "TCP"),))
FAR = Pod("blue", "far", {"app": "web"}, "10.1.2.1", (("http", 9090, "TCP"),))
OUT = "203.0.113.7"
PODS = [WEB, DB, FAR]

Ask = tuple[Pod | str, Pod | str, str, int]


def policy(spec: dict[str, Any], namespace: str = "red", name: str = "policy") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


CASES: dict[str, tuple[list[dict[str, Any]], Ask, bool]] = {
    "without a policy everything is open": ([], (FAR, WEB, "TCP", 1), True),
    "an empty podSelector selects every pod of the namespace": ([{"podSelector": {}}], (FAR, DB, "TCP", 80), False),
    "an absent podSelector does too": ([{}], (FAR, DB, "TCP", 80), False),
    "a policy isolates its own namespace only": ([{"podSelector": {}}], (DB, FAR, "TCP", 80), True),
    "without policyTypes ingress is always meant": ([{"podSelector": {}}], (FAR, WEB, "TCP", 80), False),
    "without policyTypes and egress rules egress stays open": ([{"podSelector": {}}], (WEB, FAR, "TCP", 80), True),
    "without policyTypes an empty list of egress rules is none": (
        [{"podSelector": {}, "egress": []}],
        (WEB, FAR, "TCP", 80),
        True,
    ),
    "without policyTypes egress rules mean egress": (
        [{"podSelector": {}, "egress": [{"ports": [{"port": 53}]}]}],
        (WEB, FAR, "TCP", 80),
        False,
    ),
    "policyTypes Egress leaves ingress open": ([{"policyTypes": ["Egress"]}], (FAR, WEB, "TCP", 80), True),
    "policyTypes Ingress ignores egress rules": (
        [{"policyTypes": ["Ingress"], "egress": []}],
        (WEB, FAR, "TCP", 80),
        True,
    ),
    "an empty rule lets all in": ([{"ingress": [{}]}], (OUT, WEB, "SCTP", 7), True),
    "an empty list of rules lets nobody in": ([{"ingress": []}], (FAR, WEB, "TCP", 80), False),
    "an empty from is all sources": ([{"ingress": [{"from": []}]}], (OUT, WEB, "TCP", 80), True),
    "an empty list of ports is all ports": ([{"ingress": [{"ports": []}]}], (FAR, WEB, "UDP", 9), True),
    "podSelector alone is the policy's own namespace": (
        [{"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]}],
        (FAR, DB, "TCP", 80),
        False,
    ),
    "an empty podSelector in a peer is the whole own namespace": (
        [{"ingress": [{"from": [{"podSelector": {}}]}]}],
        (WEB, DB, "TCP", 80),
        True,
    ),
    "namespaceSelector alone is every pod there": (
        [{"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "blue"}}}]}]}],
        (FAR, DB, "TCP", 80),
        True,
    ),
    "an empty namespaceSelector is every namespace": (
        [{"ingress": [{"from": [{"namespaceSelector": {}}]}]}],
        (FAR, DB, "TCP", 80),
        True,
    ),
    "an empty namespaceSelector is no address outside": (
        [{"ingress": [{"from": [{"namespaceSelector": {}}]}]}],
        (OUT, DB, "TCP", 80),
        False,
    ),
    "both selectors in one peer are an and": (
        [
            {
                "ingress": [
                    {
                        "from": [
                            {
                                "namespaceSelector": {"matchLabels": {"team": "blue"}},
                                "podSelector": {"matchLabels": {"app": "db"}},
                            }
                        ]
                    }
                ]
            }
        ],
        (FAR, DB, "TCP", 80),
        False,
    ),
    "two peers are an or": (
        [
            {
                "ingress": [
                    {
                        "from": [
                            {"namespaceSelector": {"matchLabels": {"team": "blue"}}},
                            {"podSelector": {"matchLabels": {"app": "db"}}},
                        ]
                    }
                ]
            }
        ],
        (FAR, DB, "TCP", 80),
        True,
    ),
    "an ipBlock lets its addresses in": (
        [{"ingress": [{"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}]}],
        (OUT, WEB, "TCP", 80),
        True,
    ),
    "except takes addresses out": (
        [{"ingress": [{"from": [{"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.0/28"]}}]}]}],
        (OUT, WEB, "TCP", 80),
        False,
    ),
    "all of IPv4 is not IPv6": (
        [{"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}],
        ("2001:db8::1", WEB, "TCP", 80),
        False,
    ),
    "protocol is TCP where none is given": (
        [{"ingress": [{"ports": [{"port": 80}]}]}],
        (FAR, WEB, "UDP", 80),
        False,
    ),
    "a protocol without a port is all its ports": (
        [{"ingress": [{"ports": [{"protocol": "UDP"}]}]}],
        (FAR, WEB, "UDP", 4711),
        True,
    ),
    "an empty port is all TCP ports": ([{"ingress": [{"ports": [{}]}]}], (FAR, WEB, "TCP", 4711), True),
    "endPort is part of the range": (
        [{"ingress": [{"ports": [{"port": 8000, "endPort": 8010}]}]}],
        (FAR, WEB, "TCP", 8010),
        True,
    ),
    "beyond endPort is closed": (
        [{"ingress": [{"ports": [{"port": 8000, "endPort": 8010}]}]}],
        (FAR, WEB, "TCP", 8011),
        False,
    ),
    "a named port is what the selected pod calls so": (
        [{"ingress": [{"ports": [{"port": "http"}]}]}],
        (FAR, DB, "TCP", 5432),
        True,
    ),
    "and no other pod's number": ([{"ingress": [{"ports": [{"port": "http"}]}]}], (FAR, DB, "TCP", 8080), False),
    "in egress a named port is the receiver's": (
        [{"policyTypes": ["Egress"], "egress": [{"ports": [{"port": "http"}]}]}],
        (WEB, FAR, "TCP", 9090),
        True,
    ),
    "a named port has a protocol": ([{"ingress": [{"ports": [{"port": "dns"}]}]}], (FAR, WEB, "TCP", 53), False),
    "an address outside has no named ports": (
        [{"policyTypes": ["Egress"], "egress": [{"ports": [{"port": "http"}]}]}],
        (WEB, OUT, "TCP", 8080),
        False,
    ),
    "both sides are needed: egress shut": (
        [{"policyTypes": ["Egress"]}, {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{}]}],
        (WEB, DB, "TCP", 80),
        False,
    ),
    "policies add up, whatever their order": (
        [{"podSelector": {}}, {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{}]}],
        (FAR, WEB, "TCP", 80),
        True,
    ),
    "NotIn holds for a pod without the label": (
        [{"podSelector": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["a"]}]}}],
        (FAR, WEB, "TCP", 80),
        False,
    ),
    "DoesNotExist selects it too": (
        [{"podSelector": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}}],
        (FAR, WEB, "TCP", 80),
        False,
    ),
    "Exists does not": (
        [{"podSelector": {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}}],
        (FAR, WEB, "TCP", 80),
        True,
    ),
    "matchLabels and matchExpressions are an and": (
        [
            {
                "podSelector": {
                    "matchLabels": {"app": "web"},
                    "matchExpressions": [{"key": "app", "operator": "In", "values": ["db"]}],
                }
            }
        ],
        (FAR, WEB, "TCP", 80),
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_corner(name: str) -> None:
    specs, (source, target, protocol, port), expected = CASES[name]
    made = [policy(spec, name=f"policy-{number}") for number, spec in enumerate(specs)]
    cluster = Cluster(SPACES, made)
    assert allows(cluster, source, target, protocol, port) is expected, "the reference"
    assert Evaluator(cluster, PODS).answers(source, target, protocol, port) == (expected, expected), "kgen"


def test_a_pod_on_the_node_s_network_is_judged_both_ways() -> None:
    """Plugins may tell it from the node or not: what is promised holds in both, what is feared in one."""
    host = WEB._replace(name="host", host_network=True)
    closed = Cluster(SPACES, [policy({"podSelector": {}})])
    assert Evaluator(closed, [host, DB]).answers(DB, host, "TCP", 80) == (False, True)
    by_label = Cluster(
        SPACES, [policy({"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": [{"podSelector": {}}]}]})]
    )
    assert Evaluator(by_label, [host, DB]).answers(host, DB, "TCP", 80) == (False, True)


def test_a_block_may_hold_pods_whose_addresses_are_unknown() -> None:
    unknown = DB._replace(address="")
    out = Cluster(
        SPACES, [policy({"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]})]
    )
    assert Evaluator(out, [WEB, unknown, FAR]).answers(FAR, WEB, "TCP", 80) == (True, True)
    assert Evaluator(out, [WEB, unknown]).answers(WEB, unknown, "TCP", 80) == (False, True)
    public = Cluster(
        SPACES, [policy({"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "198.51.100.0/24"}}]}]})]
    )
    assert Evaluator(public, [WEB, unknown]).answers(WEB, unknown, "TCP", 80) == (False, False)

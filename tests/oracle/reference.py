"""What NetworkPolicies let through, pod by pod and port by port: the API documentation turned into the plainest code.

Kept apart from kgen: it imports nothing of it, keeps no sets and no classes, and asks every rule anew for every packet.
Text of the API: kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1 (v1.33) and
kubernetes.io/docs/concepts/services-networking/network-policies.
"""

import ipaddress
from typing import Any, NamedTuple

from tests.oracle import tiers


class Pod(NamedTuple):
    namespace: str
    name: str
    labels: dict[str, str]
    address: str
    ports: tuple[tuple[str, int, str], ...] = ()  # name, number, protocol
    host_network: bool = False


class Cluster(NamedTuple):
    namespaces: dict[str, dict[str, str]]  # labels, kubernetes.io/metadata.name included
    policies: list[dict[str, Any]]
    host_as_pod: bool = True  # whether the network plugin tells pods on a node's network from the node
    ordered: list[dict[str, Any]] = []  # ClusterNetworkPolicies, or those of the API before it; read in tiers.py here


def allows(cluster: Cluster, source: "Pod | str", target: "Pod | str", protocol: str, port: int) -> bool:
    """Whether a connection goes through; an end is a pod, or an address outside."""
    return _side(cluster, source, target, target, protocol, port, "Egress") and _side(
        cluster, target, source, target, protocol, port, "Ingress"
    )


def _side(
    cluster: Cluster,
    subject: "Pod | str",
    other: "Pod | str",
    receiver: "Pod | str",
    protocol: str,
    port: int,
    direction: str,
) -> bool:
    if isinstance(subject, str):
        return True  # policies are for pods
    final = tiers.decides(cluster, "Admin", subject, other, receiver, protocol, port, direction)
    if final is not None:
        return final
    if subject.host_network and not cluster.host_as_pod:
        return True
    isolating = [policy for policy in cluster.policies if _applies(policy, subject, direction)]
    if not isolating:
        final = tiers.decides(cluster, "Baseline", subject, other, receiver, protocol, port, direction)
        return True if final is None else final  # "By default, a pod is non-isolated"
    for policy in isolating:  # "the combination is additive"
        for rule in policy["spec"].get("ingress" if direction == "Ingress" else "egress") or []:
            peers = rule.get("from" if direction == "Ingress" else "to")
            # "If this field is empty or missing, this rule matches all"
            if peers and not any(_is_peer(cluster, policy, peer, other) for peer in peers):
                continue
            ports = rule.get("ports")
            if ports and not any(_is_port(given, receiver, protocol, port) for given in ports):
                continue
            return True
    return False


def _applies(policy: dict[str, Any], pod: Pod, direction: str) -> bool:
    spec = policy["spec"]
    if policy["metadata"]["namespace"] != pod.namespace:
        return False
    if not selects(spec.get("podSelector") or {}, pod.labels):
        return False
    types = spec.get("policyTypes")
    if types:
        return direction in types
    # "If this field is not specified, it will default based on the existence of ingress or egress rules; policies that
    # contain an egress section are assumed to affect egress, and all policies (whether or not they contain an ingress
    # section) are assumed to affect ingress."
    return direction == "Ingress" or bool(spec.get("egress"))


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """metav1.LabelSelector: "matchLabels and matchExpressions are ANDed. An empty label selector matches all"."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if key not in labels or labels[key] != value:
            return False
    for one in selector.get("matchExpressions") or []:
        key, operator, values = one["key"], one["operator"], one.get("values") or []
        if operator == "In":
            holds = key in labels and labels[key] in values
        elif operator == "NotIn":
            holds = key not in labels or labels[key] not in values
        elif operator == "Exists":
            holds = key in labels
        else:
            assert operator == "DoesNotExist"
            holds = key not in labels
        if not holds:
            return False
    return True


def _is_peer(cluster: Cluster, policy: dict[str, Any], peer: dict[str, Any], other: "Pod | str") -> bool:
    if peer.get("ipBlock") is not None:
        return in_block(peer["ipBlock"], other if isinstance(other, str) else other.address)
    if isinstance(other, str):
        return False
    if other.host_network and not cluster.host_as_pod:
        return False  # its packets come from the node
    if peer.get("namespaceSelector") is not None:
        if not selects(peer["namespaceSelector"], cluster.namespaces[other.namespace]):
            return False
    elif other.namespace != policy["metadata"]["namespace"]:
        return False  # "selects the pods matching podSelector in the policy's own namespace"
    return selects(peer.get("podSelector") or {}, other.labels)


def in_block(block: dict[str, Any], address: str) -> bool:
    at = ipaddress.ip_address(address)

    def inside(cidr: str) -> bool:
        network = ipaddress.ip_network(cidr)
        return network.version == at.version and at in network

    return inside(block["cidr"]) and not any(inside(cidr) for cidr in block.get("except") or [])


def _is_port(given: dict[str, Any], receiver: "Pod | str", protocol: str, port: int) -> bool:
    if given.get("protocol", "TCP") != protocol:  # "If not specified, this field defaults to TCP"
        return False
    wanted = given.get("port")
    if wanted is None:
        return True  # "If this field is not provided, this matches all port names and numbers"
    if isinstance(wanted, str):
        if isinstance(receiver, str):
            return False
        first = next((n for name, n, of in receiver.ports if name == wanted and of == protocol), None)
        return first == port
    return wanted <= port <= given.get("endPort", wanted)

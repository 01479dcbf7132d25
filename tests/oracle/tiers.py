"""What AdminNetworkPolicies and ClusterNetworkPolicies decide, rule by rule, from the text of their API.

Like reference.py, which it belongs to: it imports nothing of kgen. Text of the API: network-policy-api,
apis/v1alpha1/{adminnetworkpolicy,shared}_types.go and apis/v1beta1/clusternetworkpolicy_types.go.
"""

from typing import Any

from tests.oracle import reference

_ANP_TIERS = {"AdminNetworkPolicy": "Admin", "BaselineAdminNetworkPolicy": "Baseline"}


def decides(
    cluster: "reference.Cluster",
    tier: str,
    subject: "reference.Pod",
    other: "reference.Pod | str",
    receiver: "reference.Pod | str",
    protocol: str,
    port: int,
    direction: str,
) -> bool | None:
    """True or False where a rule of the tier decides; None where it is passed on, or none matches."""
    own = [one for one in cluster.ordered if _ANP_TIERS.get(one["kind"], one["spec"].get("tier")) == tier]
    # "Policies with lower priority values have higher precedence"
    for policy in sorted(own, key=lambda one: one["spec"].get("priority", 0)):
        if not _is_one_of(cluster, policy["spec"]["subject"], subject):
            continue
        for rule in policy["spec"].get("ingress" if direction == "Ingress" else "egress") or []:
            # "a rule that appears at the top ... would take the highest precedence"
            if not any(_is_peer(cluster, peer, other) for peer in rule["from" if direction == "Ingress" else "to"]):
                continue
            matches = rule.get("protocols") or rule.get("ports")
            if matches and not any(_is_port(one, receiver, protocol, port) for one in matches):
                continue
            if rule["action"] == "Pass":
                return None  # "Skips all further rules in the current tier"
            return bool(rule["action"] in ("Accept", "Allow"))
    return None


def _is_one_of(cluster: "reference.Cluster", given: dict[str, Any], pod: "reference.Pod") -> bool:
    if pod.host_network:
        return False  # "host-networked pods are not included"
    labels = cluster.namespaces[pod.namespace]
    if "namespaces" in given:
        return reference.selects(given["namespaces"], labels)
    pods = given["pods"]
    return reference.selects(pods["namespaceSelector"], labels) and reference.selects(pods["podSelector"], pod.labels)


def _is_peer(cluster: "reference.Cluster", peer: dict[str, Any], other: "reference.Pod | str") -> bool:
    if "networks" in peer:
        # "cluster-internal traffic will be checked against the rule as well"
        address = other if isinstance(other, str) else other.address
        return any(reference.in_block({"cidr": cidr}, address) for cidr in peer["networks"])
    return not isinstance(other, str) and _is_one_of(cluster, peer, other)


def _is_port(given: dict[str, Any], receiver: "reference.Pod | str", protocol: str, port: int) -> bool:
    if name := given.get("destinationNamedPort") or given.get("namedPort"):
        if isinstance(receiver, str):
            return False
        # of two ports with one name and protocol the first counts
        first = next((n for n0, n, of in receiver.ports if n0 == name and of == protocol), None)
        return first == port
    for key, value in given.items():
        if key in ("tcp", "udp", "sctp"):
            at = value["destinationPort"]
            between = at.get("range", {"start": at.get("number"), "end": at.get("number")})
            return protocol == key.upper() and between["start"] <= port <= between["end"]
        if key == "portNumber":
            return protocol == value["protocol"] and port == value["port"]
        if key == "portRange":
            return protocol == value["protocol"] and bool(value["start"] <= port <= value["end"])
    raise AssertionError(given)

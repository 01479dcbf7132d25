"""Generated clusters: few names, few labels and few numbers, so that rules and pods meet often."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.reference import Cluster, Pod

SPACES = ("red", "green", "blue")
KEYS = ("app", "tier")
VALUES = ("a", "b")
PORTS = (53, 79, 80, 81, 443, 8079, 8080, 8081, 65535, 1)
OUTSIDE = ("8.8.8.8", "203.0.113.7", "203.0.113.99", "10.9.9.9", "2001:db8::1", "fd00::9")
BLOCKS = (
    *("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "203.0.113.0/24", "203.0.113.64/26"),
    *("::/0", "fd00::/8"),
)

labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2)
expressions = st.one_of(
    st.builds(
        lambda key, operator, values: {"key": key, "operator": operator, "values": values},
        st.sampled_from(KEYS),
        st.sampled_from(["In", "NotIn"]),
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=2, unique=True),
    ),
    st.builds(
        lambda key, operator: {"key": key, "operator": operator},
        st.sampled_from(KEYS),
        st.sampled_from(["Exists", "DoesNotExist"]),
    ),
)


@st.composite
def selectors(draw: st.DrawFn) -> dict[str, Any]:
    selector: dict[str, Any] = {}
    if found := draw(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=1)):
        selector["matchLabels"] = found
    if found := draw(st.lists(expressions, max_size=1)):
        selector["matchExpressions"] = found
    return selector


@st.composite
def namespace_selectors(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"matchLabels": {"kubernetes.io/metadata.name": draw(st.sampled_from(SPACES))}}
    return draw(selectors())


@st.composite
def peers(draw: st.DrawFn) -> dict[str, Any]:
    how = draw(st.sampled_from(["pods", "namespaces", "both", "block"]))
    if how == "block":
        cidr = draw(st.sampled_from(BLOCKS))
        inside = {
            "0.0.0.0/0": ["10.0.0.0/8", "203.0.113.64/26"],
            "10.0.0.0/8": ["10.1.0.0/16"],
            "10.1.0.0/16": ["10.1.1.0/24", "10.1.2.0/24"],
            "203.0.113.0/24": ["203.0.113.64/26"],
            "::/0": ["fd00::/8"],
        }.get(cidr, [])
        excluded = draw(st.lists(st.sampled_from(inside), unique=True)) if inside else []
        return {"ipBlock": {"cidr": cidr} | ({"except": excluded} if excluded else {})}
    peer: dict[str, Any] = {}
    if how in ("pods", "both"):
        peer["podSelector"] = draw(selectors())
    if how in ("namespaces", "both"):
        peer["namespaceSelector"] = draw(namespace_selectors())
    return peer


@st.composite
def ports(draw: st.DrawFn) -> dict[str, Any]:
    port: dict[str, Any] = {}
    if draw(st.booleans()):
        port["protocol"] = draw(st.sampled_from(["TCP", "UDP", "SCTP"]))
    how = draw(st.sampled_from(["none", "number", "range", "name"]))
    if how == "name":
        port["port"] = draw(st.sampled_from(["http", "dns"]))
    elif how != "none":
        port["port"] = draw(st.sampled_from([53, 80, 443, 8080]))
        if how == "range":
            port["endPort"] = draw(st.sampled_from([8080, 8081, 65535]))
    return port


@st.composite
def rules(draw: st.DrawFn, side: str) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    for key, of in ((side, peers()), ("ports", ports())):
        found = draw(st.one_of(st.none(), st.lists(of, max_size=2)))
        if found is not None:
            rule[key] = found
    return rule


@st.composite
def policies(draw: st.DrawFn, number: int) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if draw(st.integers(0, 9)):
        spec["podSelector"] = draw(selectors())
    types = draw(st.sampled_from([None, [], ["Ingress"], ["Egress"], ["Ingress", "Egress"]]))
    if types is not None:
        spec["policyTypes"] = types
    for key, side in (("ingress", "from"), ("egress", "to")):
        found = draw(st.one_of(st.none(), st.lists(rules(side), max_size=2)))
        if found is not None:
            spec[key] = found
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"policy-{number}", "namespace": draw(st.sampled_from(SPACES))},
        "spec": spec,
    }


@st.composite
def clusters(draw: st.DrawFn) -> tuple[Cluster, list[Pod]]:
    spaces = {name: draw(labels) | {"kubernetes.io/metadata.name": name} for name in SPACES}
    named = st.lists(
        st.tuples(st.sampled_from(["http", "dns"]), st.sampled_from([53, 80, 8080]), st.sampled_from(["TCP", "UDP"])),
        max_size=2,
        unique_by=lambda port: (port[0], port[2]),
    )
    pods = [
        Pod(
            draw(st.sampled_from(SPACES)),
            f"pod-{number}",
            draw(labels),
            draw(st.sampled_from(["10.1.1.", "10.1.2.", "10.7.0.", "fd00::"])) + str(number + 1),
            tuple(draw(named)),
            draw(st.integers(0, 9)) == 0,
        )
        for number in range(draw(st.integers(2, 5)))
    ]
    made = [draw(policies(number)) for number in range(draw(st.integers(0, 4)))]
    return Cluster(spaces, made), pods


TIERED = {
    "AdminNetworkPolicy": ("policy.networking.k8s.io/v1alpha1", "Admin"),
    "BaselineAdminNetworkPolicy": ("policy.networking.k8s.io/v1alpha1", "Baseline"),
    "ClusterNetworkPolicy": ("policy.networking.k8s.io/v1alpha2", ""),
}


@st.composite
def sets_of_pods(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"namespaces": draw(namespace_selectors())}
    return {"pods": {"namespaceSelector": draw(namespace_selectors()), "podSelector": draw(selectors())}}


@st.composite
def destinations(draw: st.DrawFn, old: bool) -> dict[str, Any]:
    how = draw(st.sampled_from(["number", "range", "name"]))
    if how == "name":
        return {"namedPort" if old else "destinationNamedPort": draw(st.sampled_from(["http", "dns"]))}
    protocol = draw(st.sampled_from(["TCP", "UDP", "SCTP"]))
    first = draw(st.sampled_from([53, 80, 443, 8080]))
    last = draw(st.sampled_from([8081, 65535]))
    if old and how == "number":
        return {"portNumber": {"protocol": protocol, "port": first}}
    if old:
        return {"portRange": {"protocol": protocol, "start": first, "end": last}}
    port = {"number": first} if how == "number" else {"range": {"start": first, "end": last}}
    return {protocol.lower(): {"destinationPort": port}}


@st.composite
def tiered_rules(draw: st.DrawFn, side: str, old: bool) -> dict[str, Any]:
    networks = st.builds(lambda cidrs: {"networks": cidrs}, st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=2))
    peer = sets_of_pods() if side == "from" else st.one_of(sets_of_pods(), networks)
    rule = {
        "action": draw(st.sampled_from(["Allow" if old else "Accept", "Deny", "Pass"])),
        side: draw(st.lists(peer, min_size=1, max_size=2)),
    }
    if not any("networks" in one for one in rule[side]) and draw(st.booleans()):
        rule["ports" if old else "protocols"] = draw(st.lists(destinations(old), min_size=1, max_size=2))
    return rule


@st.composite
def tiered(draw: st.DrawFn, number: int, old: bool) -> dict[str, Any]:
    kind = (
        draw(st.sampled_from(["AdminNetworkPolicy", "BaselineAdminNetworkPolicy"])) if old else "ClusterNetworkPolicy"
    )
    spec: dict[str, Any] = {"subject": draw(sets_of_pods())}
    if not old:
        spec["tier"] = draw(st.sampled_from(["Admin", "Baseline"]))
    if kind != "BaselineAdminNetworkPolicy":
        spec["priority"] = (number * 7 + 3) % 10  # different ones, and not in the order of the names
    for key, side in (("ingress", "from"), ("egress", "to")):
        found = draw(st.one_of(st.none(), st.lists(tiered_rules(side, old), max_size=3)))
        if found is not None:
            spec[key] = found
    name = "default" if kind == "BaselineAdminNetworkPolicy" else f"tiered-{number}"
    return {"apiVersion": TIERED[kind][0], "kind": kind, "metadata": {"name": name}, "spec": spec}


@st.composite
def tiered_clusters(draw: st.DrawFn) -> tuple[Cluster, list[Pod]]:
    """Clusters with policies that have an order, of the one API or of the other."""
    cluster, pods = draw(clusters())
    old = draw(st.booleans())
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for number in range(draw(st.integers(1, 4))):
        one = draw(tiered(number, old))
        made[one["kind"], one["metadata"]["name"]] = one
    return cluster._replace(policies=cluster.policies[:2], ordered=list(made.values())), pods

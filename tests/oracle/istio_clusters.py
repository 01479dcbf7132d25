"""Generated meshes: few names and few strings, so that rules, workloads and requests meet often."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.istio_reference import ROOT, Mesh, Request, Service, Token, Waypoint, Workload

SPACES = ("red", "blue")
PORTS = (80, 9090)
ISSUERS = ("https://one", "https://two")
PRINCIPALS = (
    *("cluster.local/ns/red/sa/a", "cluster.local/ns/red/sa/b", "cluster.local/ns/blue/sa/a", "mesh/ns/red/sa/a"),
    *("cluster.local/ns/red/sa/waypoint", "cluster.local/ns/blue/sa/waypoint"),
    *("*", "*/sa/a", "cluster.local/ns/red/*", "mesh/ns/blue/sa/*", "other/ns/red/sa/a", "cluster.local/*"),
)
METHODS = ("GET", "POST", "G*", "*T", "*")
PATHS = ("/", "/a", "/a/b", "/a/*", "/a*", "*/b", "*", "/a/{*}", "/a/{**}", "/{*}/b", "/a/{*}/{**}")
TOKENS = (Token(ISSUERS[0], "x", "r"), Token(ISSUERS[1], "y", ""))
REQUESTS = (
    *(Request("GET", path) for path in ("/", "/a", "/a/", "/a/b", "/ab", "/a/b/c", "/x/b", "/x")),
    *(Request(method, "/a/b") for method in ("POST", "PUT", "G")),
    *(Request("GET", path, token) for path in ("/a", "/x") for token in TOKENS),
)
GATEWAYS = "gateway.networking.k8s.io"
some = st.lists


def _field(draw: st.DrawFn, into: dict[str, Any], name: str, values: Any, refused: bool = True) -> None:
    if draw(st.integers(0, 2)) == 0:
        into[name] = draw(some(values, min_size=1, max_size=2, unique=True))
    if refused and draw(st.integers(0, 5)) == 0:
        into["not" + name[0].upper() + name[1:]] = draw(some(values, min_size=1, max_size=2, unique=True))


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    source: dict[str, Any] = {}
    _field(draw, source, "principals", st.sampled_from(PRINCIPALS))
    _field(draw, source, "namespaces", st.sampled_from([*SPACES, "r*", "*"]))
    if not source:
        _field(draw, source, "serviceAccounts", st.sampled_from(["a", "red/a", "blue/b"]))
    _field(draw, source, "ipBlocks", st.sampled_from(["10.0.0.0/30", "203.0.113.7", "0.0.0.0/0"]))
    _field(draw, source, "requestPrincipals", st.sampled_from(["*", "https://one/*", "https://two/y", "*/x"]))
    return source


@st.composite
def operations(draw: st.DrawFn) -> dict[str, Any]:
    operation: dict[str, Any] = {}
    _field(draw, operation, "ports", st.sampled_from(["80", "8080"]))
    _field(draw, operation, "methods", st.sampled_from(METHODS))
    _field(draw, operation, "paths", st.sampled_from(PATHS))
    return operation


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    key, values = draw(
        st.sampled_from(
            [
                ("source.namespace", ["red", "b*"]),
                ("source.principal", list(PRINCIPALS)),
                ("source.ip", ["10.0.0.0/30"]),
                ("destination.port", ["80", "9090"]),
                ("request.auth.claims[role]", ["r", "*", "s"]),
                ("request.auth.principal", ["https://one/x"]),
            ]
        )
    )
    chosen = draw(some(st.sampled_from(values), min_size=1, max_size=2, unique=True))
    return {"key": key, draw(st.sampled_from(["values", "notValues"])): chosen}


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    if draw(st.booleans()):
        rule["from"] = [{"source": one} for one in draw(some(sources(), min_size=1, max_size=2))]
    if draw(st.booleans()):
        rule["to"] = [{"operation": one} for one in draw(some(operations(), min_size=1, max_size=2))]
    if draw(st.integers(0, 3)) == 0:
        rule["when"] = draw(some(conditions(), min_size=1, max_size=2))
    return rule


def _object(draw: st.DrawFn, kind: str, name: str, spec: dict[str, Any], spaces: tuple[str, ...]) -> dict[str, Any]:
    if draw(st.booleans()):
        spec = {**spec, "selector": {"matchLabels": {"app": draw(st.sampled_from(["x", "y"]))}}}
    metadata = {"name": name, "namespace": draw(st.sampled_from(spaces))}
    return {"apiVersion": "security.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


@st.composite
def authorizations(draw: st.DrawFn, number: int) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if draw(st.booleans()):
        spec["action"] = draw(st.sampled_from(["ALLOW", "DENY"]))
    given = draw(st.one_of(st.none(), some(rules(), max_size=2)))
    if given is not None:
        spec["rules"] = given
    return _object(draw, "AuthorizationPolicy", f"policy-{number}", spec, (*SPACES, ROOT))


@st.composite
def peers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """At most one for each place, because of several Istio takes the oldest."""
    modes = st.sampled_from(["STRICT", "PERMISSIVE", "DISABLE", "UNSET"])
    found = []
    for space, label in (("red", "x"), ("red", ""), ("blue", "x"), ("blue", ""), (ROOT, ""), (ROOT, "x")):
        if draw(st.integers(0, 2)):
            continue
        spec: dict[str, Any] = {}
        if draw(st.integers(0, 3)):
            spec["mtls"] = {"mode": draw(modes)}
        if label:
            spec["selector"] = {"matchLabels": {"app": label}}
            if draw(st.booleans()):
                spec["portLevelMtls"] = {draw(st.sampled_from([80, 8080])): {"mode": draw(modes)}}
        metadata = {"name": f"peer-{label or 'all'}", "namespace": space}
        found.append(
            {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": metadata, "spec": spec}
        )
    return found


@st.composite
def meshes(draw: st.DrawFn) -> tuple[Mesh, list[Workload]]:
    workloads = [
        Workload(
            draw(st.sampled_from(SPACES)),
            f"pod-{number}",
            {"app": draw(st.sampled_from(["x", "y", "z"]))},
            draw(st.sampled_from(["a", "b"])),
            draw(st.sampled_from(["sidecar", "sidecar", "ambient", ""])),
            f"10.0.0.{number + 1}",
        )
        for number in range(draw(st.integers(2, 4)))
    ]
    policies = [draw(authorizations(number)) for number in range(draw(st.integers(0, 4)))]
    verified = []
    if draw(st.booleans()):
        spec = {"jwtRules": [{"issuer": one} for one in draw(some(st.sampled_from(ISSUERS), min_size=1, unique=True))]}
        verified.append(_object(draw, "RequestAuthentication", "tokens", spec, (*SPACES, ROOT)))
    return Mesh(draw(st.sampled_from(["cluster.local", "mesh"])), policies, draw(peers()), verified), workloads


@st.composite
def attachments(draw: st.DrawFn, policy: dict[str, Any]) -> dict[str, Any]:
    """A policy attached to what is in front of pods, or left as it is.

    Addresses are left out there: the documentation does not say whose a waypoint sees.
    """
    space = policy["metadata"]["namespace"]
    targets = {
        "red": ["Service", "Gateway"],
        "blue": ["Service", "Gateway"],
        ROOT: ["GatewayClass"],
    }
    kind = draw(st.sampled_from(["", *targets[space]]))
    if not kind:
        return policy
    names = {"Service": ["web", "api"], "Gateway": ["waypoint"], "GatewayClass": ["istio-waypoint"]}[kind]
    group = "" if kind == "Service" else GATEWAYS
    chosen = draw(some(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    spec = {key: value for key, value in policy["spec"].items() if key != "selector"}
    spec["targetRefs"] = [{"kind": kind, "group": group, "name": name} for name in chosen]
    for rule in spec.get("rules") or []:
        for one in rule.get("from") or []:
            for field in ("ipBlocks", "notIpBlocks"):
                one["source"].pop(field, None)
        if "when" in rule:
            rule["when"] = [one for one in rule["when"] if one["key"] != "source.ip"]
    return {**policy, "spec": spec}


@st.composite
def waypoints(draw: st.DrawFn) -> tuple[Mesh, list[Workload]]:
    """Meshes with Services in front of their pods, and waypoints in front of some of these."""
    mesh, workloads = draw(meshes())
    workloads = [one._replace(mode=draw(st.sampled_from(["ambient", "ambient", one.mode]))) for one in workloads]
    made = [
        Waypoint("waypoint", Workload(space, "waypoint", {}, "waypoint", "waypoint", f"10.0.1.{number}"))
        for number, space in enumerate(SPACES, 1)
        if draw(st.integers(0, 3))
    ]
    services = [
        Service(
            space, name, {"app": draw(st.sampled_from(["x", "y"]))}, (draw(st.sampled_from([space, *SPACES])), gateway)
        )
        for space in SPACES
        for name in ("web", "api")
        if (gateway := draw(st.sampled_from(["waypoint", "waypoint", "other"])))
    ]
    return (
        mesh._replace(
            authorizations=[draw(attachments(one)) for one in mesh.authorizations],
            requests=[draw(attachments(one)) for one in mesh.requests],
            services=tuple(services),
            waypoints=tuple(made),
        ),
        workloads,
    )

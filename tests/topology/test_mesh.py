"""The mesh: what joins it, what its data plane needs, and what is left open."""

import pytest

from kgen.topology.types import Flow, Peer, Port
from tests.topology.build import agent_of, build, call, link, messages
from tests.topology.refusals_mesh import AMBIENT, CALL, IN_MESH
from tests.topology.samples import STORE, service

OWNED = "namespaces: {alpha: {}, beta: {}}\n"
WAYPOINT = {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "waypoint"}}
PROMETHEUS = Peer("monitoring", {"matchLabels": {"app.kubernetes.io/name": "prometheus"}})
ISTIOD = Flow("istiod", (Peer("istio-system", {"matchLabels": {"app": "istiod"}}),), (Port(15012),))


def labels(platform: str) -> dict[str, str]:
    [alpha] = [space for space in build(CALL, platform).namespaces if space.name == "alpha"]
    return alpha.mesh_labels


@pytest.mark.parametrize(
    "platform, expected",
    [
        (OWNED, {}),
        (OWNED + "mesh: {mode: Sidecar}", {}),
        (OWNED + IN_MESH, {"istio-injection": "enabled"}),
        (OWNED + IN_MESH.replace("mode:", "revision: stable, mode:"), {"istio.io/rev": "stable"}),
        (OWNED + AMBIENT, {"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "waypoint"}),
        ("namespaces: {alpha: {enforcement: Observe}}\n" + AMBIENT, {"istio.io/dataplane-mode": "ambient"}),
    ],
)
def test_a_namespace_joins_by_its_labels(platform: str, expected: dict[str, str]) -> None:
    assert labels(platform) == expected


def flows(platform: str, agent: str = "beta/writer") -> tuple[dict[str, Flow], dict[str, Flow]]:
    found = agent_of(build(CALL, platform), agent)
    return {flow.name: flow for flow in found.ingress}, {flow.name: flow for flow in found.egress}


def test_a_sidecar_reaches_istiod_and_shows_its_metrics() -> None:
    ingress, egress = flows(IN_MESH)
    assert egress["istiod"] == ISTIOD
    assert ingress["proxy metrics"] == Flow("proxy metrics", (PROMETHEUS,), (Port(15020), Port(15090)))


def test_a_mesh_without_its_layer_still_gets_what_its_pods_need() -> None:
    assert flows("mesh: {mode: Sidecar}")[1]["istiod"] == ISTIOD
    ambient = flows("mesh: {mode: Ambient}")
    assert ambient[1]["controller"].ports == (Port(8083), Port(15008))
    assert "waypoint" not in ambient[0]


def test_in_ambient_mode_only_the_waypoint_and_probes_come_in() -> None:
    ingress, egress = flows(OWNED + AMBIENT)
    assert ingress == {
        "probes": Flow("probes", (Peer(cidr="169.254.7.127/32"),), (Port(8080),)),
        "waypoint": Flow("waypoint", (Peer("beta", WAYPOINT),), (Port(15008),)),
    }
    assert egress["controller"] == Flow("controller", (Peer("kagent", WAYPOINT),), (Port(15008),))
    assert "istiod" not in egress


def test_a_waypoint_has_the_roads_of_all_its_agents() -> None:
    built = build(CALL, OWNED + AMBIENT)
    [beta] = [space for space in built.namespaces if space.name == "beta"]
    assert beta.waypoint is not None
    callers, metrics = beta.waypoint.ingress
    assert [peer.namespace for peer in callers.peers] == ["alpha", "kagent"]
    assert metrics.ports == (Port(15020),)
    agents, istiod, dns = beta.waypoint.egress
    assert agents.peers == (Peer("beta", {"matchLabels": {"app": "kagent", "kagent": "writer"}}),)
    assert (istiod, dns.name) == (ISTIOD, "dns")


def test_nobody_elses_namespace_gets_a_waypoint() -> None:
    assert [space.waypoint for space in build(CALL, AMBIENT).namespaces] == [None, None]


def test_the_probes_of_a_workload_come_to_the_ports_that_it_names() -> None:
    probed = STORE.replace("containerPort: 9000}]", "containerPort: 9000}], livenessProbe: {httpGet: {port: http}}, "
                           "readinessProbe: {grpc: {port: 9001}}").replace(
        "    spec:\n      containers", "    spec:\n      serviceAccountName: store\n      containers"
    )  # fmt: skip
    store = agent_of(build(probed + service() + call("alpha/planner", "shop/store"), AMBIENT), "shop/store")
    [probes] = [flow for flow in store.ingress if flow.name == "probes"]
    assert probes.ports == (Port(9000), Port(9001))


def test_a_flow_to_pods_goes_by_hbone_too_and_by_their_waypoint() -> None:
    database = "{peer: {namespace: beta, podSelector: {matchLabels: {app: db}}, ports: [5432]}}"
    text = CALL + link(f"from: alpha/planner\negress: [{database}]", "db")
    [flow] = [f for f in agent_of(build(text, OWNED + AMBIENT), "alpha/planner").egress if f.name == "egress beta"]
    assert flow == Flow(
        "egress beta", (Peer("beta", {"matchLabels": {"app": "db"}}), Peer("beta", WAYPOINT)), (Port(5432), Port(15008))
    )


def test_port_8083_is_closed_where_kgen_writes_its_guard() -> None:
    assert messages(build(CALL, IN_MESH + "kagent: {managePolicies: true}"), "residual-8083") == []
    assert messages(build(CALL, IN_MESH), "residual-8083") == [
        "port 8083 of the kagent controller (kagent) calls any agent and writes Agents for whoever reaches it, until "
        "the owner of that namespace applies the guard that is printed; or set spec.kagent.managePolicies: true"
    ]


def test_port_8083_stays_open_without_the_layer_whatever_the_profile() -> None:
    [message] = messages(build(CALL, IN_MESH + "layers: {mesh: Disabled}"), "residual-8083")
    assert message.endswith("This stays open at profile Mesh without the mesh layer")


def test_agents_under_observe_keep_the_guard_from_closing() -> None:
    watched = "namespaces: {beta: {enforcement: Observe}}\n" + IN_MESH + "kagent: {managePolicies: true}"
    assert messages(build(CALL, watched), "residual-8083") == [
        "beta under Observe: the guard of port 8083 holds for the agents under Enforce, but lets everybody else reach "
        "the controller until every namespace is under Enforce"
    ]


def test_agents_of_others_are_said_to_need_their_namespaces_labels() -> None:
    assert messages(build(CALL, OWNED + IN_MESH), "not-in-mesh") == []
    assert messages(build(CALL, "namespaces: {alpha: {}}\n" + AMBIENT), "not-in-mesh") == [
        "namespace beta is External: its agents are in the mesh once its owner labels it "
        "istio.io/dataplane-mode=ambient, istio.io/use-waypoint=waypoint, and has its waypoint waypoint; until then "
        "nothing reaches them, and they reach nobody in the mesh"
    ]
    labelled = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: beta, labels: {istio-injection: enabled}}\n"
    assert messages(build(CALL + labelled, "namespaces: {alpha: {}}\n" + IN_MESH), "not-in-mesh") == []


def test_consent_that_is_not_required_is_said_from_hardened_on() -> None:
    from tests.topology import build as pipeline

    hardened = pipeline.LAYERS | {"admission", "monitoring"}
    original, pipeline.LAYERS = pipeline.LAYERS, hardened
    try:
        built = build(CALL, IN_MESH.replace("Mesh\n", "Hardened\n") + "admission: {trustedWriters: [deployer]}\n")
    finally:
        pipeline.LAYERS = original
    assert messages(built, "consent") == [
        "is NotRequired at profile Hardened: whoever writes a link opens the callee; set it to CrossNamespace or "
        "Required"
    ]

"""The mesh: what joins it, what its data plane needs, and what is left open."""

import pytest

from kgen.topology.types import Account, Flow, Peer, Port
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


MANAGED = "kagent: {managePolicies: true}\n"
CONTROLLER = """---
apiVersion: v1
kind: Service
metadata: {name: kagent-controller, namespace: kagent, labels: {LABELS}}
spec: {selector: {app: x}, ports: [{port: 8083}]}
"""
GATEWAY = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: kagent}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
"""


@pytest.mark.parametrize(
    "text, platform, expected",
    [
        ("", MANAGED, ("defined", "external")),
        (CONTROLLER.replace("LABELS", ""), MANAGED, ("defined", "wired")),
        (CONTROLLER.replace("LABELS", "istio.io/use-waypoint: waypoint") + GATEWAY, MANAGED, ("wired", "")),
        ("", "", ("proposed", "external")),
        (CONTROLLER.replace("LABELS", "istio.io/use-waypoint: other") + GATEWAY, "", ("", "external")),
    ],
)
def test_whose_the_controllers_waypoint_is(text: str, platform: str, expected: tuple[str, str]) -> None:
    kagent = build(CALL + text, OWNED + AMBIENT + platform).platform.kagent
    assert (kagent.waypoint_presence, kagent.service_presence) == expected
    sidecars = build(CALL + text, OWNED + IN_MESH + platform).platform.kagent
    assert (sidecars.waypoint_presence, sidecars.service_presence) == ("", "")


def test_that_nothing_reaches_the_controller_before_its_service_uses_the_waypoint_is_said() -> None:
    [managed] = messages(build(CALL, OWNED + AMBIENT + MANAGED), "controller-waypoint")
    assert managed == (
        "the guard of port 8083 stands at waypoint kagent/waypoint: the owner of kagent has to label Service "
        "kagent-controller istio.io/use-waypoint=waypoint, as printed; until then nothing reaches the controller, "
        "agents included: its pods take only what comes through there"
    )
    [printed] = messages(build(CALL, OWNED + AMBIENT), "controller-waypoint")
    assert "has to apply the Gateway waypoint and label Service" in printed
    assert "before they apply the policies" in printed
    wired = CALL + CONTROLLER.replace("LABELS", "")
    assert messages(build(wired, OWNED + AMBIENT + MANAGED), "controller-waypoint") == []
    assert messages(build(CALL, OWNED + IN_MESH + MANAGED), "controller-waypoint") == []
    watched = "namespaces: {beta: {enforcement: Observe}}\nlayers: {network: Disabled}\n" + AMBIENT + MANAGED
    [open_door] = messages(build(CALL, watched), "controller-waypoint")
    assert open_door.endswith("until then no request goes through that waypoint, and the guard holds for nobody")


TOOLS = """
from: {namespace: alpha, name: planner}
tools:
- kind: RemoteMCPServer
  name: kagent-tool-server
  namespace: kagent
  toolNames: [x]
  peer:
    namespace: kagent
    podSelector: {matchLabels: {app.kubernetes.io/name: kagent-tools, app.kubernetes.io/instance: kagent}}
    ports: [8084]
"""


def test_the_tool_server_has_its_callers_accounts_once_everybody_is_under_enforce() -> None:
    controller, agent = Account("kagent", "kagent-controller"), Account("alpha", "planner")
    assert build(CALL, OWNED + IN_MESH).platform.kagent.tools_accounts == (controller,)
    linked = CALL + link(TOOLS, "tools")
    assert build(linked, OWNED + IN_MESH).platform.kagent.tools_accounts == (controller, agent)
    watched = "namespaces: {alpha: {enforcement: Observe}}\n" + IN_MESH
    assert build(linked, watched).platform.kagent.tools_accounts == ()


def test_a_second_service_in_front_of_an_agents_pods_is_said_where_kgen_does_not_own_the_waypoint() -> None:
    second = """---
apiVersion: v1
kind: Service
metadata: {name: shortcut, namespace: beta, labels: {LABELS}}
spec: {selector: {kagent: writer}, ports: [{port: 80, targetPort: 8080}]}
"""
    shared = "namespaces: {alpha: {}, beta: {management: Shared}}\n" + AMBIENT
    plain = CALL + second.replace("LABELS", "")
    [message] = messages(build(plain, shared), "second-service")
    assert message.startswith("selects the pods of beta/writer, whose Service is writer: through waypoint waypoint it")
    assert (
        messages(build(CALL + second.replace("LABELS", "istio.io/use-waypoint: none"), shared), "second-service") == []
    )
    assert messages(build(plain.replace("kagent: writer", "kagent: other"), shared), "second-service") == []
    assert messages(build(plain, OWNED + AMBIENT), "second-service") == []  # a policy for the whole waypoint closes it
    sidecars = shared.replace(AMBIENT, IN_MESH)
    assert messages(build(plain, sidecars), "second-service") == []


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

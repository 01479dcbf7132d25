"""Where layers meet: what one of them needs of another, with all of profile ZeroTrust on."""

import pytest

from kgen.results import INFO
from kgen.topology.types import Port, Topology
from tests.topology.build import agent_of, build, call, define, link, messages, refused
from tests.topology.identities import HTTP, STORE, service, workload

ARGO = "system:serviceaccount:argocd:argocd-application-controller"
OPERATOR = "system:serviceaccount:kagenti-system:controller-manager"
ISTIOD = "system:serviceaccount:istio-system:istiod"
MODES = {
    "Sidecar": "mesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}\n",
    "Ambient": "mesh: {mode: Ambient, kagentInMesh: true}\n",
}
INPUT = define("alpha/planner") + define("beta/writer") + STORE + call("alpha/planner", "shop/store")
INPUT += link("from: alpha/planner\nto: beta/writer\negress: [{host: api.example.com}]", "planner")


def platform(mode: str, writers: tuple[str, ...] = (ARGO, OPERATOR, ISTIOD), identity: str = "", rest: str = "") -> str:
    return (
        f"profile: ZeroTrust\n{MODES[mode]}admission: {{trustedWriters: [{', '.join(writers)}]}}\n"
        "network: {cni: Cilium, modelEgress: {mode: FQDN, hosts: [api.anthropic.com]}}\n"
        f"workloadIdentity: {{className: c, trustDomain: example.org{identity}}}\n"
        "namespaces: {alpha: {}, beta: {}, shop: {}}\n"
        f"egressGateway: {{image: 'registry.example/authbridge:0.7', scope: Shared}}\n{rest}"
    )


def made(mode: str, **changes: str) -> Topology:
    return build(INPUT, platform(mode, **changes))


@pytest.mark.parametrize("mode", MODES)
def test_the_whole_profile_is_taken(mode):
    found = made(mode)
    assert [space.name for space in found.namespaces if space.gateways] == ["agent-egress"]
    assert all(space.mesh_labels for space in found.namespaces)


def test_a_waypoint_is_started_by_a_writer_that_admission_trusts():
    """Its pods carry `istio.io/dataplane-mode: none`, which admission leaves to trusted writers."""
    [refusal] = refused(INPUT, platform("Ambient", (ARGO, OPERATOR)))
    assert (refusal.rule, refusal.field, refusal.proposed) == (
        "trusted-writers",
        "spec.admission.trustedWriters",
        ISTIOD,
    )
    assert "it makes the waypoint of alpha, beta, shop, " in refusal.message
    assert made("Ambient").guards
    assert build(INPUT, platform("Sidecar", (ARGO, OPERATOR))).guards


def test_a_control_plane_with_a_revision_has_it_in_its_account():
    spec = platform("Ambient", (ARGO, OPERATOR)).replace("mode: Ambient", "mode: Ambient, revision: 1-30")
    [refusal] = refused(INPUT, spec)
    assert refusal.proposed == f"{ISTIOD}-1-30"
    assert build(INPUT, spec.replace(OPERATOR, f"{OPERATOR}, {ISTIOD}-1-30")).guards


def test_what_makes_a_pod_the_waypoint_is_guarded_like_an_agent():
    """Whoever runs as it gets to every agent behind it, past methods, paths and tokens."""
    guards = {guard.namespace: guard for guard in made("Ambient").guards}
    assert "waypoint" in guards["beta"].accounts
    assert "gateway.networking.k8s.io/gateway-name=waypoint" in guards["beta"].pods
    assert guards["agent-egress"].accounts == ("egress-gateway",)
    assert not guards["agent-egress"].pods
    assert not any("waypoint" in guard.accounts for guard in made("Sidecar").guards)


def test_who_fetches_a_card_by_tls_is_no_undeclared_caller():
    store = agent_of(made("Ambient"), "shop/store")
    assert "unknown" in store.expected_connections.split("|")
    assert "unknown" not in store.expected_callers.split("|")
    writer = agent_of(made("Ambient"), "beta/writer")
    assert writer.expected_connections == writer.expected_callers


@pytest.mark.parametrize("mode", MODES)
def test_no_road_is_opened_for_a_fetch_that_the_mesh_refuses(mode):
    """The operator is outside of the mesh: by HTTP it gets to no card there, so only the TLS port is opened."""
    [flow] = [flow for flow in agent_of(made(mode), "shop/store").ingress if flow.name == "operator"]
    assert flow.ports == (Port(8443),)
    plain = workload("store", HTTP) + service("store")
    of = build(INPUT.replace(STORE, plain), platform(mode))
    assert not [flow for flow in agent_of(of, "shop/store").ingress if flow.name == "operator"]
    [said] = [message for message in messages(of, "unverifiable") if "shop/store" in message]
    assert "in the mesh no fetch by HTTP gets through either" in said


def test_the_gate_behind_somebody_elses_waypoint_is_refused():
    """Between that waypoint and the callee nothing of kgen's would ask for the label."""
    spec = platform("Ambient", identity=", gate: true")
    assert build(INPUT, spec)
    shared = spec.replace("shop: {}", "shop: {management: Shared}")
    [refusal] = refused(INPUT, shared)
    assert (refusal.rule, refusal.field) == ("gate", "spec.workloadIdentity.gate")
    assert refusal.message.startswith("is true, but the waypoint of shop is its owner's")
    assert build(INPUT, shared.replace(MODES["Ambient"], MODES["Sidecar"]))


ADOPTED = "---\napiVersion: kagent.dev/v1alpha2\nkind: Agent\nmetadata: {name: planner, namespace: alpha}\n"
ADOPTED += "spec: {type: BYO, description: Plans., byo: {deployment: {image: registry.example/a:1}}}\n"


@pytest.mark.parametrize(("enforcement", "account"), [("Observe", "planner"), ("Enforce", "planner-sa")])
def test_a_running_agent_is_let_in_as_whom_it_runs(enforcement, account):
    """Under Observe its pods keep kagent's ServiceAccount; with the one that Enforce brings it would be shut out."""
    text = ADOPTED + define("beta/writer") + call("alpha/planner", "beta/writer")
    spaces = f"namespaces: {{alpha: {{enforcement: {enforcement}}}, beta: {{}}}}\n"
    made = build(text, "layers: {mesh: Enabled}\n" + MODES["Sidecar"] + spaces)
    [link] = made.links
    assert link.caller.service_account == account


def test_prometheus_gets_to_the_sidecar_that_guards_the_controller():
    [flow] = made("Sidecar").platform.kagent.proxy_metrics
    assert (flow.name, flow.ports) == ("proxy metrics", (Port(15020), Port(15090)))
    assert made("Ambient").platform.kagent.proxy_metrics == ()


def test_who_makes_a_gateways_pods_anew_is_asked_for():
    [said] = messages(made("Sidecar"), "gateway-restart")
    assert "admission refuses what it would write on agent-egress/egress-gateway when the authority is renewed" in said
    assert [r.severity for r in made("Sidecar").results if r.rule == "gateway-restart"] == [INFO]
    named = platform("Sidecar", (ARGO, OPERATOR, "system:serviceaccount:reloader:reloader-reloader"))
    assert not messages(build(INPUT, named), "gateway-restart")
    closed = platform("Sidecar").replace("scope: Shared", "scope: Shared, tlsBridge: Disabled")
    assert not messages(build(INPUT, closed), "gateway-restart")


GRANT = """---
apiVersion: kgen.dev/v1alpha1
kind: AgentGrant
metadata: {name: writer, namespace: beta}
spec:
  from: ["alpha/*"]
  to: writer
  jwt: {issuer: https://idp.example.com, audiences: [writer], jwksUri: https://idp.example.com/keys%s}
"""
SENDS = "delegation: {header: %s, secretRef: {name: token, key: token}}"


@pytest.mark.parametrize(
    ("sends", "expects", "said"),
    [
        ("", "", "asks its callers for a token in Authorization, and alpha/planner sends none: each call is refused"),
        (
            SENDS % "X-Agent-Token",
            "",
            "sends its own in X-Agent-Token: each call is refused; delegate one by secretRef",
        ),
        (SENDS % "authorization", "", ""),
        (SENDS % "X-Agent-Token", ", fromHeader: {name: x-agent-token, prefix: ''}", ""),
    ],
    ids=["none", "another header", "case is nothing", "the header of the grant"],
)
def test_a_token_that_is_asked_for_is_sent(sends, expects, said):
    asks = link(f"from: alpha/planner\nto: beta/writer\n{sends}", "planner")
    text = define("alpha/planner") + define("beta/writer") + asks + GRANT % expects
    mesh = "layers: {mesh: Enabled}\n" + MODES["Sidecar"]
    found = messages(build(text, mesh), "token-header")
    assert len(found) == bool(said)
    assert all(said in message for message in found)
    assert not messages(build(text), "token-header")
    assert not messages(build(text, mesh + "namespaces: {beta: {enforcement: Observe}}"), "token-header")

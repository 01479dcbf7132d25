"""What monitoring expects of callers, what it is refused for, and what profile Hardened no longer lets pass."""

import pytest

from kgen.load import layers
from kgen.results import ERROR, INFO, WARNING
from kgen.topology import switches
from kgen.topology.promql import either, exactly, literal
from tests.topology.build import DEFINE, agent_of, build, call, define, link, messages, refused

MESH = "mesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}\n"
ON = "layers: {mesh: Enabled, monitoring: Enabled}\n" + MESH
HARDENED = "profile: Hardened\nadmission: {trustedWriters: [deployer]}\n" + MESH
AGENTS = define("alpha/planner") + define("beta/writer")
CALL = AGENTS + call("alpha/planner", "beta/writer")


def test_the_expected_callers_are_the_links_and_the_controller():
    built = build(CALL, ON + "trustDomain: prod.example.com\n")
    assert agent_of(built, "beta/writer").expected_callers == (
        "spiffe://prod[.]example[.]com/ns/alpha/sa/planner-sa|"
        "spiffe://prod[.]example[.]com/ns/kagent/sa/kagent-controller"
    )
    assert agent_of(built, "alpha/planner").expected_callers.count("|") == 0


def test_declared_infrastructure_is_expected_by_its_namespace():
    declared = (
        "network: {infrastructure: {front: {direction: Ingress, agents: [beta/writer], "
        "peer: {namespace: front.door, podSelector: {matchLabels: {app: a}}}}}}\n"
    ).replace("front.door", "front")
    built = build(CALL, ON + declared)
    assert "spiffe://cluster[.]local/ns/front/sa/.+" in agent_of(built, "beta/writer").expected_callers.split("|")
    assert "front" not in agent_of(built, "alpha/planner").expected_callers


def test_in_ambient_mode_the_waypoint_is_expected_at_the_pods():
    built = build(CALL, ON.replace("Sidecar, istioCNI: true", "Ambient"))
    assert "spiffe://cluster[.]local/ns/beta/sa/waypoint" in agent_of(built, "beta/writer").expected_callers.split("|")


def test_a_suspended_caller_is_not_expected():
    built = build(CALL, ON + "suspended: {alpha/planner: INC-1}\n")
    assert "planner" not in agent_of(built, "beta/writer").expected_callers


def test_without_a_mesh_nobody_is_known_and_without_the_layer_nothing_is_watched():
    built = build(CALL, "layers: {monitoring: Enabled}\n")
    assert agent_of(built, "beta/writer").expected_callers == ""
    assert built.platform.monitoring
    assert build(CALL, "layers: {mesh: Enabled}\n" + MESH).platform.monitoring is None


def test_what_the_platform_says_of_alerts():
    plain = build(CALL, "layers: {monitoring: Enabled, network: Disabled, mesh: Enabled}\n" + MESH).platform.monitoring
    assert plain
    assert (plain.network, plain.runbooks, plain.runbook_annotation) == (False, "docs/runbooks.md", "runbook")
    given = "monitoring: {runbookUrl: 'https://wiki.example.com/x', auditMetric: refused_total, labels: {a: b}}\n"
    said = build(CALL, ON + given).platform.monitoring
    assert said
    assert said._replace(network=False) == plain._replace(
        labels={"a": "b"},
        runbooks="https://wiki.example.com/x",
        runbook_annotation="runbook_url",
        audit_metric="refused_total",
    )


def test_what_no_alert_can_see_is_said():
    built = build(CALL, ON)
    [note] = [result for result in built.results if result.rule == "audit-metric"]
    assert (note.severity, note.field) == (INFO, "spec.monitoring.auditMetric")
    assert not messages(build(CALL, ON + "monitoring: {auditMetric: refused_total}\n"), "audit-metric")


@pytest.mark.parametrize(
    "platform",
    [
        "namespaces: {alpha: {enforcement: Observe}, beta: {enforcement: Observe}}\nlayers: {monitoring: Enabled}\n",
        "layers: {monitoring: Enabled, network: Disabled}\n",
    ],
)
def test_a_layer_that_could_watch_nothing_is_refused(platform):
    [error] = refused(CALL, platform)
    assert (error.rule, error.field) == ("monitoring", "spec.layers.monitoring")
    assert error.message.startswith("is Enabled, but nothing is there that it could watch")
    for more in ("secrets: {provider: ExternalSecrets, storeRef: {name: s}}\n", "monitoring: {auditMetric: a}\n"):
        assert build(CALL, platform + more).platform.monitoring


def test_kgens_own_labels_are_not_for_monitoring():
    errors = refused(CALL, ON + "monitoring: {labels: {kgen.dev/layer: x, app.kubernetes.io/managed-by: me, ok: z}}\n")
    assert [error.rule for error in errors] == ["monitoring-label"] * 2


@pytest.mark.parametrize("layer", sorted(switches.FROM))
def test_layers_are_switched_as_their_descriptions_say(layer):
    if layer in layers.shipped_names():
        from kgen.expand.choice import stated_profile

        assert switches.FROM[layer] == stated_profile(layers.shipped(layer))
    first = switches.PROFILES.index(switches.FROM[layer])
    for position, profile in enumerate(switches.PROFILES):
        assert switches.is_on({"profile": profile, "layers": {}}, layer) == (position >= first)
        assert switches.is_on({"profile": profile, "layers": {layer: "Enabled"}}, layer)
        assert not switches.is_on({"profile": profile, "layers": {layer: "Disabled"}}, layer)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a-b/c:d_1", "a-b/c:d_1"),
        ("a.b", "a[.]b"),
        ("(a|b)*", "[(]a[|]b[)][*]"),
        ("^\\]", "\\^\\\\\\]"),
        ("", ""),
    ],
)
def test_a_name_in_a_regular_expression_means_itself(text, expected):
    import re

    assert exactly(text) == expected
    assert re.fullmatch(exactly(text), text)
    assert either([exactly("a"), exactly("b")]) == "a|b"


def test_a_text_can_not_end_its_literal():
    assert literal('a"} or vector(1)\n\\') == '"a\\"} or vector(1)\\n\\\\"'
    assert literal("\0é") == '"\\U00000000é"'


# --- from Hardened on -------------------------------------------------------------------------------------------------

CALL_WITH_TOKEN = AGENTS + link(
    "from: alpha/planner\nto: beta/writer\ndelegation: {secretRef: {name: t, key: k}}", "delegating"
)
EGRESS = define("alpha/planner") + link("from: alpha/planner\negress: [{host: api.example.com}]", "out")
WIDENED = (
    "api.example.com is declared, but without Cilium no policy can tell hosts apart: port 443 is open to every public "
    "address; give a cidr, or set network.cni: Cilium where it is"
)


@pytest.mark.parametrize("profile", ["Baseline", "Mesh"])
def test_a_host_that_nothing_enforces_is_a_warning_below_hardened(profile):
    built = build(EGRESS, f"profile: {profile}\n" + MESH)
    [told] = [result for result in built.results if result.rule == "egress-widened"]
    assert (told.severity, told.message) == (WARNING, WIDENED)


def test_a_host_that_nothing_enforces_is_an_error_from_hardened():
    [error] = refused(EGRESS, HARDENED)
    assert (error.rule, error.severity, error.field) == ("egress-widened", ERROR, "spec.egress[0].host")
    assert error.message == f"{WIDENED}. From profile Hardened this is an error, and so at Hardened"
    assert build(EGRESS, HARDENED + "network: {cni: Cilium}\n")


def test_a_tool_server_outside_that_nothing_enforces_is_one_too():
    tool = "{kind: RemoteMCPServer, name: orders, namespace: tools, host: mcp.example.com}"
    text = define("alpha/planner") + link(f"from: alpha/planner\ntools: [{tool}]", "tool")
    assert [error.rule for error in refused(text, HARDENED)] == ["egress-widened"]
    assert build(text, HARDENED + "network: {cni: Cilium}\n")


def test_nobody_who_may_write_agents_is_an_error_from_hardened():
    [error] = refused(AGENTS, HARDENED.replace("[deployer]", "[]"))
    assert error.field == "spec.admission.trustedWriters"
    assert "argocd-application-controller" in error.message
    assert build(AGENTS, "profile: Mesh\n" + MESH)


def test_consent_that_nobody_has_set_is_a_warning_from_hardened():
    [told] = [result for result in build(AGENTS, HARDENED).results if result.rule == "consent"]
    assert (told.severity, told.field) == (WARNING, "spec.consent")
    assert not messages(build(AGENTS, "profile: Mesh\n" + MESH), "consent")
    home = link("from: {name: planner, " + DEFINE + "}", "planner", "alpha")
    assert not messages(build(home, HARDENED + "consent: CrossNamespace\n"), "consent")


VAULT = "vault: {server: '%s', role: kgen, serviceAccountName: kgen-secrets, path: secret}"
CLEAR = "{provider: ExternalSecrets, " + VAULT % "http://vault.example" + "}"
OPEN = "{provider: ExternalSecrets, storeRef: {name: all, kind: ClusterSecretStore}}"
STORE = """---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: all}
spec: {provider: {vault: {}}}
"""


@pytest.mark.parametrize(
    "text, secrets",
    [(AGENTS, CLEAR), (CALL_WITH_TOKEN + STORE, OPEN)],
    ids=["in clear", "for every namespace"],
)
def test_weak_stores_are_errors_from_hardened(text, secrets):
    below = build(text, f"secrets: {secrets}\n")
    warned = [result for result in below.results if result.message.endswith("an error from profile Hardened")]
    assert [result.severity for result in warned] == [WARNING]
    errors = refused(text, HARDENED + f"secrets: {secrets}\n")
    assert [(error.rule, error.message) for error in errors] == [(warned[0].rule, warned[0].message)]


def test_hardened_without_its_mesh_is_refused():
    fields = {error.field for error in refused(AGENTS, "profile: Hardened\nadmission: {trustedWriters: [deployer]}\n")}
    assert {"spec.mesh.mode", "spec.mesh.kagentInMesh"} <= fields

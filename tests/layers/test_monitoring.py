"""The layer monitoring: which alerts there are for what, and that they ask for series and labels that exist."""

import re
from typing import Any

import pytest
import yaml

from kgen.topology.types import (
    Account,
    Admission,
    Identity,
    Limits,
    Mesh,
    Monitoring,
    Secret,
    SecretStore,
    Topology,
    Waypoint,
    WorkloadIdentity,
)
from tests.layers.build import agent, link, namespace, objects, platform, topology
from tests.layers.metrics import METRICS, SCRAPED, grouped, selectors, series
from tests.layers.test_egress_gateway import GATEWAY

PODS = {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "waypoint"}}
SIDECAR = Mesh("Sidecar", True, "", "", {}, 15008)
AMBIENT = Mesh("Ambient", True, "", "waypoint", PODS, 15008)
ON = Monitoring({"release": "prometheus"}, "docs/runbooks.md", "runbook", "", True, False, False)
EVERYTHING = ON._replace(audit_metric="kgen_audit_refused_total", certificates=True, identities=True)
VAP = Admission("ValidatingAdmissionPolicy", "x", (), ("team-beta",), ("team-gamma",), True, "defined")
STORE = SecretStore("vault", "SecretStore", "12h", ("team-beta",), "", "", "", "", "", "", (), False)
TOKEN = Secret("team-beta", "idp.token", ("token",), "team-beta/idp.token", "defined")
CALL = link("team-alpha/orchestrator", "team-beta/specialist")
IDENTITIES = WorkloadIdentity(
    "kagenti", "agent.kagenti.dev/v1alpha1", "kagenti.io", "s", "example.org", True, "/s/s", "/s", "", "k", {}
)
EXPECTED = "spiffe://cluster[.]local/ns/team-alpha/sa/orchestrator-sa"
SPECIALIST = agent("team-beta/specialist", callers=(CALL,), expected_callers=EXPECTED, limits=Limits(10, 20, 10))
SPECIALIST = SPECIALIST._replace(expected_connections=EXPECTED)
VERIFIED = Identity("web", True, 8443, 8443)
WORKLOAD = agent("team-beta/store", kind="Deployment", identity=VERIFIED, expected_connections="unknown")
WAY_OUT = GATEWAY._replace(namespace="team-out")


def whole(mesh: Mesh = SIDECAR, alerts: Monitoring = EVERYTHING, engine: str = VAP.engine, **changes: Any) -> Topology:
    """A topology in which everything is on."""
    on = platform(mesh=mesh, monitoring=alerts, admission=VAP._replace(engine=engine), secret_store=STORE, managed=True)
    on = on._replace(kagent=on.kagent._replace(service="kagent-controller", account=Account("kagent", "c")), **changes)
    waypoint = Waypoint((), ()) if mesh.mode == "Ambient" else None
    spaces = (namespace("team-beta", agents=("specialist", "store"), waypoint=waypoint),)
    if alerts.identities:
        on = on._replace(workload_identity=IDENTITIES)
    found = topology(SPECIALIST, WORKLOAD, namespaces=spaces, on=on)
    return found._replace(secrets=(TOKEN,), gateways=(WAY_OUT,))


def alone(alerts: Monitoring = ON) -> Topology:
    """Enabled by itself, over the Baseline."""
    on = platform(monitoring=alerts)
    spaces = (namespace("team-beta", agents=("specialist",)),)
    return topology(agent("team-beta/specialist", callers=(CALL,)), namespaces=spaces, on=on)


def rules(of: Topology) -> list[dict[str, Any]]:
    """Every alert of a topology."""
    made = [each for each in objects("monitoring", of).values() if each["kind"] == "PrometheusRule"]
    return [rule for each in made for group in each["spec"]["groups"] for rule in group["rules"]]


def names(of: Topology) -> set[str]:
    return {rule["alert"] for rule in rules(of)}


ALWAYS = {"AgentPolicyMissing", "DefaultDenyMissing"}
WITHOUT_MESH = {"SecretNotRefreshed", "SecretUnwatched", "CertificateExpiring", "CertificateNotReady"}
WITHOUT_MESH |= {"AdmissionRefused", "AdmissionWouldRefuse", "AgentApiAccessDenied", "AgentUnverified", *ALWAYS}
CALLS = {"AgentCallRefused", "AgentCallUndeclared", "ControllerCallRefused", "ControllerMetricsMissing"}
CALLS |= {"ProxyMetricsMissing"}
OUT = {"GatewayUnavailable", "GatewayPolicyMissing", "GatewayRootExpiring"}
IN_AMBIENT = {"AgentConnectionDenied", "GatewayConnectionDenied"}
WAYS = {
    "sidecar": whole(),
    "ambient": whole(AMBIENT),
    "gatekeeper": whole(engine="Gatekeeper"),
    "alone": alone(),
}


@pytest.fixture(scope="module")
def every_rule() -> list[dict[str, Any]]:
    return [rule for of in WAYS.values() for rule in rules(of)]


def test_there_is_nothing_without_the_layer():
    assert objects("monitoring", whole()._replace(platform=whole().platform._replace(monitoring=None))) == {}


def test_alone_it_watches_the_policies_of_the_baseline():
    assert names(alone()) == ALWAYS
    off = alone(ON._replace(network=False))
    assert objects("monitoring", off) == {}


def test_in_each_mode_are_the_alerts_that_its_series_carry():
    assert names(whole()) == WITHOUT_MESH | CALLS | OUT | {"AgentRateLimited"}
    assert names(whole(AMBIENT)) == WITHOUT_MESH | CALLS | OUT | IN_AMBIENT
    # ztunnel denies without a status code: what asks it for one never fires
    for rule in rules(whole(AMBIENT)):
        for metrics, labels in selectors(rule["expr"]):
            assert not ("istio_tcp_connections_closed_total" in metrics and "response_code" in labels)


def test_gatekeeper_has_its_own_series_and_no_dry_run():
    found = [rule for rule in rules(whole(engine="Gatekeeper")) if rule["alert"].startswith("Admission")]
    assert [rule["alert"] for rule in found] == ["AdmissionRefused"]
    assert "gatekeeper_" in found[0]["expr"]


def test_alerts_of_a_layer_are_there_with_that_layer_only():
    off = EVERYTHING._replace(certificates=False, identities=False, audit_metric="", network=False)
    left = names(whole(alerts=off, admission=None, secret_store=None)._replace(secrets=(), gateways=()))
    assert left == CALLS | {"AgentRateLimited"}


def test_an_agent_without_a_card_is_not_told_to_be_unverified():
    """Under Observe it has none, and so has a caller that serves no card: the alert would never end."""
    for identity in (None, WORKLOAD.identity._replace(card=False)):
        bare = topology(WORKLOAD._replace(identity=identity), on=whole().platform, namespaces=whole().namespaces)
        assert not {rule["alert"] for rule in rules(bare)} & {"AgentUnverified"}


def test_metrics_label_that_does_not_exist(every_rule):
    """The trap of the sources: an alert by the label `user` of apiserver_request_total, which has none."""
    assert every_rule
    for rule in every_rule:
        asked = list(selectors(rule["expr"]))
        assert asked, rule["expr"]
        for metrics, labels in asked:
            for metric in metrics:
                assert metric in METRICS, f"{rule['alert']}: no such series is known: {metric}"
                wrong = set(labels) - METRICS[metric] - SCRAPED
                assert not wrong, f"{rule['alert']}: {metric} has no label {wrong}"
                assert grouped(rule["expr"]) <= METRICS[metric], rule["alert"]
        told = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
        given = grouped(rule["expr"]) or {"name"}
        assert told <= given, f"{rule['alert']} tells of a label that its result does not have"
    with pytest.raises(AssertionError, match="has no label user"):
        series("istio_requests_total", user="x")


def test_every_alert_says_how_bad_it_is_and_where_to_read_on(every_rule, root):
    book = (root / "docs/runbooks.md").read_text()
    titles = re.findall(r"(?m)^## (\w+)$", book)
    assert sorted(titles) == sorted({rule["alert"] for rule in every_rule}), "one paragraph an alert, and no other"
    readme = (root / "bases/monitoring/README.md").read_text()
    for rule in every_rule:
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["labels"]["namespace"]
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}"
        assert rule["alert"] in readme
    for title in titles:
        paragraph = book.split(f"## {title}\n")[1].split("\n## ")[0]
        assert all(f"**{part}" in paragraph for part in ("Means**", "Look at**", "Do**")), title


def test_an_address_of_the_runbooks_is_a_link():
    there = ON._replace(runbooks="https://wiki.example.com/kgen", runbook_annotation="runbook_url")
    for rule in rules(alone(there)):
        assert rule["annotations"]["runbook_url"] == f"https://wiki.example.com/kgen#{rule['alert'].lower()}"


def test_prometheus_finds_them_by_the_labels_of_the_platform():
    for of in WAYS.values():
        for made in objects("monitoring", of).values():
            assert made["metadata"]["labels"] == {"release": "prometheus"}


def test_under_observe_an_undeclared_call_is_a_link_to_write():
    observed = SPECIALIST._replace(enforced=False)
    found = {rule["alert"]: rule for rule in rules(topology(observed, on=platform(mesh=SIDECAR, monitoring=ON)))}
    assert found["AgentCallUndeclared"]["labels"]["severity"] == "info"
    assert set(found) == {
        "AgentCallUndeclared",
        "AgentCallRefused",
        "ControllerCallRefused",
        "ControllerMetricsMissing",
    }


def test_a_default_deny_is_watched_where_no_agent_is_left():
    empty = topology(
        namespaces=(namespace("team-beta"),), on=platform(monitoring=EVERYTHING, mesh=SIDECAR, runs_kagent=False)
    )
    assert names(empty) == {"DefaultDenyMissing"}


def test_an_agent_has_rules_of_its_own_and_a_callee_alone_names_its_callers():
    caller = agent("team-alpha/orchestrator", callees=(CALL,), expected_callers="spiffe://cluster[.]local/ns/k/sa/c")
    made = objects("monitoring", topology(caller, SPECIALIST, on=platform(mesh=SIDECAR, monitoring=ON)))
    rule = "PrometheusRule {}-agent-alerts"
    assert {"orchestrator-sa" in str(made[rule.format(name)]) for name in ("team-beta/specialist",)} == {True}
    assert "specialist" not in str(made[rule.format("team-alpha/orchestrator")])


def test_proxies_are_scraped_where_they_serve_metrics():
    sidecar = objects("monitoring", whole())["PodMonitor team-beta/agent-proxies"]["spec"]
    assert [each["port"] for each in sidecar["podMetricsEndpoints"]] == ["http-envoy-prom"]
    waypoint = objects("monitoring", whole(AMBIENT))["PodMonitor team-beta/agent-proxies"]["spec"]
    assert waypoint["selector"] == PODS
    assert [each["port"] for each in waypoint["podMetricsEndpoints"]] == ["metrics"]
    for spec in (sidecar, waypoint):
        [kept] = spec["podMetricsEndpoints"][0]["metricRelabelings"]
        for metric in ("istio_requests_total", "istio_tcp_connections_closed_total"):
            assert re.fullmatch(kept["regex"], metric)
        assert not re.fullmatch(kept["regex"], "istio_request_bytes_bucket")
    shared = whole()._replace(namespaces=(namespace("team-beta", management="Shared", agents=("specialist",)),))
    assert [name for name in objects("monitoring", shared) if name.startswith("PodMonitor")] == [
        "PodMonitor kagent/controller-proxies-default"
    ]


def test_in_front_of_kagents_controller_it_is_the_sidecar_or_the_waypoint():
    key = "PodMonitor kagent/controller-proxies-default"
    of = whole()
    sidecar = objects("monitoring", of)[key]["spec"]
    assert (sidecar["selector"], sidecar["podMetricsEndpoints"][0]["port"]) == (
        of.platform.kagent.controller,
        "http-envoy-prom",
    )
    assert objects("monitoring", whole(AMBIENT))[key]["spec"]["selector"] == PODS


def test_a_namespace_with_a_gateway_alone_is_watched_like_one_with_agents():
    """The shared gateway's: its certificate and its proxies are nobody's else."""
    space = namespace("team-out", gateways=("egress-gateway",))
    of = topology(namespaces=(space,), on=platform(monitoring=EVERYTHING, mesh=SIDECAR, runs_kagent=False))
    assert names(of) == {"DefaultDenyMissing", "ProxyMetricsMissing", "CertificateExpiring", "CertificateNotReady"}
    assert "PodMonitor team-out/agent-proxies" in objects("monitoring", of)


def test_a_gateway_is_watched_by_its_kind():
    stateful = topology(on=platform(monitoring=ON))._replace(gateways=(WAY_OUT._replace(kind="StatefulSet"),))
    [rule] = [rule for rule in rules(stateful) if rule["alert"] == "GatewayUnavailable"]
    assert "kube_statefulset_status_replicas_ready" in rule["expr"]
    assert "kube_deployment" not in rule["expr"]


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        (VERIFIED, True),
        (None, False),
        (VERIFIED._replace(card=False, tls_port=0), False),
        (VERIFIED._replace(tls_port=0), False),
    ],
    ids=["verifiable", "observed", "nobody calls it", "no agent-tls"],
)
def test_an_agent_without_a_card_that_can_be_verified_is_never_told_of(identity, told):
    of = whole()
    alone = of._replace(platform=of.platform, agents=(WORKLOAD._replace(identity=identity),))
    assert ("AgentUnverified" in names(alone)) == told


def test_kagents_namespace_is_somebody_elses_unless_it_is_said():
    from tests.layers.build import instances

    key = "PrometheusRule kagent/controller-alerts-default"
    assert instances("monitoring", whole())[key].presence == "defined"
    of = whole()
    printed = of.platform._replace(kagent=of.platform.kagent._replace(managed=False))
    assert instances("monitoring", of._replace(platform=printed))[key].presence == "proposed"


def test_objects_are_what_the_operator_takes(shared):
    pytest.importorskip("kubernetes_validate", reason="needs kgen[schemas]")
    from tests.layers.conftest import _problems

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted((shared / "crds" / "prometheus-operator").glob("*.yaml"))
    crds = tuple(yaml.load(file.read_bytes(), Loader=loader) for file in files)  # noqa: S506  # a safe one
    for of in WAYS.values():
        assert _problems(objects("monitoring", of).values(), crds) == []

"""The alerts by promtool: every rule is read, and every alert fires for what it is about and for nothing else.

The series carry every label that upstream gives them, and no other: tests/layers/metrics.py.
"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.layers.metrics import series
from tests.layers.test_monitoring import AMBIENT, WAYS, rules, whole

pytestmark = pytest.mark.clients

ROOT = Path(__file__).resolve().parents[2]
BETA = {"destination_workload_namespace": "team-beta", "destination_workload": "specialist"}
SERVICE = {"destination_service_namespace": "team-beta", "destination_service_name": "specialist"}
CALLER = "spiffe://cluster.local/ns/team-alpha/sa/orchestrator-sa"
THIEF = "spiffe://cluster.local/ns/team-alpha/sa/thief"
STEADY = "5+0x40"  # a counter on which nothing happens
ONCE = "_x20 1+0x20"  # one that comes into being with its first event, and stays there
RISING = "5+1x40"
AT = "24m"


class Case(NamedTuple):
    """What Prometheus has, and the labels of what fires; {} is an alert with its own labels alone, None is none."""

    alert: str
    what: str
    given: dict[str, str]  # series -> values, one a minute
    fires: dict[str, str] | None
    way: str = "sidecar"
    at: str = AT


def requests(principal: str, code: str, **labels: str) -> str:
    at = {"reporter": "destination", **BETA} | labels
    return series("istio_requests_total", source_principal=principal, response_code=code, **at)


def at_waypoint(principal: str, code: str, **labels: str) -> str:
    # a refused request has no workload behind it
    at = {"reporter": "waypoint", **SERVICE} | labels
    return series("istio_requests_total", source_principal=principal, response_code=code, **at)


def connections(principal: str, flag: str, **at: str) -> str:
    labels = {"reporter": "destination", "source_principal": principal, "response_flags": flag, **BETA, **at}
    return series("istio_tcp_connections_closed_total", **labels)


def policy(name: str, **labels: str) -> str:
    return series("kube_networkpolicy_created", networkpolicy=name, **({"namespace": "team-beta"} | labels))


def replicas(**labels: str) -> str:
    given = {"deployment": "egress-gateway", "namespace": "team-out"} | labels
    return series("kube_deployment_status_replicas_available", **given)


def secret(**labels: str) -> str:
    given = {"name": "idp.token", "condition": "Ready", "status": "False", "namespace": "team-beta"} | labels
    return series("externalsecret_status_condition", **given)


def unhonored(name: str) -> str:
    """The same series where Prometheus keeps the target's namespace."""
    return name.replace('namespace="team-beta"', 'exported_namespace="team-beta",namespace="monitoring"')


def certificate(metric: str, **labels: str) -> str:
    return series(metric, **({"name": "agent-tls", "namespace": "team-beta"} | labels))


def admission(action: str, name: str = "kgen-agents.default") -> str:
    labels = {"policy": name, "policy_binding": "kgen-agents.team-beta.default", "error_type": "invalid_error"}
    return series("apiserver_validating_admission_policy_check_total", enforcement_action=action, **labels)


GATE = {"destination_workload_namespace": "team-out", "destination_workload": "egress-gateway"}
CARDED = {"destination_workload": "store"}
OUT = {"exported_namespace": "team-out", "namespace": "monitoring"}
ISSUED = {"name": "egress-root.team-alpha.egress-gateway.default", "namespace": "cert-manager"}
REFUSED = {"source_principal": THIEF, "response_code": "403"}
UNDECLARED = {"source_principal": THIEF}
BOUND = {"policy": "kgen-agents.default", "policy_binding": "kgen-agents.team-beta.default"}
RENEWAL = "certmanager_certificate_renewal_timestamp_seconds"
READY = "certmanager_certificate_ready_status"
POLICIES = {policy("specialist-ingress"): "1x40", policy("specialist-egress"): "1x40"}
UNHONORED = {"exported_namespace": "team-beta", "namespace": "monitoring"}
STORES = {policy("store-ingress"): "1x40", policy("store-egress"): "1x40"}
AUDIT = "system:serviceaccount:team-beta:specialist-sa"
CARD = {"customresource_group": "agent.kagenti.dev", "card_namespace": "team-beta", "target": "store"}
KAGENT = {"destination_workload_namespace": "kagent", "destination_workload": "kagent-controller"}
BEHIND = {"destination_service_namespace": "kagent", "destination_service_name": "kagent-controller"}

CASES = (
    Case("AgentCallRefused", "again and again", {requests(THIEF, "403"): RISING}, REFUSED),
    Case("AgentCallRefused", "the first time", {requests(THIEF, "403"): ONCE}, REFUSED),
    Case(
        "AgentCallRefused",
        "a wrong token",
        {requests(CALLER, "401"): ONCE},
        {"response_code": "401"} | {"source_principal": CALLER},
    ),
    Case("AgentCallRefused", "long ago", {requests(THIEF, "403"): STEADY}, None),
    Case("AgentCallRefused", "answered", {requests(CALLER, "200"): RISING}, None),
    Case("AgentCallRefused", "by another agent", {requests(THIEF, "403", destination_workload="x"): RISING}, None),
    Case("AgentCallRefused", "as the caller saw it", {requests(THIEF, "403", reporter="source"): RISING}, None),
    Case("AgentCallRefused", "at the waypoint", {at_waypoint(THIEF, "403"): ONCE}, REFUSED, "ambient"),
    Case("AgentCallRefused", "answered there", {at_waypoint(CALLER, "200"): RISING}, None, "ambient"),
    Case("AgentCallUndeclared", "answered", {requests(THIEF, "200"): ONCE}, UNDECLARED),
    Case(
        "AgentCallUndeclared", "without mutual TLS", {requests("unknown", "200"): ONCE}, {"source_principal": "unknown"}
    ),
    Case(
        "AgentCallUndeclared",
        "a longer name",
        {requests(f"{CALLER}x", "200"): ONCE},
        {"source_principal": f"{CALLER}x"},
    ),
    Case(
        "AgentCallUndeclared",
        "a dot is a dot",
        {requests(CALLER.replace(".", "-"), "200"): ONCE},
        {"source_principal": CALLER.replace(".", "-")},
    ),
    Case("AgentCallUndeclared", "by a link", {requests(CALLER, "200"): RISING}, None),
    Case("AgentCallUndeclared", "refused", {requests(THIEF, "403"): RISING}, None),
    Case("AgentCallUndeclared", "at the waypoint", {at_waypoint(THIEF, "200"): ONCE}, UNDECLARED, "ambient"),
    Case("AgentCallUndeclared", "past it", {connections(THIEF, "-"): ONCE}, UNDECLARED, "ambient"),
    Case("AgentCallUndeclared", "denied there", {connections(THIEF, "DENY"): RISING}, None, "ambient"),
    Case("AgentCallUndeclared", "by a link there", {at_waypoint(CALLER, "200"): RISING}, None, "ambient"),
    Case("AgentConnectionDenied", "the first time", {connections(THIEF, "DENY"): ONCE}, UNDECLARED, "ambient"),
    Case("AgentConnectionDenied", "again", {connections(THIEF, "DENY"): RISING}, UNDECLARED, "ambient"),
    Case("AgentConnectionDenied", "failed otherwise", {connections(THIEF, "CONNECT"): RISING}, None, "ambient"),
    Case("AgentRateLimited", "429", {requests(CALLER, "429"): ONCE}, {"source_principal": CALLER}),
    Case("AgentRateLimited", "answered", {requests(CALLER, "200"): RISING}, None),
    Case(
        "AgentApiAccessDenied",
        "as the agent",
        {series("kgen_audit_refused_total", user=AUDIT): ONCE},
        {"user": AUDIT},
    ),
    Case("AgentApiAccessDenied", "as another", {series("kgen_audit_refused_total", user=f"{AUDIT}x"): RISING}, None),
    Case("AgentApiAccessDenied", "long ago", {series("kgen_audit_refused_total", user=AUDIT): STEADY}, None),
    Case("AgentUnverified", "False", {series("kgen_agentcard_condition", type="Verified", **CARD): "0x40"}, {}),
    Case("AgentUnverified", "no card at all", {}, {}),
    Case(
        "AgentUnverified", "another condition", {series("kgen_agentcard_condition", type="Synced", **CARD): "1x40"}, {}
    ),
    Case("AgentUnverified", "verified", {series("kgen_agentcard_condition", type="Verified", **CARD): "1x40"}, None),
    Case("AgentPolicyMissing", "there", POLICIES | STORES, None),
    Case(
        "AgentPolicyMissing",
        "one is gone",
        STORES | {policy("specialist-ingress"): "1x40"},
        {"networkpolicy": "specialist-egress"},
    ),
    Case(
        "AgentPolicyMissing",
        "there, without honorLabels",
        STORES | dict.fromkeys(map(unhonored, POLICIES), "1x40"),
        None,
    ),
    Case("DefaultDenyMissing", "gone", POLICIES, {}),
    Case("DefaultDenyMissing", "there", {policy("default-deny"): "1x40"}, None),
    Case("ProxyMetricsMissing", "none", {}, {}),
    Case("ProxyMetricsMissing", "down", {series("up", job="team-beta/agent-proxies"): "0x40"}, {}),
    Case("ProxyMetricsMissing", "scraped", {series("up", job="team-beta/agent-proxies"): "1x40"}, None),
    Case("ProxyMetricsMissing", "the waypoint", {series("up", job="team-beta/agent-proxies"): "1x40"}, None, "ambient"),
    Case("ControllerMetricsMissing", "none", {}, {}),
    Case("ControllerMetricsMissing", "scraped", {series("up", job="kagent/controller-proxies-default"): "1x40"}, None),
    Case("GatewayUnavailable", "none", {replicas(): "0x40"}, {}),
    Case("GatewayUnavailable", "no Deployment", {}, {}),
    Case("GatewayUnavailable", "one is left", {replicas(): "1x40"}, None),
    Case("GatewayUnavailable", "without honorLabels", {replicas(**OUT): "1x40"}, None),
    Case("GatewayUnavailable", "another's", {replicas(namespace="x"): "1x40"}, {}),
    Case("GatewayPolicyMissing", "gone", {policy("egress-gateway-traffic"): "1x40"}, {}),
    Case("GatewayPolicyMissing", "there", {policy("egress-gateway-traffic", namespace="team-out"): "1x40"}, None),
    Case("GatewayConnectionDenied", "a stranger", {connections(THIEF, "DENY", **GATE): ONCE}, UNDECLARED, "ambient"),
    Case("GatewayConnectionDenied", "passed", {connections(CALLER, "-", **GATE): RISING}, None, "ambient"),
    Case("GatewayConnectionDenied", "at an agent", {connections(THIEF, "DENY"): RISING}, None, "ambient"),
    Case("GatewayRootExpiring", "late", {certificate(RENEWAL, **ISSUED): "600x200"}, {"name": ISSUED["name"]}, at="3h"),
    Case("GatewayRootExpiring", "not due", {certificate(RENEWAL, **ISSUED): "20000x200"}, None, at="3h"),
    Case(
        "AgentCallUndeclared",
        "the operator at its card",
        {connections("unknown", "-", **CARDED): RISING},
        None,
        "ambient",
    ),
    Case("SecretNotRefreshed", "not ready", {secret(): "1x40"}, {"name": "idp.token"}),
    Case("SecretNotRefreshed", "without honorLabels", {secret(**UNHONORED): "1x40"}, {"name": "idp.token"}),
    Case("SecretNotRefreshed", "ready", {secret(): "0x40"}, None),
    Case("SecretNotRefreshed", "for a minute", {secret(): "0x22 1x18"}, None),
    Case("SecretNotRefreshed", "another's", {secret(name="other"): "1x40"}, None),
    Case("SecretNotRefreshed", "a dot is a dot", {secret(name="idp-token"): "1x40"}, None),
    Case("SecretUnwatched", "silence", {}, {}, at="35m"),
    Case("SecretUnwatched", "ready", {secret(): "0x40"}, None, at="35m"),
    Case("CertificateExpiring", "late", {certificate(RENEWAL): "600x200"}, {"name": "agent-tls"}, at="3h"),
    Case(
        "CertificateExpiring",
        "late, otherwise",
        {certificate(RENEWAL, **UNHONORED): "600x200"},
        {"name": "agent-tls"},
        at="3h",
    ),
    Case("CertificateExpiring", "not due", {certificate(RENEWAL): "20000x200"}, None, at="3h"),
    Case("CertificateExpiring", "renewed never", {certificate(RENEWAL): "0x200"}, None, at="3h"),
    Case("CertificateExpiring", "elsewhere", {certificate(RENEWAL, namespace="x"): "600x200"}, None, at="3h"),
    Case("CertificateNotReady", "not", {certificate(READY, condition="True"): "0x40"}, {"name": "agent-tls"}),
    Case("CertificateNotReady", "ready", {certificate(READY, condition="True"): "1x40"}, None),
    Case("CertificateNotReady", "not False", {certificate(READY, condition="False"): "0x40"}, None),
    Case("AdmissionRefused", "the first", {admission("deny"): ONCE}, BOUND),
    Case("AdmissionRefused", "again", {admission("deny"): RISING}, BOUND),
    Case("AdmissionRefused", "admitted", {admission("allow"): RISING}, None),
    Case("AdmissionRefused", "another environment's", {admission("deny", "kgen-agents.staging"): RISING}, None),
    Case("AdmissionRefused", "somebody else's", {admission("deny", "quotas.default"): RISING}, None),
    Case(
        "AdmissionRefused",
        "by Gatekeeper",
        {series("gatekeeper_validation_request_count_total", admission_status="deny"): ONCE},
        {},
        "gatekeeper",
    ),
    Case(
        "AdmissionRefused",
        "by an older one",
        {series("gatekeeper_validation_request_count", admission_status="deny"): RISING},
        {},
        "gatekeeper",
    ),
    Case(
        "AdmissionRefused",
        "admitted by it",
        {series("gatekeeper_validation_request_count", admission_status="allow"): RISING},
        None,
        "gatekeeper",
    ),
    Case("AdmissionWouldRefuse", "under Observe", {admission("audit"): ONCE}, BOUND),
    Case("AdmissionWouldRefuse", "admitted", {admission("allow"): RISING}, None),
    Case("ControllerCallRefused", "403", {requests(THIEF, "403", **KAGENT): ONCE}, UNDECLARED),
    Case("ControllerCallRefused", "answered", {requests(THIEF, "200", **KAGENT): RISING}, None),
    Case(
        "ControllerCallRefused", "at the waypoint", {at_waypoint(THIEF, "403", **BEHIND): ONCE}, UNDECLARED, "ambient"
    ),
    Case("ControllerCallRefused", "at another", {requests(THIEF, "403"): RISING}, None),
)


@pytest.fixture(scope="session")
def promtool(client: Callable[[str], Path]) -> Callable[..., subprocess.CompletedProcess[str]]:
    program = client("promtool")
    return lambda *words: subprocess.run([program, *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of rules for each way in which the layer is on."""
    folder, found = tmp_path_factory.mktemp("rules"), {}
    for way, of in WAYS.items():
        found[way] = folder / f"{way}.yaml"
        found[way].write_text(yaml.safe_dump({"groups": [{"name": way, "rules": rules(of)}]}))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}: {case.what}")
def test_an_alert(
    case: Case, promtool: Callable[..., subprocess.CompletedProcess[str]], files: dict[str, Path], tmp_path: Path
) -> None:
    expected = []
    if case.fires is not None:
        rule = next(
            rule
            for rule in rules(WAYS[case.way])
            if rule["alert"] == case.alert
            and case.fires.get("networkpolicy") in (None, rule["labels"].get("networkpolicy"))
        )
        labels = case.fires | rule["labels"]
        annotations = {key: told(text, labels) for key, text in rule["annotations"].items()}
        expected = [{"exp_labels": labels, "exp_annotations": annotations}]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in case.given.items()],
        "alert_rule_test": [{"eval_time": case.at, "alertname": case.alert, "exp_alerts": expected}],
    }
    file = tmp_path / "test.yaml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(files[case.way])], "evaluation_interval": "1m", "tests": [test]})
    )
    run = promtool("test", "rules", str(file))
    assert run.returncode == 0, run.stdout + run.stderr


def told(text: str, labels: dict[str, str]) -> str:
    """An annotation as Prometheus fills it in."""
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found[1]], text)


def test_each_alert_is_shown_to_fire_and_not_to() -> None:
    for way in WAYS:
        if way == "alone":
            continue
        for name in {rule["alert"] for rule in rules(WAYS[way])}:
            seen = {case.fires is not None for case in CASES if case.alert == name}
            assert seen == {True, False}, name
    in_ambient = {rule["alert"]: rule["expr"] for rule in rules(whole(AMBIENT))}
    in_sidecars = {rule["alert"]: rule["expr"] for rule in rules(whole())}
    for name, expression in in_ambient.items():
        if expression != in_sidecars.get(name):
            assert any(case.alert == name and case.way == "ambient" for case in CASES), f"{name} in ambient mode"


def test_a_name_of_the_input_can_not_end_a_matcher(
    promtool: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    from kgen.topology.promql import exactly, literal

    hostile = 'x"} or vector(1) or up{a="\\^]\n|.*é'
    file = tmp_path / "rules.yaml"
    rule = {"alert": "A", "expr": f"up{{a={literal(hostile)}}} or up{{a=~{literal(exactly(hostile))}}}"}
    file.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    run = promtool("check", "rules", str(file))
    assert run.returncode == 0, run.stdout + run.stderr
    tests = tmp_path / "test.yaml"
    silent = {"eval_time": "1m", "alertname": "A", "exp_alerts": []}
    test = {"interval": "1m", "input_series": [{"series": 'up{a="x"}', "values": "1x5"}], "alert_rule_test": [silent]}
    tests.write_text(yaml.safe_dump({"rule_files": [str(file)], "evaluation_interval": "1m", "tests": [test]}))
    run = promtool("test", "rules", str(tests))
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_goldens_are_rules_to_promtool(
    promtool: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Every PrometheusRule of every example, and each group's name once in it."""
    goldens = sorted(ROOT.glob("tests/snapshots/*/*/prometheusrule-*.yaml"))
    assert goldens
    written = []
    for number, golden in enumerate(goldens):
        file = tmp_path / f"{number}.yaml"
        file.write_text(yaml.safe_dump(yaml.safe_load(golden.read_text())["spec"]))
        written.append(str(file))
    run = promtool("check", "rules", "--lint=all", "--lint-fatal", *written)
    assert run.returncode == 0, run.stdout + run.stderr

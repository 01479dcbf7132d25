"""The series that alerts may ask for, with the labels that upstream gives them and no others."""

import re
from collections.abc import Iterator

_TRAFFIC = (
    "reporter source_workload source_canonical_service source_canonical_revision source_workload_namespace "
    "source_principal source_app source_version source_cluster destination_service destination_service_namespace "
    "destination_service_name destination_workload destination_canonical_service destination_canonical_revision "
    "destination_workload_namespace destination_principal destination_app destination_version destination_cluster "
    "request_protocol response_flags connection_security_policy"
)
_LOCALITY = "source_region source_zone destination_region destination_zone"
_CHECKED = "policy policy_binding error_type enforcement_action"
_CERTIFICATE = "name namespace issuer_name issuer_kind issuer_group"

METRICS: dict[str, frozenset[str]] = {
    name: frozenset(labels.split())
    for name, labels in {
        # istio.io, Standard Metrics (1.30)
        "istio_requests_total": f"{_TRAFFIC} response_code grpc_response_status",
        # istio/ztunnel, src/proxy/metrics.rs, CommonTrafficLabels; locality labels are there only where a node has one
        "istio_tcp_connections_closed_total": f"{_TRAFFIC} {_LOCALITY}",
        # kubernetes/kube-state-metrics, docs/metrics/policy/networkpolicy-metrics.md
        "kube_networkpolicy_created": "namespace networkpolicy",
        # the same, docs/metrics/workload/deployment-metrics.md and statefulset-metrics.md
        "kube_deployment_status_replicas_available": "namespace deployment",
        "kube_statefulset_status_replicas_ready": "namespace statefulset",
        # kubernetes/kubernetes, apiserver/pkg/admission/plugin/policy/validating/metrics/metrics.go
        "apiserver_validating_admission_policy_check_total": _CHECKED,
        # open-policy-agent/gatekeeper, website/docs/metrics.md; the suffix is its exporter's
        "gatekeeper_validation_request_count": "admission_status admission_dryrun",
        "gatekeeper_validation_request_count_total": "admission_status admission_dryrun",
        # external-secrets/external-secrets, pkg/controllers/metrics/labels.go
        "externalsecret_status_condition": "name namespace condition status",
        # cert-manager/cert-manager, pkg/metrics (the expected output of its tests)
        "certmanager_certificate_renewal_timestamp_seconds": _CERTIFICATE,
        "certmanager_certificate_ready_status": f"{_CERTIFICATE} condition",
        # bases/monitoring/README.md: what kube-state-metrics makes of the configuration there
        "kgen_agentcard_condition": (
            "customresource_group customresource_kind customresource_version card_namespace name target type"
        ),
        # bases/monitoring/README.md: what the platform makes of the audit log
        "kgen_audit_refused_total": "user",
        "up": "",
    }.items()
}
# What Prometheus itself puts on a series when it scrapes: the target's, and the object's own where the two collide.
SCRAPED = frozenset(["job", "instance", "namespace", "pod", "container", "exported_namespace"])

_SELECTOR = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)?\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}')
_MATCHER = re.compile(r'([a-zA-Z_]\w*)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')


def selectors(expression: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(metrics, labels) of each selector of a PromQL expression; a selector by __name__ may mean several metrics."""
    for name, inside in _SELECTOR.findall(expression):
        matchers = _MATCHER.findall(inside)
        read = ",".join(f'{label}{sign}"{value}"' for label, sign, value in matchers)
        assert read == inside, expression
        named = [value for label, _, value in matchers if label == "__name__"]
        metrics = tuple(each for each in METRICS if named and re.fullmatch(named[0], each)) or (name,)
        yield metrics, tuple(label for label, *_ in matchers if label != "__name__")


def grouped(expression: str) -> set[str]:
    """The labels that an expression sums by."""
    return {label for inside in re.findall(r"\bby \(([^)]*)\)", expression) for label in inside.split(", ")}


def series(name: str, /, **labels: str) -> str:
    """A series as Prometheus has it, with every label of upstream's; one that upstream does not have is refused."""
    wrong = set(labels) - METRICS[name] - SCRAPED
    assert not wrong, f"{name} has no label {', '.join(sorted(wrong))}"
    absent = set(_LOCALITY.split())
    scraped = {"job": "x", "instance": "10.0.0.1:15090"} if name != "up" else {}
    full = scraped | dict.fromkeys(METRICS[name] - absent - {"namespace"}, "unknown") | labels
    written = ",".join(f'{label}="{value}"' for label, value in sorted(full.items()))
    return f"{name}{{{written}}}"

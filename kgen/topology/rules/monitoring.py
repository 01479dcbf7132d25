"""The layer monitoring has something to watch, and says what it can not see."""

from collections.abc import Iterator

from kgen.results import INFO, Result
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.switches import is_on

_OURS = ("kgen.dev/", "app.kubernetes.io/managed-by")


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    given = spec["monitoring"]
    for label in given["labels"]:
        if label.startswith(_OURS):
            field = f'spec.monitoring.labels["{label}"]'
            yield about(draft.platform, "monitoring-label", field, "is kgen's own: remove it here")
    url = given.get("runbookUrl") or ""
    if "#" in url or "{{" in url:
        message = (
            "holds # or {{: alerts put #NAME behind it, and Prometheus reads {{ as a template, so that it would take "
            "none of the rules: write the address of the page alone"
        )
        yield about(draft.platform, "runbook-url", "spec.monitoring.runbookUrl", message)
    guarded = is_on(spec, "network") and any(is_.enforced for is_ in draft.standing.values())
    fetched = spec["secrets"]["provider"] == "ExternalSecrets"
    known = (
        draft.mesh.active or is_on(spec, "admission") or is_on(spec, "certificates") or is_on(spec, "workload-identity")
    )
    if not (guarded or fetched or known or given.get("auditMetric")):
        message = (
            "is Enabled, but nothing is there that it could watch: no network policy under Enforce, no mesh, no "
            "admission, no fetched Secret; enable one of these layers, or disable this one"
        )
        yield about(draft.platform, "monitoring", "spec.layers.monitoring", message)
    if not given.get("auditMetric"):
        message = (
            "is not set, so no alert tells of agents that the API server refuses: only its audit log says who asked "
            "(bases/monitoring/README.md has the way from there)"
        )
        yield about(draft.platform, "audit-metric", "spec.monitoring.auditMetric", message, INFO)

"""A namespace that kgen puts under Pod Security *restricted* may not hold a workload of the input that breaks it."""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.results import Result
from kgen.runtimes.pod_security import violations
from kgen.runtimes.shapes import mapping
from kgen.topology.draft import Draft
from kgen.topology.index import about

_POD_SPEC: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}


def check(draft: Draft) -> Iterator[Result]:
    listed = draft.platform.manifest["spec"].get("namespaces") or {}
    if not draft.inputs.others:
        return
    for namespace, standing in sorted(draft.standing.items()):
        level = get(listed, namespace, "podSecurity", "enforce", default="restricted")
        if standing.management != "Owned" or not standing.enforced or level == "privileged":
            continue
        for kind, path in _POD_SPEC.items():
            for document in draft.inputs.all(kind, namespace):
                pod = mapping(get(document.manifest, *path))
                broken = violations(pod, level)
                if broken:
                    message = (
                        f"breaks Pod Security {level}, which namespace {namespace} (Owned) enforces: "
                        f"{'; '.join(broken)}. Mend the workload, or list "
                        "the namespace with a lower podSecurity.enforce or as Shared"
                    )
                    yield about(document, "pod-security", ".".join(path), message)

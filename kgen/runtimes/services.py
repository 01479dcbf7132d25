"""Services of the input: from the name and port that callers use to the pods and port that policies need.

A NetworkPolicy sees the pod's port, not the Service's, so named target ports are resolved against
the containers of the workload behind the Service.
"""

from collections.abc import Iterable

from kgen.manifests import Manifest, get
from kgen.records import Any, NamedTuple


class ServicePort(NamedTuple):
    """One port of a Service: what callers dial and what pods listen on (0 where it can not be told)."""

    name: str
    port: int
    target: int


def selects(selector: dict[str, Any] | None, labels: dict[str, Any]) -> bool:
    """Whether a Service's selector matches a pod's labels. A Service without selector matches nothing."""
    return bool(selector) and all(labels.get(key) == value for key, value in (selector or {}).items())


def matches(selector: dict[str, Any], labels: dict[str, Any]) -> bool:
    """Whether a metav1.LabelSelector matches labels (apimachinery: all requirements; an empty one matches all)."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for requirement in selector.get("matchExpressions") or ():
        key, operator, values = requirement.get("key"), requirement.get("operator"), requirement.get("values") or []
        present = key in labels
        if operator == "In" and not (present and labels[key] in values):
            return False
        if operator == "NotIn" and present and labels[key] in values:
            return False
        if operator == "Exists" and not present:
            return False
        if operator == "DoesNotExist" and present:
            return False
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            return False
    return True


def pod_labels(workload: Manifest) -> dict[str, Any]:
    """Labels of the pods that a Deployment or StatefulSet makes."""
    labels: dict[str, Any] = get(workload, "spec", "template", "metadata", "labels", default={})
    return labels


def container_port(workload: Manifest, name: str) -> int:
    """Number of a named container port of the workload's pods; 0 where no container has it."""
    for container in get(workload, "spec", "template", "spec", "containers", default=[]):
        for port in get(container, "ports", default=[]):
            if get(port, "name") == name:
                return int(get(port, "containerPort", default=0))
    return 0


def ports_of(service: Manifest, workload: Manifest | None) -> list[ServicePort]:
    """The Service's ports with their targets; `workload` is what runs behind it, where known."""
    found = []
    for port in get(service, "spec", "ports", default=[]):
        number = get(port, "port", default=0)
        target = get(port, "targetPort", default=number)
        if isinstance(target, str):
            target = container_port(workload, target) if workload is not None else 0
        found.append(ServicePort(get(port, "name", default=""), number, target))
    return found


def behind(service: Manifest, workloads: Iterable[Manifest]) -> Manifest | None:
    """The first of the workloads (of the Service's namespace) whose pods the Service selects."""
    selector = get(service, "spec", "selector")
    return next((workload for workload in workloads if selects(selector, pod_labels(workload))), None)

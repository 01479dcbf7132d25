"""Services of the input: from the name and port that callers use to the pods and port that policies need.

A NetworkPolicy sees the pod's port, not the Service's, so named target ports are resolved against
the containers of the workload behind the Service.
"""

from collections.abc import Iterable

from kgen.manifests import Manifest, get
from kgen.records import Any, NamedTuple
from kgen.runtimes.shapes import items, labels, mapping, number, text, texts

CARD_TLS = "agent-tls"
"""Name of the port behind which the kagenti operator expects an agent's card by SPIFFE TLS, and no calls."""


class ServicePort(NamedTuple):
    """One port of a Service: what callers dial and what pods listen on (0 where it can not be told)."""

    name: str
    port: int
    target: int


def selects(service: Manifest, of_pod: dict[str, str]) -> bool:
    """Whether a Service's selector matches a pod's labels. A Service without selector matches nothing."""
    selector = mapping(get(service, "spec", "selector"))
    return bool(selector) and all(of_pod.get(key) == value for key, value in selector.items())


def matches(selector: dict[str, Any], of_pod: dict[str, str]) -> bool:
    """Whether a metav1.LabelSelector matches labels (apimachinery: all requirements; an empty one matches all)."""
    if any(of_pod.get(key) != value for key, value in mapping(selector.get("matchLabels")).items()):
        return False
    for requirement in items(selector.get("matchExpressions")):
        key, operator = text(requirement.get("key")), requirement.get("operator")
        values = texts(requirement.get("values"))
        present = key in of_pod
        if operator == "In" and not (present and of_pod[key] in values):
            return False
        if operator == "NotIn" and present and of_pod[key] in values:
            return False
        if operator == "Exists" and not present:
            return False
        if operator == "DoesNotExist" and present:
            return False
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            return False
    return True


def pod_labels(workload: Manifest) -> dict[str, str]:
    """Labels of the pods that a Deployment or StatefulSet makes."""
    return labels(get(workload, "spec", "template", "metadata", "labels"))


def container_port(workload: Manifest, name: str) -> int:
    """Number of a named container port of the workload's pods; 0 where no container has it."""
    for container in items(get(workload, "spec", "template", "spec", "containers")):
        for port in items(container.get("ports")):
            if port.get("name") == name:
                return number(port.get("containerPort"))
    return 0


def ports_of(service: Manifest, workload: Manifest | None) -> list[ServicePort]:
    """The Service's ports with their targets; `workload` is what runs behind it, where known."""
    found = []
    for port in items(get(service, "spec", "ports")):
        own = number(port.get("port"))
        target = port.get("targetPort") or own
        if isinstance(target, str):
            target = container_port(workload, target) if workload is not None else 0
        found.append(ServicePort(text(port.get("name")), own, number(target)))
    return found


def behind(service: Manifest, workloads: Iterable[Manifest]) -> Manifest | None:
    """The first of the workloads (of the Service's namespace) whose pods the Service selects."""
    return next((workload for workload in workloads if selects(service, pod_labels(workload))), None)

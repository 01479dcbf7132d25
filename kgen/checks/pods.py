"""Where pods stand in objects: the pod templates of workloads, and the deployments of kagent Agents."""

from collections.abc import Iterator

from kgen.manifests import Manifest, Path, get
from kgen.records import Any, NamedTuple

TEMPLATES: dict[str, Path] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}

WITH_PODS = frozenset({*TEMPLATES, "Agent"})


_WAYPOINT = "istio-waypoint"  # Istio makes the pods of such a Gateway (istio 1.30, files/waypoint.yaml)


class Pod(NamedTuple):
    """A pod spec, or the part of an Agent that kagent makes one from."""

    path: Path  # of the spec
    spec: dict[str, Any]
    labels: dict[str, Any]


def pods(manifest: Manifest) -> Iterator[Pod]:
    """The pods that an object asks for; nothing for other kinds."""
    kind = manifest.get("kind")
    if kind == "Agent":
        spec = manifest.get("spec")
        for form in ("declarative", "byo"):
            section = spec.get(form) if isinstance(spec, dict) else None
            if isinstance(section, dict):
                deployment = section.get("deployment")
                labels = {"app": "kagent", "kagent": get(manifest, "metadata", "name", default="")}
                yield Pod(("spec", form, "deployment"), deployment if isinstance(deployment, dict) else {}, labels)
        return
    if kind == "Gateway" and get(manifest, "spec", "gatewayClassName") == _WAYPOINT:
        labels = {"gateway.networking.k8s.io/gateway-name": get(manifest, "metadata", "name", default="")}
        yield Pod(("spec",), {}, labels)
        return
    template_path = TEMPLATES.get(str(kind))
    if template_path is None:
        return
    template = get(manifest, *template_path)
    spec = get(template, "spec")
    if isinstance(spec, dict):
        given = get(template, "metadata", "labels")
        yield Pod((*template_path, "spec"), spec, given if isinstance(given, dict) else {})


def containers(pod: Pod) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Whatever holds `env` and `envFrom`: the containers, or the Agent's deployment itself."""
    if "containers" not in pod.spec:
        yield pod.path, pod.spec
    for field in ("initContainers", "containers"):
        if field in pod.spec:
            for index, container in enumerate(listed(pod.spec, field)):
                yield (*pod.path, field, index), container


def listed(mapping: Any, *path: str) -> list[dict[str, Any]]:
    """The mappings of a list at a path; what has another shape is no business of a lint."""
    value = get(mapping, *path)
    if value is None:
        return []
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

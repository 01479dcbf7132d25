"""Pods, one for each object that makes some: all replicas of a workload are alike to every policy.

kagent Agents count as the pods that kagent's controller makes of them, which no other reader of manifests sees.
"""

from collections.abc import Iterable, Iterator

from kgen.manifests import Document, Identity, Manifest, Origin, Path, get, group_of, identity_of
from kgen.records import Any, NamedTuple
from kgen.runtimes import kagent
from kgen.runtimes.shapes import items, labels, mapping, number, text

# kind -> (API group, where its pod template is)
_TEMPLATES: dict[str, tuple[str, Path]] = {
    "Deployment": ("apps", ("spec", "template")),
    "StatefulSet": ("apps", ("spec", "template")),
    "DaemonSet": ("apps", ("spec", "template")),
    "ReplicaSet": ("apps", ("spec", "template")),
    "ReplicationController": ("", ("spec", "template")),
    "Job": ("batch", ("spec", "template")),
    "CronJob": ("batch", ("spec", "jobTemplate", "spec", "template")),
    "Pod": ("", ()),
}


class NamedPort(NamedTuple):
    """A container port with a name."""

    name: str
    number: int
    protocol: str


class Pod(NamedTuple):
    """What policies can know of the pods of one object."""

    identity: Identity  # of the object that makes them
    origin: Origin
    namespace: str
    labels: dict[str, str]
    ports: tuple[NamedPort, ...]
    service_account: str
    host_network: bool
    addresses: tuple[str, ...]  # known only of a Pod with a status
    annotations: dict[str, str] = {}
    workload: str = ""  # the name of what makes the object itself, where it says so

    @property
    def owner(self) -> str:
        """namespace/name of the outermost object that makes these pods, as far as names tell."""
        return f"{self.namespace}/{self.workload or self.identity.name}"


def pods(documents: Iterable[Document]) -> Iterator[Pod]:
    """The pods of these documents, in their order."""
    for document in documents:
        manifest = document.manifest
        kind = manifest.get("kind")
        if kind == "Agent" and group_of(text(manifest.get("apiVersion"))) == "kagent.dev":
            yield _of_agent(document)
        elif isinstance(kind, str) and kind in _TEMPLATES:
            group, path = _TEMPLATES[kind]
            if group_of(text(manifest.get("apiVersion"))) == group:
                yield _of_template(document, path)


def _of_agent(document: Document) -> Pod:
    """kagent 0.9 and 0.10, translator/agent/manifest_builder.go: labels, port and account of an agent's pods."""
    manifest = document.manifest
    identity = identity_of(manifest)
    deployment = kagent.deployment_of(manifest)
    name = identity.name
    own = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/managed-by": "kagent",
        "app.kubernetes.io/part-of": "kagent",
        **labels(deployment.get("labels")),
        **kagent.pod_selector(name)["matchLabels"],
    }
    return Pod(
        identity,
        document.origin,
        identity.namespace or "default",
        own,
        (NamedPort("http", kagent.PORT, "TCP"), *_ports(items(deployment.get("extraContainers")))),
        kagent.service_account(manifest) or name,
        False,
        (),
        {**labels(get(manifest, "metadata", "annotations")), **labels(deployment.get("annotations"))},
    )


def _of_template(document: Document, path: Path) -> Pod:
    identity = identity_of(document.manifest)
    template = get(document.manifest, *path) if path else document.manifest
    spec = mapping(get(template, "spec"))
    # init containers with restartPolicy Always are sidecars, and serve
    containers = [*items(spec.get("containers")), *items(spec.get("initContainers"))]
    addresses = [text(one.get("ip")) for one in items(get(template, "status", "podIPs"))] if not path else []
    if not path and not addresses:
        addresses = [text(get(template, "status", "podIP"))]
    return Pod(
        identity,
        document.origin,
        identity.namespace or "default",
        labels(get(template, "metadata", "labels")),
        _ports(containers),
        text(spec.get("serviceAccountName")) or text(spec.get("serviceAccount"), "default"),
        spec.get("hostNetwork") is True,
        tuple(address for address in addresses if address),
        labels(get(template, "metadata", "annotations")),
        _workload(document.manifest),
    )


def _workload(manifest: Manifest) -> str:
    """Of a Pod or ReplicaSet as a cluster holds it: the name of its Deployment, StatefulSet and so on."""
    for one in items(get(manifest, "metadata", "ownerReferences")):
        name = text(one.get("name"))
        if one.get("kind") == "ReplicaSet":
            return name.rpartition("-")[0]
        if one.get("kind") in _TEMPLATES or one.get("kind") == "Agent":
            return name
    return ""


def _ports(containers: list[dict[str, Any]]) -> tuple[NamedPort, ...]:
    """Of two ports with one name and protocol the first counts (kubernetes/pkg/api/v1/pod FindPort)."""
    found: dict[tuple[str, str], NamedPort] = {}
    for container in containers:
        for port in items(container.get("ports")):
            name, protocol = text(port.get("name")), text(port.get("protocol"), "TCP")
            if name and number(port.get("containerPort")):
                found.setdefault((name, protocol), NamedPort(name, number(port.get("containerPort")), protocol))
    return tuple(found.values())

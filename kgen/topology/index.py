"""The input by kind and name, so that each question to it is one look-up."""

from collections.abc import Sequence

from kgen.manifests import Document, Manifest, group_of
from kgen.records import NamedTuple
from kgen.results import ERROR, Result

GROUP = "kgen.dev"
# The groups whose kinds the topology asks for; a kind of the same name in another group is something else.
_GROUPS = {
    "Agent": "kagent.dev",
    "SandboxAgent": "kagent.dev",
    "ModelConfig": "kagent.dev",
    "RemoteMCPServer": "kagent.dev",
    "MCPServer": "kagent.dev",
    "Deployment": "apps",
    "StatefulSet": "apps",
    "DaemonSet": "apps",
    "Job": "batch",
    "CronJob": "batch",
    "Pod": "",
    "Service": "",
    "ServiceAccount": "",
    "Secret": "",
    "ConfigMap": "",
    "Namespace": "",
    "Gateway": "gateway.networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
    "ExternalSecret": "external-secrets.io",
    "SecretStore": "external-secrets.io",
    "ClusterSecretStore": "external-secrets.io",
    "SealedSecret": "bitnami.com",
    "Certificate": "cert-manager.io",
}

Key = tuple[str, str]
"""(namespace, name) of an agent."""


class Index(NamedTuple):
    links: list[Document]  # AgentLinks, by namespace, name and place
    grants: list[Document]  # AgentGrants, by namespace, name and place
    others: list[Document]  # everything that is no kind of kgen's
    by_name: dict[tuple[str, str, str], Document]  # (kind, namespace, name)
    by_namespace: dict[tuple[str, str], list[Document]]  # (kind, namespace), by name

    def find(self, kind: str, namespace: str, name: str) -> Document | None:
        return self.by_name.get((kind, namespace, name))

    def manifest(self, kind: str, namespace: str, name: str) -> Manifest | None:
        document = self.by_name.get((kind, namespace, name))
        return document.manifest if document else None

    def all(self, kind: str, namespace: str) -> list[Document]:
        return self.by_namespace.get((kind, namespace), [])


def index(documents: Sequence[Document]) -> Index:
    """Sort the input out. The order of files and documents does not matter to the result (law 1)."""
    found = Index([], [], [], {}, {})
    for document in documents:
        manifest = document.manifest
        kind, group = manifest["kind"], group_of(manifest["apiVersion"])
        if group == GROUP:
            if kind == "AgentLink":
                found.links.append(document)
            elif kind == "AgentGrant":
                found.grants.append(document)
            continue
        found.others.append(document)
        if _GROUPS.get(kind) == group:
            metadata = manifest["metadata"]
            namespace = metadata.get("namespace") or ""
            found.by_name[(kind, namespace, metadata.get("name") or "")] = document
            found.by_namespace.setdefault((kind, namespace), []).append(document)
    found.links.sort(key=_place)
    found.grants.sort(key=_place)
    for namesakes in found.by_namespace.values():
        namesakes.sort(key=_place)
    return found


def _place(document: Document) -> tuple[str, str, str, int]:
    metadata = document.manifest["metadata"]
    name = metadata.get("name") or ""  # absent under generateName
    return (metadata.get("namespace") or "", name, document.origin.file, document.origin.index)


def about(
    document: Document, rule: str, field: str, message: str, severity: str = ERROR, proposed: object = None
) -> Result:
    """A result that points at a field of a document."""
    manifest, origin = document.manifest, document.origin
    metadata = manifest.get("metadata") or {}
    return Result(
        message,
        severity,
        rule,
        manifest.get("apiVersion") or "",
        manifest.get("kind") or "",
        metadata.get("namespace") or "",
        metadata.get("name") or "",
        field,
        None,
        proposed,
        origin.file,
        origin.index,
        origin.line,
    )


def place(document: Document) -> str:
    """A document for people: its file and line, or its kind and name where no file is known."""
    if document.origin.file:
        return f"{document.origin.file}:{document.origin.line}"
    metadata = document.manifest.get("metadata") or {}
    return f"{document.manifest.get('kind')} {metadata.get('name')}"

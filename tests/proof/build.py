"""Small manifests, and the proof of a set of them."""

from typing import Any

from kgen import kinds
from kgen.load.platform import resolve
from kgen.manifests import Document, Manifest, Origin
from kgen.proof import Proof, documents_of as sources_of, prove
from kgen.proof.topologies import topology_of
from kgen.topology.types import Topology


def thing(kind: str, name: str, namespace: str = "", version: str = "v1", **rest: Any) -> Manifest:
    metadata: dict[str, Any] = {"name": name} | ({"namespace": namespace} if namespace else {})
    if labels := rest.pop("labels", None):
        metadata["labels"] = labels
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def agent(name: str, namespace: str, **spec: Any) -> Manifest:
    tools = [{"type": "Agent", "agent": {"name": n, "namespace": s}} for s, n in spec.pop("calls", ())]
    declarative = {"systemMessage": "x", "modelConfig": "m", "tools": tools}
    return thing(
        "Agent", name, namespace, "kagent.dev/v1alpha2", spec={"description": "x", "declarative": declarative, **spec}
    )


def policy(name: str, namespace: str, spec: dict[str, Any], **rest: Any) -> Manifest:
    return thing("NetworkPolicy", name, namespace, "networking.k8s.io/v1", spec=spec, **rest)


def topology(manifests: list[Manifest]) -> Topology | None:
    platform = Document(resolve(None, [], [], layers=frozenset()), Origin())
    return topology_of(documents(manifests), None, platform, lambda: "2026-06-15")


def documents(manifests: list[Manifest]) -> list[Document]:
    return [Document(manifest, Origin("in.yaml", number, number + 1)) for number, manifest in enumerate(manifests)]


def proof(manifests: list[Manifest]) -> Proof:
    """Held against the Agents' own tool references."""
    return prove(sources_of(documents(manifests)), topology(manifests))


def told(made: Proof, kind: str) -> list[str]:
    return [finding.message for finding in made.findings if finding.kind == kind]


def linked(manifests: list[Manifest], links: list[tuple[Any, Any]]) -> Proof:
    """Held against links, as (from, to)."""
    platform = Document(resolve(None, [], [], layers=frozenset()), Origin())
    asked = []
    for number, (caller, callee) in enumerate(links):
        spec = {"from": caller, "to": callee}
        link = thing("AgentLink", f"link-{number}", "", "kgen.dev/v1alpha1", spec=spec)
        checked, results = kinds.check(Document(link, Origin()), frozenset())
        assert checked is not None, results
        asked.append(Document(checked, Origin()))
    given = documents(manifests)
    return prove(sources_of(given), topology_of(given, asked, platform, lambda: "2026-06-15"))

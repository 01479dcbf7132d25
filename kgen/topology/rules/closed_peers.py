"""A flow into a namespace that kgen closes ends at its default-deny, unless something in the input lets it in.

kgen writes ingress policies for agents. Tool servers, databases and collectors beside them are their owners':
in an Owned namespace under Enforce they need a policy of their own.
"""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.results import WARNING, Result
from kgen.runtimes.services import matches
from kgen.runtimes.shapes import labels, mapping, texts
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.types import Peer


def check(draft: Draft) -> Iterator[Result]:
    for key, flows in draft.egress.items():
        for flow in flows:
            for peer in flow.peers:
                standing = draft.standing.get(peer.namespace)
                closed = standing is not None and standing.management == "Owned" and standing.enforced
                if not closed or _is_let_in(peer, draft) or _has_own_policy(peer, draft):
                    continue
                mention = draft.ends[key].mentions[0]
                chosen = labels(peer.pod_selector.get("matchLabels"))
                pods = ", ".join(f"{name}={value}" for name, value in chosen.items()) or "(by expression)"
                policy = "a NetworkPolicy, and an AuthorizationPolicy," if draft.mesh.active else "a NetworkPolicy"
                message = (
                    f"{'/'.join(key)} may go to the pods {pods} in {peer.namespace} ({flow.name}), but that namespace "
                    f"is Owned and its default-deny lets nobody in: add {policy} for these pods to the input, "
                    f"or list {peer.namespace} as Shared"
                )
                yield about(mention.document, "closed-peer", mention.field, message, WARNING)


def _is_let_in(peer: Peer, draft: Draft) -> bool:
    """Whether a NetworkPolicy of the input is for these pods and has a rule for who comes in."""
    pods = labels(peer.pod_selector.get("matchLabels"))
    for document in draft.inputs.all("NetworkPolicy", peer.namespace):
        spec = mapping(document.manifest.get("spec"))
        incoming = "Ingress" in (texts(spec.get("policyTypes")) or {"Ingress"}) and get(spec, "ingress")
        if incoming and matches(mapping(spec.get("podSelector")), pods):
            return True
    return False


def _has_own_policy(peer: Peer, draft: Draft) -> bool:
    """Whether these pods are an agent's or a waypoint's, whose own policy says who comes in."""
    if draft.mesh.waypoint and peer.pod_selector == draft.mesh.waypoint_pods:
        return True
    return any(
        key[0] == peer.namespace and endpoint.pod_selector == peer.pod_selector
        for key, endpoint in draft.endpoints.items()
    )

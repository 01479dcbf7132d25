"""What servers reach that stand behind the default-deny of a namespace that kgen closes is their owner's to open.

kgen lets the agents in (topology/servers.py). It does not know what a tool server or a database needs itself.
"""

from collections.abc import Iterator

from kgen.results import INFO, Result
from kgen.runtimes.services import matches
from kgen.runtimes.shapes import labels, mapping, texts
from kgen.topology.draft import Draft
from kgen.topology.index import about
from kgen.topology.servers import closed
from kgen.topology.types import Peer


def check(draft: Draft) -> Iterator[Result]:
    told = set()
    for caller, flow, peer in closed(draft):
        chosen = labels(peer.pod_selector.get("matchLabels"))
        pods = ", ".join(f"{name}={value}" for name, value in chosen.items()) or "(by expression)"
        if (peer.namespace, pods) in told or _may_leave(peer, draft):
            continue
        told.add((peer.namespace, pods))
        mention = draft.ends[caller].mentions[0]
        message = (
            f"{'/'.join(caller)} is let in to the pods {pods} in {peer.namespace} ({flow.name}); that namespace is "
            "Owned, so these pods reach nothing themselves, not even DNS: add a NetworkPolicy with their egress to the "
            f"input, or list {peer.namespace} as Shared"
        )
        yield about(mention.document, "closed-peer", mention.field, message, INFO)


def _may_leave(peer: Peer, draft: Draft) -> bool:
    """Whether a NetworkPolicy of the input is for these pods and speaks of where they go."""
    pods = labels(peer.pod_selector.get("matchLabels"))
    for document in draft.inputs.all("NetworkPolicy", peer.namespace):
        spec = mapping(document.manifest.get("spec"))
        leaving = "Egress" in texts(spec.get("policyTypes")) or "egress" in spec
        if leaving and matches(mapping(spec.get("podSelector")), pods):
            return True
    return False

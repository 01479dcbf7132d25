"""Egress that reaches more than a reader would think is said: address blocks without bounds, the metadata service,
names that lookups can not be tied to, and a network layer that is switched off."""

from collections.abc import Iterator

from kgen.results import WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.index import about

# Link-local addresses (RFC 3927): AWS, GCP and Azure serve instance metadata there, the node's credentials among it.
_METADATA = "169.254."
_WIDE = 8  # a shorter prefix takes in private networks too


def check(draft: Draft) -> Iterator[Result]:
    spec = draft.platform.manifest["spec"]
    for request in draft.requests.egress:
        where, cidr = request.request, request.egress.get("cidr")
        if cidr is None:
            continue
        address, _, length = cidr.partition("/")
        if int(length or 32) < _WIDE:
            message = (
                f"{cidr} takes in private networks and the cluster itself: name the block that is meant, or use `host` "
                "for public addresses alone"
            )
            yield about(where.document, "wide-egress", f"{where.field}.cidr", message, WARNING)
        elif address.startswith(_METADATA):
            message = f"{cidr} is link-local: on the large clouds the node's credentials are served there"
            yield about(where.document, "wide-egress", f"{where.field}.cidr", message, WARNING)
    if (spec["layers"] or {}).get("network") == "Disabled" and any(s.enforced for s in draft.standing.values()):
        message = "without it nothing isolates an agent's pods: any pod calls any agent, whatever the links say"
        yield about(draft.platform, "network-disabled", "spec.layers.network", message, WARNING)
    network = spec["network"]
    if network["cni"] == "Cilium" and network["dns"]["flavor"] == "NodeLocal" and _by_name(draft):
        message = (
            "found NodeLocal with egress by name: lookups that go to the node's cache pass Cilium's DNS proxy by, so "
            "that names open nothing; use Cilium's local redirect policy, and KubeDNS here"
        )
        yield about(draft.platform, "names-past-the-proxy", "spec.network.dns.flavor", message, WARNING)


def _by_name(draft: Draft) -> bool:
    through = [serving.flows for serving in draft.gateways.values()]
    return any(flow.hosts for flows in [*draft.egress.values(), *through] for flow in flows)

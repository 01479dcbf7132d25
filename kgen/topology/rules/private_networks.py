"""What counts as private: it leaves some address public, and what clusters use is among it.

Rules for public addresses are everything but that. If it were all, the API server would refuse them, which takes an
`except` that is smaller than its `cidr` only; and a list that is written replaces the default one, so that what is
not in it any more is open to every agent with a model.
"""

from collections.abc import Iterator

from kgen.results import WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.index import about

_FIELD = "spec.network.privateCIDRs"
# The default (kinds/platform_network.py): RFC 1918, 6598, 3927 and 4193, and link-local addresses of IPv6.
DEFAULT = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
    *("fc00::/7", "fe80::/10"),
)


def check(draft: Draft) -> Iterator[Result]:
    given = draft.platform.manifest["spec"]["network"]["privateCIDRs"]
    if tuple(given) == DEFAULT:
        return  # the module below costs more than most runs have to spare
    from ipaddress import IPv4Network, IPv6Network, collapse_addresses

    fours = list(collapse_addresses(IPv4Network(cidr, strict=False) for cidr in given if ":" not in cidr))
    sixes = list(collapse_addresses(IPv6Network(cidr, strict=False) for cidr in given if ":" in cidr))
    for version, all_of_them in ((4, fours and fours[0].prefixlen == 0), (6, sixes and sixes[0].prefixlen == 0)):
        if all_of_them:
            message = (
                f"takes in every IPv{version} address, so that none is public, and the API server refuses such a rule: "
                "list what is private. To close public addresses set modelEgress to CIDR, FQDN or Peer, and name "
                "egress by cidr or peer"
            )
            whole = [
                f"[{i}]" for i, cidr in enumerate(given) if cidr.endswith("/0") and (":" in cidr) == (version == 6)
            ]
            yield about(draft.platform, "private-networks", _FIELD + (whole or [""])[0], message)
    public = [
        cidr
        for cidr in DEFAULT
        if not (
            any(IPv6Network(cidr).subnet_of(block) for block in sixes)
            if ":" in cidr
            else any(IPv4Network(cidr).subnet_of(block) for block in fours)
        )
    ]
    if public:
        message = (
            f"does not hold {', '.join(public)}, which then count as public: this list replaces the default one, and "
            "where a policy opens public addresses it opens these: the cluster's own, or the clouds' metadata service; "
            "add them"
        )
        yield about(draft.platform, "private-networks", _FIELD, message, WARNING)

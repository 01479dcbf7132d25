"""What counts as private leaves some address public: or the rules for public addresses would open nothing, or the API
server would refuse them, which takes an `except` that is smaller than its `cidr` only."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about

_FIELD = "spec.network.privateCIDRs"
_WIDEST = 8  # the widest block of the default list is 10.0.0.0/8


def check(draft: Draft) -> Iterator[Result]:
    given = draft.platform.manifest["spec"]["network"]["privateCIDRs"]
    if all(int(cidr.rpartition("/")[2] if "/" in cidr else 128) >= (7 if ":" in cidr else _WIDEST) for cidr in given):
        return  # a dozen of these do not make up all addresses; what it costs to be sure is for odd lists alone
    from ipaddress import IPv4Network, IPv6Network, collapse_addresses

    fours = collapse_addresses(IPv4Network(cidr, strict=False) for cidr in given if ":" not in cidr)
    sixes = collapse_addresses(IPv6Network(cidr, strict=False) for cidr in given if ":" in cidr)
    for version, joined in ((4, list(fours)), (6, list(sixes))):
        if joined and joined[0].prefixlen == 0:
            message = (
                f"takes in every IPv{version} address, so that none is public, and the API server refuses such a rule: "
                "list what is private. To close public addresses set modelEgress to CIDR, FQDN or Peer, and name "
                "egress by cidr or peer"
            )
            whole = [
                f"[{i}]" for i, cidr in enumerate(given) if cidr.endswith("/0") and (":" in cidr) == (version == 6)
            ]
            yield about(draft.platform, "private-networks", _FIELD + (whole or [""])[0], message)

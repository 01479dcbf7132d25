"""nftables: the sets that access.nft includes.

Quoting rule: an element is an address, a block of addresses, a number, or the name of an interface between quotes;
nftables knows no escape inside quotes, so anything else is refused.
"""

from collections.abc import Iterable

from kgen.topology.machines import AccessHost

HEAD = "# Written by kgen; included by /etc/kgen/access.nft.\n"


def sets(host: AccessHost) -> str:
    """The sets of one access host. A set without elements is empty, and what asks for it matches nothing."""
    operators = [each.address for each in host.operators]
    return HEAD + "".join(
        [
            _set("operator_interfaces", "ifname", [name(host.interface)]),
            _set("wireguard_ports", "inet_service", [str(host.listen_port)]),
            _set("ssh_ports", "inet_service", [str(host.ssh_port)]),
            _set("api_ports", "inet_service", [str(host.api_port)]),
            _set("operators_v4", "ipv4_addr", [address(each) for each in operators if ":" not in each]),
            _set("operators_v6", "ipv6_addr", [address(each) for each in operators if ":" in each]),
            _set("api_servers_v4", "ipv4_addr", [address(each) for each in host.api_servers if ":" not in each], True),
            _set("api_servers_v6", "ipv6_addr", [address(each) for each in host.api_servers if ":" in each], True),
        ]
    )


def address(text: str) -> str:
    """An address or a block of addresses, in its one canonical form. Raises ValueError for anything else."""
    from ipaddress import ip_network

    network = ip_network(text, strict=False)
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def name(text: str) -> str:
    """A name between quotes. Raises ValueError for what nftables could not read back."""
    if not text or not text.isascii() or not text.replace("-", "a").isalnum():
        raise ValueError(f"no name for nftables: {text!r}")
    return f'"{text}"'


def _set(label: str, of: str, elements: Iterable[str], blocks: bool = False) -> str:
    listed = ", ".join(dict.fromkeys(elements))
    lines = [f"\ttype {of};\n"]
    if blocks:
        lines.append("\tflags interval;\n\tauto-merge;\n")
    if listed:
        lines.append(f"\telements = {{ {listed} }};\n")
    return f"set {label} {{\n{''.join(lines)}}}\n"

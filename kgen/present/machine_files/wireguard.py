"""WireGuard: the interface and its peers, and the table of keys with their last days.

Quoting rule: wg-quick knows none. A line is `Key = value`; a value with a `#`, which begins a comment, or with a line
end is refused. A private key is in neither file: the interface reads it from one that only root may read.
"""

from kgen.present.machine_files.ufw import row
from kgen.topology.machines import AccessHost

HEAD = (
    "# Written by kgen, for wg-quick. The private key is made on the machine and stays there:\n"
    "#   umask 077; wg genkey >/etc/wireguard/{name}.key; wg pubkey </etc/wireguard/{name}.key\n"
)
KEYS = "# Written by kgen; read by kgen-key-age.\n# whose\tpublic key\tmade on\tgood until\n"


def interface(host: AccessHost) -> str:
    """The configuration of the access host's interface."""
    lines = [
        HEAD.replace("{name}", host.interface),
        "[Interface]\n",
        setting("Address", host.address),
        setting("ListenPort", str(host.listen_port)),
        setting("PostUp", "wg set %i private-key /etc/wireguard/%i.key"),
    ]
    for each in host.operators:
        block = f"{each.address}/{128 if ':' in each.address else 32}"
        lines += [
            f"\n# {each.name}\n[Peer]\n",
            setting("PublicKey", each.public_key),
            setting("AllowedIPs", block),
        ]
    return "".join(lines)


def keys(host: AccessHost) -> str:
    """Every key with the day on which it was made and the last on which it is good; `-` is the host's own."""
    lines = [row("-", "-", host.host.since, host.host.until)]
    lines += [row(each.name, each.public_key, each.since, each.until) for each in host.operators]
    return KEYS + "".join(lines)


def setting(key: str, value: str) -> str:
    """One line. Raises ValueError for a value that wg-quick would read as something else."""
    if not value or not value.isprintable() or "#" in value or value != value.strip():
        raise ValueError(f"no value for {key} of WireGuard: {value!r}")
    return f"{key} = {value}\n"

"""The files for machines: constant ones as they lie in their layer, and beside them the lists that they include.

No constant file has a hole in it. What differs from one environment to the next stands in lists of their own, each
written by the one emitter of its format, which refuses what it can not quote.
"""

from collections.abc import Callable, Iterator

from kgen.present.machine_files import encryption, nftables, nginx, rotation, ufw, wireguard
from kgen.records import Any
from kgen.topology.machines import Machines

ALWAYS = ("CHECKLIST.md", "control-plane/etc/kubernetes/audit-policy.yaml")
ACCESS = (
    "access-host/etc/kgen/access.nft",
    "access-host/usr/local/sbin/kgen-key-age",
    "access-host/usr/local/sbin/kgen-ufw",
)
GATEWAY = ("gateway/etc/nginx/conf.d/kgen-agents.conf",)


def pieces(machines: Machines, spec: dict[str, Any], constant: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Path and text of each file. `constant` reads one that is written as it lies."""
    paths = [*ALWAYS, *(ACCESS if machines.access else ()), *(GATEWAY if machines.gateway else ())]
    for path in paths:
        yield path, constant(path)
    yield "ROTATION.md", rotation.table(machines, spec)
    if machines.access:
        yield "access-host/etc/kgen/access-sets.nft", nftables.sets(machines.access)
        yield "access-host/etc/kgen/ufw-rules.tsv", ufw.rules(machines.access)
        yield f"access-host/etc/wireguard/{machines.access.interface}.conf", wireguard.interface(machines.access)
        yield "access-host/etc/kgen/keys.tsv", wireguard.keys(machines.access)
    if machines.gateway:
        yield "gateway/etc/nginx/kgen/zones.conf", nginx.zones(machines.gateway)
        yield "gateway/etc/nginx/kgen/server.conf", nginx.server(machines.gateway)
        yield "gateway/etc/nginx/kgen/agents.map", nginx.agents(machines.gateway)
    if machines.kms:
        yield "control-plane/etc/kubernetes/encryption.yaml", encryption.configuration(machines.kms)

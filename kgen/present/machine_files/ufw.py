"""ufw: the table that the script kgen-ufw reads, a rule a line, its columns between tabs.

Quoting rule: none is possible in such a table, so a value with a tab, a blank or a line end is refused.
"""

from kgen.present.machine_files.nftables import address
from kgen.topology.machines import AccessHost

HEAD = "# Written by kgen; read by kgen-ufw.\n# where\tprotocol\tinterface\tfrom\tto\tport\n"


def rules(host: AccessHost) -> str:
    """Who may come in, and through to where. `-` is any."""
    lines = [row("in", "udp", "-", "-", "-", str(host.listen_port))]
    for each in host.operators:
        source = address(each.address)
        lines.append(row("in", "tcp", host.interface, source, "-", str(host.ssh_port)))
        for server in host.api_servers:
            if (":" in server) == (":" in source):
                lines.append(row("through", "tcp", host.interface, source, address(server), str(host.api_port)))
    return HEAD + "".join(lines)


def row(*columns: str) -> str:
    """One line. Raises ValueError for a value that would become two, or none."""
    for column in columns:
        if not column or not column.isprintable() or " " in column:
            raise ValueError(f"no column of a table: {column!r}")
    return "\t".join(columns) + "\n"

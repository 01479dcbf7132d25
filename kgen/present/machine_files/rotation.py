"""The rotation table: what has to become another, how often, and until when what is there is good.

Quoting rule of a Markdown table: `|` and the backslash are escaped, line ends are refused.
"""

from kgen.records import Any
from kgen.topology.machines import Machines

HEAD = (
    "# Rotation\n\nWritten by kgen from the Platform; the steps are in CHECKLIST.md.\n\n"
    "| what | every | how, and until when |\n|---|---|---|\n"
)


def table(machines: Machines, spec: dict[str, Any]) -> str:
    """The table of one environment."""
    secrets = spec["secrets"]
    rows = []
    if secrets["provider"] == "ExternalSecrets":
        rows.append(("Secrets of the cluster", secrets["refreshInterval"], "by themselves, from the store"))
    else:
        rows.append(("Secrets of the cluster", "90 days", "by hand: secrets.provider is Reference"))
    if secrets["rotationNudge"] == "CronJob":
        schedule = (secrets.get("nudge") or {}).get("schedule") or ""
        rows.append(("delegated headers", "as cron says", f"{schedule}, by the CronJob kgen-nudge"))
    else:
        rows.append(("delegated headers", "90 days", "after the Secret: change delegation.rotation of the link"))
    if machines.access:
        age = f"{machines.access.max_key_age} days"
        rows.append(("WireGuard key of the access host", age, f"until {machines.access.host.until}"))
        rows += [(f"WireGuard key of {key.name}", age, f"until {key.until}") for key in machines.access.operators]
    if machines.gateway:
        rows.append(("certificate of " + machines.gateway.server_name, "90 days", "by its issuer; reload nginx"))
    if machines.kms:
        rows.append((f"key of KMS {machines.kms.name}", "365 days", "in the KMS; then write every Secret anew"))
    rows.append(("credentials of people for the API server", "24h", "by the identity provider"))
    return HEAD + "".join(f"| {' | '.join(cell(each) for each in row)} |\n" for row in rows)


def cell(text: str) -> str:
    """One cell. Raises ValueError for what would end the row."""
    if not text.isprintable():
        raise ValueError(f"no cell of a table: {text!r}")
    return text.replace("\\", "\\\\").replace("|", "\\|")

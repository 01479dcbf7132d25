"""What monitoring needs to know: which layers have something to watch, and who is expected to call whom.

The alerts themselves are templates (bases/monitoring). Whether a layer is on is asked here for those only whose alerts
hang on nothing else of the topology; mesh, admission and fetched Secrets say it by their own values.
"""

from kgen.records import Any
from kgen.topology.promql import either, exactly
from kgen.topology.switches import is_on
from kgen.topology.types import Agent, KagentControl, Mesh, Monitoring

_NOBODY = "unknown"  # what the metrics say of who shows no certificate of the mesh
RUNBOOKS = "docs/runbooks.md"
"""Where the runbooks are, unless spec.monitoring.runbookUrl says it."""


def monitoring(spec: dict[str, Any]) -> Monitoring:
    """The facts that all documents of the layer share."""
    given = spec["monitoring"]
    url = given.get("runbookUrl") or ""
    return Monitoring(
        labels=given["labels"],
        runbooks=url or RUNBOOKS,
        runbook_annotation="runbook_url" if url else "runbook",
        audit_metric=given.get("auditMetric") or "",
        network=is_on(spec, "network"),
        certificates=is_on(spec, "certificates"),
        identities=is_on(spec, "workload-identity"),
    )


def watched(agents: tuple[Agent, ...], kagent: KagentControl, mesh: Mesh, spec: dict[str, Any]) -> tuple[Agent, ...]:
    """The agents with the callers and connections that are expected at each, where a mesh knows callers."""
    if not (mesh.active and mesh.mode):
        return agents
    found = []
    for agent in agents:
        expected = _expected(agent, kagent, mesh, spec)
        # Who fetches its card by SPIFFE TLS has no identity in the mesh, and on every other port STRICT refuses such.
        verified = agent.identity and agent.identity.tls_port
        connections = either(sorted([*expected, exactly(_NOBODY)])) if verified else either(expected)
        found.append(agent._replace(expected_callers=either(expected), expected_connections=connections))
    return tuple(found)


def _expected(agent: Agent, kagent: KagentControl, mesh: Mesh, spec: dict[str, Any]) -> list[str]:
    """Regular expressions of principals as Istio's metrics have them: with the scheme, which policies leave out."""
    domain = f"spiffe://{spec['trustDomain']}"
    accounts = [(link.caller.namespace, link.caller.service_account) for link in agent.callers]
    if agent.kind == "Agent":
        accounts.append((kagent.account.namespace, kagent.account.name))
    if mesh.waypoint:
        accounts.append((agent.namespace, mesh.waypoint))
    found = {exactly(f"{domain}/ns/{namespace}/sa/{name}") for namespace, name in accounts}
    spaces = {peer.namespace for flow in agent.declared_ingress for peer in flow.peers if peer.namespace}
    found |= {exactly(f"{domain}/ns/{namespace}/sa/") + ".+" for namespace in spaces}
    return sorted(found)

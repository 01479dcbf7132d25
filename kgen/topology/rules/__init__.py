"""Refusals across links and agents, one a module; every one of them runs, so that one run tells all.

A rule is `check(draft) -> Iterator[Result]`. To add one, add a module and name it below. Rules that only consent, a
mesh, a gateway or workload identity gives anything to do are imported only then: most runs are small, and start fresh
each time.
"""

from collections.abc import Callable, Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.rules import (
    admission,
    agent_names,
    chains,
    closed_peers,
    delegations,
    external_secrets,
    infrastructure,
    kagent_namespace,
    literal_secrets,
    model_egress,
    name_collisions,
    namespace_labels,
    pods_of_agents,
    private_networks,
    residuals,
    restricted_workloads,
    rotation_nudge,
    selectors,
    self_links,
    tool_counts,
    unnamed_agents,
    watched_namespaces,
    wide_egress,
    wired_agents,
)
from kgen.topology.switches import CERTIFICATES, GATEWAY, is_on

Rule = Callable[[Draft], Iterator[Result]]

RULES: tuple[Rule, ...] = (
    self_links.check,
    chains.check,
    tool_counts.check,
    agent_names.check,
    selectors.check,
    name_collisions.check,
    kagent_namespace.check,
    watched_namespaces.check,
    delegations.check,
    literal_secrets.check,
    wide_egress.check,
    external_secrets.check,
    rotation_nudge.check,
    wired_agents.check,
    unnamed_agents.check,
    namespace_labels.check,
    model_egress.check,
    private_networks.check,
    infrastructure.check,
    restricted_workloads.check,
    pods_of_agents.check,
    closed_peers.check,
    admission.check,
    residuals.check,
)


def rules(draft: Draft) -> tuple[Rule, ...]:
    """Those that have something to say of a draft."""
    spec = draft.platform.manifest["spec"]
    found = RULES
    if draft.grants or spec["consent"] != "NotRequired" or spec["profile"] != "Baseline":
        from kgen.topology.rules import consent, grant_terms, speakers

        found += (speakers.check, consent.check, grant_terms.check)
    if draft.grants:
        from kgen.topology.rules import token_headers

        found += (token_headers.check,)
    if is_on(spec, "admission"):
        from kgen.topology.rules import trusted_controllers

        found += (trusted_controllers.check,)
    if is_on(spec, "monitoring"):
        from kgen.topology.rules import monitoring

        found += (monitoring.check,)
    if spec.get("workloadIdentity") or spec["profile"] == "ZeroTrust" or "workload-identity" in (spec["layers"] or {}):
        from kgen.topology.rules import verified_agents, workload_identity

        found += (workload_identity.check, verified_agents.check)
    if draft.mesh.active:
        from kgen.topology.rules import mesh, mesh_identities, mesh_members, mesh_opt_outs, mesh_services

        found += (mesh.check, mesh_identities.check, mesh_members.check, mesh_opt_outs.check, mesh_services.check)
    if spec["layers"].get("verify") or spec["verify"]["mode"] != "Script":
        from kgen.topology.rules import verification

        found += (verification.check,)
    if is_on(spec, GATEWAY) or is_on(spec, CERTIFICATES) or spec.get("egressGateway"):
        from kgen.topology.rules import certificates, egress_gateway, gateway_agents, gateway_plugins, pods_of_gateways

        found += (egress_gateway.check, gateway_agents.check, gateway_plugins.check, certificates.check)
        found += (pods_of_gateways.check,)
    return found

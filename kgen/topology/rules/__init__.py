"""Refusals across links and agents, one a module; every one of them runs, so that one run tells all.

A rule is `check(draft) -> Iterator[Result]`. To add one, add a module and name it below.
"""

from collections.abc import Callable, Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.rules import (
    agent_names,
    chains,
    closed_peers,
    consent,
    delegations,
    grant_terms,
    infrastructure,
    kagent_namespace,
    mesh,
    mesh_identities,
    mesh_members,
    mesh_opt_outs,
    model_egress,
    name_collisions,
    namespace_labels,
    residuals,
    restricted_workloads,
    self_links,
    speakers,
    tool_counts,
    watched_namespaces,
    wired_agents,
)

RULES: tuple[Callable[[Draft], Iterator[Result]], ...] = (
    self_links.check,
    chains.check,
    tool_counts.check,
    agent_names.check,
    name_collisions.check,
    kagent_namespace.check,
    watched_namespaces.check,
    delegations.check,
    wired_agents.check,
    namespace_labels.check,
    model_egress.check,
    infrastructure.check,
    restricted_workloads.check,
    closed_peers.check,
    speakers.check,
    consent.check,
    grant_terms.check,
    mesh.check,
    mesh_identities.check,
    mesh_members.check,
    mesh_opt_outs.check,
    residuals.check,
)

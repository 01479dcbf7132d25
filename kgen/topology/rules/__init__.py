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
    delegations,
    external_secrets,
    infrastructure,
    kagent_namespace,
    model_egress,
    name_collisions,
    namespace_labels,
    pods_of_agents,
    residuals,
    restricted_workloads,
    rotation_nudge,
    selectors,
    self_links,
    tool_counts,
    watched_namespaces,
    wired_agents,
)

RULES: tuple[Callable[[Draft], Iterator[Result]], ...] = (
    self_links.check,
    chains.check,
    tool_counts.check,
    agent_names.check,
    selectors.check,
    name_collisions.check,
    kagent_namespace.check,
    watched_namespaces.check,
    delegations.check,
    external_secrets.check,
    rotation_nudge.check,
    wired_agents.check,
    namespace_labels.check,
    model_egress.check,
    infrastructure.check,
    restricted_workloads.check,
    pods_of_agents.check,
    closed_peers.check,
    residuals.check,
)

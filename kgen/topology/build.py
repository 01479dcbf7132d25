"""From checked documents to the topology: resolve, merge, judge, and only then lay out."""

from collections.abc import Callable, Sequence

from kgen.manifests import Document
from kgen.records import TYPE_CHECKING
from kgen.results import ERROR, Refused, Result
from kgen.runtimes import kagent
from kgen.topology import flows, mesh, models, namespaces, tools
from kgen.topology.access import accesses
from kgen.topology.calls import cut, merge, suspended_agents
from kgen.topology.definitions import definition
from kgen.topology.draft import Draft
from kgen.topology.ends import End, endpoints as resolve_endpoints, merge as merge_ends
from kgen.topology.index import Index, Key, index
from kgen.topology.layout import lay_out
from kgen.topology.requests import EgressRequest, read
from kgen.topology.rules import rules
from kgen.topology.switches import GATEWAY, is_on
from kgen.topology.types import Definition, Endpoint, Flow, Topology
from kgen.topology.waves import Edges

if TYPE_CHECKING:
    from kgen.topology.detours import Serving
    from kgen.topology.grants import Grant
    from kgen.topology.workload_identity import Found as FoundIdentity


def build(documents: Sequence[Document], platform: Document, *, as_of: Callable[[], str]) -> Topology:
    """The topology of one run.

    `documents` are checked (kinds/) and free of earlier output; `platform` is resolved, its spec complete.
    `as_of` gives the current day as YYYY-MM-DD and is called only if some link or grant ends on a day.
    Raises Refused with every problem found.
    """
    sorted_out = index(documents)
    results: list[Result] = []
    spec = platform.manifest["spec"]
    if not (sorted_out.links or sorted_out.grants or spec["links"] or spec["namespaces"]):
        message = (
            "there is nothing to expand: no AgentLink or AgentGrant in the input, no links or namespaces in the "
            "Platform; an empty result would delete what an earlier one protects; add a link, or list the namespaces "
            "that stay"
        )
        raise Refused([Result(message, rule="nothing-to-expand")])
    draft = _draft(sorted_out, platform, as_of, results)
    for rule in rules(draft):
        results.extend(rule(draft))
    results = _in_order(results)
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    return lay_out(draft, results)


def _draft(sorted_out: Index, platform: Document, as_of: Callable[[], str], results: list[Result]) -> Draft:
    spec = platform.manifest["spec"]
    requests = read(sorted_out.links, platform, as_of)
    results.extend(requests.results)
    granted: list[Grant] = []
    if sorted_out.grants:
        from kgen.topology import grants

        granted = grants.read(sorted_out.grants, as_of, results)
        requests = grants.withdraw(requests, granted, spec["consent"], results)
        requests.mentions.extend(grants.mentions(granted))
    ends = merge_ends(requests.mentions, sorted_out, results)
    suspended = suspended_agents(platform, set(ends), sorted_out, results)
    calls = {
        pair: call
        for pair, call in merge(requests, results).items()
        if pair[0] not in suspended and pair[1] not in suspended
    }
    callees = {call.callee for call in requests.calls}
    endpoints = resolve_endpoints(ends, callees, sorted_out, spec, results)
    definitions = {
        key: made for key, end in ends.items() if (made := definition(end, results)) and end.facts["kind"] == "Agent"
    }
    standing = namespaces.standings(platform, set(ends), set(definitions), results)
    identities: dict[Key, FoundIdentity] = {}
    if spec["profile"] == "ZeroTrust" or "workload-identity" in (spec.get("layers") or {}):
        from kgen.topology import workload_identity

        called = {callee for _, callee in calls}
        identities = workload_identity.find(ends, endpoints, called, standing, sorted_out, spec)
        endpoints = workload_identity.gated(endpoints, identities, spec)
    shared = flows.common(spec)
    found: dict[Key, list[tools.Found]] = {}
    for asked in requests.tools:
        tool = tools.resolve(asked, sorted_out, shared, platform, results)
        if not asked.request.withheld and asked.request.caller not in suspended:
            found.setdefault(asked.request.caller, []).append(tool)
    edges: Edges = {}
    for caller, callee in sorted(calls):
        if caller != callee:
            edges.setdefault(caller, []).append(callee)
    kept = requests._replace(egress=[e for e in requests.egress if e.request.caller not in suspended])
    use = models.models(ends, endpoints, sorted_out, platform, results)
    byo = {key for key, end in ends.items() if _is_byo(end, definitions.get(key))}
    egress = _egress(endpoints, byo, use, found, kept.egress, shared, platform, results)
    served: dict[Key, Serving] = {}
    if is_on(spec, GATEWAY) and spec.get("egressGateway"):
        from kgen.topology import detours

        egress, served = detours.turn(egress, endpoints, standing, spec, suspended)
        standing = detours.home(served, standing)
    facts = mesh.facts(spec)
    behind = namespaces.with_waypoint(standing, set(ends), facts)
    return Draft(
        platform,
        sorted_out,
        kept,
        ends,
        endpoints,
        definitions,
        byo,
        standing,
        calls,
        edges,
        found,
        use,
        {key: mesh.tunnelled(flows, facts, behind) for key, flows in egress.items()},
        accesses(platform, standing, results),
        granted,
        facts,
        behind,
        suspended,
        cut(requests, suspended),
        served,
        identities,
    )


def _is_byo(end: End, made: Definition | None) -> bool:
    """Whether an agent is a kagent Agent that runs an image of the user's own."""
    if made:
        return made.byo
    return end.manifest is not None and end.facts["kind"] == "Agent" and kagent.is_byo(end.manifest.manifest)


def _egress(
    endpoints: dict[Key, Endpoint],
    byo: set[Key],
    use: models.Models,
    found: dict[Key, list[tools.Found]],
    requests: list[EgressRequest],
    shared: flows.Common,
    platform: Document,
    results: list[Result],
) -> dict[Key, tuple[Flow, ...]]:
    """The named flows from each agent."""
    asked: dict[Key, list[EgressRequest]] = {}
    for request in requests:
        asked.setdefault(request.request.caller, []).append(request)
    made = {}
    for key, endpoint in endpoints.items():
        to_tools = [tool.flow for tool in found.get(key, []) if tool.flow]
        model = use.used.get(key)
        own = asked.get(key, [])
        made[key] = flows.egress(key, endpoint, key in byo, model, to_tools, own, shared, platform, results)
    return made


def _in_order(results: list[Result]) -> list[Result]:
    """Each result once, by place, so that the order of the input does not show."""
    return sorted(
        dict.fromkeys(results), key=lambda r: (r.file, r.index, r.kind, r.namespace, r.name, r.field, r.rule, r.message)
    )

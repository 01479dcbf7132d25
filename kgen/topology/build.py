"""From checked documents to the topology: resolve, merge, judge, and only then lay out."""

from collections.abc import Callable, Sequence

from kgen.manifests import Document, Manifest, get
from kgen.results import ERROR, Refused, Result
from kgen.runtimes import kagent
from kgen.topology import flows, models, namespaces, tools
from kgen.topology.access import accesses
from kgen.topology.calls import fits, merge, suspended_agents
from kgen.topology.control import control
from kgen.topology.definitions import definition
from kgen.topology.draft import Draft
from kgen.topology.ends import endpoints as resolve_endpoints
from kgen.topology.ends import merge as merge_ends
from kgen.topology.index import Index, Key, about, index
from kgen.topology.links import link_hash, links
from kgen.topology.requests import EgressRequest, read
from kgen.topology.rules import RULES
from kgen.topology.types import DEFINED, EXTERNAL, Agent, Link, Platform, Topology
from kgen.topology.waves import Edges, depths


def build(documents: Sequence[Document], platform: Document, *, as_of: Callable[[], str]) -> Topology:
    """The topology of one run.

    `documents` are checked (kinds/) and free of earlier output; `platform` is resolved, its spec complete.
    `as_of` gives the current day as YYYY-MM-DD and is called only if some link ends on a day.
    Raises Refused with every problem found.
    """
    sorted_out = index(documents)
    results: list[Result] = []
    spec = platform.manifest["spec"]
    if not (sorted_out.links or spec["links"] or spec["namespaces"]):
        message = (
            "there is nothing to expand: no AgentLink in the input, and no links or namespaces in the Platform; "
            "an empty result would delete what an earlier one protects"
        )
        raise Refused([Result(message, rule="nothing-to-expand")])
    draft = _draft(sorted_out, platform, as_of, results)
    for rule in RULES:
        results.extend(rule(draft))
    results = _in_order(results)
    if any(result.severity == ERROR for result in results):
        raise Refused(results)
    topology = _lay_out(draft, results)
    if any(result.severity == ERROR for result in topology.results):
        raise Refused(topology.results)
    return topology


def _draft(sorted_out: Index, platform: Document, as_of: Callable[[], str], results: list[Result]) -> Draft:
    spec = platform.manifest["spec"]
    requests = read(sorted_out.links, platform, as_of)
    results.extend(requests.results)
    ends = merge_ends(requests.mentions, sorted_out, results)
    suspended = suspended_agents(platform, set(ends), results)
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
    return Draft(
        platform,
        sorted_out,
        kept,
        ends,
        endpoints,
        definitions,
        standing,
        calls,
        edges,
        found,
        models.models(ends, endpoints, sorted_out, platform, results),
    )


def _lay_out(draft: Draft, results: list[Result]) -> Topology:
    platform, spec = draft.platform, draft.platform.manifest["spec"]
    edges = links(draft.calls, draft.endpoints)
    agents = _agents(draft, edges, results)
    spaces = namespaces.namespaces(platform, draft.standing, set(draft.ends), draft.inputs)
    _check_infrastructure(draft, results)
    bundled = {key for key, found in draft.tools.items() if any(tool.bundled for tool in found)}
    made = Platform(
        name=platform.manifest["metadata"]["name"],
        profile=spec["profile"],
        cluster_domain=spec["clusterDomain"],
        trust_domain=spec["trustDomain"],
        platform_namespace=spec["platformNamespace"],
        cni=spec["network"]["cni"],
        runs_kagent=any(agent.kind == "Agent" for agent in agents),
        kagent_version=spec["kagent"]["version"],
        kagent=control(spec, draft.endpoints, bundled),
        sync_waves=spec["argocd"]["syncWaves"],
        agents=agents,
        namespaces=spaces,
        links=edges,
        prune_guardrails=spec["argocd"]["pruneGuardrails"],
    )
    return Topology(
        platform=made,
        namespaces=spaces,
        agents=agents,
        links=edges,
        models=tuple(model for _, model in sorted(draft.models.made.items())),
        accesses=accesses(platform, draft.standing, results),
        documents=tuple(draft.inputs.others),
        results=tuple(_in_order(results)),
    )


def _agents(draft: Draft, edges: tuple[Link, ...], results: list[Result]) -> tuple[Agent, ...]:
    spec = draft.platform.manifest["spec"]
    shared = flows.common(spec)
    depth = depths(set(draft.ends), draft.edges)
    callers: dict[Key, list[Link]] = {}
    callees: dict[Key, list[Link]] = {}
    for link in edges:
        callers.setdefault((link.callee.namespace, link.callee.name), []).append(link)
        callees.setdefault((link.caller.namespace, link.caller.name), []).append(link)
    asked: dict[Key, list[EgressRequest]] = {}
    for request in draft.requests.egress:
        asked.setdefault(request.request.caller, []).append(request)
    agents = []
    for key, end in draft.ends.items():
        endpoint, standing = draft.endpoints[key], draft.standing[key[0]]
        made = draft.definitions.get(key)
        manifest: Manifest = end.manifest.manifest if end.manifest else {}
        byo = made.byo if made else endpoint.kind == "Agent" and kagent.is_byo(manifest)
        use = draft.models.used.get(key)
        tools_found = draft.tools.get(key, [])
        to_tools = [tool.flow for tool in tools_found if tool.flow]
        own_callees = tuple(callees.get(key, ()))
        writes = endpoint.kind == "Agent" and endpoint.presence != EXTERNAL
        runtime = made.runtime if made else get(manifest, "spec", "declarative", "runtime", default=_runtime(spec))
        contexts = (
            kagent.security_contexts(spec["kagent"]["version"], runtime, byo, kagent.deployment_of(manifest))
            if writes
            else ({}, {})
        )
        agents.append(
            Agent(
                endpoint=endpoint,
                management=standing.management,
                enforced=standing.enforced,
                callers=tuple(callers.get(key, ())),
                callees=own_callees,
                tools=tuple(tool.tool for tool in tools_found),
                ingress=flows.ingress(key, endpoint, shared, spec),
                egress=flows.egress(
                    key, endpoint, byo, use, to_tools, asked.get(key, []), shared, draft.platform, results
                ),
                caller_namespaces=_consenting(key, callers.get(key, [])),
                definition=made,
                byo=byo,
                model_config=use.name if use and endpoint.presence == DEFINED else "",
                makes_service_account=_makes_account(draft, key),
                pod_security_context=contexts[0],
                security_context=contexts[1],
                wave=depth[key],
                link_hash=link_hash(own_callees) if writes and own_callees else "",
                origins=tuple(dict.fromkeys(mention.document.origin for mention in end.mentions)),
            )
        )
    return tuple(agents)


def _consenting(key: Key, callers: list[Link]) -> tuple[str, ...]:
    """Namespaces that kagent has to admit: only its own Agents refer to one another, a Deployment just calls."""
    return tuple(sorted({link.caller.namespace for link in callers if link.caller.kind == "Agent"} - {key[0]}))


def _runtime(spec: dict[str, dict[str, str]]) -> str:
    """kagent's own default where an Agent names no runtime (CRD: python in 0.9, go in 0.10)."""
    return "python" if spec["kagent"]["version"] == "0.9" else "go"


def _makes_account(draft: Draft, key: Key) -> bool:
    """kgen makes the ServiceAccount of an agent that it defines, and of a wired Agent that names none."""
    endpoint, end = draft.endpoints[key], draft.ends[key]
    if endpoint.kind != "Agent" or endpoint.presence == EXTERNAL:
        return False
    if draft.inputs.find("ServiceAccount", key[0], endpoint.service_account):
        return False
    if endpoint.presence == DEFINED:
        return "serviceAccountName" not in end.facts
    manifest = end.manifest.manifest if end.manifest else {}
    names_one = kagent.service_account(manifest) or kagent.keeps_own_service_account(manifest)
    return not names_one and "serviceAccountName" not in end.facts and draft.standing[key[0]].enforced


def _check_infrastructure(draft: Draft, results: list[Result]) -> None:
    """Infrastructure flows name one other side, ports where they go out, and agents of this run."""
    for name, flow in sorted(draft.platform.manifest["spec"]["network"]["infrastructure"].items()):
        field = f'spec.network.infrastructure["{name}"]'
        if bool(flow.get("peer")) == bool(flow.get("cidr")):
            message = "expected exactly one of peer and cidr"
            results.append(about(draft.platform, "infrastructure", field, message))
        ports = (flow.get("peer") or {}).get("ports") or flow.get("ports")
        if flow["direction"] == "Egress" and not ports:
            message = "needs ports: without them every port would be open"
            results.append(about(draft.platform, "infrastructure", field, message))
        for position, pattern in enumerate(flow["agents"]):
            if not any(fits(pattern, key) for key in draft.ends):
                near = ", ".join(sorted("/".join(key) for key in draft.ends)[:5]) or "none"
                message = f"found {pattern}, which is no agent of this run; there are: {near}"
                results.append(about(draft.platform, "infrastructure", f"{field}.agents[{position}]", message))


def _in_order(results: list[Result]) -> list[Result]:
    """Each result once, by place, so that the order of the input does not show."""
    return sorted(
        dict.fromkeys(results), key=lambda r: (r.file, r.index, r.kind, r.namespace, r.name, r.field, r.rule, r.message)
    )

"""From a draft that every rule accepts to the values that layers are instantiated over."""

from kgen.manifests import Manifest, get
from kgen.records import TYPE_CHECKING, Any
from kgen.results import Result
from kgen.runtimes import kagent
from kgen.runtimes.shapes import text
from kgen.topology import admission, flows, namespaces, secrets
from kgen.topology.control import control
from kgen.topology.draft import Draft
from kgen.topology.index import Key
from kgen.topology.links import link_hash, links
from kgen.topology.servers import servers
from kgen.topology.switches import CERTIFICATES, is_on
from kgen.topology.types import (
    DEFINED,
    EXTERNAL,
    Agent,
    Definition,
    Flow,
    Gateway,
    Link,
    Monitoring,
    Platform,
    Proxy,
    Topology,
    Verified,
    Waypoint,
)
from kgen.topology.waves import depths

if TYPE_CHECKING:
    from kgen.topology.grants import Terms
    from kgen.topology.types import WorkloadIdentity


def lay_out(draft: Draft, results: list[Result]) -> Topology:
    """The topology of a draft that no rule refuses; `results` are the warnings and notes."""
    platform, spec = draft.platform, draft.platform.manifest["spec"]
    edges = links(draft.calls, draft.endpoints)
    agents = _agents(draft, edges)
    served = servers(draft)
    made_for: dict[str, Waypoint] = {}
    if draft.behind:
        from kgen.topology.waypoints import waypoints

        made_for = waypoints(draft.behind, agents, served, spec)
    fetched = secrets.fetched(draft)
    spaces = secrets.in_namespaces(
        namespaces.namespaces(platform, draft.standing, set(draft.ends), draft.inputs, draft.mesh, made_for),
        fetched,
        draft,
    )
    ways_out = _gateways(draft)
    if ways_out:
        spaces = tuple(
            space._replace(gateways=tuple([one.name for one in ways_out if one.namespace == space.name]))
            for space in spaces
        )
    verifying: WorkloadIdentity | None = None
    if spec.get("workloadIdentity"):
        from kgen.topology import workload_identity

        verifying = workload_identity.facts(spec)
        spaces = workload_identity.in_namespaces(spaces, draft.identities, spec)
    bundled = {key for key, found in draft.tools.items() if any(tool.bundled for tool in found)}
    release = control(draft, bundled)
    alerts: Monitoring | None = None
    if is_on(spec, "monitoring"):
        from kgen.topology import monitoring

        alerts = monitoring.monitoring(spec)
        agents = monitoring.watched(agents, release, draft.mesh, spec)
    made = Platform(
        name=platform.manifest["metadata"]["name"],
        profile=spec["profile"],
        cluster_domain=spec["clusterDomain"],
        trust_domain=spec["trustDomain"],
        platform_namespace=spec["platformNamespace"],
        cni=spec["network"]["cni"],
        runs_kagent=any(agent.kind == "Agent" for agent in agents),
        kagent_version=spec["kagent"]["version"],
        kagent=release,
        sync_waves=spec["argocd"]["syncWaves"],
        agents=agents,
        namespaces=spaces,
        links=edges,
        secret_store=secrets.store(fetched, draft),
        nudge=secrets.nudge(spec) if any(space.nudged for space in spaces) else None,
        prune_guardrails=spec["argocd"]["pruneGuardrails"],
        mesh=draft.mesh,
        admission=admission.admission(spec, spaces, draft.inputs) if is_on(spec, "admission") else None,
        monitoring=alerts,
        gateways=ways_out,
        certificates=is_on(spec, CERTIFICATES),
        workload_identity=verifying,
        pod_security_version=f"v{spec['kubernetesVersion']}",
    )
    verified: tuple[Verified, ...] = ()
    if is_on(spec, "verify"):
        from kgen.topology import verification

        if verification.has_job(spec):
            made = made._replace(verification=verification.verification(spec, made, draft.inputs))
            verified = verification.verified(agents)
    return Topology(
        platform=made,
        namespaces=spaces,
        agents=agents,
        links=edges,
        models=tuple(model for _, model in sorted(draft.models.made.items())),
        accesses=draft.accesses,
        servers=served,
        documents=tuple(draft.inputs.others),
        results=tuple(results),
        gateways=ways_out,
        guards=admission.guards(spaces, agents, edges, ways_out, draft.mesh) if made.admission else (),
        locks=admission.locks(spec) if made.admission else (),
        secrets=fetched,
        verified=verified,
    )


def _agents(draft: Draft, edges: tuple[Link, ...]) -> tuple[Agent, ...]:
    spec = draft.platform.manifest["spec"]
    shared = flows.common(spec)
    depth = depths(set(draft.ends), draft.edges)
    terms: dict[Key, Terms] = {}
    if draft.grants:
        from kgen.topology import grants

        terms = grants.terms(draft.grants)
    to_verify: dict[Key, tuple[Flow, ...]] = {}
    if draft.identities:
        from kgen.topology import workload_identity

        to_verify = workload_identity.ingress(draft.endpoints, draft.identities, spec, draft.mesh)
    callers: dict[Key, list[Link]] = {}
    callees: dict[Key, list[Link]] = {}
    for link in edges:
        callers.setdefault(link.callee[:2], []).append(link)
        callees.setdefault(link.caller[:2], []).append(link)
    agents = []
    for key, end in draft.ends.items():
        endpoint, standing = draft.endpoints[key], draft.standing[key[0]]
        made = draft.definitions.get(key)
        manifest: Manifest = end.manifest.manifest if end.manifest else {}
        byo = key in draft.byo
        use = draft.models.used.get(key)
        own_callees = tuple(callees.get(key, ()))
        stated = terms.get(key)
        writes = endpoint.kind == "Agent" and endpoint.presence != EXTERNAL
        contexts = _contexts(spec, manifest, made, byo) if writes else ({}, {})
        agents.append(
            Agent(
                endpoint=endpoint,
                management=standing.management,
                enforced=standing.enforced,
                callers=tuple(callers.get(key, ())),
                callees=own_callees,
                tools=tuple([tool.tool for tool in draft.tools.get(key, ())]),
                ingress=(*flows.ingress(key, endpoint, manifest, shared, spec), *to_verify.get(key, ())),
                egress=draft.egress[key],
                caller_namespaces=_consenting(key, callers.get(key, []), draft.byo),
                definition=made,
                byo=byo,
                model_config=use.name if use and endpoint.presence == DEFINED else "",
                makes_service_account=_makes_account(draft, key),
                pod_security_context=contexts[0],
                security_context=contexts[1],
                wave=depth[key],
                link_hash=link_hash(own_callees) if writes and own_callees else "",
                origins=tuple(dict.fromkeys([mention.document.origin for mention in end.mentions])),
                limits=stated.limits if stated else None,
                token=stated.token if stated else None,
                suspended=key in draft.suspended,
                cut_callers=tuple(draft.endpoints[caller] for caller in sorted(draft.cut.get(key, ()))),
                proxy=_proxy(key, draft),
                identity=draft.identities[key].identity if key in draft.identities else None,
            )
        )
    return tuple(agents)


def _gateways(draft: Draft) -> tuple[Gateway, ...]:
    if not draft.gateways:
        return ()
    from kgen.topology.gateways import gateways

    return gateways(draft)


def _proxy(key: Key, draft: Draft) -> Proxy | None:
    if not draft.gateways:
        return None
    from kgen.topology.gateways import proxy

    return proxy(key, draft)


def _contexts(
    spec: dict[str, Any], manifest: Manifest, made: Definition | None, byo: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    version = spec["kagent"]["version"]
    if not manifest:
        return kagent.security_contexts(version, made.runtime if made else _runtime(spec), byo, False, {})
    runtime = made.runtime if made else text(get(manifest, "spec", "declarative", "runtime"), _runtime(spec))
    full, existing = kagent.needs_full_image(manifest), kagent.deployment_of(manifest)
    return kagent.security_contexts(version, runtime, byo, full, existing)


def _consenting(key: Key, callers: list[Link], byo: set[Key]) -> tuple[str, ...]:
    """Namespaces that kagent has to admit: only Agents with tools refer to one another. A Deployment just calls, and so
    does an image of the user's own."""
    if not callers:
        return ()
    refer = {link.caller.namespace for link in callers if link.caller.kind == "Agent" and link.caller[:2] not in byo}
    return tuple(sorted(refer - {key[0]}))


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

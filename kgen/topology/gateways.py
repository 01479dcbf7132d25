"""Egress gateways as layers see them, and what agents need to go through theirs."""

from hashlib import sha256
from json import dumps

from kgen.records import Any
from kgen.runtimes import authbridge, kagent
from kgen.runtimes.shapes import items, text
from kgen.topology import addresses, detours, flows, mesh
from kgen.topology.authorities import authority, trust_config_map
from kgen.topology.draft import Draft
from kgen.topology.gateway_types import GatewaySecret
from kgen.topology.index import Key
from kgen.topology.types import WIRED, Account, Flow, Gateway, Peer, Port, Proxy

TRUST_DIR = "/etc/egress-gateway/trust"
# All but the first replace what a program trusts otherwise, so the file holds the usual authorities too.
_TRUST = (
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)
# Programs disagree on the case: curl reads http_proxy only, others the upper case only.
_PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_NO_PROXY = ("NO_PROXY", "no_proxy")
VARIABLES = frozenset((*_PROXY, *_NO_PROXY, *_TRUST))


def gateways(draft: Draft) -> tuple[Gateway, ...]:
    """Every gateway that some agent goes through, by namespace and name."""
    return tuple(_gateway(place, draft) for place in draft.gateways)


def _gateway(place: Key, draft: Draft) -> Gateway:
    spec, serving = draft.platform.manifest["spec"], draft.gateways[place]
    given = spec["egressGateway"]
    plugins = tuple(given["plugins"])
    config = authbridge.config(
        authbridge.Settings(
            given["version"],
            given["tlsBridge"] == "Enabled",
            tuple(sorted(given["passthroughHosts"])),
            plugins,
            _backend(serving.agents[0], draft) if given["version"] == "0.6" else "",
        )
    )
    return Gateway(
        namespace=place[0],
        name=place[1],
        management=draft.standing[place[0]].management,
        kind=given["kind"],
        image=given["image"],
        replicas=given["replicas"],
        pod_selector=detours.pods(place),
        port=authbridge.PORT,
        health_port=authbridge.HEALTH_PORT,
        uid=authbridge.UID,
        config=config,
        config_hash=sha256(dumps(config, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32],
        spiffe=authbridge.uses_spiffe(plugins),
        secrets=tuple(GatewaySecret(name, _volume(name)) for name in sorted(set(given["secrets"]))),
        agents=tuple("/".join(agent) for agent in serving.agents),
        accounts=tuple(
            Account(agent[0], draft.endpoints[agent].service_account)
            for agent in serving.agents
            if draft.endpoints[agent].service_account and agent not in serving.closed
        ),
        ingress=_ingress(serving, draft),
        egress=_egress(serving, draft),
        authority=authority(place, serving, draft) if given["tlsBridge"] == "Enabled" else None,
    )


def _volume(secret: str) -> str:
    """A name for the volume of a Secret. Names of volumes have no dots and at most 63 characters."""
    name = f"secret-{secret}"
    return name if len(name) <= 63 and "." not in name else f"secret-{sha256(secret.encode()).hexdigest()[:16]}"


def _backend(agent: Key, draft: Draft) -> str:
    endpoint = draft.endpoints[agent]
    return f"http://{endpoint.service}.{agent[0]}.svc:{endpoint.service_port}"


def _ingress(serving: detours.Serving, draft: Draft) -> tuple[Flow, ...]:
    """Its agents, and what the mesh brings to its pods. Nobody else: whoever gets in gets out."""
    ports = detours.ports(draft.mesh.mode, authbridge.PORT)
    found = []
    for agent in serving.agents:
        if agent in serving.closed:
            continue
        endpoint = draft.endpoints[agent]
        found.append(Flow(f"agent {'/'.join(agent)}", (Peer(agent[0], endpoint.pod_selector),), ports))
    if draft.mesh.mode == mesh.AMBIENT:
        found.append(Flow("probes", (Peer(cidr=mesh.PROBES),), (Port(authbridge.HEALTH_PORT),)))
    if draft.mesh.mode == mesh.SIDECAR:
        found.append(mesh.metrics(draft.platform.manifest["spec"]))
    return tuple(found)


def _egress(serving: detours.Serving, draft: Draft) -> tuple[Flow, ...]:
    """DNS, what its agents ask for outside, what its plugins need, and what the mesh does."""
    spec = draft.platform.manifest["spec"]
    own = []
    for name, given in sorted(spec["egressGateway"]["infrastructure"].items()):
        if given.get("peer"):
            peer, ports = addresses.peer(given["peer"])
        elif given.get("cidr"):
            peer, ports = Peer(cidr=given["cidr"]), ()
        else:
            continue  # refused by rules/egress_gateway.py
        wanted = ports or tuple(Port(number) for number in given.get("ports") or (443,))
        own.append(Flow(f"infrastructure {name}", (peer,), wanted))
    inside = mesh.tunnelled(tuple(own), draft.mesh, draft.behind)
    return (flows.common(spec).dns, *serving.flows, *inside, *mesh.egress(spec))


def proxy(agent: Key, draft: Draft) -> Proxy | None:
    """What an agent needs to go through its gateway; None where it has none."""
    spec = draft.platform.manifest["spec"]
    place = detours.place(agent, spec["egressGateway"])
    if place not in draft.gateways or agent not in draft.gateways[place].agents:
        return None
    domain = spec["clusterDomain"]
    url = f"http://{place[1]}.{place[0]}.svc.{domain}:{authbridge.PORT}"
    direct = ",".join(_direct(agent, draft))
    variables = [*((name, url) for name in _PROXY), *((name, direct) for name in _NO_PROXY)]
    bundle, key = "", ""
    if spec["egressGateway"]["tlsBridge"] == "Enabled":
        bundle, key = trust_config_map(place, draft)
        variables += [(name, f"{TRUST_DIR}/{key}") for name in _TRUST]
    return Proxy(
        gateway="/".join(place),
        variables=tuple({"name": name, "value": value} for name, value in variables),
        bundle=bundle,
        mount_path=TRUST_DIR,
        containers=containers(agent, url, draft),
    )


def containers(agent: Key, url: str, draft: Draft) -> tuple[str, ...]:
    """The containers of a wired workload that go through the gateway: the only one, or those that already say so."""
    end = draft.ends[agent]
    if draft.is_agent(agent) or draft.endpoints[agent].presence != WIRED or end.manifest is None:
        return ()
    pod = end.manifest.manifest["spec"]["template"]["spec"]
    found = items(pod.get("containers"))
    if len(found) > 1:
        found = [one for one in found if {"name": "HTTPS_PROXY", "value": url} in items(one.get("env"))]
    return tuple(text(one.get("name")) for one in found)


def _direct(agent: Key, draft: Draft) -> list[str]:
    """What an agent reaches without its gateway.

    Names inside the cluster by their suffix, and those that have none (kagent dials NAME.NAMESPACE) one by one. Address
    blocks stand there for programs that understand them; others fail, because the gateway goes to no private address.
    """
    spec = draft.platform.manifest["spec"]
    release = kagent.release(spec["kagent"])
    hosts = set()
    if draft.is_agent(agent):
        hosts.add(f"{release.controller}.{release.namespace}")
    for callee in draft.edges.get(agent, ()):
        hosts.add(f"{draft.endpoints[callee].service}.{callee[0]}")
    for found in draft.tools.get(agent, ()):
        tool = found.tool
        if tool.kind == "MCPServer":
            hosts.add(f"{tool.name}.{tool.namespace}")
        document = draft.inputs.find(tool.kind, tool.namespace, tool.name)
        if document:
            hosts |= _inside(text((document.manifest.get("spec") or {}).get("url")), agent, spec)
    use = draft.models.used.get(agent)
    if use and use.url:
        hosts |= _inside(use.url, agent, spec)
    blocks = {peer.cidr for flow in draft.egress[agent] for peer in flow.peers if peer.cidr and flow.name != "dns"}
    return ["localhost", "127.0.0.1", ".svc", f".{spec['clusterDomain']}", *sorted(hosts), *sorted(blocks)]


def _inside(url: str, agent: Key, spec: dict[str, Any]) -> set[str]:
    """The host of a URL, where it is a Service of the cluster whose name no suffix covers."""
    if not url:
        return set()
    at = addresses.url(url)
    if not addresses.service_of(at, agent[0], spec["clusterDomain"]):
        return set()
    return set() if at.host.endswith((".svc", "." + spec["clusterDomain"])) else {at.host}

"""Flows: the named traffic of an agent that is no call of another agent.

dns, controller, model, tools, egress and infrastructure; the proof knows them by these names. Every
flow has peers: a rule without them would open a port to the whole network.
"""

from kgen.manifests import Document, Manifest
from kgen.records import Any, NamedTuple
from kgen.results import ERROR, INFO, WARNING, Result
from kgen.runtimes import kagent
from kgen.topology import addresses, mesh
from kgen.topology.calls import fits
from kgen.topology.index import Key, about
from kgen.topology.models import Use
from kgen.topology.requests import EgressRequest
from kgen.topology.switches import GATEWAY, denies, is_on, reached
from kgen.topology.types import HBONE, Endpoint, Flow, Mesh, Peer, Port

_DNS_PORTS = (Port(53, "UDP"), Port(53))
# OpenShift: the DNS pods listen on 5353 behind the Service's 53 (openshift/cluster-dns-operator, assets/dns).
_OPENSHIFT_DNS_PORTS = (Port(5353, "UDP"), Port(5353), *_DNS_PORTS)


class Common(NamedTuple):
    """Flows that all agents of a run share, made once: layers, too, then write what is one value once."""

    dns: Flow
    to_controller: Flow
    from_controller: Flow
    public: tuple[Peer, ...]
    model: tuple[Flow, ...]  # to a provider at its usual address
    infrastructure: dict[tuple[str, int], Flow]  # by name and the agent's port, as they are met
    mesh: Mesh


def common(spec: dict[str, Any]) -> Common:
    release = kagent.release(spec["kagent"])
    controller = (Peer(release.namespace, release.controller_pods),)
    network, facts = spec["network"], mesh.facts(spec)
    public = addresses.public(network["privateCIDRs"])
    to_controller = Flow("controller", controller, (Port(kagent.CONTROLLER_PORT),))
    if facts.waypoint:
        to_controller = Flow("controller", (mesh.waypoint(facts, release.namespace),), (Port(HBONE),))
    return Common(
        dns=lookups(network["dns"]),
        to_controller=to_controller,
        from_controller=Flow("controller", controller, (Port(kagent.PORT),)),
        public=public,
        model=_model(None, public, spec, []),
        infrastructure={},
        mesh=facts,
    )


def lookups(dns: dict[str, Any]) -> Flow:
    """How names are resolved; `dns` is spec.network.dns."""
    if dns["flavor"] == "OpenShift":
        pods = {"matchLabels": {"dns.operator.openshift.io/daemonset-dns": "default"}}
        return Flow("dns", (Peer("openshift-dns", pods),), _OPENSHIFT_DNS_PORTS)
    peers = [Peer("kube-system", {"matchLabels": {"k8s-app": "kube-dns"}})]
    if dns.get("clusterIP"):
        peers.append(_host(dns["clusterIP"]))
    if dns["flavor"] == "NodeLocal":
        peers.append(_host(dns["localIP"]))
    return Flow("dns", tuple(peers), _DNS_PORTS)


def _host(address: str) -> Peer:
    return Peer(cidr=f"{address}/{128 if ':' in address else 32}")


def ingress(key: Key, endpoint: Endpoint, manifest: Manifest, shared: Common, spec: dict[str, Any]) -> tuple[Flow, ...]:
    """Named flows to an agent: the controller's, the Platform's infrastructure, the mesh's own.

    `manifest` is the agent's own, {} where it is not in the input. With waypoints the controller comes through one.
    """
    flows = [shared.from_controller] if endpoint.kind == "Agent" and not shared.mesh.waypoint else []
    flows += mesh.tunnelled(tuple(_infrastructure("Ingress", key, endpoint, shared, spec)), shared.mesh, frozenset())
    return (*flows, *mesh.ingress(shared.mesh, key[0], endpoint.port, manifest, spec))


def _infrastructure(direction: str, key: Key, endpoint: Endpoint, shared: Common, spec: dict[str, Any]) -> list[Flow]:
    found = []
    for name, flow in sorted(spec["network"]["infrastructure"].items()):
        patterns = flow.get("agents")
        if flow["direction"] != direction or (patterns and not any(fits(pattern, key) for pattern in patterns)):
            continue
        if not flow.get("peer") and not flow.get("cidr"):
            continue  # refused by rules/infrastructure.py
        made = shared.infrastructure.get((name, endpoint.port))
        if made is None:
            made = shared.infrastructure[(name, endpoint.port)] = _declared(name, flow, endpoint.port)
        found.append(made)
    return found


def _declared(name: str, flow: dict[str, Any], port: int) -> Flow:
    """A flow of the Platform's, for agents that are served on a port."""
    if flow.get("peer"):
        peer, ports = addresses.peer(flow["peer"])
    else:
        peer, ports = Peer(cidr=flow["cidr"]), tuple([Port(number) for number in flow.get("ports") or ()])
    if flow["direction"] == "Ingress":
        ports = ports or (Port(port),)
    return Flow(f"infrastructure {name}", (peer,), ports)


def egress(
    key: Key,
    endpoint: Endpoint,
    byo: bool,
    use: Use | None,
    tools: list[Flow],
    asked: list[EgressRequest],
    shared: Common,
    platform: Document,
    results: list[Result],
) -> tuple[Flow, ...]:
    """Named flows from an agent, calls of other agents left out."""
    spec = platform.manifest["spec"]
    flows = [shared.dns]
    if endpoint.kind == "Agent":
        flows.append(shared.to_controller)
        if not byo:
            flows.extend(_model(use, shared.public, spec, results) if use and use.url else shared.model)
    flows.extend(tools)
    for request in asked:
        flows.extend(_egress(request, shared, spec, results))
    flows.extend(_infrastructure("Egress", key, endpoint, shared, spec))
    flows.extend(mesh.egress(spec))
    return tuple(flows)


def _model(use: Use | None, public: tuple[Peer, ...], spec: dict[str, Any], results: list[Result]) -> tuple[Flow, ...]:
    """How an agent reaches its model's provider, as network.modelEgress says."""
    how, at = spec["network"]["modelEgress"], addresses.url(use.url) if use and use.url else None
    ports = (Port(at.port if at else 443),)
    mode = how["mode"]
    if mode == "Peer":
        peer, peer_ports = addresses.peer(how["peer"]) if how.get("peer") else (None, ())
        return (Flow("model", (peer,), peer_ports or ports),) if peer else ()
    if mode == "CIDR":
        return (Flow("model", tuple(Peer(cidr=cidr) for cidr in how["cidrs"]), ports),)
    if at and use and addresses.service_of(at, "", spec["clusterDomain"]):
        message = (
            f"{at.host} is inside the cluster, where public egress does not reach: set spec.network.modelEgress "
            "to {mode: Peer, peer: {namespace: ..., podSelector: ..., ports: [...]}} in the Platform"
        )
        results.append(about(use.document, "model-in-cluster", use.field, message))
    if mode == "FQDN":
        hosts = sorted({*how["hosts"], *([at.host] if at else [])})
        return (Flow("model", (), ports, tuple(hosts)),)
    return (Flow("model", public, ports),)


def _egress(request: EgressRequest, shared: Common, spec: dict[str, Any], results: list[Result]) -> list[Flow]:
    given, where = request.egress, request.request
    kinds = [kind for kind in ("host", "cidr", "peer") if given.get(kind)]
    if len(kinds) != 1:
        message = (
            f"found {' and '.join(kinds) or 'none'}, expected exactly one of host, cidr, peer: split it into several"
        )
        if not kinds:
            message = "says no destination: set one of host, cidr, peer"
        results.append(about(where.document, "egress", where.field, message))
        return []
    if where.withheld:
        return []
    ports = tuple(Port(number) for number in given.get("ports") or (443,))
    if given.get("peer"):
        peer, peer_ports = addresses.peer(given["peer"])
        return [Flow(f"egress {peer.namespace}", (peer,), peer_ports or ports)]
    if given.get("cidr"):
        return [Flow(f"egress {given['cidr']}", (Peer(cidr=given["cidr"]),), ports)]
    return [by_name("egress", given["host"], ports, where.document, f"{where.field}.host", shared, spec, results)]


def by_name(
    purpose: str,
    host: str,
    ports: tuple[Port, ...],
    document: Document,
    field: str,
    shared: Common,
    spec: dict[str, Any],
    results: list[Result],
) -> Flow:
    """Egress to a host outside: by name where Cilium enforces names, else widened to public addresses (ruling 7)."""
    host = host.lower()
    name = f"{purpose} {host}"
    if addresses.is_address(host):
        block = f"{host}/{128 if ':' in host else 32}"
        message = f"found the address {host}: write it as cidr: {block}"
        results.append(about(document, "egress-host", field, message, proposed=block))
        return Flow(name, (), ports)
    if "." not in host or host.endswith((".svc", "." + spec["clusterDomain"])):
        message = f"{host} is inside the cluster: say which pods it is with peer: {{namespace, podSelector, ports}}"
        results.append(about(document, "egress-host", field, message))
        return Flow(name, (), ports)
    if spec["network"]["cni"] == "Cilium":
        return Flow(name, (), ports, (host,))
    severity, message = _widened(host, ", ".join(str(port.number) for port in ports), spec)
    results.append(about(document, "egress-widened", field, message, severity))
    return Flow(name, shared.public, ports)


def _widened(host: str, numbers: str, spec: dict[str, Any]) -> tuple[str, str]:
    """What is to be said of a host that nothing in the network enforces: an error from profile Hardened.

    A gateway counts only where it can refuse: AuthBridge lets through what no plugin refuses.
    """
    strict = reached(spec, "Hardened")
    if denies(spec):
        return INFO, (
            f"{host} is declared, and the gateway's plugin opa is what decides on hosts: the network lets the gateway "
            f"reach port {numbers} of every public address. kgen does not read its policy: that it holds {host}, and "
            "refuses what no link declares, is yours to see to"
        )
    opened = f"port {numbers} is open to every public address"
    if is_on(spec, GATEWAY):
        opened = f"the egress gateway reaches port {numbers} of every public address"
    message = (
        f"{host} is declared, but without Cilium no policy can tell hosts apart: {opened}; "
        "give a cidr, or set network.cni: Cilium where it is"
    )
    if strict:
        message += f". From profile Hardened this is an error, and so at {spec['profile']}"
        message += ": the gateway has no list of hosts either, without its plugin opa" if is_on(spec, GATEWAY) else ""
    return (ERROR if strict else WARNING), message

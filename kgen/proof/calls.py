"""What is asked inside connections: who sends which requests to whom, whatever road they take.

Network policies know nothing of it; a mesh does. All of it comes from the topology, as the flows do.
"""

from collections.abc import Iterator

from kgen.manifests import Origin
from kgen.proof.terms import BlockTerm, PodTerm, Term
from kgen.records import NamedTuple
from kgen.topology.types import DEFINED, HBONE, WIRED, Account, Agent, Endpoint, Flow, Peer, Token, Topology

ROOT = "istio-system"  # the mesh's root namespace where nobody says another (istio: meshConfig.rootNamespace)


class Ask(NamedTuple):
    """Requests by method and path, both as Istio's policies write them."""

    methods: tuple[str, ...]
    paths: tuple[str, ...]


class Call(NamedTuple):
    """What some pods ask of others on one port."""

    name: str
    sources: tuple[Term, ...]
    target: PodTerm
    port: int  # of the pods
    service: str  # namespace/name; "" where they are asked by address, or where no Service is known
    asks: tuple[Ask, ...] = ()  # anything at all where empty
    token: Token | None = None  # that each of these requests carries
    origins: tuple[Origin, ...] = ()
    caller: str = ""
    callee: str = ""


class Served(NamedTuple):
    """A Service that is known without its manifest: kagent makes those of its Agents."""

    name: str  # namespace/name
    pods: PodTerm
    waypoint: str  # namespace/name; "" where there is none in front of it
    port: int = 0  # of the pods, that the waypoint speaks to


class Meshed(NamedTuple):
    """The mesh that the Platform speaks of."""

    mode: str  # Sidecar or Ambient; "" where it says nothing
    trust_domain: str
    spaces: tuple[str, ...]  # namespaces that are in it, as far as nothing shows otherwise
    accounts: tuple[tuple[PodTerm, Account], ...]  # as whom pods run that no manifest may show
    services: tuple[Served, ...]
    waypoint: str  # name of each namespace's
    made: tuple[str, ...] = ()  # namespaces whose waypoint has to be there, because kgen makes it
    root: str = ROOT  # the namespace of mesh-wide configuration


NO_MESH = Meshed("", "", (), (), (), "")


def meshed(topology: Topology) -> Meshed:
    """Who is in the mesh, and as whom."""
    platform = topology.platform
    release, mesh = platform.kagent, platform.mesh
    spaces = {agent.namespace for agent in topology.agents} | {space.name for space in topology.namespaces}
    # declared peers are let in by their namespace, so they have to be in the mesh (bases/mesh/README.md)
    spaces |= {p.namespace for a in topology.agents for flow in a.declared_ingress for p in flow.peers} - {""}
    spaces |= {account.namespace for account in release.client_accounts} if platform.runs_kagent else set()
    accounts: list[tuple[PodTerm, Account]] = []
    services: list[Served] = []
    behind = waypoints(topology)
    for agent in topology.agents:
        pods = _pods(agent.endpoint)
        if agent.service_account:
            accounts.append((pods, Account(agent.namespace, agent.service_account)))
        waypoint = f"{agent.namespace}/{mesh.waypoint}" if agent.namespace in behind else ""
        if agent.service:
            services.append(Served(f"{agent.namespace}/{agent.service}", pods, waypoint, agent.port))
    if mesh.waypoint:
        for name in sorted(behind | {release.namespace}):
            accounts.append((PodTerm(name, mesh.waypoint_pods), Account(name, mesh.waypoint)))
    for server in topology.servers:
        waypoint = f"{server.namespace}/{mesh.waypoint}" if server.namespace in behind else ""
        pods = PodTerm(server.namespace, server.pod_selector)
        services += [Served(f"{server.namespace}/{name}", pods, waypoint) for name in server.services]
    if platform.runs_kagent:
        spaces.add(release.namespace)
        controller = PodTerm(release.namespace, release.controller)
        accounts.append((controller, release.account))
        waypoint = f"{release.namespace}/{mesh.waypoint}" if mesh.waypoint else ""
        services.append(Served(f"{release.namespace}/{release.service}", controller, waypoint))
        accounts += [(PodTerm(p.namespace, p.pod_selector), account) for p, account in _clients(topology)]
        accounts += [
            (PodTerm(peer.namespace, peer.pod_selector), account)
            for agent in topology.agents
            for flow in (*agent.ingress, *agent.egress)
            for peer, account in zip(flow.peers, flow.accounts, strict=False)
            if peer.namespace and len(flow.accounts) == len(flow.peers) and peer.namespace == account.namespace
        ]
    return Meshed(
        mesh.mode if mesh.active else "",
        platform.trust_domain,
        tuple(sorted(spaces)),
        tuple(accounts),
        tuple(services),
        mesh.waypoint,
        (release.namespace,) if release.waypoint_presence in (DEFINED, WIRED) else (),
        mesh.root_namespace,
    )


def waypoints(topology: Topology) -> set[str]:
    """Namespaces with a waypoint in front of their Services: kgen's own where it owns one, else its owner's."""
    if not topology.platform.mesh.waypoint:
        return set()
    return {space.name for space in topology.namespaces if space.waypoint} | {
        agent.namespace for agent in topology.agents if agent.enforced
    }


def _clients(topology: Topology) -> list[tuple[Peer, Account]]:
    """kagent's UI and the declared clients, where it is known as whom each runs."""
    release = topology.platform.kagent
    peers, accounts = _askers(topology)[0], release.client_accounts
    return list(zip(peers, accounts, strict=True)) if len(peers) == len(accounts) else [(peers[0], accounts[0])]


def _askers(topology: Topology) -> tuple[tuple[Peer, ...], tuple[Peer, ...]]:
    """Who asks the controller: UI and declared clients, then agents, one peer a namespace."""
    callers = topology.platform.kagent.controller_callers
    agents = len({agent.namespace for agent in topology.agents if agent.kind == "Agent"})
    return callers[: len(callers) - agents], callers[len(callers) - agents :]


def _pods(end: Endpoint) -> PodTerm:
    return PodTerm(end.namespace, end.pod_selector)


def of_topology(topology: Topology) -> Iterator[Call]:
    """All calls that links and named flows ask for."""
    platform = topology.platform
    release = platform.kagent
    tokens = {(agent.namespace, agent.name): agent.token for agent in topology.agents}
    for link in topology.links:
        caller, callee = link.caller, link.callee
        yield Call(
            "link",
            (_pods(caller),),
            _pods(callee),
            callee.port,
            f"{callee.namespace}/{callee.service}",
            _a2a(callee),
            tokens.get((callee.namespace, callee.name)),
            link.origins,
            f"{caller.namespace}/{caller.name}",
            f"{callee.namespace}/{callee.name}",
        )
    controller = PodTerm(release.namespace, release.controller)
    services = {(PodTerm(s.namespace, s.pod_selector).key): s.services for s in topology.servers}
    for agent in topology.agents:
        if agent.suspended and agent.enforced:
            continue  # its DENY refuses everybody, and nobody is asked to be let in
        own = _pods(agent.endpoint)
        service = f"{agent.namespace}/{agent.service}"
        if agent.kind == "Agent":
            yield Call("controller", (controller,), own, agent.port, service, _a2a(agent.endpoint))
        for flow in agent.declared_ingress:
            for port in flow.ports:
                yield Call(flow.name, _terms(flow), own, port.number, service if port.number == agent.port else "")
        for flow in agent.egress:
            if flow.name in ("dns", "controller", "istiod"):
                continue
            for peer in flow.peers:
                if peer.namespace and peer.pod_selector != platform.mesh.waypoint_pods:
                    target = PodTerm(peer.namespace, peer.pod_selector)
                    service = next((f"{peer.namespace}/{name}" for name in services.get(target.key, ())), "")
                    for port in flow.ports:
                        if port.number != HBONE and port.protocol == "TCP":
                            yield Call(flow.name, (own,), target, port.number, service)
    if platform.runs_kagent:
        service = f"{release.namespace}/{release.service}"
        routes = tuple(Ask(route.methods, (route.path,)) for route in release.agent_routes)
        people, agents = _askers(topology)
        asking = [agent for agent in topology.agents if agent.kind == "Agent" and not _silent(topology, agent)]
        for peer in people:
            yield Call("controller", (_peer(peer),), controller, release.controller_port, service)
        if agents and asking:
            sources = tuple(_pods(agent.endpoint) for agent in asking)
            yield Call("controller", sources, controller, release.controller_port, service, routes)
        tools = PodTerm(release.namespace, release.tools)
        for peer in release.tools_callers:
            yield Call("tools", (_peer(peer),), tools, release.tools_port, "")


def _silent(topology: Topology, agent: Agent) -> bool:
    """Whether the kill switch is on for it: it is asked to reach nobody."""
    return Account(agent.namespace, agent.service_account) in topology.platform.kagent.suspended_accounts


def _a2a(end: Endpoint) -> tuple[Ask, ...]:
    return Ask(("POST",), end.paths), Ask(("GET",), (end.card_path,))


def _terms(flow: Flow) -> tuple[Term, ...]:
    return tuple(_peer(peer) for peer in flow.peers)


def _peer(peer: Peer) -> Term:
    return PodTerm(peer.namespace, peer.pod_selector) if peer.namespace else BlockTerm(peer.cidr, peer.excluded)

"""What is asked for: the links, and the infrastructure flows that have a name.

All of it comes from the topology. Where no links are given, the agents' own tool references are taken for them.
"""

from collections.abc import Iterable, Sequence

from kgen.manifests import Document, Identity, Origin, get, identity_of
from kgen.proof import calls
from kgen.proof.calls import NO_MESH, Call, Meshed
from kgen.proof.terms import API_SERVER, BlockTerm, HostTerm, PodTerm, PortTerm, Term
from kgen.records import Any, NamedTuple
from kgen.runtimes import kagent
from kgen.topology.mesh import PROBES
from kgen.topology.secrets import NUDGE_PODS
from kgen.topology.types import EXTERNAL, Flow, Peer, Port, Topology, Waypoint
from kgen.topology.verification import JOB_PODS, VERIFY

LINK, ATTEMPT = "link", "attempt"
WAYPOINT = "waypoint"  # the flow from a namespace's waypoint to the agents behind it
_VERSIONS = {"Agent": kagent.API_VERSION}


class Question(NamedTuple):
    """One flow that has to be possible: every one of `sources` to every one of `targets` on every port."""

    name: str  # link, dns, controller, model, "tool tools/orders" ...
    sources: tuple[Term, ...]
    targets: tuple[Term, ...]
    ports: tuple[PortTerm, ...]
    origins: tuple[Origin, ...] = ()  # of the AgentLinks that ask
    caller: str = ""  # for links: namespace/name
    callee: str = ""
    halves: tuple[tuple[Term, ...], tuple[Term, ...]] = ((), ())  # senders, receivers that one side alone may let pass


class Asked(NamedTuple):
    """Everything that is asked, and what has to stay closed otherwise."""

    questions: tuple[Question, ...]
    guarded: tuple[PodTerm, ...]  # nothing else may reach these or be reached from them
    names: tuple[tuple[PodTerm, str], ...]  # what people call these pods
    made: tuple[Identity, ...]  # objects that have to be there, because links define or wire them
    callers: tuple[tuple[str, str, str, bool], ...] = ()  # of links: caller, callee, delegated header, kagent wires it
    residual: tuple[str, ...] = ()  # agents that reach the controller's port, whatever links say
    controller: str = ""
    guarded_ingress: tuple[PodTerm, ...] = ()  # nothing else may reach these; where they go is their own business
    observed: tuple[str, ...] = ()  # namespaces under Observe: kgen merges nothing into their agents
    attempts: tuple[Question, ...] = ()  # what is tried on purpose: the sender is let out, the receiver has to refuse
    gateways: tuple[PodTerm, ...] = ()  # pods that dial for whoever reaches them
    calls: tuple[Call, ...] = ()  # what is asked inside the connections
    mesh: Meshed = NO_MESH
    agents: tuple[tuple[PodTerm, str], ...] = ()  # the pods of each agent, and its namespace/name
    own_tls: tuple[tuple[PodTerm, PortTerm], ...] = ()  # ports on which pods end TLS themselves: no mesh judges there
    suspended: tuple[PodTerm, ...] = ()  # agents that the mesh refuses, under the kill switch: they may, and need not


def of_topology(topology: Topology, inside: bool = True) -> Asked:
    """What the topology's links and flows ask for; without `inside` not what is asked inside the connections.

    Only a mesh can tell that apart.
    """
    platform = topology.platform
    names: list[tuple[PodTerm, str]] = []
    questions: list[Question] = []
    guarded: list[PodTerm] = [
        PodTerm(space.name, {}) for space in topology.namespaces if space.management == "Owned" and space.enforced
    ]
    release = platform.kagent
    controller = PodTerm(release.namespace, release.controller)
    names += [(controller, "kagent's controller"), (PodTerm(release.namespace, release.tools), "kagent's tool server")]
    names += [
        (PodTerm(peer.namespace, peer.pod_selector), "kagent's UI")
        for peer in release.controller_callers
        if get(peer.pod_selector, "matchLabels", "app.kubernetes.io/component") == "ui"
    ]
    if platform.mesh.waypoint:
        behind = sorted(calls.waypoints(topology) | {release.namespace})
        names += [(PodTerm(name, platform.mesh.waypoint_pods), f"the waypoint of {name}") for name in behind]
    for agent in topology.agents:
        pods = PodTerm(agent.namespace, agent.pod_selector)
        name = f"{agent.namespace}/{agent.name}"
        names.append((pods, name))
        if agent.endpoint.verified_by:  # the label is the operator's, so no manifest shows a pod that has it
            names.append((PodTerm(agent.namespace, agent.endpoint.peer_selector), f"{name} (verified)"))
        if agent.enforced:
            guarded.append(pods)
        for flow in agent.egress:
            if flow.ports and (flow.peers or flow.hosts):
                targets = (*map(_term, flow.peers), *(HostTerm(host) for host in flow.hosts))
                questions.append(Question(flow.name, (pods,), targets, _ports(flow.ports), agent.origins))
                names += _flow_names(flow)
        for flow in agent.peer_ingress:
            sources = tuple(map(_term, flow.peers))
            question = Question(flow.name, sources, (pods,), _ports(flow.ports), agent.origins)
            if flow.name == WAYPOINT and agent.endpoint.verified_by:  # it lets nobody through to who is not verified
                verified = PodTerm(agent.namespace, agent.endpoint.peer_selector)
                question = question._replace(targets=(verified,), halves=(sources, (pods,)))
            questions.append(question)
            names += _flow_names(flow)
    # With waypoints a link's road at layer 4 is to the waypoint of the callee's namespace, and on from there.
    through = platform.mesh.waypoint_pods if platform.mesh.waypoint else None
    for space in topology.namespaces:
        if space.waypoint:
            questions += _of_waypoint(space.waypoint, PodTerm(space.name, platform.mesh.waypoint_pods))
    for link in topology.links:
        caller, callee = link.caller, link.callee
        # In Ambient mode, also of a mesh that is not kgen's, the same comes on the port of the mesh.
        tunnel = [platform.mesh.hbone_port] if platform.mesh.mode == "Ambient" else []
        numbers = tunnel if through else [callee.port, *tunnel]
        questions.append(
            Question(
                LINK,
                (PodTerm(caller.namespace, caller.peer_selector),),
                (PodTerm(callee.namespace, through or callee.peer_selector),),
                tuple(PortTerm("TCP", number, number) for number in numbers),
                link.origins,
                f"{caller.namespace}/{caller.name}",
                f"{callee.namespace}/{callee.name}",
                # Gated, each side asks the other for the label and not its own pods: what is missing one stops.
                (
                    (PodTerm(caller.namespace, caller.pod_selector),),
                    (PodTerm(callee.namespace, through or callee.pod_selector),),
                )
                if caller.verified_by or callee.verified_by
                else ((), ()),
            )
        )
    # Cilium's blocks take in no nodes, so there the API server is asked for by what it is as well.
    on_nodes = (API_SERVER,) if platform.cni == "Cilium" else ()
    for space in topology.namespaces:
        if platform.nudge and space.nudged:
            pods, nudge = PodTerm(space.name, NUDGE_PODS), platform.nudge
            names.append((pods, f"the nudge of {space.name}"))
            guarded.append(pods)
            api_server = PortTerm("TCP", nudge.api_server_port, nudge.api_server_port)
            questions.append(Question("nudge", (pods,), (*map(_term, nudge.api_server), *on_nodes), (api_server,)))
    attempts: list[Question] = []
    if platform.verification:
        pods, job = PodTerm(platform.platform_namespace, JOB_PODS), platform.verification
        names.append((pods, "the verification"))
        guarded.append(pods)
        for flow in job.needs:
            targets = (*map(_term, flow.peers), *(on_nodes if flow.name == VERIFY else ()))
            questions.append(Question(flow.name, (pods,), targets, _ports(flow.ports)))
        attempts = [Question(ATTEMPT, (pods,), tuple(map(_term, f.peers)), _ports(f.ports)) for f in job.attempts]
    for gateway in topology.gateways:
        pods = PodTerm(gateway.namespace, gateway.pod_selector)
        names.append((pods, f"egress gateway {gateway.namespace}/{gateway.name}"))
        guarded.append(pods)
        for flow in gateway.egress:
            if flow.ports and (flow.peers or flow.hosts):
                outside = (*map(_term, flow.peers), *(HostTerm(host) for host in flow.hosts))
                questions.append(Question(flow.name, (pods,), outside, _ports(flow.ports)))
                names += _flow_names(flow)
        for flow in gateway.peer_ingress:
            questions.append(Question(flow.name, tuple(map(_term, flow.peers)), (pods,), _ports(flow.ports)))
    if platform.runs_kagent:
        for name, to, peers, number in (
            ("controller", controller, release.controller_callers, release.controller_port),
            ("tools", PodTerm(release.namespace, release.tools), release.tools_callers, release.tools_port),
        ):
            ports = [PortTerm("TCP", number, number)]
            if platform.mesh.mode == "Ambient":
                questions.append(Question("probes", (BlockTerm(PROBES),), (to,), tuple(ports)))
                ports.append(PortTerm("TCP", platform.mesh.hbone_port, platform.mesh.hbone_port))
            if through and name == "controller":
                peers, ports = (Peer(release.namespace, through),), ports[1:]
            questions += [Question(name, (_term(peer),), (to,), tuple(ports)) for peer in peers]
        for flow in release.proxy_metrics:
            questions.append(Question(flow.name, tuple(map(_term, flow.peers)), (controller,), _ports(flow.ports)))
    byo = {(agent.namespace, agent.name) for agent in topology.agents if agent.byo}
    return Asked(
        tuple(questions),
        tuple(guarded),
        tuple(names),
        tuple(
            Identity(_VERSIONS.get(agent.kind, "apps/v1"), agent.kind, agent.namespace, agent.name)
            for agent in topology.agents
            if agent.presence != EXTERNAL
        ),
        tuple(
            (
                f"{link.caller.namespace}/{link.caller.name}",
                f"{link.callee.namespace}/{link.callee.name}",
                link.delegation.header if link.delegation else "",
                link.caller.kind == "Agent"
                and link.callee.kind == "Agent"
                and (link.caller.namespace, link.caller.name) not in byo,
            )
            for link in topology.links
        ),
        tuple(f"{agent.namespace}/{agent.name}" for agent in topology.agents if agent.kind == "Agent"),
        f"{release.namespace}/{release.controller_port}",
        (controller, PodTerm(release.namespace, release.tools)) if release.managed and platform.runs_kagent else (),
        tuple(space.name for space in topology.namespaces if not space.enforced),
        tuple(attempts),
        tuple(PodTerm(gateway.namespace, gateway.pod_selector) for gateway in topology.gateways),
        tuple(calls.of_topology(topology)) if inside else (),
        calls.meshed(topology) if inside else NO_MESH,
        tuple((PodTerm(a.namespace, a.pod_selector), f"{a.namespace}/{a.name}") for a in topology.agents),
        tuple(
            (PodTerm(a.namespace, a.pod_selector), PortTerm("TCP", a.identity.tls_port, a.identity.tls_port))
            for a in topology.agents
            if a.identity and a.identity.tls_port
        ),
        tuple(
            PodTerm(a.namespace, a.pod_selector)
            for a in topology.agents
            if a.suspended and a.enforced and platform.mesh.active
        ),
    )


def _of_waypoint(waypoint: Waypoint, pods: PodTerm) -> list[Question]:
    """What a waypoint's own pods need."""
    questions = [Question(f.name, tuple(map(_term, f.peers)), (pods,), _ports(f.ports)) for f in waypoint.ingress]
    return questions + [Question(f.name, (pods,), tuple(map(_term, f.peers)), _ports(f.ports)) for f in waypoint.egress]


def _flow_names(flow: Flow) -> list[tuple[PodTerm, str]]:
    title = {"dns": "cluster DNS", "controller": "kagent's controller"}.get(flow.name, flow.name)
    return [(PodTerm(p.namespace, p.pod_selector), title) for p in flow.peers if p.namespace and p.pod_selector]


def _term(peer: Peer) -> Term:
    if peer.namespace:
        return PodTerm(peer.namespace, peer.pod_selector)
    return BlockTerm(peer.cidr, peer.excluded)


def _ports(ports: Sequence[Port]) -> tuple[PortTerm, ...]:
    return tuple(PortTerm(port.protocol, port.number, port.number) for port in ports)


def references(documents: Iterable[Document]) -> list[tuple[str, str, Origin]]:
    """(caller, callee, where) of each tool of an Agent that is another Agent."""
    found = []
    for document in documents:
        if document.manifest.get("kind") != "Agent":
            continue
        identity = identity_of(document.manifest)
        home = identity.namespace or "default"
        for tool in kagent.tools_of(document.manifest):
            callee = kagent.callee_of({"type": "Agent", **tool} if "agent" in tool else tool, home)
            if callee and callee[1]:
                found.append((f"{home}/{identity.name}", "/".join(callee), document.origin))
    return found


def links_of(pairs: Iterable[tuple[str, str, Origin]]) -> list[Document]:
    """AgentLinks that say what these pairs say."""
    made: dict[tuple[str, str], Document] = {}
    for caller, callee, origin in pairs:
        if caller != callee and (caller, callee) not in made:
            manifest: dict[str, Any] = {
                "apiVersion": "kgen.dev/v1alpha1",
                "kind": "AgentLink",
                "metadata": {"name": f"asked-{len(made)}"},
                "spec": {"from": caller, "to": callee},
            }
            made[caller, callee] = Document(manifest, origin)
    return list(made.values())

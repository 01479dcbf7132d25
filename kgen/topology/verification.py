"""Verification: the table of what a running cluster is asked, and what the Job that asks it needs.

The script that reads the table is constant (bases/verify). A row is five columns between tabs: what is asked, who asks,
whom, at which URL, and how. What must not be asked is left out: under Observe nothing is refused yet, and a call that
some infrastructure flow allows is not undeclared.
"""

from collections.abc import Iterator, Sequence

from kgen.records import Any
from kgen.topology import flows
from kgen.topology.index import Index
from kgen.topology.switches import is_on
from kgen.topology.types import (
    DEFINED,
    EXTERNAL,
    PROPOSED,
    WIRED,
    Agent,
    Flow,
    Peer,
    Platform,
    Port,
    Verification,
    Verified,
)

JOB_PODS = {"matchLabels": {"kgen.dev/job": "verify"}}
"""The Job's pods (bases/verify/job.yaml)."""
VERIFY = "verify"
"""The Job's flow to the API server."""
PREFIX = "kgen-verify-"  # of the Job's name; the Platform's follows
_HEAD = "# Written by kgen; read by verify.sh.\n# check\tfrom\tto\turl\thow\n"
_KINDS = {"Agent": "agents.kagent.dev", "Deployment": "deployments.apps", "StatefulSet": "statefulsets.apps"}
_API_SERVER = "https://kubernetes.default.svc/version"
_GUARDED = "/api/agents"  # no agent needs it (runtimes/kagent.py, AGENT_ROUTES), and it writes Agents


def has_job(spec: dict[str, Any]) -> bool:
    return is_on(spec, "verify") and bool(spec["verify"]["mode"] == "PostSyncJob")


def verification(spec: dict[str, Any], platform: Platform, inputs: Index) -> Verification:
    """What the Job needs. `platform` is complete but for this; rules/verification.py has refused what is missing."""
    server, home = spec["network"]["apiServer"], platform.platform_namespace
    api = Flow(VERIFY, tuple(Peer(cidr=cidr) for cidr in server["cidrs"]), (Port(server["port"]),))
    listed = any(space.name == home for space in platform.namespaces)
    return Verification(
        image=spec["verify"]["image"],
        rows=rows(spec, platform),
        api_server_port=server["port"],
        needs=(api, flows.lookups(spec["network"]["dns"])),
        attempts=_attempts(platform.agents, home),
        makes_namespace=not listed and not (platform.admission and platform.admission.makes_namespace),
        namespace_presence=WIRED if inputs.find("Namespace", "", home) else DEFINED,
    )


def verified(agents: Sequence[Agent]) -> tuple[Verified, ...]:
    """What the Job reads in each namespace, by name. kagent makes a Deployment of each Agent."""
    found: dict[str, list[Agent]] = {}
    for agent in agents:
        found.setdefault(agent.namespace, []).append(agent)
    return tuple(
        Verified(
            namespace,
            DEFINED if any(agent.presence != EXTERNAL for agent in inside) else PROPOSED,
            tuple(sorted(agent.name for agent in inside if agent.kind == "Agent")),
            tuple(sorted(agent.name for agent in inside if agent.kind in ("Agent", "Deployment"))),
            tuple(sorted(agent.name for agent in inside if agent.kind == "StatefulSet")),
        )
        for namespace, inside in sorted(found.items())
    )


def rows(spec: dict[str, Any], platform: Platform) -> tuple[str, ...]:
    """The lines of the table."""
    mesh = platform.mesh
    found = [row(*columns) for columns in _rows(spec, platform)]
    mode = row("table", "1", platform.name, mesh.mode or "none", "enforced" if mesh.active else "idle")
    return (_HEAD, mode, *found, row("end", str(len(found)), "-", "-", "-"))


def row(*columns: str) -> str:
    """One line. Raises ValueError for a value that would become two, or none."""
    for column in columns:
        if not column or not column.isascii() or not column.isprintable() or " " in column:
            raise ValueError(f"no column of a table: {column!r}")
    return "\t".join(columns) + "\n"


def _rows(spec: dict[str, Any], platform: Platform) -> Iterator[tuple[str, ...]]:
    control, mesh = platform.kagent, platform.mesh
    agents = sorted(platform.agents, key=_name)
    inside: dict[str, list[Agent]] = {}
    for agent in agents:
        inside.setdefault(agent.namespace, []).append(agent)
    closed = [agent for agent in agents if agent.enforced]
    own = [agent for agent in agents if agent.kind == "Agent"]
    controller = f"{control.namespace}/{control.service}"
    to_controller = f"http://{control.service}.{control.namespace}:{control.controller_port}"
    for agent in agents:
        yield "agent", _name(agent), _KINDS[agent.kind], _selector(agent), "enforced" if agent.enforced else "observed"
    for agent in own:
        yield "control", _name(agent), controller, f"{to_controller}/health", "-"
    for agent in agents:
        for link in agent.callers:
            how = "token" if agent.token and mesh.active else "-"
            yield "link", "/".join(link.caller[:2]), _name(agent), _url(agent), how
    for agent in closed:
        asker = _undeclared(agent, inside)
        if asker:
            yield "undeclared", _name(asker), _name(agent), _url(agent), "-"
    for agent in closed:
        if not _open_to(agent, platform.platform_namespace):
            yield "stranger", "-", _name(agent), _url(agent), "-"
    if mesh.active:
        for agent in closed:
            if agent.token:
                for link in agent.callers:
                    yield "token", "/".join(link.caller[:2]), _name(agent), _url(agent), "-"
        for agent in own:
            if agent.enforced:
                yield "guard", _name(agent), controller, f"{to_controller}{_GUARDED}", "-"
    for agent in closed:
        url = _out(spec, agent)
        if url:
            yield "egress", _name(agent), "default/kubernetes", url, "-"


def _name(agent: Agent) -> str:
    return f"{agent.namespace}/{agent.name}"


def _url(agent: Agent) -> str:
    """As kagent's own agents call it (translator/agent/compiler.go, toolAgentURL); the first path, up to a wildcard."""
    path = agent.endpoint.paths[0].partition("*")[0].partition("{")[0] or "/"
    return f"http://{agent.service}.{agent.namespace}:{agent.endpoint.service_port}{path}"


def _selector(agent: Agent) -> str:
    """The labels of its pods as kubectl takes them; - where its selector says it otherwise."""
    labels = agent.pod_selector.get("matchLabels") or {}
    if agent.pod_selector.get("matchExpressions") or not labels:
        return "-"
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _undeclared(callee: Agent, inside: dict[str, list[Agent]]) -> Agent | None:
    """Who tries an agent that it may not call: one whose call was taken back, else one that lives beside a caller
    (kagent's own consent stops at the namespace), else the first by name. `inside`: the agents by namespace.
    """
    callers = {link.caller[:2] for link in callee.callers} | {callee.endpoint[:2]}
    cut = {end[:2] for end in callee.cut_callers}
    first = [*sorted({namespace for namespace, _ in cut}), *sorted({namespace for namespace, _ in callers})]
    for wanted in (cut, None):
        for namespace in (*first, *inside):
            if _open_to(callee, namespace):
                continue
            for agent in inside.get(namespace, ()):
                key = agent.endpoint[:2]
                if key not in callers and (wanted is None or key in wanted):
                    return agent
    return None


def _open_to(callee: Agent, namespace: str) -> bool:
    """Whether an infrastructure flow may let pods of a namespace in; addresses may be anybody's."""
    return any(
        peer.namespace == namespace or (peer.cidr and flow.name.startswith("infrastructure "))
        for flow in callee.ingress
        for peer in flow.peers
        if any(port.number == callee.port for port in flow.ports)
    )


def _out(spec: dict[str, Any], agent: Agent) -> str:
    """Something outside that surely answers, and that no flow of the agent asks for: the API server. - where the
    Platform does not say where that is, "" where a flow may lead to it.
    """
    server = spec["network"]["apiServer"]
    if not server["cidrs"]:
        return "-"
    for flow in agent.egress:
        if any(port.number == server["port"] for port in flow.ports) and (
            flow.hosts or any(_leads_to(peer, cidr) for peer in flow.peers for cidr in server["cidrs"])
        ):
            return ""
    return _API_SERVER


def _leads_to(peer: Peer, cidr: str) -> bool:
    """Whether some address of a block is a peer's."""
    from ipaddress import ip_network

    if not peer.cidr or (":" in peer.cidr) != (":" in cidr):
        return False
    wanted: Any = ip_network(cidr, strict=False)  # of the same family, which the types of ipaddress can not say
    cut = any(wanted.subnet_of(ip_network(e, strict=False)) for e in peer.excluded if (":" in e) == (":" in cidr))
    return not cut and bool(wanted.overlaps(ip_network(peer.cidr, strict=False)))


def _attempts(agents: Sequence[Agent], home: str) -> tuple[Flow, ...]:
    """What the Job tries and agents refuse: a flow a port."""
    found: dict[int, list[Peer]] = {}
    for agent in agents:
        if agent.enforced and not _open_to(agent, home):
            found.setdefault(agent.port, []).append(Peer(agent.namespace, agent.pod_selector))
    return tuple(Flow("attempt", tuple(peers), (Port(port),)) for port, peers in sorted(found.items()))

"""Servers: pods that are no agent, in a namespace that kgen closes, which some agent's flow leads to.

Tool servers, databases, collectors. The default-deny of an Owned namespace would cut them off from the very agents
that links let go there, so they get an ingress policy of their own: the agents, and for a tool server kagent's
controller, which lists its tools every minute (kagent 0.10, remotemcpserver controller).
"""

from collections.abc import Iterator

from kgen.manifests import get
from kgen.records import Any
from kgen.runtimes import kagent
from kgen.runtimes.shapes import labels
from kgen.topology import mesh
from kgen.topology.draft import Draft
from kgen.topology.index import Key
from kgen.topology.types import HBONE, Account, Flow, Peer, Port, Server

_PLAIN = "app.kubernetes.io/name"  # a selector of this one label names the server


def servers(draft: Draft) -> tuple[Server, ...]:
    """One for each set of pods, with everybody who may come in, by namespace and name."""
    found: dict[tuple[str, str], Server] = {}
    controller: Peer | None = None
    for caller, flow, peer in closed(draft):
        name = _name(peer.pod_selector)
        server = found.get((peer.namespace, name)) or Server(peer.namespace, name, peer.pod_selector, ())
        endpoint = draft.endpoints[caller]
        account = (Account(caller[0], endpoint.service_account),) if endpoint.service_account else ()
        pods = (Peer(caller[0], endpoint.pod_selector),)
        callers = [Flow(f"agent {'/'.join(caller)}", pods, flow.ports, (), account)]
        if endpoint.kind == "Agent" and flow.name.startswith("tool "):
            release = kagent.release(draft.platform.manifest["spec"]["kagent"])
            controller = controller or Peer(release.namespace, release.controller_pods)
            as_whom = (Account(release.namespace, release.controller),)
            callers.append(Flow("controller", (controller,), flow.ports, (), as_whom))
        fresh = [each for each in callers if each not in server.ingress]
        found[(peer.namespace, name)] = server._replace(ingress=(*server.ingress, *fresh))
    return tuple(_finished(server, draft) for _, server in sorted(found.items()))


def _finished(server: Server, draft: Draft) -> Server:
    """With its flows in order, its Services, and what the mesh brings to its pods."""
    chosen = labels(server.pod_selector.get("matchLabels"))
    services = tuple(
        str(get(document.manifest, "metadata", "name"))
        for document in draft.inputs.all("Service", server.namespace)
        if labels(get(document.manifest, "spec", "selector")) == chosen
        and not get(server.pod_selector, "matchExpressions")
    )
    flows = sorted(server.ingress, key=_order)
    if draft.mesh.mode == mesh.AMBIENT:
        if server.namespace in draft.behind:
            flows.append(Flow("waypoint", (mesh.waypoint(draft.mesh, server.namespace),), (Port(HBONE),)))
        flows.append(Flow("probes", (Peer(cidr=mesh.PROBES),), server.ports))
    if draft.mesh.mode == mesh.SIDECAR:
        flows.append(mesh.metrics(draft.platform.manifest["spec"]))
    return server._replace(ingress=tuple(flows), services=services)


def closed(draft: Draft) -> Iterator[tuple[Key, Flow, Peer]]:
    """The flows of agents that end at the default-deny of a namespace, because no other policy lets them in."""
    agents: dict[str, list[dict[str, Any]]] = {}
    for (namespace, _), endpoint in draft.endpoints.items():
        agents.setdefault(namespace, []).append(endpoint.pod_selector)
    for namespace, name in draft.gateways:
        from kgen.topology.detours import pods

        agents.setdefault(namespace, []).append(pods((namespace, name)))
    for caller, flows in draft.egress.items():
        for flow in flows:
            for peer in flow.peers:
                standing = draft.standing.get(peer.namespace)
                if standing is None or standing.management != "Owned" or not standing.enforced:
                    continue
                if draft.mesh.waypoint and peer.pod_selector == draft.mesh.waypoint_pods:
                    continue
                if peer.pod_selector not in agents.get(peer.namespace, ()):
                    yield caller, flow, peer


def _name(selector: dict[str, Any]) -> str:
    """A name that only the selector decides: the label that names an application, else a sum over all of it."""
    labels = selector.get("matchLabels") or {}
    plain = labels.get(_PLAIN, "")
    if list(selector) == ["matchLabels"] and list(labels) == [_PLAIN] and plain and plain == _word(plain):
        return str(plain)
    from zlib import crc32

    word = _word(plain or labels.get("app") or "") or "pods"
    parts = sorted(labels.items()), sorted(map(repr, selector.get("matchExpressions") or ()))
    return f"{word}-{crc32(repr(parts).encode()):08x}"


def _word(label: str) -> str:
    """A label's value as a name can begin: values may also have capitals and _."""
    return label.lower().replace("_", "-").replace(".", "-")[:40].strip("-")


def _order(flow: Flow) -> tuple[str, tuple[Port, ...]]:
    return (flow.name, flow.ports)

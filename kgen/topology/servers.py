"""Servers: pods that are no agent, in a namespace that kgen closes, which some agent's flow leads to.

Tool servers, databases, collectors. The default-deny of an Owned namespace would cut them off from the very agents
that links let go there, so they get an ingress policy of their own: the agents, and for a tool server kagent's
controller, which lists its tools every minute (kagent 0.10, remotemcpserver controller).
"""

from collections.abc import Iterator

from kgen.records import Any
from kgen.runtimes import kagent
from kgen.topology.draft import Draft
from kgen.topology.index import Key
from kgen.topology.types import Flow, Peer, Port, Server

_PLAIN = "app.kubernetes.io/name"  # a selector of this one label names the server


def servers(draft: Draft) -> tuple[Server, ...]:
    """One for each set of pods, with everybody who may come in, by namespace and name."""
    found: dict[tuple[str, str], Server] = {}
    controller: Peer | None = None
    for caller, flow, peer in closed(draft):
        name = _name(peer.pod_selector)
        server = found.get((peer.namespace, name)) or Server(peer.namespace, name, peer.pod_selector, ())
        endpoint = draft.endpoints[caller]
        callers = [Flow(f"agent {'/'.join(caller)}", (Peer(caller[0], endpoint.pod_selector),), flow.ports)]
        if endpoint.kind == "Agent" and flow.name.startswith("tool "):
            release = kagent.release(draft.platform.manifest["spec"]["kagent"])
            controller = controller or Peer(release.namespace, release.controller_pods)
            callers.append(Flow("controller", (controller,), flow.ports))
        fresh = [each for each in callers if each not in server.ingress]
        found[(peer.namespace, name)] = server._replace(ingress=(*server.ingress, *fresh))
    return tuple(
        server._replace(ingress=tuple(sorted(server.ingress, key=_order))) for _, server in sorted(found.items())
    )


def closed(draft: Draft) -> Iterator[tuple[Key, Flow, Peer]]:
    """The flows of agents that end at the default-deny of a namespace, because no agent's policy lets them in."""
    agents: dict[str, list[dict[str, Any]]] = {}
    for (namespace, _), endpoint in draft.endpoints.items():
        agents.setdefault(namespace, []).append(endpoint.pod_selector)
    for caller, flows in draft.egress.items():
        for flow in flows:
            for peer in flow.peers:
                standing = draft.standing.get(peer.namespace)
                if standing is None or standing.management != "Owned" or not standing.enforced:
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

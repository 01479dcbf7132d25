"""Waypoints: in ambient mode, the proxies in front of a namespace's Services, and what their pods need (ruling 3).

Their traffic is that of all the namespace's agents, and of the servers that links lead to there: callers and the
controller come in by HBONE, and it goes on to the pods by HBONE.
"""

from collections.abc import Iterable

from kgen.records import Any
from kgen.runtimes import kagent
from kgen.topology import flows, mesh
from kgen.topology.types import HBONE, Agent, Flow, Peer, Port, Server, Waypoint

_HBONE = (Port(HBONE),)


def waypoints(
    behind: frozenset[str], agents: Iterable[Agent], servers: Iterable[Server], spec: dict[str, Any]
) -> dict[str, Waypoint]:
    """The waypoint of each namespace in `behind`, by namespace."""
    if not behind:
        return {}
    inside: dict[str, list[Agent]] = {}
    for agent in agents:
        if agent.namespace in behind:
            inside.setdefault(agent.namespace, []).append(agent)
    served: dict[str, list[Server]] = {}
    for server in servers:
        served.setdefault(server.namespace, []).append(server)
    return {name: _waypoint(members, served.get(name, []), spec) for name, members in inside.items()}


def _waypoint(members: list[Agent], servers: list[Server], spec: dict[str, Any]) -> Waypoint:
    release = kagent.release(spec["kagent"])
    peers: dict[tuple[str, str], Peer] = {}
    for agent in members:
        callers = [Peer(link.caller.namespace, link.caller.peer_selector) for link in agent.callers]
        if agent.kind == "Agent":
            callers.append(Peer(release.namespace, release.controller_pods))
        callers += [peer for flow in agent.declared_ingress for peer in flow.peers if peer.namespace]
        peers |= {(peer.namespace, repr(peer.pod_selector)): peer for peer in callers}
    for server in servers:
        callers = [peer for flow in server.ingress if flow.accounts for peer in flow.peers]
        peers |= {(peer.namespace, repr(peer.pod_selector)): peer for peer in callers}
    ingress = [mesh.metrics(spec, mesh.METRICS[:1])]
    if peers:
        ingress.insert(0, Flow("callers", tuple(peer for _, peer in sorted(peers.items())), _HBONE))
    targets = tuple(Peer(agent.namespace, agent.endpoint.peer_selector) for agent in members)
    targets += tuple(Peer(server.namespace, server.pod_selector) for server in servers)
    dns = flows.common(spec).dns
    return Waypoint(tuple(ingress), (Flow("behind it", targets, _HBONE), mesh.istiod(spec), dns))

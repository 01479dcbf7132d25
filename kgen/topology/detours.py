"""Detours: the flows that go out of the cluster, turned so that they go through an egress gateway.

What goes out is what an agent's model, tools and declared egress ask of public addresses or of hosts by name. What is
inside the cluster stays direct, and so do address blocks inside the private ranges: a gateway never goes there, or it
would be a way around every network policy. Declared infrastructure stays direct too: it is the platform's own.
"""

from kgen.records import Any, NamedTuple
from kgen.topology.index import Key
from kgen.topology.namespaces import Standing, never_owned
from kgen.topology.types import HBONE, Endpoint, Flow, Peer, Port

LABEL = "kgen.dev/egress-gateway"
NAME = "egress-gateway"
FLOW = "gateway"
_OUTWARD = ("model", "egress ", "tool ")  # flows of these names may leave the cluster


# RFC 3927 and 4291: instance metadata, on the large clouds.
_LINK_LOCAL = ("169.254.0.0/16", "fe80::/10")


class Serving(NamedTuple):
    """What one gateway is for."""

    agents: tuple[Key, ...]
    flows: tuple[Flow, ...]  # to the outside, each once
    declared: tuple[tuple[Key, tuple[str, ...]], ...]  # the hosts that each agent declares
    closed: frozenset[Key] = frozenset()  # of the agents, those that it does not let in


def place(agent: Key, given: dict[str, Any]) -> Key:
    """(namespace, name) of the gateway of an agent."""
    match given["scope"]:
        case "Agent":
            return (agent[0], f"{agent[1]}-{NAME}")
        case "Namespace":
            return (agent[0], NAME)
    return (given["namespace"], NAME)


def pods(gateway: Key) -> dict[str, Any]:
    """Selector of a gateway's pods. With kgen's own prefix: admission lets nobody else put it on a pod."""
    return {"matchLabels": {LABEL: gateway[1]}}


def ports(mode: str, port: int) -> tuple[Port, ...]:
    """The ports on which a gateway's pods are reached; HBONE carries the port in ambient mode."""
    return (Port(port), Port(HBONE)) if mode == "Ambient" else (Port(port),)


def turn(
    egress: dict[Key, tuple[Flow, ...]],
    endpoints: dict[Key, Endpoint],
    standing: dict[str, Standing],
    spec: dict[str, Any],
    suspended: dict[Key, str],
) -> tuple[dict[Key, tuple[Flow, ...]], dict[Key, Serving]]:
    """The flows of each agent, those to the outside taken together as one to its gateway; and the gateways.

    Agents under Observe keep theirs: nothing is merged into them, so they would not know of a gateway. A suspended one
    stays outside of a gateway that it shares: behind it are the hosts of others too, and it can not tell them apart.
    """
    from kgen.runtimes.authbridge import PORT

    given, private = spec["egressGateway"], spec["network"]["privateCIDRs"]
    mode = spec["mesh"].get("mode") or ""
    found: dict[Key, list[tuple[Key, tuple[Flow, ...]]]] = {}
    turned = dict(egress)
    for agent in endpoints:
        if not standing[agent[0]].enforced:
            continue
        direct: list[Flow] = []
        outward: list[Flow] = []
        for flow in egress[agent]:
            stays, goes = _split(flow, private)
            direct += [stays] if stays else []
            outward += [goes] if goes else []
        if outward:
            gateway = place(agent, given)
            if agent in suspended and given["scope"] != "Agent":
                outward.clear()
            else:
                direct.append(Flow(FLOW, (Peer(gateway[0], pods(gateway)),), ports(mode, PORT)))
            turned[agent] = tuple(direct)
            found.setdefault(gateway, []).append((agent, tuple(outward)))
    return turned, {gateway: _serving(members) for gateway, members in sorted(found.items())}


def _serving(members: list[tuple[Key, tuple[Flow, ...]]]) -> Serving:
    """A gateway by those behind it, each with what it asks for outside; nothing for whom it does not let in."""
    flows = {_order(flow): flow for _, outward in members for flow in outward}
    return Serving(
        tuple(agent for agent, _ in members),
        tuple(flow for _, flow in sorted(flows.items(), key=lambda one: one[0])),
        tuple((agent, tuple(sorted({host for flow in outward for host in flow.hosts}))) for agent, outward in members),
        frozenset(agent for agent, outward in members if not outward),
    )


def _order(flow: Flow) -> tuple[Any, ...]:
    """What tells flows to the outside apart; they name no pods."""
    return (flow.name, flow.hosts, flow.ports, tuple((peer.cidr, peer.excluded) for peer in flow.peers))


def _split(flow: Flow, private: list[str]) -> tuple[Flow | None, Flow | None]:
    """(what stays direct, what goes through the gateway) of a flow."""
    if not flow.name.startswith(_OUTWARD):
        return flow, None
    if flow.hosts:
        return None, flow
    stays: list[Peer] = []
    goes: list[Peer] = []
    for peer in flow.peers:
        if peer.namespace or _is_within(peer.cidr, private):
            stays.append(peer)
        else:
            goes.append(_public(peer, private))
    return (
        flow._replace(peers=tuple(stays)) if stays else None,
        flow._replace(peers=tuple(goes)) if goes else None,
    )


def _is_within(block: str, private: list[str]) -> bool:
    """Whether an address block lies inside a private range."""
    return any(_holds(outer, block) for outer in private)


def _public(peer: Peer, private: list[str]) -> Peer:
    """An address block with the private ranges in it cut out."""
    return peer if peer.excluded else peer._replace(excluded=tuple(one for one in private if _holds(peer.cidr, one)))


def _holds(outer: str, inner: str) -> bool:
    """Whether one address block lies inside another."""
    from ipaddress import IPv4Network, IPv6Network, ip_network

    whole, part = ip_network(outer, strict=False), ip_network(inner, strict=False)
    if isinstance(whole, IPv4Network) and isinstance(part, IPv4Network):
        return part.subnet_of(whole)
    return isinstance(whole, IPv6Network) and isinstance(part, IPv6Network) and part.subnet_of(whole)


def takes_in(block: str, private: list[str]) -> str:
    """In words what a block of the platform's own may not hold: a whole private range, or where metadata is served."""
    whole = next((outer for outer in private if _holds(block, outer)), "")
    if whole:
        return "the whole private range of " + whole if whole != block else "a whole private range"
    local = next((outer for outer in _LINK_LOCAL if _holds(outer, block)), "")
    return f"link-local addresses ({local}), among which clouds serve the node's credentials" if local else ""


def home(serving: dict[Key, Serving], standing: dict[str, Standing]) -> dict[str, Standing]:
    """The standing of every namespace, that of a shared gateway included: Owned, where the Platform says nothing."""
    missing = {gateway[0] for gateway in serving} - set(standing)
    return {**standing, **{name: Standing("Owned", True, False) for name in sorted(missing)}}


def reserved(given: dict[str, Any], spec: dict[str, Any]) -> str:
    """Whose the namespace of a shared gateway is, where it is somebody else's."""
    return never_owned(spec).get(given["namespace"], "") if given["scope"] == "Shared" else ""

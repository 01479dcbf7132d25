"""kagent's own pods: what its controller and its bundled tools have to let in."""

from kgen.manifests import get
from kgen.records import Any
from kgen.runtimes import kagent
from kgen.topology import addresses
from kgen.topology.draft import Draft
from kgen.topology.index import Key
from kgen.topology.mesh import USE_WAYPOINT
from kgen.topology.types import DEFINED, EXTERNAL, PROPOSED, WIRED, Account, Endpoint, KagentControl, Peer, Route


def control(draft: Draft, tool_users: set[Key]) -> KagentControl:
    """`tool_users` are the agents that a link gives the bundled tool server."""
    spec, endpoints = draft.platform.manifest["spec"], draft.endpoints
    given = spec["kagent"]
    release = kagent.release(given)
    clients = tuple(addresses.peer(client["peer"])[0] for _, client in sorted(given["clients"].items()))
    agents = {key for key, endpoint in endpoints.items() if endpoint.kind == "Agent"}
    observed = {key for key in agents if not draft.standing[key[0]].enforced}
    waypoint, service = _behind(draft, release)
    return KagentControl(
        namespace=release.namespace,
        managed=given["managePolicies"],
        controller=release.controller_pods,
        controller_port=kagent.CONTROLLER_PORT,
        tools=release.tools_pods,
        tools_port=kagent.TOOLS_PORT,
        controller_callers=(Peer(release.namespace, release.ui_pods), *clients, *_peers(agents)),
        tools_callers=(
            Peer(release.namespace, release.controller_pods),
            *_peers(tool_users & agents),
            *(Peer(key[0], endpoints[key].pod_selector) for key in sorted(tool_users - agents)),
        ),
        service=release.controller,
        account=Account(release.namespace, release.controller),
        client_accounts=(Account(release.namespace, release.ui), *_clients(given)),
        agent_routes=tuple(Route(path, methods) for path, methods in kagent.AGENT_ROUTES),
        agent_accounts=_accounts(agents - observed - set(draft.suspended), endpoints),
        observed_accounts=_accounts((agents & observed) - set(draft.suspended), endpoints),
        suspended_accounts=_accounts(agents & set(draft.suspended), endpoints),
        tools_accounts=_tools_accounts(draft, release, tool_users, observed),
        waypoint_presence=waypoint,
        service_presence=service,
    )


def _tools_accounts(
    draft: Draft, release: kagent.Release, tool_users: set[Key], observed: set[Key]
) -> tuple[Account, ...]:
    """Nobody while somebody is under Observe, who may be on the way into the mesh, or use tools that no link names."""
    if observed or any(not draft.standing[key[0]].enforced for key in tool_users):
        return ()
    return (Account(release.namespace, release.controller), *_accounts(tool_users, draft.endpoints))


def _behind(draft: Draft, release: kagent.Release) -> tuple[str, str]:
    """Whose the Gateway in front of the controller's Service is, and the label by which the Service uses it.

    The Service is kagent's own: where its manifest is not in the input, the label is printed for its owner.
    """
    name = draft.mesh.waypoint
    if not name:
        return "", ""
    managed = draft.platform.manifest["spec"]["kagent"]["managePolicies"]
    gateway = draft.inputs.find("Gateway", release.namespace, name)
    if uses_waypoint(draft, release):
        label = ""
    else:
        label = WIRED if managed and draft.inputs.find("Service", release.namespace, release.controller) else EXTERNAL
    if managed:
        return WIRED if gateway else DEFINED, label
    return "" if gateway else PROPOSED, label


def uses_waypoint(draft: Draft, release: kagent.Release) -> bool:
    """Whether the input shows that the controller's Service uses the waypoint of its namespace."""
    manifest = draft.inputs.manifest("Service", release.namespace, release.controller)
    return bool(get(manifest or {}, "metadata", "labels", USE_WAYPOINT) == draft.mesh.waypoint)


def _clients(given: dict[str, Any]) -> list[Account]:
    return [
        Account(client["peer"]["namespace"], client["serviceAccountName"])
        for _, client in sorted(given["clients"].items())
        if client.get("serviceAccountName")
    ]


def _accounts(agents: set[Key], endpoints: dict[Key, Endpoint]) -> tuple[Account, ...]:
    return tuple(sorted({Account(key[0], endpoints[key].service_account) for key in agents}))


def _peers(agents: set[Key]) -> list[Peer]:
    """One peer a namespace that matches exactly these agents' pods."""
    by_namespace: dict[str, list[str]] = {}
    for namespace, name in sorted(agents):
        by_namespace.setdefault(namespace, []).append(name)
    return [
        Peer(
            namespace,
            kagent.pod_selector(names[0])
            if len(names) == 1
            else {
                "matchLabels": {"app": "kagent"},
                "matchExpressions": [{"key": "kagent", "operator": "In", "values": names}],
            },
        )
        for namespace, names in by_namespace.items()
    ]

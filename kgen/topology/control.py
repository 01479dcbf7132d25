"""kagent's own pods: what its controller and its bundled tools have to let in."""

from kgen.records import Any
from kgen.runtimes import kagent
from kgen.topology import addresses, mesh
from kgen.topology.draft import Draft
from kgen.topology.index import Key
from kgen.topology.types import Account, Endpoint, KagentControl, Peer, Route


def control(draft: Draft, tool_users: set[Key]) -> KagentControl:
    """`tool_users` are the agents that a link gives the bundled tool server."""
    spec, endpoints = draft.platform.manifest["spec"], draft.endpoints
    given = spec["kagent"]
    release = kagent.release(given)
    clients = tuple(addresses.peer(client["peer"])[0] for _, client in sorted(given["clients"].items()))
    agents = {key for key, endpoint in endpoints.items() if endpoint.kind == "Agent"}
    observed = {key for key in agents if not draft.standing[key[0]].enforced}
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
        proxy_metrics=(mesh.metrics(spec),) if draft.mesh.mode == mesh.SIDECAR and spec["mesh"]["kagentInMesh"] else (),
    )


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

"""kagent's own pods: what its controller and its bundled tools have to let in."""

from kgen.records import Any
from kgen.runtimes import kagent
from kgen.topology import addresses
from kgen.topology.index import Key
from kgen.topology.types import Endpoint, KagentControl, Peer


def control(spec: dict[str, Any], endpoints: dict[Key, Endpoint], tool_users: set[Key]) -> KagentControl:
    """`tool_users` are the agents that a link gives the bundled tool server."""
    given = spec["kagent"]
    release = kagent.release(given)
    clients = tuple(addresses.peer(client["peer"])[0] for _, client in sorted(given["clients"].items()))
    agents = {key for key, endpoint in endpoints.items() if endpoint.kind == "Agent"}
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
    )


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

"""What admission holds each managed namespace to, and the locks on the kagent controller.

Managed are the namespaces that are Owned or Shared. In an Owned one every agent is governed; in a Shared one those of
the run are, because the others are somebody else's.
"""

from kgen.manifests import get
from kgen.records import Any
from kgen.runtimes import kagent, kagenti
from kgen.topology.index import Index
from kgen.topology.switches import is_on
from kgen.topology.types import DEFINED, WIRED, Admission, Agent, Gateway, Guard, Link, Lock, Mesh, Namespace

LOCKS = {"controllerWrites": "controller-writes", "takeovers": "takeovers", "legacyAgents": "legacy-agents"}
"""Field of spec.admission.locks -> name of the lock's objects."""

_EVERYBODYS = "default"  # the ServiceAccount of whoever names none: reserving it would stop every other pod


def managed(management: str) -> bool:
    return management != "External"


def admission(spec: dict[str, Any], spaces: tuple[Namespace, ...], inputs: Index) -> Admission:
    """The facts that all documents of the layer share."""
    given = spec["admission"]
    release = kagent.release(spec["kagent"])
    controller = f"system:serviceaccount:{release.namespace}:{release.controller}"
    home = spec["platformNamespace"]
    return Admission(
        engine=given["engine"],
        controller=controller,
        trusted_writers=tuple(sorted({controller, *given["trustedWriters"]})),
        enforced=tuple(space.name for space in spaces if managed(space.management) and space.enforced),
        observed=tuple(space.name for space in spaces if not space.enforced),
        makes_namespace=all(space.name != home for space in spaces),
        namespace_presence=WIRED if inputs.find("Namespace", "", home) else DEFINED,
        verdicts=tuple(sorted(kagenti.VERIFIED)) if is_on(spec, "workload-identity") else (),
    )


def locks(spec: dict[str, Any]) -> tuple[Lock, ...]:
    """The locks that are not switched off."""
    return tuple(
        Lock(LOCKS[field], extent)
        for field, extent in sorted(spec["admission"]["locks"].items())
        if extent != "Disabled"
    )


def guards(
    spaces: tuple[Namespace, ...],
    agents: tuple[Agent, ...],
    links: tuple[Link, ...],
    gateways: tuple[Gateway, ...] = (),
    mesh: Mesh | None = None,
) -> tuple[Guard, ...]:
    """One for each managed namespace that has something to guard, by name."""
    inside: dict[str, list[Agent]] = {}
    byo = set()
    for agent in agents:
        inside.setdefault(agent.namespace, []).append(agent)
        if agent.byo:
            byo.add((agent.namespace, agent.name))
    callees: dict[str, list[str]] = {}
    callers: dict[str, list[str]] = {}
    for link in links:
        caller, callee = link.caller, link.callee
        # Only Agents with tools refer to one another; an image of the user's own has none.
        if caller.kind == callee.kind == "Agent" and caller[:2] not in byo:
            callees.setdefault(caller.namespace, []).append(f"{caller.name} {callee.namespace}/{callee.name}")
            callers.setdefault(callee.namespace, []).append(f"{caller.namespace}/{caller.name} {callee.name}")
    ways_out: dict[str, set[str]] = {}
    for gateway in gateways:
        ways_out.setdefault(gateway.namespace, set()).add(gateway.name)  # its ServiceAccount is called like it
    front: set[str] = set()
    for space in spaces:
        # Whoever runs as the waypoint gets to every agent behind it, past all that it enforces.
        if mesh and space.waypoint:
            front.add(space.name)
            ways_out.setdefault(space.name, set()).add(mesh.waypoint)
    of_waypoint = _matching(mesh.waypoint_pods) if mesh else ""
    made = []
    for space in spaces:
        own = inside.get(space.name, [])
        owned = space.management == "Owned"
        if not (owned or (own and managed(space.management))):
            continue
        made.append(
            Guard(
                namespace=space.name,
                enforced=space.enforced,
                owned=owned,
                listed=space.listed,
                agents=("*",) if owned else tuple(sorted(one.name for one in own if one.kind == "Agent")),
                callees=tuple(sorted(callees.get(space.name, ()))),
                callers=tuple(sorted(callers.get(space.name, ()))),
                accounts=tuple(
                    sorted({one.service_account for one in own} - {"", _EVERYBODYS} | ways_out.get(space.name, set()))
                ),
                pods=tuple(
                    sorted(
                        {*filter(None, (_labels(one) for one in own)), *([of_waypoint] if space.name in front else ())}
                    )
                ),
                pod_security=space.pod_security.enforce if owned and space.enforced else "",
            )
        )
    return tuple(made)


def _labels(agent: Agent) -> str:
    """The labels that make a pod this agent's, as key=value,key=value; "" where its selector says it otherwise."""
    if agent.pod_selector.get("matchExpressions"):
        return ""
    return _matching(agent.pod_selector)


def _matching(selector: dict[str, Any]) -> str:
    labels = get(selector, "matchLabels", default={})
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))

"""Namespaces and who owns them: Owned, Shared or External; Enforce or Observe."""

from kgen.manifests import Document
from kgen.records import Any, NamedTuple
from kgen.results import Result
from kgen.topology import mesh
from kgen.topology.index import Index, Key, about
from kgen.topology.switches import CERTIFICATES, is_on
from kgen.topology.types import DEFINED, WIRED, Mesh, Namespace, PodSecurity, Waypoint

# Kubernetes' own namespaces (kubernetes/kubernetes, staging/src/k8s.io/apiserver and kubeadm): never Owned.
_SYSTEM = ("kube-system", "kube-public", "kube-node-lease", "default")


class Standing(NamedTuple):
    """What one namespace is to kgen, before its agents are known."""

    management: str
    enforced: bool
    listed: bool


def standings(platform: Document, agents: set[Key], defined: set[Key], results: list[Result]) -> dict[str, Standing]:
    """Every namespace that the Platform lists or an agent lives in. `defined` are the agents that kgen makes."""
    spec = platform.manifest["spec"]
    reserved = never_owned(spec)
    found: dict[str, Standing] = {}
    makes = {namespace for namespace, _ in defined}
    for name, listed in (spec.get("namespaces") or {}).items():
        management = listed["management"]
        if management == "Owned" and name in reserved:
            field = f'spec.namespaces["{name}"].management'
            message = f"found Owned, but {name} belongs to {reserved[name]}: set it to Shared or External"
            results.append(about(platform, "never-owned", field, message, proposed="Shared"))
            management = "Shared"
        found[name] = Standing(management, listed["enforcement"] == "Enforce", True)
    for name in {namespace for namespace, _ in agents}:
        if name not in found:
            owned = name in makes and name not in reserved
            found[name] = Standing("Owned" if owned else "External", True, False)
    return found


def never_owned(spec: dict[str, Any]) -> dict[str, str]:
    """Namespaces that are somebody else's whatever the Platform says, with whose they are."""
    found = dict.fromkeys(_SYSTEM, "Kubernetes")
    found[spec["kagent"]["namespace"]] = "kagent"
    if spec.get("mesh"):
        found[spec["mesh"]["rootNamespace"]] = "the mesh"
    if is_on(spec, CERTIFICATES):
        found[spec["certificates"]["namespace"]] = "cert-manager"
    if spec.get("workloadIdentity"):
        from kgen.runtimes import kagenti

        found[kagenti.operator_namespace(spec["workloadIdentity"])] = "the identity operator"
    return found


def with_waypoint(standing: dict[str, Standing], agents: set[Key], facts: Mesh) -> frozenset[str]:
    """Namespaces whose Services kgen puts behind a waypoint: they are Owned, enforced and have agents."""
    if not facts.waypoint:
        return frozenset()
    homes = {namespace for namespace, _ in agents}
    return frozenset(
        name for name, is_ in standing.items() if is_.management == "Owned" and is_.enforced and name in homes
    )


def namespaces(
    platform: Document,
    standing: dict[str, Standing],
    agents: set[Key],
    index: Index,
    facts: Mesh,
    waypoints: dict[str, Waypoint],
) -> tuple[Namespace, ...]:
    """The namespaces as layers see them, by name. `waypoints` are those that kgen makes."""
    spec = platform.manifest["spec"]
    pinned = f"v{spec['kubernetesVersion']}"
    inside: dict[str, list[str]] = {}
    for namespace, name in sorted(agents):
        inside.setdefault(namespace, []).append(name)
    made = []
    for name, is_ in sorted(standing.items()):
        listed = (spec.get("namespaces") or {}).get(name) or {}
        levels = listed.get("podSecurity") or {}
        made.append(
            Namespace(
                name=name,
                management=is_.management,
                enforced=is_.enforced,
                listed=is_.listed,
                presence=WIRED if index.find("Namespace", "", name) else DEFINED,
                team=listed.get("team") or "",
                labels=listed.get("labels") or {},
                pod_security=PodSecurity(
                    levels.get("enforce") or "restricted",
                    levels.get("audit") or "restricted",
                    levels.get("warn") or "restricted",
                    levels.get("version") or pinned,
                ),
                agents=tuple(inside.get(name, ())),
                mesh_labels=mesh.labels(facts, is_.enforced, name in waypoints),
                waypoint=waypoints.get(name),
            )
        )
    return tuple(made)

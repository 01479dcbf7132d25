"""The mesh: what `spec.mesh` comes to, and what its data plane needs that agents have no link for (ruling 2).

A default-deny starves a mesh: a sidecar that can not reach istiod gets no certificate, and pods in ambient mode take
everything through another port than their own. These flows have names like all others. They follow `spec.mesh.mode`,
whether or not the mesh layer is on: pods are in the mesh that the cluster has.
"""

from kgen.manifests import Manifest, get
from kgen.records import Any
from kgen.runtimes.shapes import items, number
from kgen.topology import addresses
from kgen.topology.switches import is_on
from kgen.topology.types import HBONE, Flow, Mesh, Peer, Port

SIDECAR, AMBIENT = "Sidecar", "Ambient"
# The address that ambient mode gives the kubelet's probes (istio.io, Ambient and Kubernetes NetworkPolicy).
PROBES = "169.254.7.127/32"
# Sidecar: merged metrics and Envoy's own (istio.io, Ports used by Istio). A waypoint serves them on the first.
METRICS = (15020, 15090)
USE_WAYPOINT = "istio.io/use-waypoint"
_POD_SPEC = ("spec", "template", "spec")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def facts(spec: dict[str, Any]) -> Mesh:
    """The mesh of a resolved Platform spec."""
    given = spec["mesh"]
    mode, active = given.get("mode") or "", is_on(spec, "mesh")
    name = given["waypoint"]["name"] if active and mode == AMBIENT else ""
    # Istio's controller labels the pods of a Gateway so (istio 1.30, files/waypoint.yaml).
    pods = {"matchLabels": {"gateway.networking.k8s.io/gateway-name": name}} if name else {}
    return Mesh(mode, active, given.get("revision") or "", name, pods, HBONE, given["rootNamespace"])


def labels(mesh: Mesh, enforced: bool, waypoint: bool) -> dict[str, str]:
    """Labels by which a namespace joins the mesh.

    Sidecars: istio-injection, or istio.io/rev for a control plane with a revision (never both: the first wins).
    The waypoint is used only under Enforce; a namespace under Observe has no road that ends at it.
    """
    if not mesh.active or not mesh.mode:
        return {}
    if mesh.mode == SIDECAR:
        return {"istio.io/rev": mesh.revision} if mesh.revision else {"istio-injection": "enabled"}
    found = {"istio.io/dataplane-mode": "ambient"}
    return {**found, USE_WAYPOINT: mesh.waypoint} if enforced and waypoint else found


def egress(spec: dict[str, Any]) -> list[Flow]:
    """What every pod of the mesh has to reach. In ambient mode ztunnel asks istiod, not the pod."""
    return [istiod(spec)] if spec["mesh"].get("mode") == SIDECAR else []


def istiod(spec: dict[str, Any]) -> Flow:
    """Certificates and configuration for a proxy."""
    peer, ports = addresses.peer(spec["mesh"]["istiod"]["peer"])
    return Flow("istiod", (peer,), ports or (Port(15012),))


def metrics(spec: dict[str, Any], ports: tuple[int, ...] = METRICS) -> Flow:
    """Prometheus, which reads the proxies' metrics without the mesh."""
    return Flow("proxy metrics", (addresses.peer(spec["monitoring"]["peer"])[0],), tuple(Port(n) for n in ports))


def ingress(mesh: Mesh, namespace: str, port: int, manifest: Manifest, spec: dict[str, Any]) -> list[Flow]:
    """What has to get to a pod of the mesh. `manifest` is the workload's own, {} where it is not in the input."""
    if mesh.mode == SIDECAR:
        return [metrics(spec)]
    if mesh.mode != AMBIENT:
        return []
    numbers = sorted({port, *_probed(manifest)})
    flows = [Flow("probes", (Peer(cidr=PROBES),), tuple(Port(n) for n in numbers))]
    if mesh.waypoint:
        flows.append(Flow("waypoint", (waypoint(mesh, namespace),), (Port(HBONE),)))
    return flows


def waypoint(mesh: Mesh, namespace: str) -> Peer:
    return Peer(namespace, mesh.waypoint_pods)


def tunnelled(flows: tuple[Flow, ...], mesh: Mesh, behind: frozenset[str]) -> tuple[Flow, ...]:
    """The flows as ambient mode carries them: to pods also by HBONE, and through the waypoints of namespaces that
    have one (`behind`). Which of the pods' ports is meant, the network can then no longer tell: the mesh does.
    """
    if mesh.mode != AMBIENT:
        return flows
    found = []
    for flow in flows:
        pods = [peer for peer in flow.peers if peer.namespace]
        if pods and flow.name != "dns" and Port(HBONE) not in flow.ports:
            roads = tuple(waypoint(mesh, name) for name in sorted({p.namespace for p in pods} & behind))
            flow = flow._replace(peers=(*flow.peers, *roads), ports=(*flow.ports, Port(HBONE)))
        found.append(flow)
    return tuple(found)


def _probed(manifest: Manifest) -> set[int]:
    """Port numbers that the kubelet asks on, named ones resolved."""
    found = set()
    for container in items(get(manifest, *_POD_SPEC, "containers")):
        named = {port.get("name"): number(port.get("containerPort")) for port in items(container.get("ports"))}
        for probe in _PROBES:
            for way in ("httpGet", "tcpSocket", "grpc"):
                port = get(container, probe, way, "port")
                found.add(named.get(port, 0) if isinstance(port, str) else number(port))
    return found - {0}

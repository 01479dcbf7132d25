"""The same meshes put to kgen's evaluator."""

from collections.abc import Iterator
from typing import Any

from kgen.manifests import Document, Origin
from kgen.proof.asked import Asked, Question
from kgen.proof.calls import NO_MESH
from kgen.proof.istio.layer import MeshLayer
from kgen.proof.istio.patterns import matches
from kgen.proof.istio.requests import NO_TOKEN, Space
from kgen.proof.istio.roads import Road, by_waypoint, lets, piece, straight
from kgen.proof.terms import BlockTerm, PodTerm, PortTerm
from kgen.proof.world import Source, World, build
from tests.oracle.istio_clusters import GATEWAYS, PORTS, SPACES
from tests.oracle.istio_reference import Mesh, Request, Service, Token, Workload

OUTSIDE = "203.0.113.7"


def manifests(mesh: Mesh, workloads: list[Workload]) -> list[dict[str, Any]]:
    labels = {
        "sidecar": {"sidecar.istio.io/inject": "true"},
        "ambient": {"istio.io/dataplane-mode": "ambient"},
        "": {"sidecar.istio.io/inject": "false"},
    }
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in SPACES]
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": one.name, "namespace": one.namespace, "labels": {**one.labels, **labels[one.mode]}},
            "spec": {"serviceAccountName": one.account, "containers": [{"name": "main"}]},
            "status": {"podIP": one.address},
        }
        for one in workloads
    ]
    return [*spaces, *pods, *_in_front(mesh), *mesh.authorizations, *mesh.peers, *mesh.requests]


def _in_front(mesh: Mesh) -> Iterator[dict[str, Any]]:
    """Services, and waypoints with their pods."""
    for service in mesh.services:
        space, name = service.waypoint
        labels = {"istio.io/use-waypoint": name, "istio.io/use-waypoint-namespace": space}
        metadata = {"name": service.name, "namespace": service.namespace, "labels": labels}
        spec = {"selector": service.selector, "ports": [{"port": port} for port in PORTS]}
        yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    for waypoint in mesh.waypoints:
        metadata = {"name": waypoint.name, "namespace": waypoint.pod.namespace}
        listeners = [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]
        spec = {"gatewayClassName": "istio-waypoint", "listeners": listeners}
        yield {"apiVersion": f"{GATEWAYS}/v1", "kind": "Gateway", "metadata": metadata, "spec": spec}
        labels = {f"{GATEWAYS}/gateway-name": waypoint.name}
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": waypoint.pod.name, "namespace": waypoint.pod.namespace, "labels": labels},
            "spec": {"serviceAccountName": waypoint.pod.account, "containers": [{"name": "main"}]},
            "status": {"podIP": waypoint.pod.address},
        }


class Evaluator:
    """kgen's answers about one mesh."""

    def __init__(self, mesh: Mesh, workloads: list[Workload]) -> None:
        # a flow that nobody asks, so that the ports and addresses of the requests are told apart
        ports = tuple(PortTerm("TCP", port, port) for port in PORTS)
        question = Question("x", (BlockTerm(f"{OUTSIDE}/32"),), (PodTerm("nowhere", {}),), ports)
        asked = Asked((question,), (), (), (), mesh=NO_MESH._replace(trust_domain=mesh.trust_domain))
        documents = [Document(manifest, Origin()) for manifest in manifests(mesh, workloads)]
        self.world: World = build([Source(document, "") for document in documents], asked)
        meshed = self.world.mesh is not None  # without any object of Istio's nothing is judged
        self.layers = (MeshLayer(self.world, True), MeshLayer(self.world, False)) if meshed else ()

    def position(self, end: "Workload | str") -> int:
        for number, one in enumerate(self.world.endpoints):
            name = f"Pod {end.namespace}/{end.name}" if isinstance(end, Workload) else ""
            if name and (one.name == name or name in one.members):
                return number
            if (
                not name
                and one.kind == "addresses"
                and self.world.index.peers(BlockTerm(f"{end}/32"), True) >> number & 1
            ):
                return number
        raise AssertionError(end)

    def answers(
        self, source: "Workload | str", target: Workload, port: int, request: Request | None
    ) -> tuple[bool, bool]:
        """(beyond doubt, perhaps)"""
        if not self.layers:
            return True, True
        found = []
        for layer in self.layers:
            road = straight(layer, self.position(target), piece(layer, port))
            found.append(road is None or self._lets(layer, road, source, request))
        return found[0], found[1]

    def by_service(
        self, source: "Workload | str", service: Service, target: Workload, port: int, request: Request | None
    ) -> tuple[bool, bool] | None:
        """The same through the waypoint of a Service; None where none is in front of the pod."""
        found = []
        for layer in self.layers:
            served = layer.mesh.services[f"{service.namespace}/{service.name}"]
            behind = self.world.index.subjects(served.pods) >> self.position(target) & 1
            road = by_waypoint(layer, self.position(target), piece(layer, port), served) if behind else None
            if road is None:
                return None
            found.append(self._lets(layer, road, source, request))
        return (found[0], found[1]) if found else None

    def _lets(self, layer: MeshLayer, road: Road, source: "Workload | str", request: Request | None) -> bool:
        space = road.door.space
        of = kind_of(space, request) if road.door.reads_http else space.all
        return bool(lets(layer, road, layer.certain, of) >> self.position(source) & 1)


def kind_of(space: Space, request: Request | None) -> int:
    """The kind that a request is of."""
    if request is None:
        return space.raw
    found = space.of_request(request.method, request.path)
    at = bearer(space, request.token)
    return sum(1 << n for n in range(space.http_count) if found >> n & 1 and n % len(space._tokens) == at)


def bearer(space: Space, token: Token | None) -> int:
    tokens = list(space._tokens)
    if token is None or token.issuer not in space.patterns.issuers or len(tokens) == 1:
        return tokens.index(NO_TOKEN)
    values = {"requestPrincipals": f"{token.issuer}/{token.subject}", "claim [role]": token.role}
    atoms = [*space.patterns.atoms, *(("requestPrincipals", f"{one}/*") for one in space.patterns.issuers)]
    true = frozenset(
        (attribute, pattern)
        for attribute, pattern in atoms
        if values[attribute] and matches(pattern, values[attribute])
    )
    return tokens.index(true)

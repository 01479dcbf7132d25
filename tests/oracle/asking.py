"""The same clusters put to kgen's evaluator."""

import ipaddress
from typing import Any

from kgen.manifests import Document, Origin
from kgen.proof.asked import Asked
from kgen.proof.reachability import Reach
from kgen.proof.spaces import PortSpace
from kgen.proof.terms import PortTerm
from kgen.proof.world import Source, World, build
from tests.oracle.reference import Cluster, Pod


def manifests(cluster: Cluster, pods: list[Pod]) -> list[dict[str, Any]]:
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in cluster.namespaces.items()
    ]
    shown = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": pod.name, "namespace": pod.namespace, "labels": pod.labels},
            "spec": {
                "hostNetwork": pod.host_network,
                "containers": [
                    {
                        "name": "main",
                        "ports": [
                            {"name": name, "containerPort": number, "protocol": protocol}
                            for name, number, protocol in pod.ports
                        ],
                    }
                ],
            },
            "status": {"podIP": pod.address},
        }
        for pod in pods
    ]
    return [*spaces, *shown, *cluster.policies, *cluster.ordered]


class Evaluator:
    """kgen's answers about one cluster."""

    def __init__(self, cluster: Cluster, pods: list[Pod]) -> None:
        documents = [Document(manifest, Origin()) for manifest in manifests(cluster, pods)]
        self.world: World = build([Source(document, "") for document in documents], Asked((), (), (), ()))
        self.certain, self.possible = Reach(self.world, True), Reach(self.world, False)
        self._positions: dict[str, int] = {}
        self._known: dict[tuple[int, int], tuple[int, int]] = {}

    def position(self, end: "Pod | str") -> int:
        """The class that an end is in."""
        key = end if isinstance(end, str) else end.namespace + "/" + end.name
        if key not in self._positions:
            self._positions[key] = self._position(end)
        return self._positions[key]

    def _position(self, end: "Pod | str") -> int:
        if isinstance(end, str):
            address = ipaddress.ip_address(end)
            for number, one in enumerate(self.world.endpoints):
                if one.span.version == address.version and one.span.first <= int(address) <= one.span.last:
                    return number
        else:
            name = f"Pod {end.namespace}/{end.name}"
            for number, one in enumerate(self.world.endpoints):
                if one.name == name or name in one.members:
                    return number
        raise AssertionError(f"{end} is in no class")

    def answers(self, source: "Pod | str", target: "Pod | str", protocol: str, port: int) -> tuple[bool, bool]:
        """(beyond doubt, perhaps)"""
        piece = _piece(self.world.ports, protocol, port)
        at, of = self.position(target), self.position(source)
        if (at, piece) not in self._known:
            self._known[at, piece] = self.certain.into(at, piece), self.possible.into(at, piece)
        certain, possible = self._known[at, piece]
        return bool(certain >> of & 1), bool(possible >> of & 1)


def _piece(space: PortSpace, protocol: str, port: int) -> int:
    for number, (of, low, high) in enumerate(space.pieces):
        if of == protocol and low <= port <= high:
            return number
    raise AssertionError(PortTerm(protocol, port, port))

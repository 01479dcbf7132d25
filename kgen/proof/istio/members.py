"""Who is in the mesh, how, and as whom.

Sidecars: istio.io, Installing the sidecar, Controlling the injection policy. Ambient: Add workloads to the mesh. A
namespace that no manifest shows is what the Platform says of it; without a Platform it is in the mesh, with sidecars,
where a policy of Istio's lives in it.
"""

from collections.abc import Iterable, Iterator, Sequence

from kgen.manifests import Document, Manifest, get
from kgen.proof.calls import Meshed
from kgen.proof.endpoints import ELSEWHERE, PODS, Endpoint, Member
from kgen.proof.index import Index
from kgen.proof.spaces import bits
from kgen.runtimes.shapes import items, labels, text
from kgen.topology.types import HBONE

SIDECAR, AMBIENT, WAYPOINT = "Sidecar", "Ambient", "Waypoint"
GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name"
WAYPOINT_CLASS = "istio-waypoint"
_FOR = "istio.io/waypoint-for"
# Telemetry, readiness, Envoy's metrics: never through the proxy's policies (istio.io, Ports used by Istio).
OWN_PORTS = frozenset((15020, 15021, 15090))
# Whoever sets one of these takes ports out of the proxy's reach, or may: such a pod counts as outside
# (istio.io, Resource Annotations; Installing the sidecar, Custom templates).
_AROUND = (
    "traffic.sidecar.istio.io/includeInboundPorts",
    "traffic.sidecar.istio.io/excludeInterfaces",
    "sidecar.istio.io/interceptionMode",
    "inject.istio.io/templates",
)
_AROUND_NODE = "ambient.istio.io/bypass-inbound-capture"
_OWN_CONFIG = "proxy.istio.io/config"
OTHER = "any-other"  # the account of pods of which nothing more is known
STRANGER = Member(SIDECAR, "-", OTHER)  # whoever is in the mesh, in a namespace that nothing names


def is_any_other(one: Endpoint) -> bool:
    """Whether it stands for all pods of a namespace that no selector names."""
    return one.name == f"any other pod of {one.namespace}"


def outside(one: Endpoint) -> Endpoint:
    """The same pods as they are where they opt out of the mesh."""
    return one._replace(name=f"{one.name}, outside the mesh", member=None)


def _is_waypoint(gateway: Manifest) -> bool:
    """Whether Istio makes a waypoint of a Gateway, for what goes to Services (istio.io, Configure waypoint proxies)."""
    if labels(get(gateway, "metadata", "labels")).get(_FOR, "service") not in ("service", "all"):
        return False
    listeners = [(one.get("port"), one.get("protocol")) for one in items(get(gateway, "spec", "listeners"))]
    return get(gateway, "spec", "gatewayClassName") == WAYPOINT_CLASS and (HBONE, "HBONE") in listeners


class Members:
    """Marks endpoints by what manifests and the Platform say."""

    def __init__(self, documents: Iterable[Document], asked: Meshed, policied: set[str]) -> None:
        self.asked = asked
        self._policied = policied
        self._shown: dict[str, dict[str, str]] = {}
        self.waypoints: set[tuple[str, str]] = set()
        for document in documents:
            manifest = document.manifest
            if manifest.get("kind") == "Namespace" and manifest.get("apiVersion") == "v1":
                self._shown[text(get(manifest, "metadata", "name"))] = labels(get(manifest, "metadata", "labels"))
            elif manifest.get("kind") == "Gateway" and _is_waypoint(manifest):
                place = text(get(manifest, "metadata", "namespace"), "default")
                self.waypoints.add((place, text(get(manifest, "metadata", "name"))))
        for service in asked.services:
            space, _, name = service.waypoint.partition("/")
            if space and space not in self._shown and space not in asked.made:
                self.waypoints.add((space, name))

    def mode(self, namespace: str) -> str:
        """How a namespace's pods take part if nothing on them says otherwise."""
        if namespace in self._shown:
            own = self._shown[namespace]
            if own.get("istio-injection") == "disabled":
                return ""
            if own.get("istio-injection") == "enabled" or own.get("istio.io/rev"):
                return SIDECAR
            return AMBIENT if own.get("istio.io/dataplane-mode") == "ambient" else ""
        if self.asked.mode:
            return self.asked.mode if namespace in self.asked.spaces or namespace in self._policied else ""
        return SIDECAR if namespace in self._policied else ""

    def is_shown(self, namespace: str) -> bool:
        return namespace in self._shown

    def waypoint_of(self, service: Manifest) -> str:
        """namespace/name of the waypoint in front of a Service; "" where there is none."""
        own = labels(get(service, "metadata", "labels"))
        home = text(get(service, "metadata", "namespace"), "default")
        space = self._shown.get(home, {})
        name = own.get("istio.io/use-waypoint") or space.get("istio.io/use-waypoint") or ""
        of = own if own.get("istio.io/use-waypoint") else space
        return f"{of.get('istio.io/use-waypoint-namespace') or home}/{name}" if name and name != "none" else ""

    def default_waypoint(self, namespace: str) -> str:
        """That of Services which say nothing themselves."""
        return self.waypoint_of({"metadata": {"namespace": namespace}})

    def memberships(self, index: Index) -> list[Member | None]:
        """How each of these endpoints takes part."""
        asked: dict[int, tuple[str, str]] = {}
        for term, account in self.asked.accounts:
            pods = index.subjects(term)
            # where the pods themselves are shown, so is their account
            shown = [pod for at in bits(pods & index.known) if (pod := index.endpoints[at].pod)]
            own = (shown[0].namespace, shown[0].service_account) if shown else (account.namespace, account.name)
            for position in bits(pods):
                asked.setdefault(position, own)
        return [
            self._member(one, asked.get(position)) if one.kind == PODS else None
            for position, one in enumerate(index.endpoints)
        ]

    def marked(self, raw: Sequence[Endpoint]) -> list[Endpoint]:
        """The endpoints with their membership, and imagined ones beside them that the mesh tells apart."""
        made = []
        for one, member in zip(raw, self.memberships(Index(raw)), strict=True):
            made.append(one._replace(member=member) if one.kind == PODS else one)
            if member and is_any_other(one):
                made.append(outside(one))
        made.append(Endpoint(PODS, "any other namespace of the mesh", ELSEWHERE, member=STRANGER))
        return made

    def named(self, accounts: Iterable[tuple[str, str]], spaces: dict[str, dict[str, str]]) -> Iterator[Endpoint]:
        """Pods that nothing but their account tells apart: whoever runs under one that a policy names."""
        for namespace, name in accounts:
            mode = self.mode(namespace) or SIDECAR
            member = Member(mode, namespace, name, OWN_PORTS if mode == SIDECAR else frozenset())
            own = spaces.get(namespace, {"kubernetes.io/metadata.name": namespace})
            yield Endpoint(PODS, f"whoever runs as {namespace}/{name}", namespace, own, member=member)

    def _member(self, one: Endpoint, asked: tuple[str, str] | None) -> Member | None:
        gateway = one.labels.get(GATEWAY_LABEL, "")
        if (one.namespace, gateway) in self.waypoints:
            account = one.pod.service_account if one.pod else gateway
            return Member(WAYPOINT, one.namespace, account, OWN_PORTS)
        mode = self._pod_mode(one)
        if not mode:
            return None
        open_ports = OWN_PORTS if mode == SIDECAR else frozenset()
        if one.pod is not None:
            if mode == SIDECAR:
                excluded = one.pod.annotations.get("traffic.sidecar.istio.io/excludeInboundPorts", "")
                open_ports |= {int(port) for port in excluded.split(",") if port.strip().isdecimal()}
            return Member(mode, one.namespace, one.pod.service_account, open_ports)
        space, name = asked or (one.namespace, OTHER)
        return Member(mode, space, name, open_ports)

    def _pod_mode(self, one: Endpoint) -> str:
        own = {**(one.pod.annotations if one.pod else {}), **one.labels}
        around = any(key in own for key in _AROUND) or "interceptionMode" in own.get(_OWN_CONFIG, "")
        if one.host_network:
            return ""
        mode = self.mode(one.namespace)
        inject = own.get("sidecar.istio.io/inject", "").lower()
        disabled = inject == "false" or self._shown.get(one.namespace, {}).get("istio-injection") == "disabled"
        if not disabled and (inject == "true" or mode == SIDECAR or own.get("istio.io/rev")):
            return "" if around else SIDECAR
        if own.get(_AROUND_NODE) == "true":
            return ""
        ambient = own.get("istio.io/dataplane-mode", "ambient" if mode == AMBIENT else "")
        return AMBIENT if ambient == "ambient" else ""


__all__ = ["AMBIENT", "HBONE", "OTHER", "SIDECAR", "WAYPOINT", "Members"]

"""Addresses: is a host inside the cluster, which pods is it, and what public traffic may not include."""

from kgen.manifests import get
from kgen.records import Any, NamedTuple
from kgen.runtimes.services import behind, ports_of
from kgen.runtimes.shapes import labels
from kgen.topology.index import Index
from kgen.topology.types import Peer, Port

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Url(NamedTuple):
    """The parts of a URL that decide a policy rule."""

    scheme: str
    host: str
    port: int


def url(text: str) -> Url:
    """Scheme, host and port of an http(s) URL; a text without a scheme is taken as a host."""
    scheme, marker, rest = text.partition("://")
    if not marker:
        scheme, rest = "https", text
    authority = rest.partition("/")[0].rpartition("@")[2]
    last = authority.rpartition(":")[2]
    host, _, port = authority.rpartition(":") if last.isascii() and last.isdigit() else (authority, "", "")
    return Url(scheme, host.strip("[]").lower(), int(port) if port else _DEFAULT_PORTS.get(scheme, 443))


def service_of(at: Url, home: str, cluster_domain: str) -> tuple[str, str] | None:
    """(namespace, name) of the Service that a URL inside the cluster names, seen from pods of namespace `home`;
    None for any other URL.

    name.namespace is what kagent writes (compiler.go), but it looks like a public domain too: it is taken
    for a Service with http:// only, because a public server is reached by TLS.
    """
    labels = at.host.removesuffix("." + cluster_domain).split(".")
    if not all(labels):
        return None
    if len(labels) == 3 and labels[2] == "svc":
        return (labels[1], labels[0])
    if at.scheme == "http" and len(labels) == 2:
        return (labels[1], labels[0])
    return (home, labels[0]) if len(labels) == 1 else None


def is_address(host: str) -> bool:
    """Whether a host is a literal IP address."""
    return ":" in host or (host.replace(".", "").isdigit() and host.count(".") == 3)


def peer(given: dict[str, Any]) -> tuple[Peer, tuple[Port, ...]]:
    """A peer of the API: pods of a namespace, and ports."""
    return (
        Peer(given["namespace"], given.get("podSelector") or {}),
        tuple(Port(number) for number in given.get("ports") or ()),
    )


def pods_behind(index: Index, namespace: str, name: str, port: int) -> tuple[Peer, tuple[Port, ...]] | None:
    """The pods and pod port that a Service of the input leads to; None where the input does not tell."""
    service = index.manifest("Service", namespace, name)
    selector = labels(get(service, "spec", "selector"))
    if service is None or not selector:
        return None
    workloads = [d.manifest for kind in ("Deployment", "StatefulSet") for d in index.all(kind, namespace)]
    targets = [p.target for p in ports_of(service, behind(service, workloads)) if p.port == port and p.target]
    return (Peer(namespace, {"matchLabels": selector}), (Port(targets[0]),)) if targets else None


def public(private: list[str]) -> tuple[Peer, ...]:
    """Every public address: all of them but the private ones, for both families."""
    v4 = tuple(cidr for cidr in private if ":" not in cidr)
    v6 = tuple(cidr for cidr in private if ":" in cidr)
    return (Peer(cidr="0.0.0.0/0", excluded=v4), Peer(cidr="::/0", excluded=v6))

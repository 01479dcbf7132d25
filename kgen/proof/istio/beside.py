"""Objects beside Istio's policies that change what proxies do, or where a request goes: not evaluated, and said."""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, Identity, get, group_of, identity_of
from kgen.proof.findings import NOT_UNDERSTOOD, Cause, Finding
from kgen.results import WARNING
from kgen.runtimes.shapes import items, text

_LIMITS = "envoy.filters.http.local_ratelimit"
_ADDING = ("ADD", "INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST", "MERGE")
_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute")
_HOSTS = ("VirtualService", "ServiceEntry")


def findings(documents: Sequence[Document], services: set[str]) -> Iterator[Finding]:
    """All of them. `services`: namespace/name of those that calls are asked of."""
    for document in documents:
        identity = identity_of(document.manifest)
        if what := _of_proxies(document, identity) or _routed(document, identity, services):
            message = f"{identity.kind} is not evaluated, and it {what}"
            cause = Cause(identity, document.origin)
            yield Finding(NOT_UNDERSTOOD, message, "", (cause,), layer="mesh", severity=WARNING)


def _of_proxies(document: Document, identity: Identity) -> str:
    """What changes proxies beside their policies; limits of requests and connections only take away."""
    spec = get(document.manifest, "spec")
    if "istio.io/" not in identity.api_version:
        return ""
    if identity.kind == "DestinationRule":
        policies = [get(one, "trafficPolicy") for one in (spec, *items(get(spec, "subsets")))]
        places = [place for one in policies for place in (one, *items(get(one, "portLevelSettings")))]
        if any(get(one, "tls") is not None for one in places):
            return "sets how callers speak TLS: with a wrong mode what is asked for fails"
    elif identity.kind == "EnvoyFilter":
        patches = [get(one, "patch") for one in items(get(spec, "configPatches"))]
        limits = [get(one, "value", "name") == _LIMITS and get(one, "operation") in _ADDING for one in patches]
        return "" if limits and all(limits) else "can change anything in a proxy"
    elif identity.kind == "WasmPlugin":
        return "can change anything in a proxy"
    elif identity.kind == "Sidecar" and get(spec, "ingress") is not None:
        return "says which ports its pods' proxies take: what they do not take no policy judges"
    return ""


def _routed(document: Document, identity: Identity, services: set[str]) -> str:
    """What leads requests for a Service that is asked for elsewhere: a waypoint speaks for whomever it lets in."""
    spec, home = get(document.manifest, "spec"), identity.namespace or "default"
    hit = False
    if identity.kind in _ROUTES and group_of(identity.api_version) == "gateway.networking.k8s.io":
        parents = [one for one in items(get(spec, "parentRefs")) if one.get("kind") == "Service"]
        hit = any(f"{text(one.get('namespace'), home)}/{text(one.get('name'))}" in services for one in parents)
    elif identity.kind in _HOSTS and group_of(identity.api_version) == "networking.istio.io":
        gateways, hosts = get(spec, "gateways"), get(spec, "hosts")
        inside = not isinstance(gateways, list) or not gateways or "mesh" in gateways
        named = hosts if isinstance(hosts, list) else []
        hit = inside and any(_is_host(text(host), home, one) for host in named for one in services)
    return "leads requests for a Service that is asked for elsewhere, or nowhere" if hit else ""


def _is_host(host: str, home: str, service: str) -> bool:
    """Whether a host, as one in namespace `home` writes it, is that of a Service."""
    space, _, name = service.partition("/")
    if host.startswith("*"):
        return f"{name}.{space}.svc.cluster.local".endswith(host[1:])
    return (host == name and home == space) or host == f"{name}.{space}" or host.startswith(f"{name}.{space}.svc")

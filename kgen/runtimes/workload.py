"""Plain workloads: a Deployment or StatefulSet of the user's that speaks A2A.

Its pods are what its own selector says, its port is what its Service leads to, its identity the
ServiceAccount of its pod template. kgen merges nothing into it at Baseline.
"""

from kgen.manifests import Manifest, get
from kgen.records import Any, NamedTuple
from kgen.runtimes.services import CARD_TLS, ServicePort, pod_labels, ports_of, selects
from kgen.runtimes.shapes import mapping, text

KINDS = ("Deployment", "StatefulSet")
DEFAULT_PORT = 8080  # api.md: service.port of an endpoint that is no Agent
DEFAULT_PATHS = ("/",)
DEFAULT_CARD_PATH = "/.well-known/agent-card.json"


class Reach(NamedTuple):
    """How callers get to a workload; `problem` says in words why that can not be told."""

    service: str = ""
    service_port: int = 0
    port: int = 0  # of the pods
    problem: str = ""


def pod_selector(workload: Manifest) -> dict[str, Any]:
    """The workload's own selector: immutable, and exactly its pods."""
    return mapping(get(workload, "spec", "selector")) or {"matchLabels": pod_labels(workload)}


def service_account(workload: Manifest) -> str:
    return text(get(workload, "spec", "template", "spec", "serviceAccountName"), "default")


def reach(name: str, workload: Manifest, services: list[Manifest], wanted: dict[str, Any]) -> Reach:
    """The Service and port of a workload in the input.

    `services` are those of its namespace; `wanted` is the endpoint's `service` mapping, {} where the link
    does not give one: then the one Service that selects its pods counts, or the one of its name.
    """
    labels = pod_labels(workload)
    selecting = {get(s, "metadata", "name"): s for s in services if selects(s, labels)}
    asked = wanted.get("name")
    if asked and asked not in selecting:
        known = any(get(s, "metadata", "name") == asked for s in services)
        why = f"does not select the pods of {name}" if known else "is not in the input"
        choice = f"; set service.name to one that does: {', '.join(sorted(selecting))}" if selecting else ""
        advice = choice or "; give service.name the one that does, and add it to the input"
        return Reach(problem=f"Service {asked} {why}{advice}")
    if not selecting:
        return Reach(problem=f"no Service in the input selects its pods; add the Service of {name} to the input")
    if not asked and len(selecting) > 1 and name not in selecting:
        return Reach(problem=f"several Services select its pods ({', '.join(sorted(selecting))}): set service.name")
    chosen = asked or (name if name in selecting else next(iter(selecting)))
    ports = ports_of(selecting[chosen], workload)
    port = _choose(ports, wanted.get("port"))
    if isinstance(port, str):
        return Reach(problem=f"Service {chosen} {port}")
    if not port.target:
        why = f"port {port.port} targets a named port that no container of {name} has"
        return Reach(problem=f"Service {chosen} {why}; name the container's port so, or target its number")
    return Reach(chosen, port.port, port.target)


def _choose(ports: list[ServicePort], wanted: int | None) -> ServicePort | str:
    """The wanted port, the only one, or the one named http; else in words why not.

    A `service` mapping always has a port, which the kind fills in.
    """
    if wanted is not None:
        found = next((p for p in ports if p.port == wanted), None)
        if found:
            return found
        if wanted != DEFAULT_PORT:  # which nobody need have written: then the Service itself says it
            have = ", ".join(str(p.port) for p in ports) or "none"
            return f"has no port {wanted}; set service.port to one that it has: {have}"
    ports = [p for p in ports if p.name != CARD_TLS]  # which serves the agent card and nothing else
    if len(ports) == 1:
        return ports[0]
    named = [p for p in ports if p.name == "http"]
    if len(named) == 1:
        return named[0]
    return f"has ports {', '.join(str(p.port) for p in ports) or 'none'}: set service.port to the one that serves A2A"

"""Workload identity: which agents get a SPIFFE identity, what serves their card by SPIFFE TLS, and who may fetch it.

Only workloads of the user's. Of a kagent Agent kagent owns pods and Service, and writes the Service's ports anew at
each reconcile (kagent 0.9 and 0.10, translator/agent/manifest_builder.go): the port of a verified fetch can not stay.
"""

from kgen.manifests import Document, Manifest, get
from kgen.records import Any, NamedTuple
from kgen.runtimes import kagenti
from kgen.runtimes.services import container_port, pod_labels, ports_of, selects
from kgen.runtimes.shapes import items, number, text
from kgen.topology.ends import End
from kgen.topology.index import Index, Key
from kgen.topology.namespaces import Standing
from kgen.topology.switches import is_on
from kgen.topology.types import Account, Endpoint, Flow, Identity, Mesh, Namespace, Peer, Port, WorkloadIdentity

_CONTAINERS = ("spec", "template", "spec", "containers")


class Found(NamedTuple):
    """What there is to know of one agent. Words are "" where there is nothing to say."""

    identity: Identity | None  # None for a kagent Agent, and where no container can be chosen
    wanted: bool  # it has to be verified: it is called, or both ends of a call are gated
    lack: str = ""  # why it can not be verified
    unclear: str = ""  # why no container can be chosen
    document: Document | None = None  # what to point at; None: a mention of the agent
    field: str = ""


class Tls(NamedTuple):
    """Where a workload serves its card by SPIFFE TLS."""

    port: int = 0
    service_port: int = 0  # what kgen adds to the Service; 0 for nothing
    lack: str = ""
    document: Document | None = None
    field: str = ""


def trust_domain(spec: dict[str, Any]) -> str:
    """SPIRE's."""
    return str(spec["workloadIdentity"].get("trustDomain") or spec["trustDomain"])


def facts(spec: dict[str, Any]) -> WorkloadIdentity | None:
    """The environment as the layer's templates see it; None where the layer is off."""
    if not is_on(spec, "workload-identity"):
        return None
    section = spec["workloadIdentity"]
    flavor = kagenti.flavor(section)
    signs = section["signer"] == "InitContainer"
    return WorkloadIdentity(
        flavor=section["flavor"],
        api_version=flavor.api_version,
        domain=flavor.domain,
        class_name=section["className"],
        trust_domain=trust_domain(spec),
        strict=section["strict"],
        socket=section["socketPath"],
        mount=section["socketPath"].rpartition("/")[0],
        signer_image=section.get("signerImage") or "" if signs else "",
        operator_namespace=kagenti.operator_namespace(section),
        operator_pods=kagenti.OPERATOR_PODS,
    )


def find(
    ends: dict[Key, End],
    endpoints: dict[Key, Endpoint],
    called: set[Key],
    standing: dict[str, Standing],
    index: Index,
    spec: dict[str, Any],
) -> dict[Key, Found]:
    """What becomes of each agent. Under Observe nothing is merged into a workload, and nothing is verified."""
    section = spec.get("workloadIdentity")
    if not section or not is_on(spec, "workload-identity"):
        return {}
    found = {}
    for key, end in ends.items():
        if not standing[key[0]].enforced:
            continue
        wanted = key in called or bool(section["gate"])
        if endpoints[key].kind == "Agent":
            found[key] = Found(None, wanted)
            continue
        container, unclear = "", ""
        if end.manifest is None:
            tls = _external(end, endpoints[key])
        else:
            tls = _wired(end, end.manifest, endpoints[key], index)
            container, unclear = _container(end.manifest.manifest, {tls.port, endpoints[key].port} - {0})
        identity = Identity(container, wanted or bool(tls.port), tls.port, tls.service_port)
        found[key] = Found(identity, wanted, tls.lack, unclear, tls.document or end.manifest, tls.field)
    return found


def gated(endpoints: dict[Key, Endpoint], found: dict[Key, Found], spec: dict[str, Any]) -> dict[Key, Endpoint]:
    """The endpoints, those that can be verified under the label that says so, where the gate is on."""
    section = spec.get("workloadIdentity")
    if not found or not section or not section["gate"]:
        return endpoints
    label = kagenti.flavor(section).verified
    return {
        key: endpoint._replace(verified_by=label) if verifiable(found.get(key)) else endpoint
        for key, endpoint in endpoints.items()
    }


def verifiable(found: Found | None) -> bool:
    return bool(found and found.identity and found.identity.tls_port)


def ingress(
    endpoints: dict[Key, Endpoint], found: dict[Key, Found], spec: dict[str, Any], mesh: Mesh
) -> dict[Key, tuple[Flow, ...]]:
    """The operator's way to the card of each agent that it is asked to verify; else nothing ever gets verified.

    Where there is the TLS port, the operator uses no other, and does not fall back when that fails. HTTP stays open for
    it only under Optional: to agents without that port, and while verified fetch is off in the operator. Behind a mesh
    it is not: the operator is outside, and STRICT refuses whoever has no certificate of the mesh's.
    """
    section = spec["workloadIdentity"]
    by_http = section["verification"] == "Optional" and not mesh.active
    peers = (Peer(kagenti.operator_namespace(section), kagenti.OPERATOR_PODS),)
    accounts = (Account(kagenti.operator_namespace(section), section["operatorServiceAccountName"]),)
    made: dict[Key, tuple[Flow, ...]] = {}
    for key, each in found.items():
        if each.identity and each.identity.card:
            numbers = [endpoints[key].port] if by_http else []
            numbers += [each.identity.tls_port] if each.identity.tls_port else []
            ports = tuple(Port(number) for number in dict.fromkeys(numbers))
            if ports:
                made[key] = (Flow("operator", peers, ports, (), accounts),)
    return made


def in_namespaces(
    spaces: tuple[Namespace, ...], found: dict[Key, Found], spec: dict[str, Any]
) -> tuple[Namespace, ...]:
    """The namespaces, those of AgentRuntimes under the annotation that keeps the operator from bringing them into
    Istio's ambient mode (rossoctl/operator a0a2cd9, internal/controller/agentruntime_istio.go).
    """
    section = spec["workloadIdentity"]
    if section["flavor"] != "rossoctl":
        return spaces
    homes = {key[0] for key, each in found.items() if each.identity and each.identity.card}
    return tuple(
        space._replace(annotations={NO_MESH: "disabled"}) if space.name in homes else space for space in spaces
    )


NO_MESH = "rossoctl.io/istio-mesh"
"""Annotation of a namespace; `disabled` is what it takes."""


def _external(end: End, endpoint: Endpoint) -> Tls:
    """A workload whose manifest is not here: what the link says of it is all that is known."""
    port = (end.facts.get("service") or {}).get("tlsPort") or 0
    field = f"{end.says('service').field}.service"
    if endpoint.service != end.key[1]:
        lack = f"the operator asks the Service {end.key[1]}, and its Service is {endpoint.service}"
        return Tls(lack=lack, field=field)
    if not port:
        return Tls(
            lack=(
                "its manifest is not in the input, and no link says that its pods serve the card by SPIFFE TLS: set "
                f"service.tlsPort, {kagenti.USUAL_TLS_PORT} as a rule"
            ),
            field=field,
        )
    if port == endpoint.port:
        return Tls(lack=_SAME.format(port), field=field)
    return Tls(port, port)


_SAME = (
    "port {} would be that of its calls as well: the mesh asks nobody there who he is, and the operator is let in; "
    "serve the card on a port of its own"
)


def _wired(end: End, workload: Document, endpoint: Endpoint, index: Index) -> Tls:
    """A workload of the input, and the Service of its own name: the one that the operator asks."""
    namespace, name = end.key
    manifest = workload.manifest
    service = index.find("Service", namespace, name)
    if service is None:
        lack = f"the operator asks the Service {name}, and the input has none: add it"
        return Tls(lack=lack, document=workload, field="metadata.name")
    if not selects(service.manifest, pod_labels(manifest)):
        return Tls(lack=f"Service {name} does not select its pods", document=service, field="spec.selector")
    ports = ports_of(service.manifest, manifest)
    stated = (end.facts.get("service") or {}).get("tlsPort") or 0
    own = next((port for port in ports if port.name == kagenti.TLS_PORT), None)

    def lacks(why: str) -> Tls:
        return Tls(lack=why, document=service, field="spec.ports")

    if own is not None:
        if ports[0].name == kagenti.TLS_PORT:
            return lacks("agent-tls is the Service's first port, to which the operator speaks HTTP: put http first")
        if not own.target:
            return lacks("the Service's agent-tls targets a named port that none of its containers has")
        if own.target == endpoint.port:
            return lacks(_SAME.format(own.target))
        declared = _declared(manifest)
        if declared and own.target not in declared and own.target != stated:
            have = ", ".join(map(str, sorted(declared)))
            return lacks(
                f"the Service's agent-tls leads to {own.target}, which none of its containers serves (they have "
                f"{have}): name the container's port agent-tls"
            )
        return Tls(own.target)
    target = container_port(manifest, kagenti.TLS_PORT) or stated
    if not target:
        return Tls(lack=_nothing(manifest), document=workload, field="spec.template.spec.containers")
    if target == endpoint.port:
        return lacks(_SAME.format(target))
    if not ports:
        return lacks("its Service has no port")
    if any(not port.name for port in ports):
        return lacks("the Service's port has no name, and of two each needs one: name it http")
    if any(port.port == target for port in ports):
        return lacks(f"the Service's port {target} is something else's: give it agent-tls under another number")
    return Tls(target, target)


def _nothing(manifest: Manifest) -> str:
    """In words that no port is called agent-tls, with the one that may be meant."""
    usual = kagenti.USUAL_TLS_PORT in _declared(manifest)
    hint = f"; one has {kagenti.USUAL_TLS_PORT}, if that is it" if usual else ""
    return (
        f"no port of its containers is called {kagenti.TLS_PORT}, so it serves its card by HTTP alone: have it serve "
        f"the card by SPIFFE TLS on a port of its own, and call that so{hint}"
    )


def _declared(manifest: Manifest) -> set[int]:
    return {port for container in items(get(manifest, *_CONTAINERS)) for port in _ports(container)}


def _ports(container: dict[str, Any]) -> set[int]:
    return {number(port.get("containerPort")) for port in items(container.get("ports"))} - {0}


def _container(manifest: Manifest, ports: set[int]) -> tuple[str, str]:
    """The container that gets the Workload API: the only one, or that which serves the agent's ports; or why none."""
    containers = items(get(manifest, *_CONTAINERS))
    if len(containers) > 1:
        serving = [each for each in containers if ports & _ports(each)]
        names = ", ".join(text(each.get("name"), "?") for each in containers)
        if len(serving) != 1:
            wanted = " and ".join(map(str, sorted(ports))) or "none"
            return "", f"has containers {names}, of which one alone may serve its ports ({wanted}): declare them there"
        containers = serving
    name = text(containers[0].get("name")) if containers else ""
    return name, "" if name else "has no container with a name"

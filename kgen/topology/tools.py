"""Tools: MCP servers that agents use, and where they run."""

from kgen.manifests import Document, get
from kgen.records import Any, NamedTuple
from kgen.results import WARNING, Result
from kgen.runtimes import kagent
from kgen.runtimes.services import matches
from kgen.runtimes.shapes import labels, mapping, number, text
from kgen.topology import addresses
from kgen.topology.flows import Common, by_name
from kgen.topology.index import Index, about, place
from kgen.topology.requests import ToolRequest
from kgen.topology.types import Flow, Peer, Port, Tool


class Found(NamedTuple):
    """One tool of one agent, and the flow to it."""

    tool: Tool
    flow: Flow | None
    bundled: bool  # it is kagent's own tool server


def resolve(request: ToolRequest, index: Index, shared: Common, platform: Document, results: list[Result]) -> Found:
    """A tool request with the place where the server runs: from its manifest, else from peer or host."""
    given, where = request.tool, request.request
    namespace, name, kind = given.get("namespace") or where.caller[0], given["name"], given["kind"]
    tool = Tool(
        kind,
        namespace,
        name,
        tuple(given.get("toolNames") or ()),
        tuple(given.get("requireApproval") or ()),
    )
    for extra in sorted(set(tool.require_approval) - set(tool.tool_names)):
        message = (
            f"found {extra}, which toolNames does not list, and kagent refuses that: list it in both, or in neither"
        )
        results.append(about(where.document, "require-approval", f"{where.field}.requireApproval", message))
    document = index.find(kind, namespace, name)
    if kind == "MCPServer" and namespace != where.caller[0]:
        message = (
            f"MCPServer {namespace}/{name} is in another namespace than {'/'.join(where.caller)}: kagent allows that "
            "for RemoteMCPServer only; make one with its address, or move one of the two"
        )
        results.append(about(where.document, "tool-namespace", where.field, message))
    if document and kind == "RemoteMCPServer":
        _consent(document, where.caller[0], namespace, index, request, results)
    flow, bundled = _flow(tool, document, request, index, shared, platform.manifest["spec"], results)
    if bundled:
        message = (
            f"{name} is kagent's bundled tool server: by default it acts on the cluster with every right, without "
            "authentication; an agent that reaches it is as good as cluster-admin (kagent-dev/tools clusterrole.yaml)"
        )
        results.append(about(where.document, "bundled-tools", where.field, message, WARNING))
    return Found(tool, None if where.withheld else flow, bundled)


def _flow(
    tool: Tool,
    document: Document | None,
    request: ToolRequest,
    index: Index,
    shared: Common,
    spec: dict[str, Any],
    results: list[Result],
) -> tuple[Flow | None, bool]:
    given, where = request.tool, request.request
    name = f"tool {tool.namespace}/{tool.name}"
    release = kagent.release(spec["kagent"])
    if given.get("peer") and given.get("host"):
        message = "has both peer and host: keep the one that says where the server runs"
        results.append(about(where.document, "tool-place", where.field, message))
    if given.get("peer"):
        peer, ports = addresses.peer(given["peer"])
        bundled = peer.namespace == release.namespace and peer.pod_selector == release.tools_pods
        return Flow(name, (peer,), ports or (Port(443),)), bundled
    if given.get("host"):
        field = f"{where.field}.host"
        return by_name(
            f"tool {tool.namespace}/{tool.name} at",
            given["host"],
            (Port(443),),
            where.document,
            field,
            shared,
            spec,
            results,
        ), False
    if document and tool.kind == "MCPServer":
        port = number(get(document.manifest, "spec", "deployment", "port")) or kagent.MCP_SERVER_PORT
        return Flow(name, (Peer(tool.namespace, kagent.mcp_server_pods(tool.name)),), (Port(port),)), False
    if document:
        at = addresses.url(text(get(document.manifest, "spec", "url")))
        service = addresses.service_of(at, where.caller[0], spec["clusterDomain"])
        if service is None and at.host:
            made = by_name(name + " at", at.host, (Port(at.port),), where.document, where.field, shared, spec, results)
            return made, False
        if service == (release.namespace, release.tools):
            return Flow(name, (Peer(release.namespace, release.tools_pods),), (Port(kagent.TOOLS_PORT),)), True
        pods = addresses.pods_behind(index, *service, at.port) if service else None
        if pods:
            return Flow(name, (pods[0],), pods[1]), False
        message = (
            f"{tool.kind} {tool.namespace}/{tool.name} ({place(document)}) points at {at.host}:{at.port}, whose "
            "Service and workload are not in the input: add them, or say here which pods it is with "
            "peer: {namespace, podSelector, ports}"
        )
    else:
        message = (
            f"{tool.kind} {tool.namespace}/{tool.name} is not in the input: add its manifest, or say where it runs "
            "with peer: {namespace, podSelector, ports} or host: NAME"
        )
    results.append(about(where.document, "tool-place", where.field, message))
    return None, False


def _consent(
    document: Document, caller: str, namespace: str, index: Index, request: ToolRequest, results: list[Result]
) -> None:
    """A RemoteMCPServer opts callers of other namespaces in, as agents do (default: Same)."""
    if caller == namespace:
        return
    allowed = get(document.manifest, "spec", "allowedNamespaces", default={})
    mode = get(allowed, "from", default="Same")
    known = {"kubernetes.io/metadata.name": caller}
    home = index.manifest("Namespace", "", caller)
    known |= labels(get(home, "metadata", "labels"))
    if mode == "All" or (mode == "Selector" and matches(mapping(get(allowed, "selector")), known)):
        return
    where = request.request
    message = (
        f"RemoteMCPServer {namespace}/{get(document.manifest, 'metadata', 'name')} ({place(document)}) does not admit "
        f"agents of {caller}: add {caller} to its spec.allowedNamespaces"
    )
    results.append(about(where.document, "tool-consent", where.field, message))

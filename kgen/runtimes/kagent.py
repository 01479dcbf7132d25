"""kagent: an Agent custom resource becomes a Deployment, a Service and a ServiceAccount of its name.

Facts of kagent 0.9 and 0.10 (go/core/internal/controller/translator/agent, helm/kagent). From 0.11 on
kagent no longer reconciles Agents, so other versions are refused when the Platform is read.
"""

from functools import lru_cache

from kgen.manifests import Manifest, get
from kgen.records import Any, NamedTuple
from kgen.runtimes.shapes import items, mapping, text, texts
from kgen.shared import Shared

API_VERSION = "kagent.dev/v1alpha2"
LEGACY_API_VERSION = "kagent.dev/v1alpha1"
VERSIONS = ("0.9", "0.10")
PORT = 8080  # container port and Service port `http` (manifest_builder.go)
CARD_PATH = "/.well-known/agent-card.json"  # also the readiness probe
PATHS = ("/",)  # JSON-RPC; the Go runtime answers any path
CONTROLLER_PORT = 8083  # hard-coded into KAGENT_URL of every agent
TOOLS_PORT = 8084  # helm/kagent: bundled kagent-tools
# What an agent asks of the controller's port 8083: the Go runtime as seen live (0.10), the Python runtime and the
# adapters for LangGraph and CrewAI from source (httpserver/server.go). Everything else there is for people, or calls
# and writes agents for whoever asks. {*} is one segment: /api/sessions/agent/NS/NAME, which lists another agent's
# sessions, is none of them.
AGENT_ROUTES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("/api/sessions", ("GET", "POST")),
    ("/api/sessions/{*}", ("DELETE", "GET")),
    ("/api/sessions/{*}/events", ("POST",)),
    ("/api/tasks", ("POST",)),
    ("/api/tasks/{*}", ("DELETE", "GET")),
    ("/api/memories/search", ("POST",)),
    ("/api/memories/sessions", ("POST",)),
    ("/api/memories/sessions/batch", ("POST",)),
    ("/api/langgraph/checkpoints", ("GET", "POST")),
    ("/api/langgraph/checkpoints/writes", ("POST",)),
    ("/api/langgraph/checkpoints/{*}", ("DELETE",)),
    ("/api/crewai/memory", ("DELETE", "GET", "POST")),
    ("/api/crewai/flows/state", ("GET", "POST")),
)
MCP_SERVER_PORT = 3000  # kmcp v0.3.0: default of MCPServer.spec.deployment.port
MOST_TOOLS = 20  # CRD: maxItems of spec.declarative.tools
MOST_TOOL_NAMES = 50  # CRD: maxItems of tools[].mcpServer.toolNames
LONGEST_CHAIN = 10  # compiler.go: nested agents, counted in links
LONGEST_TOOL_NAME = 64  # what model providers take for a tool's name
MANAGED_LABELS = ("app", "kagent")  # overriding them makes the Deployment be refused half-way

# The uid of the agent image, because the kubelet can not tell a non-numeric USER from root
# (0.9: python `USER python`, uid 1001; 0.10: 65532:65532; go: 65532 in both; 0.10's images for skills: 1001).
_UID = {
    ("0.9", "python", False): 1001,
    ("0.9", "python", True): 1001,
    ("0.10", "python", True): 1001,
    ("0.10", "go", True): 1001,
}
_DEFAULT_UID = 65532

# provider -> (block of ModelConfig.spec, the block's field for a base URL; "" where it has none)
# kagent v0.10 go/api/v1alpha2/modelconfig_types.go
PROVIDERS = {
    "Anthropic": ("anthropic", "baseUrl"),
    "OpenAI": ("openAI", "baseUrl"),
    "AzureOpenAI": ("azureOpenAI", "azureEndpoint"),
    "Ollama": ("ollama", "host"),
    "Gemini": ("gemini", ""),
    "GeminiVertexAI": ("geminiVertexAI", ""),
    "AnthropicVertexAI": ("anthropicVertexAI", ""),
    "Bedrock": ("bedrock", ""),
    "SAPAICore": ("sapAICore", "baseUrl"),
    "Foundry": ("foundry", "endpoint"),
}
SINCE_0_10 = ("Foundry",)
# Providers that read several keys of their Secret: client_id and client_secret; AWS access keys (modelconfig_types.go).
WHOLE_SECRETS = ("Bedrock", "SAPAICore")


class Release(NamedTuple):
    """Names that the Helm release gives kagent's own objects."""

    namespace: str
    controller: str  # Service, Deployment and ServiceAccount
    controller_pods: dict[str, Any]
    ui: str  # Deployment and ServiceAccount
    ui_pods: dict[str, Any]
    tools: str  # Service of the bundled tool server
    tools_pods: dict[str, Any]


def release(spec: dict[str, Any]) -> Release:
    """Names and selectors from Platform.spec.kagent.

    Controller and UI: helm/kagent/templates/_helpers.tpl (the component label tells them and the database
    apart). Tools: kagent-dev/tools helm/kagent-tools/templates/_helpers.tpl.
    """
    name = spec["releaseName"]
    fullname = spec.get("fullnameOverride") or name
    parts = {"app.kubernetes.io/name": "kagent", "app.kubernetes.io/instance": name}
    return Release(
        namespace=spec["namespace"],
        controller=f"{fullname}-controller",
        controller_pods={"matchLabels": {**parts, "app.kubernetes.io/component": "controller"}},
        ui=f"{fullname}-ui",
        ui_pods={"matchLabels": {**parts, "app.kubernetes.io/component": "ui"}},
        tools=f"{name}-tools",
        tools_pods={"matchLabels": {"app.kubernetes.io/name": f"{name}-tools", "app.kubernetes.io/instance": name}},
    )


@lru_cache(maxsize=256)
def pod_selector(name: str) -> dict[str, Any]:
    """Selector of an agent's pods: the two labels that nothing can override (R1); the others can be."""
    return Shared({"matchLabels": {"app": "kagent", "kagent": name}})


def pod_labels(name: str) -> dict[str, str]:
    """Labels that kagent puts on an agent's pods (manifest_builder.go)."""
    return {
        "app": "kagent",
        "kagent": name,
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/managed-by": "kagent",
        "app.kubernetes.io/part-of": "kagent",
    }


def deployment_of(manifest: Manifest) -> dict[str, Any]:
    """The `deployment` section of an Agent, wherever its type puts it."""
    section = "byo" if get(manifest, "spec", "type") == "BYO" else "declarative"
    return mapping(get(manifest, "spec", section, "deployment"))


def is_byo(manifest: Manifest) -> bool:
    return bool(get(manifest, "spec", "type") == "BYO")


def service_account(manifest: Manifest) -> str:
    """The ServiceAccount that an Agent names; "" where it leaves the choice to kagent."""
    return text(deployment_of(manifest).get("serviceAccountName"))


def keeps_own_service_account(manifest: Manifest) -> bool:
    """serviceAccountConfig configures the account kagent makes, and excludes naming another (CEL)."""
    return bool(get(deployment_of(manifest), "serviceAccountConfig"))


def tools_of(manifest: Manifest) -> list[dict[str, Any]]:
    return items(get(manifest, "spec", "declarative", "tools"))


def _type_of(tool: dict[str, Any]) -> object:
    """The type of a tool; of one that says none, which the CRD's rules refuse, what it holds."""
    return tool.get("type") or ("Agent" if "agent" in tool else "McpServer" if "mcpServer" in tool else None)


def callee_of(tool: dict[str, Any], home: str) -> tuple[str, str] | None:
    """(namespace, name) of the agent that a tool of an Agent in namespace `home` calls; None for other tools."""
    if _type_of(tool) != "Agent":
        return None
    return (text(get(tool, "agent", "namespace"), home), text(get(tool, "agent", "name")))


def server_of(tool: dict[str, Any], home: str) -> tuple[str, str, str] | None:
    """(kind, namespace, name) of the MCP server behind a tool; None for other tools. CRD: MCPServer by default."""
    if _type_of(tool) != "McpServer":
        return None
    server = tool.get("mcpServer")
    return (
        text(get(server, "kind"), "MCPServer"),
        text(get(server, "namespace"), home),
        text(get(server, "name")),
    )


def needs_full_image(manifest: Manifest) -> bool:
    """Whether kagent runs the agent in the image that can load skills (spec.skills)."""
    return bool(get(manifest, "spec", "skills"))


def security_contexts(
    version: str, runtime: str, byo: bool, full: bool, existing: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(podSecurityContext, securityContext) that Pod Security *restricted* needs on top of what is there.

    `full` is whether it runs in the image for skills; `existing` is the Agent's deployment section, {} for an
    agent that kgen defines. A value that is
    there and good enough is left alone; one that is not stays in the answer, so that merging it in
    becomes a conflict that names both places. An image of the user's own keeps its own numeric user.
    """
    if not existing:
        return _usual_contexts(version, runtime, byo, full)
    return _contexts(version, runtime, byo, full, existing)


@lru_cache(maxsize=64)
def _usual_contexts(version: str, runtime: str, byo: bool, full: bool) -> tuple[Shared, Shared]:
    pod, container = _contexts(version, runtime, byo, full, {})
    return Shared(pod), Shared(container)


def _contexts(
    version: str, runtime: str, byo: bool, full: bool, existing: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    pod, container = (mapping(existing.get(key)) for key in ("podSecurityContext", "securityContext"))
    want_pod: dict[str, Any] = {"runAsNonRoot": True}
    if not byo and not (pod.get("runAsUser") or container.get("runAsUser")):
        uid = _UID.get((version, runtime, full), _DEFAULT_UID)
        want_pod["runAsUser"] = uid
        for key in ("runAsGroup", "fsGroup"):
            if key not in pod:
                want_pod[key] = uid
    if get(pod, "seccompProfile", "type") != "Localhost":
        want_pod["seccompProfile"] = {"type": "RuntimeDefault"}
    want: dict[str, Any] = {"allowPrivilegeEscalation": False, "runAsNonRoot": True}
    if "ALL" not in texts(get(container, "capabilities", "drop")):
        want["capabilities"] = {"drop": ["ALL"]}
    if get(container, "seccompProfile", "type") != "Localhost":
        want["seccompProfile"] = {"type": "RuntimeDefault"}
    return want_pod, want


def pod_of(manifest: Manifest, pod_context: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """The pod spec of an Agent with these contexts merged in, as far as Pod Security asks (manifest_builder.go)."""
    deployment = deployment_of(manifest)
    main = {"name": "kagent", "securityContext": {**mapping(deployment.get("securityContext")), **context}}
    return {
        "securityContext": {**mapping(deployment.get("podSecurityContext")), **pod_context},
        "containers": [main, *items(deployment.get("extraContainers"))],
        "volumes": items(deployment.get("volumes")),
    }


def tool_name(namespace: str, name: str) -> str:
    """The name under which a calling model sees an agent (utils.ConvertToPythonIdentifier)."""
    return f"{namespace}__NS__{name}".replace("-", "_")


def mcp_server_pods(name: str) -> dict[str, Any]:
    """Pods of a kmcp MCPServer (kmcp v0.3.0: name, instance and managed-by labels)."""
    return {
        "matchLabels": {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/instance": name,
            "app.kubernetes.io/managed-by": "kmcp",
        }
    }

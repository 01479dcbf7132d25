"""Generated inputs: agents of every kind, links without rings, tools, egress, namespaces of every standing.

A case holds plain documents, one for each link, so that a law can take one out, change their order or feed the
output back in. Nothing in it is refused: refusals have tests of their own.
"""

from typing import Any, NamedTuple

from hypothesis import strategies as st

from kgen.manifests import Manifest

SPACES = ("alpha", "beta", "gamma")
KINDS = ("defined", "image", "wired", "wired image", "external", "workload", "external workload")
MODEL = {"provider": "Anthropic", "model": "m", "apiKeySecretRef": {"name": "model-key", "key": "key"}}
VALUE = "aHVudGVyMg-never-shown"  # of every Secret in the input


class Agent(NamedTuple):
    namespace: str
    name: str
    how: str  # of KINDS

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def is_kagent(self) -> bool:
        return "workload" not in self.how

    @property
    def labels(self) -> dict[str, str]:
        """Of its pods."""
        return {"app": "kagent", "kagent": self.name} if self.is_kagent else {"app": self.name}


class Case(NamedTuple):
    agents: tuple[Agent, ...]
    edges: tuple[tuple[int, int], ...]  # caller, callee: positions in agents
    definitions: tuple[Manifest, ...]  # AgentLinks that define agents, or ask for tools and hosts
    links: tuple[Manifest, ...]  # one for each edge, in their order
    inputs: tuple[Manifest, ...]  # foreign manifests
    platform: Manifest

    @property
    def documents(self) -> tuple[Manifest, ...]:
        return (*self.definitions, *self.links, *self.inputs)

    def without(self, edge: int) -> "Case":
        """The case with one link taken out."""
        return self._replace(
            edges=self.edges[:edge] + self.edges[edge + 1 :], links=self.links[:edge] + self.links[edge + 1 :]
        )


@st.composite
def cases(draw: st.DrawFn, links: int = 0) -> Case:
    """Cases with at least that many links."""
    count = draw(st.integers(2 if links < 2 else 4, 7))
    agents = tuple(
        Agent(draw(st.sampled_from(SPACES)), f"agent-{i}", draw(st.sampled_from(KINDS))) for i in range(count)
    )
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    edges = tuple(draw(st.lists(st.sampled_from(pairs), min_size=links, max_size=8, unique=True)))
    definitions = [_own(draw, agent, position) for position, agent in enumerate(agents)]
    return Case(
        agents,
        edges,
        tuple(document for document in definitions if document),
        tuple(_link(draw, agents[i], agents[j]) for i, j in edges),
        tuple(m for agent in agents for m in _inputs(agent)) + _surroundings(),
        _platform(draw, agents),
    )


def _own(draw: st.DrawFn, agent: Agent, position: int) -> Manifest | None:
    """What an agent's own team says of it: how it is made, its tools, its hosts."""
    spec: dict[str, Any] = {"from": {"namespace": agent.namespace, "name": agent.name}}
    if agent.how == "defined":
        define: dict[str, Any] = {"description": "Works.", "systemMessage": "You work."}
        if draw(st.booleans()):
            define["runtime"] = draw(st.sampled_from(["python", "go"]))
        if draw(st.booleans()):
            define["model"] = MODEL | {"provider": "OpenAI"}
        spec["from"]["define"] = define
    elif agent.how == "image":
        spec["from"]["define"] = {"description": "Works.", "image": "registry.example/agent:1"}
    elif agent.how == "external workload":
        spec["from"] |= {"kind": "Deployment", "podSelector": {"matchLabels": agent.labels}}
    tools = draw(st.lists(st.sampled_from(range(len(TOOLS))), max_size=2, unique=True))
    if tools:
        spec["tools"] = [TOOLS[tool] for tool in tools]
    egress = draw(st.lists(st.sampled_from(range(len(EGRESS))), max_size=2, unique=True))
    if egress:
        spec["egress"] = [EGRESS[one] for one in egress]
    if len(spec) == 1 and "external" not in agent.how and "define" not in spec["from"] and draw(st.booleans()):
        return None  # then only links speak of it
    return _document("AgentLink", f"own-{position}", spec=spec)


TOOLS = (
    {"kind": "RemoteMCPServer", "name": "orders", "namespace": "tools", "toolNames": ["get"]},
    {"kind": "RemoteMCPServer", "name": "search", "namespace": "tools", "host": "search.example.com"},
    {
        "kind": "RemoteMCPServer",
        "name": "stock",
        "namespace": "tools",
        "peer": {"namespace": "tools", "podSelector": {"matchLabels": {"app": "stock"}}, "ports": [7000]},
    },
)
EGRESS = (
    {"host": "api.example.com"},
    {"cidr": "203.0.113.0/24", "ports": [8443]},
    {"peer": {"namespace": "data", "podSelector": {"matchLabels": {"app": "db"}}, "ports": [5432]}},
)


def _link(draw: st.DrawFn, caller: Agent, callee: Agent) -> Manifest:
    spec: dict[str, Any] = {"from": caller.key, "to": callee.key}
    if "image" not in caller.how and caller.is_kagent and callee.is_kagent and draw(st.booleans()):
        rotation = draw(st.sampled_from(["", "2026-06"]))
        spec["delegation"] = {"secretRef": {"name": "token", "key": "token"}, "rotation": rotation}
    return _document("AgentLink", f"{caller.name}-{callee.name}", spec=spec)


def _inputs(agent: Agent) -> list[Manifest]:
    """The manifests of an agent that has its own."""
    if agent.how in ("wired", "wired image"):
        spec: dict[str, Any] = {"description": "Works.", "type": "Declarative"}
        spec["declarative"] = {"systemMessage": "You work.", "modelConfig": "model", "stream": True}
        if "image" in agent.how:
            spec = {"description": "Works.", "type": "BYO", "byo": {"deployment": {"image": "registry.example/a:1"}}}
        return [_document("Agent", agent.name, agent.namespace, "kagent.dev/v1alpha2", spec=spec)]
    if agent.how == "workload":
        container = {
            "name": "main",
            "image": "registry.example/web:1",
            "ports": [{"name": "a2a", "containerPort": 9000}],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
        pod = {"securityContext": RESTRICTED, "containers": [container]}
        template = {"metadata": {"labels": agent.labels}, "spec": pod}
        workload = {"selector": {"matchLabels": agent.labels}, "template": template}
        service = {"selector": agent.labels, "ports": [{"port": 80, "targetPort": "a2a"}]}
        return [
            _document("Deployment", agent.name, agent.namespace, "apps/v1", spec=workload),
            _document("Service", agent.name, agent.namespace, "v1", spec=service),
        ]
    return []


RESTRICTED = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def _surroundings() -> tuple[Manifest, ...]:
    """A tool server with its workload, ModelConfigs, and Secrets with a value that nothing may show."""
    server = {
        "description": "Reads.",
        "url": "http://orders.tools:80/mcp",
        "allowedNamespaces": {"from": "All"},
    }
    template = {"metadata": {"labels": {"app": "orders"}}, "spec": {"containers": [{"name": "main", "image": "i"}]}}
    secrets = [
        _document("Secret", name, space, "v1", type="Opaque", stringData={"key": VALUE, "token": VALUE})
        for space in SPACES
        for name in ("model-key", "token")
    ]
    config = {"provider": "OpenAI", "model": "m", "apiKeySecret": "model-key", "apiKeySecretKey": "key"}
    return (
        _document("RemoteMCPServer", "orders", "tools", "kagent.dev/v1alpha2", spec=server),
        _document("Service", "orders", "tools", "v1", spec={"selector": {"app": "orders"}, "ports": [{"port": 80}]}),
        _document(
            "Deployment",
            "orders",
            "tools",
            "apps/v1",
            spec={"selector": {"matchLabels": {"app": "orders"}}, "template": template},
        ),
        *(_document("ModelConfig", "model", space, "kagent.dev/v1alpha2", spec=config) for space in SPACES),
        *secrets,
    )


def _platform(draw: st.DrawFn, agents: tuple[Agent, ...]) -> Manifest:
    listed = draw(st.lists(st.sampled_from(SPACES), unique=True, min_size=1))
    spec: dict[str, Any] = {"defaults": {"model": MODEL}}
    spec["namespaces"] = {
        name: {
            "management": draw(st.sampled_from(["Owned", "Shared", "External"])),
            "enforcement": draw(st.sampled_from(["Enforce", "Enforce", "Observe"])),
            "team": draw(st.sampled_from(["", "red"])),
        }
        for name in listed
    }
    spec["network"] = {"cni": draw(st.sampled_from(["Generic", "Cilium"]))}
    version = draw(st.sampled_from(["0.9", "0.10"]))
    spec["kagent"] = {"version": version, "managePolicies": draw(st.booleans())}
    if draw(st.booleans()):
        telemetry = {"namespace": "monitoring", "podSelector": {"matchLabels": {"app": "otel"}}, "ports": [4317]}
        spec["network"]["infrastructure"] = {
            "otel": {"direction": "Egress", "peer": telemetry, "agents": [f"{name}/*" for name in listed]}
        }
    owned = [name for name in listed if spec["namespaces"][name]["management"] == "Owned"]
    if owned and draw(st.booleans()):
        spec["access"] = {"viewers": {"dev": {"namespaces": owned, "subjects": [{"kind": "Group", "name": "dev"}]}}}
    return _document("Platform", "example", spec=spec)


def _document(
    kind: str, name: str, namespace: str = "", api_version: str = "kgen.dev/v1alpha1", **rest: Any
) -> Manifest:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}

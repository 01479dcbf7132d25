"""Manifests and definitions that several tests put into their input, as YAML text."""

from tests.topology.build import link

PROMPT = "systemMessage: You plan."
MODEL = "modelConfigRef: {name: m}"
DEFINE = f"define: {{description: Works., {PROMPT}, {MODEL}}}"
TOOL = "from: alpha/planner\ntools:\n- "  # followed by one tool
PEER = "peer: {namespace: alpha, podSelector: {}}"

STORE = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: store, namespace: shop}
spec:
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      containers:
      - {name: web, image: registry.example/store:1, ports: [{name: http, containerPort: 9000}]}
"""
REMOTE_SERVER = """---
apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: {name: t, namespace: tools}
spec: {description: Reads., url: 'http://t.tools:80/mcp'}
"""


def planner(definition: str, rest: str = "", name: str = "link") -> str:
    """A link that defines alpha/planner."""
    define = f"{{description: Plans., {definition}}}"
    return link(f"from: {{namespace: alpha, name: planner, define: {define}}}\n{rest}", name)


def service(name: str = "store", selector: str = "{app: store}", ports: str = "[{port: 80, targetPort: http}]") -> str:
    """A Service of namespace shop."""
    head = f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n"
    return f"{head}spec: {{selector: {selector}, ports: {ports}}}\n"


def agent(spec: str = "", declarative: str = "", version: str = "v1alpha2") -> str:
    """The manifest of alpha/planner, with further fields of spec and spec.declarative."""
    head = f"---\napiVersion: kagent.dev/{version}\nkind: Agent\nmetadata: {{name: planner, namespace: alpha}}\n"
    fields = "systemMessage: Plan., modelConfig: m" + (f", {declarative}" if declarative else "")
    return f"{head}spec: {{type: Declarative, declarative: {{{fields}}}{', ' + spec if spec else ''}}}\n"


def plain(kind: str, name: str, namespace: str = "alpha", api_version: str = "v1") -> str:
    """An object without content."""
    metadata = f"metadata: {{name: {name}, namespace: {namespace}}}"
    return f"---\napiVersion: {api_version}\nkind: {kind}\n{metadata}\n"

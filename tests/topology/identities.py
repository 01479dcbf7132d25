"""Workloads that have an identity, and Platforms that give them one, as YAML text."""

from tests.topology.build import call, link

SECTION = "className: spire-mgmt-spire, trustDomain: example.org"
ACCOUNT = "serviceAccountName: {name}, "
ASKS = call("shop/clerk", "shop/store")
HTTP, TLS = "{name: http, containerPort: 8080}", "{name: agent-tls, containerPort: 8443}"
PORT, TLS_PORT = "{name: http, port: 80, targetPort: http}", "{name: agent-tls, port: 443, targetPort: agent-tls}"
EXTERNAL = (
    "from: shop/clerk\nto: {namespace: far, name: store, kind: Deployment, serviceAccountName: store, "
    "podSelector: {matchLabels: {app: store}}%s}"
)


def platform(further: str = "", rest: str = "", layers: str = "workload-identity: Enabled") -> str:
    """A Platform with the layer; `further` are fields of its section, `rest` other lines of the spec."""
    own = ", ".join(filter(None, (SECTION, further)))
    return f"layers: {{{layers}}}\nnamespaces: {{shop: {{}}}}\nworkloadIdentity: {{{own}}}\n{rest}"


def workload(name: str, ports: str = f"{HTTP}, {TLS}", further: str = "", kind: str = "Deployment", **at: str) -> str:
    """A workload of namespace shop; `further` are fields of its pod spec, `at` labels of itself and its pods."""
    pod_labels = f"app: {name}" + "".join(f", {key}" for key in [at.get("pod", "")] if key)
    labels = f", labels: {{{at['own']}}}" if "own" in at else ""
    restricted = "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}"
    return f"""---
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: shop{labels}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{{pod_labels}}}}}
    spec:
      serviceAccountName: {at.get("account", name)}
      securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
      - {{name: agent, image: registry.example/a:1, ports: [{ports}], {restricted}}}
{further}"""


def service(name: str, ports: str = PORT, selector: str = "") -> str:
    head = f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n"
    return f"{head}spec: {{selector: {{app: {selector or name}}}, ports: [{ports}]}}\n"


CLERK = workload("clerk") + service("clerk")
STORE = workload("store") + service("store")
BOTH = CLERK + STORE + ASKS


def external(further: str = "") -> str:
    """A link from the clerk to a store whose manifest is not here."""
    return CLERK + link(EXTERNAL % further)

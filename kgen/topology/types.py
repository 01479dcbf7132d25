"""The topology: what layers are instantiated over, as immutable values.

Templates may use exactly the fields named here (expand/ checks each attribute when it compiles
a layer), so every field is documented for layer authors: docs/reference/templates.md is generated
from this file and the *_types.py beside it. Mappings inside are shared between objects and never changed.
"""

from kgen.manifests import Document, Origin
from kgen.records import Any, NamedTuple
from kgen.results import Result
from kgen.topology.flow_types import (
    Account as Account,
    Flow as Flow,
    Peer as Peer,
    Port as Port,
)
from kgen.topology.gateway_types import (
    Gateway as Gateway,
    Proxy as Proxy,
)
from kgen.topology.layer_types import (
    Access as Access,
    Admission as Admission,
    Claim as Claim,
    Definition as Definition,
    Guard as Guard,
    Identity as Identity,
    Limits as Limits,
    Lock as Lock,
    Model as Model,
    Monitoring as Monitoring,
    PodSecurity as PodSecurity,
    Route as Route,
    Secret as Secret,
    SecretStore as SecretStore,
    Token as Token,
    Verified as Verified,
    WorkloadIdentity as WorkloadIdentity,
)

DEFINED = "defined"  # kgen makes the object
WIRED = "wired"  # the object is in the input; kgen merges into it
EXTERNAL = "external"  # the object is somebody else's; kgen prints a patch for its owner
HBONE = 15008  # where pods in Istio's ambient mode take traffic from the mesh
PROPOSED = "proposed"  # a whole object that somebody else should apply; printed, never in the bundle


class Endpoint(NamedTuple):
    """One agent as another agent's rules need it: pods, port, identity. Knows nothing of links."""

    namespace: str
    name: str
    kind: str  # Agent, Deployment or StatefulSet
    presence: str  # defined, wired or external
    pod_selector: dict[str, Any]  # metav1.LabelSelector of its pods
    port: int  # the port its pods serve A2A on (the Service's target port)
    service: str  # name of its Service
    service_port: int
    paths: tuple[str, ...]  # A2A paths (POST)
    card_path: str  # path of the agent card (GET)
    service_account: str  # name of its ServiceAccount; "" where unknown
    description: str = ""  # what a calling model reads; "" where unknown
    verified_by: str = ""  # label that its pods must have besides, to count in the rules of other agents; "" for none

    @property
    def peer_selector(self) -> dict[str, Any]:
        """metav1.LabelSelector by which the rules of other agents name its pods."""
        if not self.verified_by:
            return self.pod_selector
        labels = {**self.pod_selector.get("matchLabels", {}), self.verified_by: "true"}
        return {**self.pod_selector, "matchLabels": labels}


class Delegation(NamedTuple):
    """A header that the caller sends, its value taken from a Secret in the caller's namespace."""

    header: str
    secret: str
    key: str
    rotation: str


class Link(NamedTuple):
    """One edge: `caller` may call `callee`."""

    caller: Endpoint
    callee: Endpoint
    delegation: Delegation | None
    origins: tuple[Origin, ...]  # the AgentLinks that ask for it


class Tool(NamedTuple):
    """An MCP server that an agent uses."""

    kind: str  # RemoteMCPServer or MCPServer
    namespace: str
    name: str
    tool_names: tuple[str, ...]
    require_approval: tuple[str, ...]


class Mesh(NamedTuple):
    """The Istio mesh of the environment."""

    mode: str  # Sidecar or Ambient; "" where there is none
    active: bool  # the mesh layer is on
    revision: str  # of the control plane; "" for the default one
    waypoint: str  # name of each namespace's waypoint; "" unless the mesh layer is on in Ambient mode
    waypoint_pods: dict[str, Any]  # their pod selector
    hbone_port: int  # where pods in Ambient mode take traffic from the mesh
    root_namespace: str = "istio-system"  # of mesh-wide configuration


class Waypoint(NamedTuple):
    """The waypoint of a namespace that kgen owns: what its pods have to be able to do."""

    ingress: tuple[Flow, ...]
    egress: tuple[Flow, ...]


class Nudge(NamedTuple):
    """The CronJob that makes kagent read delegated headers anew."""

    image: str
    schedule: str
    api_server: tuple[Peer, ...]
    api_server_port: int


class Verification(NamedTuple):
    """The Job that asks the cluster, after each sync, whether it does what the links say."""

    image: str
    rows: tuple[str, ...]  # the lines of the table that its script reads
    needs: tuple[Flow, ...]  # the API server and DNS
    attempts: tuple[Flow, ...]  # what it tries, and agents have to refuse
    makes_namespace: bool  # nothing else of the run makes the platform namespace
    namespace_presence: str  # of the platform namespace: wired where its manifest is in the input, else defined
    api_server_port: int = 6443

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All that its own policy lets out."""
        return (*self.needs, *self.attempts)


class Agent(NamedTuple):
    """One agent with everything that the links of the run say about it."""

    endpoint: Endpoint
    management: str  # Owned, Shared or External: of its namespace
    enforced: bool  # its namespace is under Enforce
    callers: tuple[Link, ...]  # links whose callee it is, by caller
    callees: tuple[Link, ...]  # links whose caller it is, by callee
    tools: tuple[Tool, ...]
    ingress: tuple[Flow, ...]  # named flows to it, other agents left out
    egress: tuple[Flow, ...]  # named flows from it, other agents left out
    caller_namespaces: tuple[str, ...]  # namespaces of the Agents that call it, its own left out
    definition: Definition | None  # present where presence is defined
    byo: bool  # a kagent Agent that runs an image of the user's own; kagent wires no tools into it
    model_config: str  # name of its ModelConfig; "" where it has none of kgen's
    makes_service_account: bool  # kgen makes its ServiceAccount
    pod_security_context: dict[str, Any]  # what Pod Security restricted needs
    security_context: dict[str, Any]
    wave: int  # depth of its chain of callees: a callee is applied before its callers
    link_hash: str  # changes when a callee's consent, description or a delegated header does; "" without callees
    origins: tuple[Origin, ...]  # the documents that speak of it
    limits: Limits | None = None  # what its grants limit its callers to
    token: Token | None = None  # what its grants ask its callers for
    suspended: bool = False  # the Platform's kill switch is on for it
    cut_callers: tuple[Endpoint, ...] = ()  # callers that a suspended link, or the kill switch, keeps from it
    expected_callers: str = ""  # regular expression of principals that may call it, where mesh and monitoring are on
    expected_connections: str = ""  # the same of connections to its pods: also who asks for its card by SPIFFE TLS
    proxy: Proxy | None = None  # what sends it through an egress gateway; absent where it has none
    identity: Identity | None = None  # present where the layer workload-identity gives its pods one

    @property
    def namespace(self) -> str:
        return self.endpoint.namespace

    @property
    def name(self) -> str:
        return self.endpoint.name

    @property
    def kind(self) -> str:
        return self.endpoint.kind

    @property
    def presence(self) -> str:
        return self.endpoint.presence

    @property
    def pod_selector(self) -> dict[str, Any]:
        return self.endpoint.pod_selector

    @property
    def port(self) -> int:
        return self.endpoint.port

    @property
    def service(self) -> str:
        return self.endpoint.service

    @property
    def service_account(self) -> str:
        return self.endpoint.service_account

    @property
    def callee_namespaces(self) -> tuple[str, ...]:
        """Namespaces of the agents that it calls."""
        return tuple(sorted({link.callee.namespace for link in self.callees}))

    @property
    def declared_ingress(self) -> tuple[Flow, ...]:
        """The flows to it that the Platform declares as infrastructure, as the pods of a peer ask for them."""
        return self._declared(HBONE)

    @property
    def side_ingress(self) -> tuple[Flow, ...]:
        """Those of them that are for other ports than the agent's own."""
        return self._declared(HBONE, self.port)

    def _declared(self, *left_out: int) -> tuple[Flow, ...]:
        found = []
        for flow in self.ingress:
            ports = tuple(port for port in flow.ports if port.number not in left_out)
            if flow.name.startswith("infrastructure ") and ports and any(peer.namespace for peer in flow.peers):
                found.append(flow._replace(ports=ports))
        return tuple(found)

    @property
    def environment(self) -> tuple[dict[str, Any], ...]:
        """The variables (EnvVar) of its container: its definition's own, then those of its gateway."""
        return (self.definition.env if self.definition else ()) + (self.proxy.variables if self.proxy else ())

    @property
    def wired_callees(self) -> tuple[Link, ...]:
        """Its links that become a tool of it: kagent takes Agents only, and wires none into an image of the user's."""
        return () if self.byo else tuple(link for link in self.callees if link.callee.kind == "Agent")

    @property
    def dns(self) -> Flow:
        """The flow of its DNS lookups; without peers where it has none."""
        return next((flow for flow in self.egress if flow.name == "dns"), Flow("dns", (), ()))

    @property
    def named_egress(self) -> tuple[Flow, ...]:
        """The flows from it that are enforced by DNS name."""
        return tuple(flow for flow in self.egress if flow.hosts and flow.ports)

    @property
    def peer_egress(self) -> tuple[Flow, ...]:
        """The flows from it that name peers and ports; in a policy an empty list of either would mean all."""
        return tuple(flow for flow in self.egress if flow.peers and flow.ports)

    @property
    def peer_ingress(self) -> tuple[Flow, ...]:
        """The flows to it that name peers and ports."""
        return tuple(flow for flow in self.ingress if flow.peers and flow.ports)


class Namespace(NamedTuple):
    """One namespace that a link or the Platform names."""

    name: str
    management: str  # Owned, Shared or External
    enforced: bool
    listed: bool  # in Platform.spec.namespaces
    presence: str  # wired where its manifest is in the input, else defined
    team: str
    labels: dict[str, str]
    pod_security: PodSecurity
    agents: tuple[str, ...]  # names of the run's agents in it
    mesh_labels: dict[str, str] = {}  # what brings it into the mesh; {} where the mesh layer is off
    waypoint: Waypoint | None = None  # present where kgen makes one: Ambient, Owned, with agents
    store: str = ""  # presence of the SecretStore that kgen makes in it; "" where it makes none
    makes_store_account: bool = False  # kgen makes the ServiceAccount by which that store logs in
    nudged: tuple[str, ...] = ()  # its Agents that send delegated headers, where rotation is nudged
    annotations: dict[str, str] = {}  # by which it keeps an operator's hands off its labels
    gateways: tuple[str, ...] = ()  # names of the egress gateways in it


class Server(NamedTuple):
    """Pods that are no agent, in a namespace that kgen closes, to which a flow of some agent leads."""

    namespace: str
    name: str  # made of its selector
    pod_selector: dict[str, Any]  # a metav1.LabelSelector
    ingress: tuple[Flow, ...]  # who comes in: agents, and kagent's controller to a tool server
    services: tuple[str, ...] = ()  # the Services of the input that lead to these pods

    @property
    def peer_ingress(self) -> tuple[Flow, ...]:
        """The flows to it that name peers and ports."""
        return tuple(flow for flow in self.ingress if flow.peers and flow.ports)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Who comes in, to a mesh."""
        return tuple(sorted({account for flow in self.ingress for account in flow.accounts}))

    @property
    def ports(self) -> tuple[Port, ...]:
        """The ports on which they do, HBONE left out."""
        found = {port for flow in self.ingress if flow.accounts for port in flow.ports if port.number != HBONE}
        return tuple(sorted(found))


class KagentControl(NamedTuple):
    """kagent's own pods and what its owner's policies have to let in."""

    namespace: str
    managed: bool  # kgen emits the policies; else it prints them for the owner
    controller: dict[str, Any]  # pod selector
    controller_port: int
    tools: dict[str, Any]  # pod selector of the bundled tool server
    tools_port: int
    controller_callers: tuple[Peer, ...]  # UI, declared clients, agents
    tools_callers: tuple[Peer, ...]  # controller, and agents that a link gives the tool server
    service: str = ""  # name of the controller's Service
    account: Account = Account("", "")  # as which the controller runs
    client_accounts: tuple[Account, ...] = ()  # UI and declared clients
    agent_routes: tuple[Route, ...] = ()  # what an agent asks the controller for
    agent_accounts: tuple[Account, ...] = ()  # agents under Enforce, suspended ones left out
    observed_accounts: tuple[Account, ...] = ()  # agents under Observe
    suspended_accounts: tuple[Account, ...] = ()
    proxy_metrics: tuple[Flow, ...] = ()  # Prometheus at the controller's sidecar; the waypoint's is its owner's
    tools_accounts: tuple[Account, ...] = ()  # as whom tools_callers run; () while an agent is under Observe
    waypoint_presence: str = ""  # of the Gateway in front of the controller's Service; "" where none is made
    service_presence: str = ""  # of the label by which that Service uses it; "" where it has it, or none is made


class Platform(NamedTuple):
    """The environment, and the whole topology for documents that exist once."""

    name: str
    profile: str
    cluster_domain: str
    trust_domain: str
    platform_namespace: str
    cni: str
    runs_kagent: bool  # some agent of the run is a kagent Agent
    kagent_version: str
    kagent: KagentControl
    sync_waves: bool
    agents: tuple[Agent, ...]
    namespaces: tuple[Namespace, ...]
    links: tuple[Link, ...]
    secret_store: SecretStore | None = None  # absent: Secrets are only referred to
    nudge: Nudge | None = None  # absent: nothing nudges, or there is nothing to nudge
    prune_guardrails: bool = False  # Argo CD may prune guardrails; else those of listed namespaces say Prune=false
    mesh: Mesh = Mesh("", False, "", "", {}, HBONE)
    admission: Admission | None = None  # present where the layer admission is enabled
    monitoring: Monitoring | None = None  # present where the layer monitoring is enabled
    verification: Verification | None = None  # present where the layer verify is enabled and runs as a Job
    gateways: tuple[Gateway, ...] = ()
    certificates: bool = False  # the layer certificates is enabled

    @property
    def roots(self) -> str:
        """The namespace in which kgen makes the gateways' root authorities; "" where it makes none."""
        return next((one.authority.home for one in self.gateways if one.authority and one.authority.root), "")

    workload_identity: WorkloadIdentity | None = None  # present where the layer workload-identity is enabled
    pod_security_version: str = "latest"  # of Kubernetes, to which Pod Security is pinned where nobody says another


class Topology(NamedTuple):
    """Everything of one run, resolved and merged; the collections are what `$for` names at a document's head."""

    platform: Platform
    namespaces: tuple[Namespace, ...]
    agents: tuple[Agent, ...]
    links: tuple[Link, ...]
    models: tuple[Model, ...]
    accesses: tuple[Access, ...]
    documents: tuple[Document, ...]  # the input that passes through; wired objects included
    results: tuple[Result, ...]  # warnings and notes; errors are raised
    secrets: tuple[Secret, ...] = ()
    servers: tuple[Server, ...] = ()
    guards: tuple[Guard, ...] = ()  # empty where the layer admission is not enabled
    locks: tuple[Lock, ...] = ()  # the same
    verified: tuple[Verified, ...] = ()  # empty where verification does not run as a Job
    gateways: tuple[Gateway, ...] = ()  # empty where the layer egress-gateway is not enabled

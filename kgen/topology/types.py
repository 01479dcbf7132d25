"""The topology: what layers are instantiated over, as immutable values.

Templates may use exactly the fields named here (expand/ checks each attribute when it compiles
a layer), so every field is documented for layer authors: docs/reference/templates.md is generated
from this file. Mappings inside are shared between objects and never changed.
"""

from kgen.manifests import Document, Origin
from kgen.records import Any, NamedTuple
from kgen.results import Result

DEFINED = "defined"  # kgen makes the object
WIRED = "wired"  # the object is in the input; kgen merges into it
EXTERNAL = "external"  # the object is somebody else's; kgen prints a patch for its owner
PROPOSED = "proposed"  # a whole object that somebody else should apply; printed, never in the bundle


class Port(NamedTuple):
    """A port of a policy rule. `protocol` is TCP or UDP."""

    number: int
    protocol: str = "TCP"


class Peer(NamedTuple):
    """One side of a policy rule: pods of one namespace, or a block of addresses."""

    namespace: str = ""  # "" where it is an address block
    pod_selector: dict[str, Any] = {}  # a metav1.LabelSelector; {} is every pod of the namespace
    cidr: str = ""  # "" where it is pods
    excluded: tuple[str, ...] = ()  # CIDRs cut out of `cidr`


class Flow(NamedTuple):
    """Traffic that is meant to be, with the name under which reports and the proof know it."""

    name: str  # dns, controller, model, "tool tools/orders", "egress api.example.com", "infrastructure otel"
    peers: tuple[Peer, ...]
    ports: tuple[Port, ...]
    hosts: tuple[str, ...] = ()  # DNS names, where the flow is enforced by name (Cilium); peers is then empty


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


class Model(NamedTuple):
    """One ModelConfig to make."""

    namespace: str
    name: str
    provider: str  # upstream's enum value
    model: str
    secret: str  # name of the API key's Secret; "" where the provider needs none
    secret_key: str
    block: str  # name of the provider's block in ModelConfig.spec, e.g. anthropic
    parameters: dict[str, Any]  # that block, baseUrl included; {} where there is none


class Secret(NamedTuple):
    """One Secret that an ExternalSecret fetches. Nothing here knows its values."""

    namespace: str
    name: str
    keys: tuple[str, ...]  # the properties to fetch; () is all of them
    remote: str  # the key under which the store knows it
    presence: str  # defined, or proposed where only agents of somebody else's read it


class SecretStore(NamedTuple):
    """The store that ExternalSecrets read from: one that kgen makes of a Vault, or one that exists."""

    name: str
    kind: str  # SecretStore or ClusterSecretStore
    refresh_interval: str
    namespaces: tuple[str, ...]  # that read from it
    server: str  # of the Vault; "" where the store exists and nothing below counts
    path: str  # mount path of the key-value engine; "" where remote keys begin with it
    version: str
    mount_path: str
    role: str
    service_account: str  # logs in, with a token of these audiences
    audiences: tuple[str, ...]
    makes_service_account: bool  # of a ClusterSecretStore, in the platform namespace


class Nudge(NamedTuple):
    """The CronJob that makes kagent read delegated headers anew."""

    image: str
    schedule: str
    api_server: tuple[Peer, ...]
    api_server_port: int


class Definition(NamedTuple):
    """How kgen makes an agent. Absent texts are "", absent lists and mappings empty, absent numbers None."""

    description: str
    byo: bool  # runs an image of the user's own
    runtime: str  # python or go; "" for byo
    system_message: str
    system_message_from: dict[str, Any]  # {type, name, key}
    image: str
    command: str  # the first word of `command`: what kagent calls cmd
    args: tuple[str, ...]  # the further words of `command`, then `args`
    env: tuple[dict[str, Any], ...]
    skills: tuple[dict[str, Any], ...]  # agent card skills
    replicas: int | None
    resources: dict[str, Any]
    labels: dict[str, str]
    image_pull_secrets: tuple[str, ...]


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
    def service_account(self) -> str:
        return self.endpoint.service_account

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


class PodSecurity(NamedTuple):
    """Pod Security levels of a namespace and the version they are pinned to."""

    enforce: str
    audit: str
    warn: str
    version: str


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
    store: str = ""  # presence of the SecretStore that kgen makes in it; "" where it makes none
    makes_store_account: bool = False  # kgen makes the ServiceAccount by which that store logs in
    nudged: tuple[str, ...] = ()  # its Agents that send delegated headers, where rotation is nudged


class Access(NamedTuple):
    """People or automation that get a Role in one namespace."""

    name: str
    purpose: str  # viewer, debugger or automation
    namespace: str
    subjects: tuple[dict[str, Any], ...]  # rbac.authorization.k8s.io/v1 subjects
    rules: tuple[dict[str, Any], ...]  # rbac.authorization.k8s.io/v1 rules


class Server(NamedTuple):
    """Pods that are no agent, in a namespace that kgen closes, to which a flow of some agent leads."""

    namespace: str
    name: str  # made of its selector
    pod_selector: dict[str, Any]  # a metav1.LabelSelector
    ingress: tuple[Flow, ...]  # who comes in: agents, and kagent's controller to a tool server


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

"""The topology's values that one layer alone reads: how agents are made, levels of namespaces, models, access, terms of
grants for the mesh, stores of Secrets, guards and locks of admission, what alerts depend on, what verification reads,
workload identities. types.py hands them on, so templates see no difference.
"""

from kgen.records import Any, NamedTuple


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


class Limits(NamedTuple):
    """How much a callee takes, as its grants say."""

    requests_per_second: int
    burst: int
    max_connections: int


class Claim(NamedTuple):
    """A claim that a token must have, with one of the values."""

    name: str
    values: tuple[str, ...]


class Token(NamedTuple):
    """The JSON Web Token that a callee's grants ask its callers for."""

    issuer: str
    audiences: tuple[str, ...]
    jwks_uri: str  # "" where the keys are given
    jwks: dict[str, Any]  # {} where they are fetched
    header: str
    prefix: str
    claims: tuple[Claim, ...]


class Route(NamedTuple):
    """Requests to one path; `path` may hold {*} for one segment (Istio's path templates)."""

    path: str
    methods: tuple[str, ...]


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


class Guard(NamedTuple):
    """A managed namespace (Owned, or Shared with agents of the run) as admission holds it to the links."""

    namespace: str
    enforced: bool
    owned: bool
    listed: bool  # in Platform.spec.namespaces
    agents: tuple[str, ...]  # names of the Agents that are governed; "*" is every one, in an Owned namespace
    callees: tuple[str, ...]  # "caller namespace/callee": what its Agents may refer to
    callers: tuple[str, ...]  # "namespace/caller callee": what may refer to its Agents
    accounts: tuple[str, ...]  # ServiceAccounts of its agents, without `default`
    pods: tuple[str, ...]  # "key=value,key=value": the labels that make a pod one of its agents'
    pod_security: str  # level that the Namespace has to enforce; "" where kgen sets none


class Lock(NamedTuple):
    """A lock on what the kagent controller does in the API server."""

    name: str  # controller-writes, takeovers or legacy-agents
    extent: str  # Cluster or ManagedNamespaces


class Admission(NamedTuple):
    """What admission needs to know of the environment."""

    engine: str  # ValidatingAdmissionPolicy or Gatekeeper
    controller: str  # user name of the kagent controller
    trusted_writers: tuple[str, ...]  # user names that may write agents and protected keys, the controller's included
    enforced: tuple[str, ...]  # managed namespaces under Enforce
    observed: tuple[str, ...]  # namespaces under Observe
    makes_namespace: bool  # no link and no entry of spec.namespaces names the platform namespace
    namespace_presence: str  # of the platform namespace: wired where its manifest is in the input, else defined
    verdicts: tuple[str, ...] = ()  # labels by which the operator of workload-identity says whom it verified


class Monitoring(NamedTuple):
    """What the alerts depend on besides the agents."""

    labels: dict[str, str]  # by which Prometheus finds rules and monitors
    runbooks: str  # where the runbooks are
    runbook_annotation: str  # the annotation of an alert that says so: runbook_url where that is an address
    audit_metric: str  # counts requests that the API server refused, by the label `user`; "" where there is none
    network: bool  # the layer is on
    certificates: bool  # the layer is on
    identities: bool  # the layer workload-identity is on


class Access(NamedTuple):
    """People or automation that get a Role in one namespace."""

    name: str
    purpose: str  # viewer, debugger or automation
    namespace: str
    subjects: tuple[dict[str, Any], ...]  # rbac.authorization.k8s.io/v1 subjects
    rules: tuple[dict[str, Any], ...]  # rbac.authorization.k8s.io/v1 rules


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


class PodSecurity(NamedTuple):
    """Pod Security levels of a namespace and the version they are pinned to."""

    enforce: str
    audit: str
    warn: str
    version: str


class Verified(NamedTuple):
    """A namespace whose agents the Job of verification reads, by name."""

    namespace: str
    presence: str  # defined, or proposed where only agents of somebody else's live in it
    agents: tuple[str, ...]  # kagent Agents
    deployments: tuple[str, ...]  # their Deployments, and those that are agents themselves
    stateful_sets: tuple[str, ...]


class Identity(NamedTuple):
    """The SPIFFE identity of an agent that is no kagent Agent, and how the operator verifies it."""

    container: str  # of its pods, that gets the Workload API; "" where its manifest is not in the input
    card: bool  # the operator is asked to fetch and verify its agent card
    tls_port: int  # of its pods: the card by SPIFFE TLS; 0 where there is none, and it is never verified
    service_port: int  # number that kgen gives the Service's port agent-tls; 0 where the Service has one already


class WorkloadIdentity(NamedTuple):
    """SPIRE, and the operator that verifies agents."""

    flavor: str  # kagenti or rossoctl
    api_version: str  # of the operator's kinds
    domain: str  # of the labels that it reads: kagenti.io or rossoctl.io
    class_name: str  # that SPIRE's controller manager watches
    trust_domain: str
    strict: bool
    socket: str  # path of the Workload API's socket
    mount: str  # folder of it
    signer_image: str  # "" where agent cards are not signed
    operator_namespace: str
    operator_pods: dict[str, Any]  # their selector

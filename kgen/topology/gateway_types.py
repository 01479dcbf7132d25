"""The topology's values of the layers egress-gateway and certificates. types.py hands them on."""

from kgen.records import Any, NamedTuple
from kgen.topology.flow_types import Account, Flow


class VaultIssuer(NamedTuple):
    """The PKI of a Vault that signs a gateway's certificate authority."""

    server: str
    path: str
    mount_path: str
    role: str
    service_account: str  # logs in; kgen makes it
    makes_service_account: bool


class Authority(NamedTuple):
    """The certificate authority that a gateway opens TLS with, and how agents come to trust it."""

    secret: str  # of its certificate and key, in the gateway's namespace
    duration: str
    renew_before: str
    issuer: str
    issuer_kind: str
    issuer_group: str
    root: str  # the Certificate and Secret of the root that kgen makes; "" where somebody else signs
    vault: VaultIssuer | None
    home: str  # cert-manager's namespace: of the root, and of what trust-manager reads
    manager: str  # user name of cert-manager's controller
    manager_account: Account
    bundle: str  # the Bundle, and the ConfigMap that it makes; "" where the ConfigMap is somebody's own
    bundle_key: str
    source_kind: str  # what the Bundle reads besides the usual authorities: Secret or ConfigMap
    source: str
    source_key: str
    namespaces: tuple[str, ...]  # where the ConfigMap has to be: those of the gateway's agents


class GatewaySecret(NamedTuple):
    """A Secret that a gateway's plugins read."""

    name: str
    volume: str  # name of its volume: a DNS label, which the name of a Secret need not be


class Gateway(NamedTuple):
    """An egress gateway, with everything that it needs."""

    namespace: str
    name: str
    management: str  # Owned or Shared: of its namespace
    kind: str  # Deployment or StatefulSet
    image: str
    replicas: int
    pod_selector: dict[str, Any]
    port: int
    health_port: int
    uid: int
    config: dict[str, Any]  # AuthBridge's own configuration
    config_hash: str
    spiffe: bool  # a plugin of its identifies itself by SPIFFE
    secrets: tuple[GatewaySecret, ...]  # that plugins read
    agents: tuple[str, ...]  # namespace/name of those that it serves
    accounts: tuple[Account, ...]  # as whom they come
    ingress: tuple[Flow, ...]
    egress: tuple[Flow, ...]
    authority: Authority | None  # absent where it opens no TLS

    @property
    def dns(self) -> Flow:
        """The flow of its DNS lookups."""
        return next((flow for flow in self.egress if flow.name == "dns"), Flow("dns", (), ()))

    @property
    def named_egress(self) -> tuple[Flow, ...]:
        """The flows from it that are enforced by DNS name."""
        return tuple(flow for flow in self.egress if flow.hosts and flow.ports)

    @property
    def peer_egress(self) -> tuple[Flow, ...]:
        """The flows from it that name peers and ports."""
        return tuple(flow for flow in self.egress if flow.peers and flow.ports)

    @property
    def peer_ingress(self) -> tuple[Flow, ...]:
        """The flows to it that name peers and ports."""
        return tuple(flow for flow in self.ingress if flow.peers and flow.ports)


class Proxy(NamedTuple):
    """What an agent needs to go through its gateway."""

    gateway: str  # namespace/name
    variables: tuple[dict[str, Any], ...]  # EnvVar
    bundle: str  # the ConfigMap with the certificates to trust; "" where its gateway opens no TLS
    mount_path: str
    containers: tuple[str, ...]  # of a workload that kgen merges into, those that get them

"""Network facts of an environment: the Platform's `network`."""

from typing import Annotated, Literal

from pydantic import Field

from kgen.kinds.fields import (
    Address,
    Cidr,
    Host,
    Model,
    Name,
    Port,
    Ports,
    QualifiedAgents,
    absent,
    given,
    needed,
)
from kgen.kinds.selectors import Peer

PRIVATE = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
]


class Dns(Model):
    """How pods resolve names."""

    flavor: Literal["KubeDNS", "NodeLocal", "OpenShift"] = given("KubeDNS", "Which DNS the cluster runs.")
    cluster_ip: Address = absent(
        "Address of the DNS Service, where policies need it.", ["10.96.0.10"], alias="clusterIP"
    )
    local_ip: Address = given("169.254.20.10", "Address of NodeLocal DNSCache.", alias="localIP")


class ApiServer(Model):
    """Where the Kubernetes API server listens."""

    cidrs: list[Cidr] = given([], "Its addresses.", [["203.0.113.10/32"]])
    port: Port = given(6443, "Its port.")


class ModelEgress(Model):
    """How agents reach their language models."""

    mode: Literal["PublicInternet", "CIDR", "FQDN", "Peer"] = given(
        "PublicInternet", "PublicInternet: 443 of every public address; FQDN needs Cilium."
    )
    cidrs: list[Cidr] = given([], "Addresses, for CIDR.")
    hosts: list[Host] = given([], "DNS names, for FQDN.", [["api.anthropic.com"]])
    peer: Peer = absent("Pods, for Peer.")


class Infrastructure(Model):
    """One flow that agents need besides links: telemetry, an ingress gateway, a front end."""

    direction: Literal["Ingress", "Egress"] = needed("Whether it comes to the agents or goes from them.")
    peer: Peer = absent("The other side, as pods; this or `cidr` is required.")
    cidr: Cidr = absent("The other side, as addresses.")
    ports: Ports = absent("TCP ports, where no peer names them.", [[4317]])
    agents: Annotated[list[QualifiedAgents], Field(min_length=1)] = needed(
        "The agents; namespace/* is every agent of a namespace.", [["team-alpha/*"]]
    )


class Network(Model):
    """Network facts of the environment."""

    cni: Literal["Generic", "Calico", "Cilium", "OVNKubernetes"] = given(
        "Generic", "Which plugin enforces NetworkPolicies."
    )
    dns: Dns = given({}, "How pods resolve names.")
    api_server: ApiServer = given({}, "Where the Kubernetes API server listens.")
    private_cidrs: list[Cidr] = given(PRIVATE, "Addresses that are not public.", alias="privateCIDRs")
    model_egress: ModelEgress = given({}, "How agents reach their language models.")
    infrastructure: dict[Name, Infrastructure] = given(
        {}, "Flows that agents need besides links, by a name of your own."
    )

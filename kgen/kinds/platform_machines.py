"""Machines around the cluster: the operators' way in, an nginx in front of agents, encryption at rest."""

from typing import Annotated

from pydantic import Field

from kgen.kinds import patterns
from kgen.kinds.fields import Address, Cidr, Date, Host, Model, Name, Port, QualifiedAgents, absent, form, given, needed

AbsolutePath = Annotated[str, form(patterns.ABSOLUTE_PATH)]


class Operator(Model):
    """One person's, or one device's, key."""

    public_key: Annotated[str, form(patterns.WIREGUARD_KEY)] = needed("Public key; the private one never leaves them.")
    address: Address = needed("Address inside the VPN.", ["10.98.0.2"])
    since: Date = needed("Day on which the key was made.", ["2026-10-01"])


class WireGuard(Model):
    """The access host: operators reach it, and through it the API server, by WireGuard alone."""

    interface: Annotated[str, form(patterns.INTERFACE)] = given("wg0", "Name of the interface.")
    address: Cidr = needed("The host's address in the VPN, with the length of its network.", ["10.98.0.1/24"])
    listen_port: Port = given(51820, "UDP port that it listens on.")
    since: Date = needed("Day on which the host's own key was made.", ["2026-10-01"])
    max_key_age: Annotated[int, Field(ge=1, le=365)] = given(90, "Days after which a key has to be another.")
    ssh_port: Port = given(22, "TCP port of ssh, open to operators inside the VPN only.")
    operators: dict[Name, Operator] = needed("Who may come in, by name.")


class RateLimits(Model):
    """What one client address may do."""

    requests_per_second: Annotated[int, Field(ge=1, le=10000)] = given(10, "Requests a second.")
    burst: Annotated[int, Field(ge=0, le=10000)] = given(20, "Requests beyond that before 429.")
    max_connections: Annotated[int, Field(ge=1, le=10000)] = given(10, "Connections at a time.")


class Nginx(Model):
    """An nginx in front of agents, outside the mesh, that limits rates."""

    server_name: Host = needed("DNS name that it answers to.", ["agents.example.com"])
    certificate: AbsolutePath = given("/etc/nginx/tls/agents.crt", "Its certificate, on the machine.")
    certificate_key: AbsolutePath = given("/etc/nginx/tls/agents.key", "The certificate's key, on the machine.")
    resolver: Address = needed("DNS server that knows the cluster's Services.", ["10.96.0.10"])
    agents: Annotated[list[QualifiedAgents], Field(min_length=1)] = needed(
        "Agents of the run that are published, as /namespace/name.", [["support/triage"]]
    )
    limits: RateLimits = given({}, "What one client address may do.")


class Encryption(Model):
    """Encryption of Secrets in etcd by a KMS."""

    name: Name = needed("Name of the KMS provider, part of what is stored.", ["vault-kms"])
    endpoint: Annotated[str, form(patterns.KMS_ENDPOINT)] = needed("Socket of the KMS v2 plugin.")
    timeout_seconds: Annotated[int, Field(ge=1, le=60)] = given(3, "How long the API server waits for it.")
    read_unencrypted: bool = given(
        True, "Whether what was written before is still readable; false once everything has been written anew."
    )


class MachineFiles(Model):
    """Files that are no API objects. An audit policy and a checklist are always among them."""

    wireguard: WireGuard = absent("The access host: WireGuard and its firewall.")
    nginx: Nginx = absent("Rate limits in front of agents, outside the mesh.")
    encryption: Encryption = absent("Encryption at rest.")

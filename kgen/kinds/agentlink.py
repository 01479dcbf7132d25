"""AgentLink: one agent, and what it may reach. The kind that users write."""

from typing import Annotated, Literal

from pydantic import Field

from kgen.kinds.definition import Definition
from kgen.kinds.fields import (
    AgentText,
    Cidr,
    Date,
    Header,
    Host,
    HttpPath,
    LinkMetadata,
    Model,
    Name,
    ObjectName,
    Port,
    Ports,
    SecretKey,
    Text,
    absent,
    given,
    needed,
)
from kgen.kinds.selectors import LabelSelector, Peer


class Service(Model):
    """How an agent that is no kagent Agent is reached."""

    name: Name = absent("Name of its Service; the endpoint's name where absent.", ["storefront"])
    port: Port = given(8080, "Port of the Service.")
    tls_port: Port = absent(
        "Port on which its pods serve the agent card by SPIFFE TLS, where no port of a manifest is called agent-tls.",
        [8443],
    )
    paths: Annotated[list[HttpPath], Field(min_length=1)] = given(["/"], "Paths that take A2A requests (POST).")
    card_path: HttpPath = given("/.well-known/agent-card.json", "Path of the agent card (GET).")


class Endpoint(Model):
    """One agent with more than its name."""

    namespace: Name = absent("Namespace of the agent; the document's own where absent.", ["team-alpha"])
    name: Name = needed("Name of the agent.", ["orchestrator"])
    kind: Literal["Agent", "Deployment", "StatefulSet"] = absent(
        "What runs it; the kind found in the input, else Agent, where absent."
    )
    service_account_name: ObjectName = absent(
        "ServiceAccount of an external agent; kagent's own (the agent's name) for an Agent.", ["orchestrator"]
    )
    pod_selector: LabelSelector = absent(
        "Pods of an external agent that is no Agent; required there.", [{"matchLabels": {"app": "storefront"}}]
    )
    service: Service = absent("How an agent that is no Agent is reached.")
    define: Definition = absent(
        "Makes the agent; without it it is wired if its manifest is in the input, else external."
    )


class Tool(Model):
    """One MCP server that the agent uses. Its manifest in the input says where it runs, else `peer` or `host`."""

    kind: Literal["RemoteMCPServer", "MCPServer"] = needed("Kind of the tool server.")
    name: ObjectName = needed("Name of the tool server.", ["orders"])
    namespace: Name = absent("Its namespace; the caller's where absent.", ["tools"])
    tool_names: Annotated[list[Text], Field(max_length=50)] = absent(
        "The tools of it that the agent gets; all where absent. kagent takes 50 at most.", [["get_order"]]
    )
    require_approval: list[Text] = given([], "Those of them that a person approves at each call.")
    peer: Peer = absent("Pods that serve it, where its manifest is not in the input.")
    host: Host = absent("DNS name that serves it, where it runs outside the cluster.", ["mcp.example.com"])


class Egress(Model):
    """One destination that is no agent: exactly one of host, cidr and peer."""

    host: Host = absent("DNS name.", ["api.example.com"])
    cidr: Cidr = absent("Block of addresses.", ["203.0.113.0/24"])
    peer: Peer = absent("Pods of the cluster; their ports stand in the peer.")
    ports: Ports = given([443], "TCP ports of the host, the block, or a peer that names none.")


class Delegation(Model):
    """A header that the caller sends to each callee, its value taken from a Secret."""

    header: Header = given("X-Agent-Token", "Name of the header; Host and hop-by-hop headers are refused.")
    secret_ref: SecretKey = needed("Secret with the header's value, in the caller's namespace.")
    rotation: str = given("", "Opaque text that is part of the link hash: change it to have the agent restarted.")


class AgentLinkSpec(Model):
    """The caller, and everything that it may reach."""

    from_: AgentText | Endpoint = needed("The caller.", ["team-alpha/orchestrator"], alias="from")
    to: AgentText | Endpoint | Annotated[list[AgentText | Endpoint], Field(min_length=1, max_length=100)] = absent(
        "The agents it may call: one or a list. Without it nothing is opened, an agent is only defined.",
        ["team-beta/specialist"],
    )
    tools: Annotated[list[Tool], Field(max_length=20)] = absent(
        "MCP servers; agents and tools together at most 20.",
        [[{"kind": "RemoteMCPServer", "name": "orders", "toolNames": ["get_order"]}]],
    )
    egress: list[Egress] = absent(
        "Further hosts, address blocks and pods that it may reach.", [[{"host": "api.example.com"}]]
    )
    delegation: Delegation = absent("Credential that it shows to the callees.")
    valid_until: Date = absent("Last day of the link, in UTC; acts when rendered.", ["2027-03-31"])
    suspend: bool = given(False, "Takes the link away; wins over every other link of the same pair.")


class AgentLink(Model):
    """What one agent may reach: other agents, tools and hosts. No wildcards: an edge names both ends."""

    api_version: Literal["kgen.dev/v1alpha1"] = needed("Version of the kind.")
    kind: Literal["AgentLink"] = needed("The kind.")
    metadata: LinkMetadata = needed("Name and place.")
    spec: AgentLinkSpec = needed("The caller, and everything that it may reach.")

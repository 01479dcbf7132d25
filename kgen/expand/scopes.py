"""What a document can be made for (`$for` at its head), and which names its expressions then know."""

from kgen.records import Any
from kgen.topology.types import (
    Access,
    Agent,
    Gateway,
    Guard,
    Link,
    Lock,
    Model,
    Namespace,
    Platform,
    Secret,
    Server,
    Topology,
    Verified,
)

SCOPES: dict[str, tuple[type[Any], str, str]] = {
    "platform": (Platform, "", "once in a run"),
    "namespace": (Namespace, "namespaces", "for every namespace that a link or the Platform names"),
    "agent": (Agent, "agents", "for every agent of the run"),
    "link": (Link, "links", "for every pair of caller and callee"),
    "model": (Model, "models", "for every ModelConfig to make"),
    "secret": (Secret, "secrets", "for every Secret that is to be fetched"),
    "server": (Server, "servers", "for every set of pods that is no agent, in a namespace that kgen closes"),
    "access": (Access, "accesses", "for every namespace of every entry of spec.access"),
    "gateway": (Gateway, "gateways", "for every egress gateway, where the layer egress-gateway is enabled"),
    "guard": (Guard, "guards", "for every managed namespace, where the layer admission is enabled"),
    "lock": (Lock, "locks", "for every lock of spec.admission.locks, where the layer admission is enabled"),
    "verified": (Verified, "verified", "for every namespace with agents, where verification runs as a Job"),
}
"""Each possible `$for` of a document -> its type, the field of Topology that it goes through ("" for the platform,
which exists once), and when it is made. A plain tuple: one NamedTuple more costs every start."""


def members(topology: Topology, each: str) -> tuple[Any, ...]:
    """The values that a document made for `each` is instantiated with."""
    collection = SCOPES[each][1]
    found: tuple[Any, ...] = getattr(topology, collection) if collection else (topology.platform,)
    return found


def names(each: str) -> dict[str, Any]:
    """Names an expression may use, with their types."""
    return {"platform": Platform, each: SCOPES[each][0]}


def who(value: Any) -> str:
    """A member of a scope for messages: team-alpha/orchestrator."""
    if isinstance(value, Link):
        return f"{who(value.caller)} to {who(value.callee)}"
    namespace, name = getattr(value, "namespace", ""), getattr(value, "name", "")
    return "/".join(filter(None, (namespace, name)))

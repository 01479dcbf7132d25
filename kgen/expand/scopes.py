"""What a document can be made for (`$for` at its head), and which names its expressions then know."""

from typing import Any, NamedTuple

from kgen.topology.types import Access, Agent, Link, Model, Namespace, Platform, Topology


class Scope(NamedTuple):
    """One possible `$for` of a document."""

    type: type[Any]
    collection: str  # the field of Topology that it goes through; "" for platform, which exists once
    about: str


SCOPES: dict[str, Scope] = {
    "platform": Scope(Platform, "", "once in a run"),
    "namespace": Scope(Namespace, "namespaces", "for every namespace that a link or the Platform names"),
    "agent": Scope(Agent, "agents", "for every agent of the run"),
    "link": Scope(Link, "links", "for every pair of caller and callee"),
    "model": Scope(Model, "models", "for every ModelConfig to make"),
    "access": Scope(Access, "accesses", "for every namespace of every entry of spec.access"),
}


def members(topology: Topology, each: str) -> tuple[Any, ...]:
    """The values that a document made for `each` is instantiated with."""
    collection = SCOPES[each].collection
    found: tuple[Any, ...] = getattr(topology, collection) if collection else (topology.platform,)
    return found


def names(each: str) -> dict[str, Any]:
    """Names an expression may use, with their types."""
    return {"platform": Platform, each: SCOPES[each].type}


def who(value: Any) -> str:
    """A member of a scope for messages: team-alpha/orchestrator."""
    if isinstance(value, Link):
        return f"{who(value.caller)} to {who(value.callee)}"
    namespace, name = getattr(value, "namespace", ""), getattr(value, "name", "")
    return f"{namespace}/{name}" if namespace else str(name)

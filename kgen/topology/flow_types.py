"""Flows: named traffic, and what stands at its ends. types.py hands these on, so templates see no difference."""

from kgen.records import Any, NamedTuple


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


class Account(NamedTuple):
    """A ServiceAccount: to a mesh, who somebody is."""

    namespace: str
    name: str


class Flow(NamedTuple):
    """Traffic that is meant to be, with the name under which reports and the proof know it."""

    name: str  # dns, controller, model, "tool tools/orders", "egress api.example.com", "infrastructure otel"
    peers: tuple[Peer, ...]
    ports: tuple[Port, ...]
    hosts: tuple[str, ...] = ()  # DNS names, where the flow is enforced by name (Cilium); peers is then empty
    accounts: tuple[Account, ...] = ()  # as whom its peers come, where that is known

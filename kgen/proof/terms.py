"""Whom a rule speaks of and on which ports, in one form for every kind of policy and for what is asked."""

from kgen.manifests import Identity, Origin, Path
from kgen.records import Any, NamedTuple

INGRESS, EGRESS = "Ingress", "Egress"
DIRECTIONS = (INGRESS, EGRESS)
PROTOCOLS = ("TCP", "UDP", "SCTP")
NAMESPACE_NAME = "kubernetes.io/metadata.name"  # set by the API server on every namespace, and immutable


class PodTerm(NamedTuple):
    """Pods by a metav1.LabelSelector, in one namespace, or in all that a second selector matches."""

    namespace: str  # "" where `namespaces` says which
    pods: dict[str, Any]
    namespaces: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        """Equal for equal terms; dicts can not be hashed."""
        return f"{self.namespace}|{self.pods!r}|{self.namespaces!r}"


class BlockTerm(NamedTuple):
    """A block of addresses, with blocks cut out of it."""

    cidr: str
    excluded: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.cidr}|{self.excluded!r}"


class HostTerm(NamedTuple):
    """A server outside by its DNS name."""

    host: str

    @property
    def key(self) -> str:
        return f"host|{self.host}"


API_SERVER = HostTerm("the API server")
"""The API server wherever it runs, as Cilium knows it: no DNS name looks like this."""

Term = PodTerm | BlockTerm | HostTerm


def same(term: Term) -> object:
    """Equal for terms that are made of the same objects: cheaper than `key`, as long as somebody holds the terms.

    A topology's selectors are one object each, and stand in many rules and questions.
    """
    return (term.namespace, id(term.pods), id(term.namespaces)) if isinstance(term, PodTerm) else term


class PortTerm(NamedTuple):
    """A range of ports of one protocol, or a port by the name that the receiving pod gives it."""

    protocol: str = "TCP"
    first: int = 0
    last: int = 65535
    name: str = ""


class Rule(NamedTuple):
    """One rule of a policy. None means all, as an absent or empty list does in a NetworkPolicy."""

    peers: tuple[Term, ...] | None
    ports: tuple[PortTerm, ...] | None
    path: Path  # of the rule in its object


class Policy(NamedTuple):
    """One policy that isolates pods and lets through what its rules name; policies of all kinds add up."""

    identity: Identity
    origin: Origin
    subjects: PodTerm
    isolates: tuple[str, ...]  # directions
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]
    layer: str  # of kgen's that made it; "" for somebody else's
    subjects_path: Path = ("spec", "podSelector")

    def rules(self, direction: str) -> tuple[Rule, ...]:
        """Those that count: rules of a direction that the policy is not for have no effect."""
        if direction not in self.isolates:
            return ()
        return self.ingress if direction == INGRESS else self.egress

"""AdminNetworkPolicy, BaselineAdminNetworkPolicy and their successor ClusterNetworkPolicy (policy.networking.k8s.io).

They do not add up: in order of tier, priority and place the first rule that matches decides; NetworkPolicies come
between the tiers Admin and Baseline, and are final for the pods that they isolate (network-policy-api,
apis/v1alpha1 and apis/v1beta1). What a version does not know fails closed, as the API documentation says: an allowing
rule matches nothing, any other one becomes "deny all".
"""

from collections.abc import Iterator, Sequence

from kgen.manifests import Document, Path, identity_of
from kgen.proof.networkpolicy import Doubt
from kgen.proof.selectors import faults
from kgen.proof.spaces import span
from kgen.proof.terms import EGRESS, INGRESS, PROTOCOLS, BlockTerm, HostTerm, PodTerm, Policy, PortTerm, Rule, Term
from kgen.records import Any, NamedTuple
from kgen.runtimes.shapes import items, mapping, number, text

ADMIN, BASELINE = "Admin", "Baseline"
TIERS = (ADMIN, BASELINE)
ALLOW, DENY, PASS = "Allow", "Deny", "Pass"
_GROUP = "policy.networking.k8s.io"
# kind -> its versions, and its tier where the kind says it
KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "AdminNetworkPolicy": (("v1alpha1",), ADMIN),
    "BaselineAdminNetworkPolicy": (("v1alpha1",), BASELINE),
    "ClusterNetworkPolicy": (("v1alpha2", "v1beta1"), ""),
}
_ACTIONS = {"Allow": ALLOW, "Accept": ALLOW, "Deny": DENY, "Pass": PASS}
_PEERS = {INGRESS: ("namespaces", "pods"), EGRESS: ("namespaces", "pods", "nodes", "networks", "domainNames")}


class Step(NamedTuple):
    """One rule, in the order in which rules are asked."""

    tier: str
    priority: int
    direction: str
    action: str
    policy: Policy  # isolates nothing: only its steps count
    rule: Rule
    nodes: bool  # it also means addresses of nodes, which no manifest tells


def is_one(document: Document) -> bool:
    group, _, version = text(document.manifest.get("apiVersion")).rpartition("/")
    versions, _ = KINDS.get(text(document.manifest.get("kind")), ((), ""))
    return group == _GROUP and version in versions


def read(document: Document, doubts: list[Doubt]) -> list[Step]:
    """The steps of a document, unordered; what is not understood goes to `doubts`."""
    return list(_Reader(document, doubts).steps())


def ordered(steps: Sequence[Step]) -> tuple[Step, ...]:
    """As they are asked. The rules of one policy keep their order."""
    return tuple(sorted(steps, key=lambda step: (TIERS.index(step.tier), step.priority, step.policy.identity.name)))


class _Reader:
    def __init__(self, document: Document, doubts: list[Doubt]) -> None:
        self._document = document
        self._kind = text(document.manifest.get("kind"))
        self._spec = mapping(document.manifest.get("spec"))
        self._doubts = doubts

    def doubt(self, path: Path, message: str) -> None:
        self._doubts.append(Doubt(self._document, path, message))

    def steps(self) -> Iterator[Step]:
        tier = KINDS[self._kind][1] or text(self._spec.get("tier"))
        known = {"subject", "ingress", "egress"} | (
            {"priority"} if tier == ADMIN or not KINDS[self._kind][1] else set()
        )
        self.fields(self._spec, known | (set() if KINDS[self._kind][1] else {"tier"}), ("spec",))
        if tier not in TIERS:
            self.doubt(("spec", "tier"), f"is none of {', '.join(TIERS)}: the policy is left out")
            return
        subject = self.pods(self._spec.get("subject"), ("spec", "subject"))
        if subject is None:
            return
        origin = self._document.origin
        policy = Policy(identity_of(self._document.manifest), origin, subject, (), (), (), "", ("spec", "subject"))
        priority = number(self._spec.get("priority"))
        for direction, section, side in ((INGRESS, "ingress", "from"), (EGRESS, "egress", "to")):
            for index, given in enumerate(items(self._spec.get(section))):
                path: Path = ("spec", section, index)
                action = _ACTIONS.get(text(given.get("action")), "")
                if not action:
                    self.doubt((*path, "action"), "is no action that is known: taken for Deny")
                    action = DENY
                rule, nodes = self.rule(given, side, direction, path, action)
                if rule is not None:
                    # what fails closed denies everybody
                    yield Step(tier, priority, direction, DENY if rule.peers is None else action, policy, rule, nodes)

    def rule(
        self, given: dict[str, Any], side: str, direction: str, path: Path, action: str
    ) -> tuple[Rule | None, bool]:
        """None for an allowing rule that matches nothing; peers None for one that fails closed."""
        section = "protocols" if self._kind == "ClusterNetworkPolicy" else "ports"
        before = len(self._doubts)
        self.fields(given, {"name", "action", side, section}, path)
        peers: list[Term] = []
        nodes = False
        if not items(given.get(side)):
            self.doubt((*path, side), "names no peer, which the API server refuses")
        for index, peer in enumerate(items(given.get(side))):
            at: Path = (*path, side, index)
            name = next(iter(peer), "")
            if len(peer) != 1 or name not in _PEERS[direction]:
                self.doubt(at, f"is none of {', '.join(_PEERS[direction])}")
            elif name == "nodes":
                nodes = True
            elif name == "networks":
                peers += self.blocks(peer[name], (*at, name))
            elif name == "domainNames":
                peers += self.hosts(peer[name], (*at, name), action)
            elif (term := self.pods(peer, at)) is not None:
                peers.append(term)
        ports = self.ports(given.get(section), (*path, section)) if given.get(section) else None
        if len(self._doubts) > before:
            return (None, False) if action == ALLOW else (Rule(None, None, path), False)
        return Rule(tuple(peers), ports, path), nodes

    def fields(self, value: dict[str, Any], known: set[str], path: Path) -> None:
        for key in value:
            if key not in known:
                self.doubt((*path, str(key)), f"{self._kind} has no field {key} here that is known: it fails closed")

    def pods(self, given: Any, path: Path) -> PodTerm | None:
        """Of a subject or a peer: exactly one of namespaces and pods."""
        found = mapping(given)
        both = mapping(found.get("pods"))
        for at, message in (
            *faults(found.get("namespaces"), (*path, "namespaces")),
            *faults(both.get("podSelector"), (*path, "pods", "podSelector")),
            *faults(both.get("namespaceSelector"), (*path, "pods", "namespaceSelector")),
        ):
            self.doubt(at, f"{message}, so the API server refuses the policy")
        if len(found) == 1 and "namespaces" in found:
            return PodTerm("", {}, mapping(found["namespaces"]))
        if len(found) == 1 and "pods" in found and "podSelector" in both:
            self.fields(both, {"namespaceSelector", "podSelector"}, (*path, "pods"))
            return PodTerm("", mapping(both["podSelector"]), mapping(both.get("namespaceSelector")))
        self.doubt(path, "is neither namespaces nor pods: it fails closed")
        return None

    def blocks(self, given: Any, path: Path) -> Iterator[BlockTerm]:
        for index, one in enumerate(given if isinstance(given, list) else [given]):
            if span(text(one)) is None:
                self.doubt((*path, index), "is no block of addresses")
            else:
                yield BlockTerm(text(one))

    def hosts(self, given: Any, path: Path, action: str) -> Iterator[HostTerm]:
        if action != ALLOW:
            self.doubt(path, "domainNames are for allowing rules only")
        for one in given if isinstance(given, list) else [given]:
            yield HostTerm(text(one).lower().rstrip("."))

    def ports(self, given: Any, path: Path) -> tuple[PortTerm, ...]:
        found: list[PortTerm] = []
        for index, one in enumerate(items(given)):
            at: Path = (*path, index)
            terms = list(self._protocol(one) if self._kind == "ClusterNetworkPolicy" else self._port(one))
            if len(one) != 1 or not terms:
                self.doubt(at, "is no port that is known")
            found += terms
        return tuple(found)

    def _port(self, one: dict[str, Any]) -> Iterator[PortTerm]:
        """v1alpha1: portNumber, portRange or namedPort."""
        if "portNumber" in one:
            port = mapping(one["portNumber"])
            yield from _numbered(text(port.get("protocol"), "TCP"), port.get("port"), port.get("port"))
        elif "portRange" in one:
            port = mapping(one["portRange"])
            yield from _numbered(text(port.get("protocol"), "TCP"), port.get("start"), port.get("end"))
        else:
            yield from _named(one.get("namedPort"))

    def _protocol(self, one: dict[str, Any]) -> Iterator[PortTerm]:
        """ClusterNetworkPolicy: a protocol with its destinationPort, or destinationNamedPort."""
        for name in ("tcp", "udp", "sctp"):
            if name in one:
                port = mapping(mapping(one[name]).get("destinationPort"))
                between = mapping(port.get("range"))
                first, last = between.get("start", port.get("number")), between.get("end", port.get("number"))
                yield from _numbered(name.upper(), first, last)
                return
        yield from _named(one.get("destinationNamedPort"))


def _numbered(protocol: str, first: Any, last: Any) -> Iterator[PortTerm]:
    if protocol in PROTOCOLS and 0 < number(first) <= number(last) <= 65535:
        yield PortTerm(protocol, number(first), number(last))


def _named(name: Any) -> Iterator[PortTerm]:
    if text(name):
        yield from (PortTerm(protocol, 0, 0, text(name)) for protocol in PROTOCOLS)

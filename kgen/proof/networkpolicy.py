"""NetworkPolicy, networking.k8s.io/v1, as its API documentation defines it.

Whom a policy selects, which directions it isolates, and what its rules let through. What the API server would refuse
lets nothing through here, and is reported.
"""

from collections.abc import Iterator
from functools import lru_cache

from kgen.manifests import Document, Path, identity_of
from kgen.proof.selectors import faults
from kgen.proof.spaces import span
from kgen.proof.terms import DIRECTIONS, EGRESS, INGRESS, PROTOCOLS, BlockTerm, PodTerm, Policy, PortTerm, Rule, Term
from kgen.records import Any, NamedTuple
from kgen.regexes import Regex
from kgen.runtimes.shapes import mapping, number, text

API_VERSION = "networking.k8s.io/v1"
KIND = "NetworkPolicy"
_SPEC = frozenset(("podSelector", "policyTypes", "ingress", "egress"))
_SELECTOR = frozenset(("matchLabels", "matchExpressions"))
_PEER = frozenset(("podSelector", "namespaceSelector", "ipBlock"))
_BLOCK = frozenset(("cidr", "except"))
_PORT = frozenset(("port", "protocol", "endPort"))
_PORT_NAME = Regex("(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")  # validation.IsValidPortName


class Doubt(NamedTuple):
    """Something in a document that this evaluator does not understand."""

    document: Document
    path: Path
    message: str


def is_one(document: Document) -> bool:
    manifest = document.manifest
    return manifest.get("kind") == KIND and manifest.get("apiVersion") == API_VERSION


def read(document: Document, layer: str, doubts: list[Doubt]) -> Policy:
    """The policy of a document; what can not be understood goes to `doubts`."""
    spec = mapping(document.manifest.get("spec"))
    identity = identity_of(document.manifest)
    namespace = identity.namespace or "default"
    reader = _Reader(document, namespace, doubts)
    reader.fields(spec, _SPEC, ("spec",))
    directions = spec.get("policyTypes")
    if not directions:
        # kubernetes/pkg/apis/networking/v1/defaults.go: Egress only where there is an egress rule
        isolates: tuple[str, ...] = (INGRESS, EGRESS) if spec.get("egress") else (INGRESS,)
    else:
        isolates = tuple(one for one in DIRECTIONS if isinstance(directions, list) and one in directions)
        if not isinstance(directions, list) or set(map(str, directions)) - set(DIRECTIONS):
            reader.doubt(("spec", "policyTypes"), "policyTypes holds more than Ingress and Egress")
    return Policy(
        identity,
        document.origin,
        PodTerm(namespace, reader.selector(spec.get("podSelector"), ("spec", "podSelector"))),
        isolates,
        tuple(reader.rules(spec, "ingress", "from")),
        tuple(reader.rules(spec, "egress", "to")),
        layer,
    )


class _Reader:
    """Reads one policy."""

    def __init__(self, document: Document, namespace: str, doubts: list[Doubt]) -> None:
        self._document = document
        self._namespace = namespace
        self._doubts = doubts

    def doubt(self, path: Path, message: str) -> None:
        self._doubts.append(Doubt(self._document, path, message))

    def fields(self, value: dict[str, Any], known: frozenset[str], path: Path) -> None:
        if known.issuperset(value):
            return
        for key in value:
            if key not in known:
                there = f"there are {', '.join(sorted(known))}"
                self.doubt((*path, str(key)), f"NetworkPolicy has no field {key} here, and drops it: {there}")

    def selector(self, value: Any, path: Path) -> dict[str, Any]:
        for at, message in faults(value, path):
            self.doubt(at, f"{message}, so the API server refuses the policy, and it isolates nobody")
        if value is not None and not isinstance(value, dict):
            return {"matchExpressions": [{"key": "", "operator": "In", "values": []}]}  # which matches nothing
        found = mapping(value)
        self.fields(found, _SELECTOR, path)
        return found

    def rules(self, spec: dict[str, Any], section: str, side: str) -> Iterator[Rule]:
        value = spec.get(section)
        if value is not None and not isinstance(value, list):
            self.doubt(("spec", section), "is no list of rules: lets nothing through")
            return
        known = frozenset((side, "ports"))
        for index, given in enumerate(value or []):
            path: Path = ("spec", section, index)
            rule = mapping(given)
            self.fields(rule, known, path)
            peers = rule.get(side)
            ports = rule.get("ports")
            yield Rule(
                tuple(self._peers(peers, (*path, side))) if peers else None,
                tuple(self._ports(ports, (*path, "ports"))) if ports else None,
                path,
            )

    def _peers(self, given: Any, path: Path) -> Iterator[Term]:
        for index, peer in enumerate(given if isinstance(given, list) else [given]):
            at: Path = (*path, index)
            one = {key: value for key, value in mapping(peer).items() if value is not None}
            self.fields(one, _PEER, at)
            if not _PEER & one.keys():
                self.doubt(at, "names no peer, which the API server refuses: lets nobody through")
            elif "ipBlock" in one:
                if len(one) > 1:
                    self.doubt(at, "has ipBlock beside a selector, which the API server refuses: lets nobody through")
                else:
                    yield from self._block(mapping(one["ipBlock"]), (*at, "ipBlock"))
            else:
                pods = self.selector(one.get("podSelector"), (*at, "podSelector"))
                if "namespaceSelector" in one:
                    yield PodTerm("", pods, self.selector(one["namespaceSelector"], (*at, "namespaceSelector")))
                else:
                    yield PodTerm(self._namespace, pods)

    def _block(self, block: dict[str, Any], path: Path) -> Iterator[BlockTerm]:
        self.fields(block, _BLOCK, path)
        excluded = block.get("except") or []
        cut = tuple(map(str, excluded if isinstance(excluded, list) else [excluded]))
        term, field, doubt = _block_of(text(block.get("cidr")), cut)
        if term is None:
            self.doubt((*path, field), doubt)
        else:
            yield term if isinstance(excluded, list) else term._replace(excluded=())

    def _ports(self, given: Any, path: Path) -> Iterator[PortTerm]:
        for index, value in enumerate(given if isinstance(given, list) else [given]):
            at: Path = (*path, index)
            port = mapping(value)
            self.fields(port, _PORT, at)
            protocol, wanted, end = text(port.get("protocol"), "TCP"), port.get("port"), port.get("endPort")
            if protocol not in PROTOCOLS:
                self.doubt((*at, "protocol"), f"is none of {', '.join(PROTOCOLS)}: lets nothing through")
            elif wanted is None:
                if end is not None:
                    self.doubt((*at, "endPort"), "needs port beside it: lets nothing through")
                else:
                    yield PortTerm(protocol)
            elif isinstance(wanted, str):
                if end is not None:
                    self.doubt((*at, "endPort"), "does not go with a named port: lets nothing through")
                else:
                    if not _PORT_NAME.fullmatch(wanted):
                        self.doubt((*at, "port"), "is no name of a port (a number has no quotes)")
                    yield PortTerm(protocol, 0, 0, wanted)
            else:
                first = number(wanted)
                last = first if end is None else number(end)
                if not 0 < first <= last <= 65535:
                    self.doubt(at, "is no port, and no range of ports: lets nothing through")
                else:
                    yield PortTerm(protocol, first, last)


@lru_cache(maxsize=1024)
def _block_of(cidr: str, excluded: tuple[str, ...]) -> tuple[BlockTerm | None, str, str]:
    """The block, or the field that is wrong and why. The same few stand in every policy."""
    outer = span(cidr)
    if outer is None:
        return None, "cidr", "is no block of addresses: lets nobody through"
    for one in excluded:
        inner = span(one)
        if inner is None or inner.version != outer.version or not outer.first <= inner.first <= outer.last:
            return None, "except", "holds what is no block inside the cidr, which the API server refuses"
    return BlockTerm(cidr, excluded), "", ""

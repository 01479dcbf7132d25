"""What Istio's objects of one proof come to: read before endpoints are merged, judged after."""

from collections.abc import Iterable, Sequence

from kgen.manifests import Document, get, identity_of
from kgen.proof.asked import Asked
from kgen.proof.calls import Call
from kgen.proof.endpoints import Endpoint, Member
from kgen.proof.istio.members import Members
from kgen.proof.istio.policies import Authorization, Reader, Scope, is_one
from kgen.proof.networkpolicy import Doubt
from kgen.proof.terms import BlockTerm, PodTerm, PortTerm, Term
from kgen.records import NamedTuple
from kgen.runtimes.shapes import items, labels, number, text
from kgen.topology.types import HBONE


class Served(NamedTuple):
    """A Service: its pods, its waypoint, and ports of which it says that they speak no HTTP."""

    name: str  # namespace/name
    pods: PodTerm
    waypoint: str
    raw_ports: tuple[str | int, ...] = ()  # of the pods, by number or name
    port: int = 0  # of the pods, where it is known without a manifest


# Protocols that Istio does not read requests of (istio.io, Protocol selection)
_RAW = ("tcp", "tls", "https", "mongo", "mysql", "redis", "udp")


class Mesh:
    """Read from documents; the evaluator of a direction is made from it (kgen.proof.istio.layer)."""

    def __init__(self, documents: Sequence[tuple[Document, str]], asked: Asked, doubts: list[Doubt]) -> None:
        reader = Reader(doubts)
        for document, layer in documents:
            if is_one(document):
                reader.read(document, layer)
        self.read = reader
        self.asked = asked
        self.root = asked.mesh.root
        self.documents = tuple(document for document, _ in documents)
        policied = {scope.namespace for scope in self.scopes()} - {self.root}
        self.members = Members(self.documents, asked.mesh, policied)
        self.trust_domain = asked.mesh.trust_domain or self._spoken_domain()
        self.services = self._services()
        self.calls: tuple[Call, ...] = asked.calls

    def scopes(self) -> list[Scope]:
        read = self.read
        found = [one.scope for group in (read.authorizations, read.customs) for one in group]
        return found + [one.scope for one in read.peers] + [one.scope for one in read.requests] + read.idle

    def _spoken_domain(self) -> str:
        """Without a Platform: the trust domain that most principals name."""
        counted: dict[str, int] = {}
        for _, value, _ in self.principals():
            domain = value.partition("/")[0]
            if "*" not in domain:
                counted[domain] = counted.get(domain, 0) + 1
        return max(sorted(counted), key=lambda one: counted[one], default="cluster.local")

    def principals(self) -> Iterable[tuple[Authorization, str, tuple[str | int, ...]]]:
        """Every principal of every rule, and where it stands."""
        for policy in (*self.read.authorizations, *self.read.customs):
            for rule in policy.rules:
                for parts in (*rule.sources, rule.when):
                    for part in parts:
                        if part.attribute == "principals":
                            for value in (*part.values, *part.refused):
                                yield policy, value, part.path

    def _services(self) -> dict[str, Served]:
        found: dict[str, Served] = {}
        for one in self.asked.mesh.services:
            space = one.name.partition("/")[0]
            waypoint = self.members.default_waypoint(space) if self.members.is_shown(space) else one.waypoint
            found[one.name] = Served(one.name, one.pods, waypoint, (), one.port)
        for document in self.documents:
            manifest = document.manifest
            if manifest.get("kind") != "Service" or manifest.get("apiVersion") != "v1":
                continue
            identity = identity_of(manifest)
            space = identity.namespace or "default"
            name = f"{space}/{identity.name}"
            selector = labels(get(manifest, "spec", "selector"))
            waypoint = self.members.waypoint_of(manifest)
            if not waypoint and not self.members.is_shown(space) and name in found:
                waypoint = found[name].waypoint
            if selector:
                raw = tuple(_raw_ports(items(get(manifest, "spec", "ports"))))
                port = found[name].port if name in found else 0
                found[name] = Served(name, PodTerm(space, {"matchLabels": selector}), waypoint, raw, port)
        return found

    def term(self, scope: Scope) -> PodTerm:
        """The pods that a policy without targets selects; those of all namespaces from the root namespace."""
        selector = {"matchLabels": scope.selector} if scope.selector else {}
        if scope.namespace == self.root:
            return PodTerm("", selector, {})
        return PodTerm(scope.namespace, selector)

    def terms(self) -> list[Term]:
        """Everything that has to tell endpoints apart."""
        found: list[Term] = [self.term(scope) for scope in self.scopes() if not scope.targets]
        found += [service.pods for service in self.services.values()]
        for policy in self.read.authorizations:
            for rule in policy.rules:
                for parts in (*rule.sources, rule.when):
                    for part in parts:
                        if part.attribute == "ipBlocks":
                            found += [BlockTerm(value) for value in (*part.values, *part.refused)]
        for call in self.calls:
            found += [*call.sources, call.target]
        return found

    def ports(self) -> list[PortTerm]:
        """Every port that a policy or a call names, and those that the mesh itself uses."""
        numbers = {HBONE, 15020, 15021, 15090, *(call.port for call in self.calls)}
        for policy in self.read.authorizations:
            for rule in policy.rules:
                for parts in (*rule.operations, rule.when):
                    for part in parts:
                        if part.attribute == "ports":
                            numbers |= {int(one) for one in (*part.values, *part.refused) if one.isdecimal()}
        for peer in self.read.peers:
            numbers |= set(peer.ports)
        for service in self.services.values():
            numbers |= {one for one in service.raw_ports if isinstance(one, int)} | {service.port}
        return [PortTerm("TCP", one, one) for one in sorted(numbers) if 0 < one < 65536]

    def marked(self, raw: Sequence[Endpoint], spaces: dict[str, dict[str, str]]) -> list[Endpoint]:
        """Endpoints with their membership, and somebody for every account that policies name and nobody runs as."""
        made = self.members.marked(raw)
        return [*made, *self.members.named(self.nobodys(one.member for one in made), spaces)]

    def nobodys(self, members: Iterable[Member | None]) -> list[tuple[str, str]]:
        """The accounts that policies name, and none of these runs as: namespace, name."""
        there = {(one.namespace, one.account) for one in members if one}
        return [account for account in dict.fromkeys(self._accounts()) if account not in there]

    def _accounts(self) -> Iterable[tuple[str, str]]:
        """Accounts that policies speak of, a wildcard in one filled."""
        for _, value, _ in self.principals():
            words = value.split("/")
            if len(words) == 5 and (words[1], words[3]) == ("ns", "sa"):
                yield words[2].replace("*", "any"), words[4].replace("*", "any") or "any"
        for policy in self.read.authorizations:
            for rule in policy.rules:
                for parts in (*rule.sources, rule.when):
                    for part in parts:
                        for value in (*part.values, *part.refused):
                            if part.attribute == "serviceAccounts":
                                space, _, name = value.rpartition("/")
                                yield space or policy.scope.namespace, name
                            elif part.attribute == "namespaces":
                                yield value.replace("*", "any"), "any-other"


def _raw_ports(ports: Sequence[dict[str, object]]) -> Iterable[str | int]:
    for port in ports:
        protocol = text(port.get("appProtocol")) or text(port.get("name")).partition("-")[0]
        if protocol.lower() in _RAW:
            target = port.get("targetPort", port.get("port"))
            yield target if isinstance(target, str) else number(target)

"""Everything that one proof reasons over: endpoints merged into classes, ports, policies, questions."""

from collections.abc import Sequence

from kgen.manifests import Document
from kgen.proof import cilium, endpoints as ends, networkpolicy, tiers
from kgen.proof.asked import Asked
from kgen.proof.endpoints import Endpoint
from kgen.proof.index import LOCAL_BLOCKS, POD_BLOCKS, Index
from kgen.proof.networkpolicy import Doubt
from kgen.proof.pods import pods
from kgen.proof.spaces import PortSpace, bits, pieces
from kgen.proof.terms import DIRECTIONS, BlockTerm, HostTerm, PodTerm, Policy, PortTerm, Term
from kgen.records import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kgen.proof.istio.world import Mesh

READERS = (networkpolicy, cilium)
"""Kinds of policy whose allowing rules add up. A further kind of that sort is a module here."""

ISTIO = "security.istio.io/"
_METADATA = "169.254.169.254/32"  # a cloud's instance metadata, which hands out credentials


class Source(NamedTuple):
    """A document with the layer of kgen's that made it; "" for somebody else's."""

    document: Document
    layer: str


class World(NamedTuple):
    """Positions of endpoints are the bits of every mask."""

    index: Index  # type: ignore[assignment]  # hides tuple.index, which nobody asks for
    ports: PortSpace
    policies: tuple[Policy, ...]
    asked: Asked
    guarded_in: int  # endpoints that nothing may reach but what is asked
    guarded_out: int  # endpoints that may reach nothing but what is asked
    doubts: tuple[Doubt, ...]
    documents: tuple[Document, ...]
    steps: tuple[tiers.Step, ...] = ()  # of policies that have an order, as they are asked
    foreign: dict[str, int] = {}  # by an asked end's term: pods that fit its selector and are known for somebody else's
    mesh: "Mesh | None" = None  # Istio's objects, where there are some

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return self.index.endpoints

    def means(self, terms: "Sequence[Term] | None", certain: bool) -> int:
        """The endpoints that any of these terms means; all for None."""
        if terms is None:
            return self.index.all
        found = 0
        for term in terms:
            found |= self.index.peers(term, certain)
        return found

    def asks(self, terms: "Sequence[Term]", certain: bool) -> int:
        """The endpoints that a question means: those of the end itself, where selectors of two ends overlap."""
        found = 0
        for term in terms:
            found |= self.index.peers(term, certain) & ~(self.foreign.get(term.key, 0) if self.foreign else 0)
        return found

    def needs(self, terms: "Sequence[Term]") -> int:
        """Those that a question is about beyond doubt, without agents under the kill switch."""
        found = self.asks(terms, True)
        for term in self.asked.suspended:
            found &= ~self.index.subjects(term)
        return found

    def numbered(self, terms: "Sequence[PortTerm] | None") -> int:
        """The ports that these terms give by number; all for None."""
        if terms is None:
            return self.ports.all
        found = 0
        for term in terms:
            found |= self.ports.mask(term)
        return found

    def ports_at(self, terms: "Sequence[PortTerm] | None", endpoint: Endpoint, certain: bool) -> int:
        """The ports that these terms mean at one receiving endpoint, names looked up in its containers."""
        found = self.numbered(terms)
        for term in terms or ():
            if not term.name:
                continue
            if endpoint.pod is not None:
                for port in endpoint.pod.ports:
                    if (port.name, port.protocol) == (term.name, term.protocol):
                        found |= self.ports.mask(PortTerm(port.protocol, port.number, port.number))
            elif endpoint.kind == ends.PODS and not certain:
                found |= self.ports.mask(PortTerm(term.protocol))  # it could give any port that name
        return found


def build(sources: Sequence[Source], asked: Asked) -> World:
    """The world of these manifests under these questions."""
    doubts: list[Doubt] = []
    policies: list[Policy] = []
    steps: list[tiers.Step] = []
    for source in sources:
        for reader in READERS:
            if reader.is_one(source.document):
                policies.append(reader.read(source.document, source.layer, doubts))
        if tiers.is_one(source.document):
            steps += tiers.read(source.document, doubts)
    documents = tuple(source.document for source in sources)
    mesh = mesh_of(sources, asked, doubts)
    shown = list(pods(documents))
    terms = _terms(policies, steps, asked)
    if mesh:
        terms = list({term.key: term for term in (*terms, *mesh.terms())}.values())
    pod_terms = [term for term in terms if isinstance(term, PodTerm)]
    spaces = ends.namespaces(documents, shown, pod_terms)
    raw = [
        *ends.known(shown, spaces),
        *ends.imagined([*asked.names, *((term, "") for term in pod_terms)], spaces),
        *(Endpoint(ends.HOST, host, host=host) for host in sorted({t.host for t in terms if isinstance(t, HostTerm)})),
    ]
    if mesh:
        raw = mesh.marked(raw, spaces)
    blocks = [term for term in terms if isinstance(term, BlockTerm)]
    fixed = [BlockTerm(block) for block in (*POD_BLOCKS, *LOCAL_BLOCKS, _METADATA)]
    raw += [Endpoint(ends.ADDRESSES, "", span=piece) for piece in pieces([*blocks, *fixed])]
    port_terms = [
        *(term for policy in policies for way in DIRECTIONS for rule in policy.rules(way) for term in rule.ports or ()),
        *(term for step in steps for term in step.rule.ports or ()),
        *(term for question in (*asked.questions, *asked.attempts) for term in question.ports),
    ]
    port_terms += mesh.ports() if mesh else []
    names = {term.name for term in port_terms if term.name}
    port_terms += [
        PortTerm(port.protocol, port.number, port.number) for pod in shown for port in pod.ports if port.name in names
    ]
    owners = frozenset(name for _, name in asked.agents)
    index = Index(_classes(Index(raw), pod_terms, names, owners))
    both = into = 0
    for term in asked.guarded:
        both |= index.subjects(term)
    for term in asked.guarded_ingress:
        into |= index.subjects(term)
    return World(
        index,
        PortSpace(port_terms),
        tuple(policies),
        asked,
        both | into,
        both,
        tuple(doubts),
        documents,
        tiers.ordered(steps),
        foreign_pods(index, asked, owners),
        mesh,
    )


def mesh_of(sources: Sequence[Source], asked: Asked, doubts: list[Doubt]) -> "Mesh | None":
    """Istio's part, imported only where there is one of its objects."""
    if not any(str(source.document.manifest.get("apiVersion")).startswith(ISTIO) for source in sources):
        return None
    from kgen.proof.istio.policies import is_one
    from kgen.proof.istio.world import Mesh

    if not any(is_one(source.document) for source in sources):
        return None
    return Mesh([(source.document, source.layer) for source in sources], asked, doubts)


def _owner(one: Endpoint, owners: frozenset[str]) -> str:
    """The asked agent whose own pods these are; "" where they are nobody's that is asked for."""
    name = one.pod.owner if one.pod else one.name
    return name if name in owners else ""


def foreign_pods(index: Index, asked: Asked, owners: frozenset[str]) -> dict[str, int]:
    """For each agent's selector the known pods that it matches besides the agent's own."""
    owned: dict[str, int] = {}
    for position, one in enumerate(index.endpoints):
        if one.kind == ends.PODS and (owner := _owner(one, owners)):
            owned[owner] = owned.get(owner, 0) | 1 << position
    anybody = 0
    for mask in owned.values():
        anybody |= mask
    found: dict[str, int] = {}
    for term, name in asked.agents:
        own = owned.get(name, 0)
        others = anybody & ~own
        if own & index.known or name in asked.residual:
            # its own workload is shown, or is kagent's and has its name: so another one is not it
            others |= index.known & ~own
        if overlap := index.subjects(term) & others:
            found[term.key] = found.get(term.key, overlap) & overlap
    return found


def _terms(policies: Sequence[Policy], steps: Sequence[tiers.Step], asked: Asked) -> list[Term]:
    """Every term of every policy and question, once."""
    found: dict[str, Term] = {}
    for step in steps:
        for term in (step.policy.subjects, *(step.rule.peers or ())):
            found.setdefault(term.key, term)
    for policy in policies:
        found.setdefault(policy.subjects.key, policy.subjects)
        for way in DIRECTIONS:
            for rule in policy.rules(way):
                for term in rule.peers or ():
                    found.setdefault(term.key, term)
    for question in (*asked.questions, *asked.attempts):
        for term in (*question.sources, *question.targets):
            found.setdefault(term.key, term)
    for guarded in (*asked.guarded, *asked.guarded_ingress):
        found.setdefault(guarded.key, guarded)
    for named, _ in asked.names:
        found.setdefault(named.key, named)
    return list(found.values())


def _classes(index: Index, terms: Sequence[PodTerm], port_names: set[str], owners: frozenset[str]) -> list[Endpoint]:
    """One endpoint for all that no term tells apart: same selectors, same meaning of port names, same addresses."""
    matched: list[list[int]] = [[] for _ in index.endpoints]
    for number, term in enumerate(terms):
        for position in bits(index.subjects(term)):
            matched[position].append(number)
    classes: dict[tuple[object, ...], list[Endpoint]] = {}
    for position, one in enumerate(index.endpoints):
        if one.kind != ends.PODS:
            classes[one.kind, position] = [one]
            continue
        # an imagined pod may give any port any name, so it is like a known one only where names do not matter
        named = frozenset(port for port in one.pod.ports if port.name in port_names) if one.pod else not port_names
        addresses = one.pod.addresses if one.pod else ()
        anywhere = one.namespace == ends.ELSEWHERE
        own = (_owner(one, owners), one.member)
        key = (tuple(matched[position]), named or not port_names, one.host_network, addresses, anywhere, own)
        classes.setdefault(key, []).append(one)
    return [_merged(members) for members in classes.values()]


def _merged(members: list[Endpoint]) -> Endpoint:
    """The first known one stands for all; imagined ones show only where nothing known does."""
    shown = [one for one in members if one.known]
    if shown:
        names = [one.name for one in shown] + [one.name for one in members if one.name.startswith("any other ")]
        return shown[0]._replace(members=tuple(names) if len(names) > 1 else ())
    # all imagined and alike: the plainest one speaks for them
    plain = min(members, key=lambda one: (len(one.labels) + len(one.namespace_labels), one.namespace))
    titled = next((one for one in members if one.labels and not one.name.startswith("pods of ")), None)
    return titled or plain

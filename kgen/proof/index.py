"""Which endpoints a term means, as bits of one number, found label by label rather than pod by pod.

With `certain` only what is beyond doubt counts, which is what a promise needs; without it everything that could be,
which is what a suspicion needs. They differ for pods on the node's network, which network plugins treat in two ways
(kubernetes.io/docs/concepts/services-networking/network-policies), and for blocks that could hold pods' addresses.
"""

from collections.abc import Sequence

from kgen.proof.endpoints import ADDRESSES, HOST, PODS, Endpoint, addresses_of
from kgen.proof.spaces import Span, bits, covers, span
from kgen.proof.terms import BlockTerm, HostTerm, PodTerm, Term, same
from kgen.records import Any
from kgen.runtimes.shapes import items, labels, text, texts

# where a cluster's pods and nodes may have their addresses (RFC 1918, RFC 6598, RFC 4193)
POD_BLOCKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
LOCAL_BLOCKS = ("169.254.0.0/16", "fe80::/10")


class Labels:
    """Sets of labels by number, asked by selector."""

    def __init__(self, owners: Sequence[dict[str, str]]) -> None:
        self.all = (1 << len(owners)) - 1
        pairs: dict[tuple[str, str], list[int]] = {}
        for number, of in enumerate(owners):
            for pair in of.items():
                pairs.setdefault(pair, []).append(number)
        self._values: dict[tuple[str, str], int] = {pair: mask_of(numbers) for pair, numbers in pairs.items()}
        self._keys: dict[str, int] = {}
        for (key, _), mask in self._values.items():
            self._keys[key] = self._keys.get(key, 0) | mask

    def select(self, selector: dict[str, Any], among: int) -> int:
        """Those that a metav1.LabelSelector matches (apimachinery: all requirements; an empty one matches all)."""
        found = among
        for pair in labels(selector.get("matchLabels")).items():
            found &= self._values.get(pair, 0)
        for one in items(selector.get("matchExpressions")):
            found &= self._satisfying(one)
        return found

    def _satisfying(self, one: dict[str, Any]) -> int:
        key, operator = text(one.get("key")), one.get("operator")
        there = self._keys.get(key, 0)
        if operator == "Exists":
            return there
        if operator == "DoesNotExist":
            return self.all & ~there
        among = 0
        for value in texts(one.get("values")):
            among |= self._values.get((key, value), 0)
        if operator == "In":
            return among
        return self.all & ~among if operator == "NotIn" else 0


def mask_of(numbers: Sequence[int]) -> int:
    """The set of these numbers."""
    if not numbers:
        return 0
    made = bytearray(max(numbers) // 8 + 1)
    for number in numbers:
        made[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(made, "little")


class Index:
    """The endpoints by position, and what terms mean among them."""

    def __init__(self, endpoints: Sequence[Endpoint], pod_blocks: Sequence[str] = POD_BLOCKS) -> None:
        self.endpoints = tuple(endpoints)
        self.all = (1 << len(endpoints)) - 1
        self.pods = self._of(PODS)
        self.hosts = self._of(HOST)
        self.addresses = self._of(ADDRESSES)
        self.known = mask_of([i for i, one in enumerate(endpoints) if one.known])
        self.host_network = mask_of([i for i, one in enumerate(endpoints) if one.host_network])
        self._labels = Labels([one.labels if one.kind == PODS else {} for one in endpoints])
        spaces: dict[str, int] = {}
        inside: dict[int, list[int]] = {}
        owners: list[dict[str, str]] = []
        self._by_name: dict[str, int] = {}
        for number, one in enumerate(endpoints):
            if one.kind != PODS:
                continue
            key = f"{one.namespace}|{one.namespace_labels!r}"
            if key not in spaces:
                spaces[key] = len(owners)
                owners.append(one.namespace_labels)
            inside.setdefault(spaces[key], []).append(number)
        self._inside = {space: mask_of(numbers) for space, numbers in inside.items()}
        for number in range(len(owners)):
            name = endpoints[inside[number][0]].namespace
            self._by_name[name] = self._by_name.get(name, 0) | self._inside[number]
        self._spaces = Labels(owners)
        self._pod_blocks = [found for block in pod_blocks if (found := span(block))]
        self._pod_addresses = [(i, addresses_of(one)) for i, one in enumerate(endpoints) if one.known]
        self.public = mask_of([i for i in bits(self.addresses) if not self._local(endpoints[i].span)])
        # where nodes may have theirs, which no manifest tells
        self.nodes = mask_of([i for i in bits(self.addresses) if self._private(endpoints[i].span)]) | self.host_network
        self._subjects_of: dict[object, tuple[PodTerm, int]] = {}
        self._peers_of: dict[bool, dict[object, tuple[Term, int]]] = {True: {}, False: {}}
        self._known_subjects: dict[str, int] = {}
        self._known_terms: dict[tuple[str, bool], int] = {}

    def _of(self, kind: str) -> int:
        return mask_of([i for i, one in enumerate(self.endpoints) if one.kind == kind])

    def namespace(self, name: str) -> int:
        """All pods of a namespace."""
        return self._by_name.get(name, 0)

    def subjects(self, term: PodTerm) -> int:
        """The pods that a policy is for."""
        own = same(term)
        found = self._subjects_of.get(own)
        if found is None:
            key = term.key
            if key not in self._known_subjects:
                self._known_subjects[key] = self._labels.select(term.pods, self._among(term))
            # the term is kept, so that what it is made of stays its own
            found = self._subjects_of[own] = (term, self._known_subjects[key])
        return found[1]

    def peers(self, term: Term, certain: bool) -> int:
        """The endpoints that a term of a rule, or of a question, means."""
        own = same(term)
        found = self._peers_of[certain].get(own)
        if found is None:
            key = (term.key, certain)
            if key not in self._known_terms:
                self._known_terms[key] = self._peers(term, certain)
            found = self._peers_of[certain][own] = (term, self._known_terms[key])
        return found[1]

    def _peers(self, term: Term, certain: bool) -> int:
        if isinstance(term, PodTerm):
            found = self.subjects(term)
            return found & ~self.host_network if certain else found
        if isinstance(term, HostTerm):
            return mask_of([i for i in bits(self.hosts) if _is_named(self.endpoints[i].host, term.host)])
        return self._in_block(term, certain)

    def _among(self, term: PodTerm) -> int:
        if term.namespaces is None:
            return self._by_name.get(term.namespace, 0)
        found = 0
        for space in bits(self._spaces.select(term.namespaces, self._spaces.all)):
            found |= self._inside[space]
        return found

    def _in_block(self, term: BlockTerm, certain: bool) -> int:
        found = mask_of([i for i in bits(self.addresses) if covers(term, self.endpoints[i].span)])
        public = self.public
        # where a name leads is not known: to all addresses if every one is let through, perhaps if some are
        if public and (found & public == public if certain else found & public):
            found |= self.hosts
        exact = 0
        for number, addresses in self._pod_addresses:
            if addresses:
                exact |= 1 << number
                if any(covers(term, one) for one in addresses):
                    found |= 1 << number
        if not certain and self._may_hold_pods(term):
            found |= self.pods & ~exact
        return found

    def _private(self, one: Span) -> bool:
        return any(b.version == one.version and b.first <= one.first and one.last <= b.last for b in self._pod_blocks)

    def _local(self, one: Span) -> bool:
        """Whether it is an address that is in no case one of the internet: a pod's, a link's, the machine's own."""
        own = [found for block in LOCAL_BLOCKS if (found := span(block))]
        return self._private(one) or any(
            b.version == one.version and b.first <= one.first and one.last <= b.last for b in own
        )

    def _may_hold_pods(self, term: BlockTerm) -> bool:
        """Whether some address of the block could be a pod's: pieces are never cut by a term or a pod block."""
        return any(
            self._private(self.endpoints[i].span) and covers(term, self.endpoints[i].span) for i in bits(self.addresses)
        )


def _is_named(host: str, given: str) -> bool:
    """Whether a name is the given one; a leading * of the given one stands for one label or more."""
    return host == given or (given.startswith("*.") and host.endswith(given[1:]))

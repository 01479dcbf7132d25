"""Sources of rules as sets of endpoints: by certificate, by address.

Each set comes as a pair: the endpoints that it holds beyond doubt, and those that it could hold. They differ for
addresses, as in network policies, and for conditions that are not evaluated.
"""

from collections.abc import Iterable

from kgen.proof.index import Index
from kgen.proof.istio.patterns import matches
from kgen.proof.istio.policies import PEER, Part, Parts
from kgen.proof.spaces import bits
from kgen.proof.terms import BlockTerm

CLUSTER = "cluster.local"  # in a policy: the mesh's own trust domain (istio pilot/pkg/security/trustdomain)
Pair = tuple[int, int]  # (beyond doubt, perhaps)


class Identities:
    """The endpoints of a mesh by their certificates."""

    def __init__(self, index: Index, trust_domain: str) -> None:
        self.index = index
        self.trust_domain = trust_domain
        self._accounts: dict[tuple[str, str], int] = {}
        for position, one in enumerate(index.endpoints):
            if one.member:
                key = (one.member.namespace, one.member.account)
                self._accounts[key] = self._accounts.get(key, 0) | 1 << position
        self._spaces: dict[str, int] = {}
        for (space, _), mask in self._accounts.items():
            self._spaces[space] = self._spaces.get(space, 0) | mask
        self.meshed = 0  # all that have a certificate
        for mask in self._spaces.values():
            self.meshed |= mask
        self._known: dict[tuple[object, ...], Pair] = {}

    def sources(self, parts: Parts, home: str, exact: bool, anonymous: bool) -> Pair:
        """The endpoints for which all parts about sources hold; parts about requests hold for all.

        `home` is the policy's namespace, `exact` whether trust domains are compared as they stand (the node's proxy),
        `anonymous` whether nobody shows a certificate.
        """
        low = high = self.index.all
        for part in parts:
            if part.attribute not in (*PEER, "ipBlocks") and not part.attribute.startswith("opaque "):
                continue  # of requests, not of sources
            for values, negated in ((part.values, False), (part.refused, True)):
                if not values:
                    continue
                found = self._any(part, values, home, exact, anonymous)
                if negated:
                    found = (self.index.all & ~found[1], self.index.all & ~found[0])
                low, high = low & found[0], high & found[1]
        return low, high

    def _any(self, part: Part, values: tuple[str, ...], home: str, exact: bool, anonymous: bool) -> Pair:
        own = home if part.attribute == "serviceAccounts" else ""
        key = (part.attribute, values, own, exact, anonymous)
        if key not in self._known:
            low = high = 0
            for value in values:
                found = self._one(part.attribute, value, own, exact, anonymous)
                low, high = low | found[0], high | found[1]
            self._known[key] = low, high
        return self._known[key]

    def _one(self, attribute: str, value: str, home: str, exact: bool, anonymous: bool) -> Pair:
        if attribute == "ipBlocks":
            block = BlockTerm(value)
            return self.index.peers(block, True), self.index.peers(block, False)
        if attribute.startswith("opaque "):
            return 0, self.index.all
        if anonymous:
            return 0, 0
        found = self.holders(attribute, value, home, exact)
        return found, found

    def holders(self, attribute: str, value: str, home: str = "", exact: bool = False) -> int:
        """The endpoints whose certificate one value matches."""
        if attribute == "trustDomains":
            return self.meshed if matches(value, self.trust_domain) else 0
        if attribute == "serviceAccounts":
            space, _, name = value.rpartition("/")
            return self._accounts.get((space or home, name), 0)
        if attribute == "namespaces":
            if "*" not in value:
                return self._spaces.get(value, 0)
            return self._joined(mask for space, mask in self._spaces.items() if matches(value, space))
        domain, _, rest = value.partition("/")
        words = rest.split("/")
        if "*" not in value and len(words) == 4 and (words[0], words[2]) == ("ns", "sa"):
            if domain != self.trust_domain and (exact or domain != CLUSTER):
                return 0
            return self._accounts.get((words[1], words[3]), 0)
        if domain == CLUSTER and not exact and "*" not in domain:
            value = f"{self.trust_domain}/{rest}"
        own = self.trust_domain
        return self._joined(
            mask for key, mask in self._accounts.items() if matches(value, f"{own}/ns/{key[0]}/sa/{key[1]}")
        )

    @staticmethod
    def _joined(masks: Iterable[int]) -> int:
        found = 0
        for mask in masks:
            found |= mask
        return found

    def accounts_in(self, namespace: str) -> list[str]:
        """Accounts of a namespace that somebody runs as."""
        return sorted(name for space, name in self._accounts if space == namespace)

    def principal(self, position: int) -> str:
        """The name in an endpoint's certificate; "" where it has none."""
        member = self.index.endpoints[position].member
        return f"{self.trust_domain}/ns/{member.namespace}/sa/{member.account}" if member else ""

    def principals(self, of: int) -> list[str]:
        return sorted({name for position in bits(of) if (name := self.principal(position))})

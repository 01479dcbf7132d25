"""One place where policies are enforced, a sidecar, the node's proxy or a waypoint, and what it lets through.

The order is Istio's: a request that a DENY matches is refused; where there is no ALLOW everything else goes through;
else what some ALLOW matches. CUSTOM comes before both and only takes away.
"""

from collections.abc import Iterator, Sequence

from kgen.proof.istio.identities import Identities
from kgen.proof.istio.policies import ALLOW, DENY, DISABLE, PERMISSIVE, STRICT, Authorization, Parts, Rule
from kgen.proof.istio.requests import Space, is_of_token
from kgen.proof.spaces import PortSpace, bits
from kgen.proof.terms import PortTerm
from kgen.records import NamedTuple


class Box(NamedTuple):
    """One source with one operation of a rule: these callers, with these requests, on these ports."""

    policy: Authorization
    rule: Rule
    callers: tuple[int, int]  # beyond doubt, perhaps
    requests: tuple[int, int]
    ports: int


class Through(NamedTuple):
    """Requests that are let through alike, and from whom."""

    requests: int
    callers: int


class Door:
    """What policies select, at one place."""

    def __init__(
        self,
        identities: Identities,
        ports: PortSpace,
        policies: Sequence[Authorization],
        space: Space,
        reads_http: bool,
        exact: bool,
    ) -> None:
        self.identities = identities
        self.space = space
        self.policies = tuple(policies)
        self.reads_http = reads_http
        self.allows = any(policy.action == ALLOW for policy in policies)
        self._ports = ports
        self._exact = exact
        self._boxes: dict[bool, list[Box]] = {}
        self._known: dict[tuple[int, str, bool, bool], tuple[Through, ...]] = {}

    def boxes(self, anonymous: bool) -> list[Box]:
        """All boxes of all rules; `anonymous`: as they are where nobody shows a certificate."""
        if anonymous not in self._boxes:
            found: list[Box] = []
            for policy in self.policies:
                for rule in policy.rules:
                    found += self._of_rule(policy, rule, anonymous)
            self._boxes[anonymous] = found
        return self._boxes[anonymous]

    def _of_rule(self, policy: Authorization, rule: Rule, anonymous: bool) -> Iterator[Box]:
        home = policy.scope.namespace
        for source in rule.sources or ((),):
            callers = self.identities.sources((*source, *rule.when), home, self._exact, anonymous)
            for operation in rule.operations or ((),):
                parts = (*source, *operation, *rule.when)
                yield Box(policy, rule, callers, self._requests(policy.action, rule, parts), self._of_ports(parts))

    def _requests(self, action: str, rule: Rule, parts: Parts) -> tuple[int, int]:
        """What is no HTTP request never matches an ALLOW that speaks of requests, and a DENY as if it did not."""
        space = self.space
        raw = 0 if rule.http and action == ALLOW else space.raw
        if not self.reads_http:
            whole = space.all if raw else 0
            return whole, whole
        low = high = space.http
        for part in parts:
            if part.attribute in ("hosts", "methods", "paths") or is_of_token(part):
                for values, negated in ((part.values, False), (part.refused, True)):
                    found = 0
                    for value in values:
                        found |= space.having(part.attribute, value)
                    if values:
                        low &= ~found if negated else found
                        high &= ~found if negated else found
        return low | raw, high | raw

    def _of_ports(self, parts: Parts) -> int:
        found = self._ports.all
        for part in parts:
            if part.attribute == "ports":
                if part.values:
                    found &= self._numbered(part.values)
                if part.refused:
                    found &= ~self._numbered(part.refused)
        return found

    def _numbered(self, values: Sequence[str]) -> int:
        found = 0
        for value in values:
            if value.isdecimal():
                found |= self._ports.mask(PortTerm("TCP", int(value), int(value)))
        return found

    def through(self, port: int, mode: str, certain: bool, as_raw: bool = False) -> tuple[Through, ...]:
        """Who gets what through on a piece of the ports, under a mode of PeerAuthentication.

        `as_raw`: a Service says that this port speaks no HTTP, so requests are judged like anything else.
        """
        key = (port, mode, certain, as_raw)
        if key not in self._known:
            found = tuple(self._through(port, mode, certain, as_raw))
            if mode == PERMISSIVE and not certain:
                # where plain text is taken, whoever gets past its own proxy comes without a name
                nameless = tuple(self._through(port, DISABLE, certain, as_raw))
                found = tuple(
                    Through(one.requests & other.requests, one.callers | other.callers)
                    for one in found
                    for other in nameless
                    if one.requests & other.requests
                )
            self._known[key] = found
        return self._known[key]

    def _through(self, port: int, mode: str, certain: bool, as_raw: bool) -> Iterator[Through]:
        everybody = self.identities.index.all
        base = self.identities.meshed if mode == STRICT else everybody
        boxes = [box for box in self.boxes(mode == DISABLE) if box.ports >> port & 1]
        if not boxes:
            yield Through(self.space.all, 0 if self.allows else base)
            return
        low, high = (0, 1) if certain else (1, 0)
        by_boxes: dict[int, int] = {}
        raw = self.space.raw
        for number in range(self.space.http_count + 1):
            request = raw if as_raw else 1 << number
            hit = 0
            for place, box in enumerate(boxes):
                if box.requests[low if box.policy.action == ALLOW else high] & request:
                    hit |= 1 << place
            by_boxes[hit] = by_boxes.get(hit, 0) | 1 << number
        for hit, requests in by_boxes.items():
            allowed = 0 if self.allows else everybody
            denied = 0
            for place in bits(hit):
                box = boxes[place]
                if box.policy.action == DENY:
                    denied |= box.callers[high]
                else:
                    allowed |= box.callers[low]
            yield Through(requests, base & allowed & ~denied)

    def anybody(self, port: int, mode: str, certain: bool) -> int:
        """Who gets anything at all through."""
        found = 0
        for one in self.through(port, mode, certain):
            found |= one.callers
        return found

    def everything(self, port: int, mode: str, certain: bool, requests: int, as_raw: bool = False) -> int:
        """Who gets all of these requests through."""
        found = self.identities.index.all
        for one in self.through(port, mode, certain, as_raw):
            if one.requests & requests:
                found &= one.callers
        return found

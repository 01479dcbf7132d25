"""Ports and addresses as finite sets: cut at every number that a rule or a question names, then held as bits.

Between two cuts nothing tells one port (or address) from the next, so one bit stands for all of them.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from functools import lru_cache

from kgen.proof.terms import PROTOCOLS, BlockTerm, PortTerm
from kgen.records import NamedTuple

MOST_SHOWN = 4


def bits(mask: int) -> Iterator[int]:
    """Positions of the set bits, from the lowest."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class PortSpace:
    """All ports of all protocols, in as few pieces as the terms need."""

    def __init__(self, terms: Iterable[PortTerm]) -> None:
        cuts: dict[str, set[int]] = {protocol: {0, 65536} for protocol in PROTOCOLS}
        for term in terms:
            if not term.name and term.protocol in cuts:
                cuts[term.protocol] |= {term.first, min(term.last, 65535) + 1}
        self.pieces: list[tuple[str, int, int]] = []
        for protocol in PROTOCOLS:
            edges = sorted(cuts[protocol])
            self.pieces += [(protocol, low, high - 1) for low, high in zip(edges, edges[1:], strict=False)]
        self.all = (1 << len(self.pieces)) - 1
        self._known: dict[PortTerm, int] = {}

    def mask(self, term: PortTerm) -> int:
        """The pieces of a numbered term; none for a named one, which takes a pod to resolve."""
        if term.name:
            return 0
        if term not in self._known:
            self._known[term] = sum(
                1 << position
                for position, (protocol, low, high) in enumerate(self.pieces)
                if protocol == term.protocol and low >= term.first and high <= term.last
            )
        return self._known[term]

    def text(self, mask: int) -> str:
        """The pieces for people: `TCP 8080`, `TCP 8080, UDP 53`, `every port`."""
        if mask == self.all:
            return "every port"
        parts: list[str] = []
        for protocol in PROTOCOLS:
            ranges: list[list[int]] = []
            for position in bits(mask):
                of, low, high = self.pieces[position]
                if of != protocol:
                    continue
                if ranges and ranges[-1][1] + 1 == low:
                    ranges[-1][1] = high
                else:
                    ranges.append([low, high])
            if not ranges:
                continue
            if ranges == [[0, 65535]]:
                parts.append(f"every {protocol} port")
                continue
            shown = [str(low) if low == high else f"{low}-{high}" for low, high in ranges[:MOST_SHOWN]]
            more = f" and {len(ranges) - MOST_SHOWN} more ranges" if len(ranges) > MOST_SHOWN else ""
            parts.append(f"{protocol} {', '.join(shown)}{more}")
        return ", ".join(parts)


class Span(NamedTuple):
    """Addresses of one family from first to last, both included."""

    version: int
    first: int
    last: int


@lru_cache(maxsize=65536)
def span(cidr: str) -> Span | None:
    """The addresses of a block; None where the text is no block."""
    try:
        block = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None
    return Span(block.version, int(block.network_address), int(block.broadcast_address))


def pieces(terms: Iterable[BlockTerm]) -> list[Span]:
    """All addresses of both families, cut at the ends of these blocks."""
    cuts: dict[int, set[int]] = {4: {0, 1 << 32}, 6: {0, 1 << 128}}
    for term in terms:
        for cidr in (term.cidr, *term.excluded):
            if found := span(cidr):
                cuts[found.version] |= {found.first, found.last + 1}
    made = []
    for version, numbers in cuts.items():
        edges = sorted(numbers)
        made += [Span(version, low, high - 1) for low, high in zip(edges, edges[1:], strict=False)]
    return made


def covers(term: BlockTerm, piece: Span) -> bool:
    """Whether a piece, which is never cut by the term, lies in it."""
    if not _inside(term.cidr, piece):
        return False
    return not any(_inside(cidr, piece) for cidr in term.excluded)


def _inside(cidr: str, piece: Span) -> bool:
    block = span(cidr)
    return block is not None and block.version == piece.version and block.first <= piece.first <= block.last


def blocks_of(spans: Iterable[Span]) -> list[str]:
    """Addresses as blocks, neighbours joined."""
    joined: list[Span] = []
    for one in sorted(spans):
        if joined and joined[-1].version == one.version and joined[-1].last + 1 == one.first:
            joined[-1] = joined[-1]._replace(last=one.last)
        else:
            joined.append(one)
    blocks: list[str] = []
    for one in joined:
        kind = ipaddress.IPv4Address if one.version == 4 else ipaddress.IPv6Address
        blocks += [str(block) for block in ipaddress.summarize_address_range(kind(one.first), kind(one.last))]
    return blocks


def blocks_text(spans: Iterable[Span]) -> str:
    """Addresses for people: `10.0.0.0/8, 192.168.0.0/16 and 3 more blocks`."""
    blocks = blocks_of(spans)
    more = f" and {len(blocks) - MOST_SHOWN} more blocks" if len(blocks) > MOST_SHOWN else ""
    return ", ".join(blocks[:MOST_SHOWN]) + more

"""Calls may not run in a ring, nor deeper than kagent follows them.

kagent compiles an agent together with the agents it calls: a cycle is refused, and so is a chain of more
than 10 links (kagent v0.10 compiler.go). Apply order needs the same.
"""

from collections.abc import Iterator

from kgen.results import Result
from kgen.runtimes import kagent
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about, place
from kgen.topology.waves import cycles, depths, longest_chain


def check(draft: Draft) -> Iterator[Result]:
    rings = [ring for ring in cycles(draft.edges) if len(ring) > 1]
    for ring in rings:
        last = draft.calls[(ring[-1], ring[0])].request.request
        places = ", ".join(
            place(draft.calls[(one, other)].request.request.document)
            for one, other in zip(ring, ring[1:], strict=False)
        )
        message = (
            f"closes a ring: {_path([*ring, ring[0]])} (the other links: {places}); kagent refuses rings, cut one link"
        )
        yield about(last.document, "cycle", last.field, message)
    if rings:  # then there is no depth
        return
    depth = depths(set(draft.ends), draft.edges)
    called = {callee for _, callee in draft.calls}
    for key in sorted(draft.edges):
        if depth[key] > kagent.LONGEST_CHAIN and key not in called:
            chain = longest_chain(key, draft.edges, depth)
            first = draft.calls[(chain[0], chain[1])].request.request
            message = (
                f"begins a chain of {depth[key]} links, and kagent follows {kagent.LONGEST_CHAIN} at most: "
                f"{_path(chain)}; cut it or let an agent further down be called directly"
            )
            yield about(first.document, "chain-too-deep", first.field, message)


def _path(chain: list[Key]) -> str:
    return " -> ".join("/".join(key) for key in chain)

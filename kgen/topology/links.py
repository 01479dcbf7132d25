"""Links and what hangs on them: the edges as layers see them, and the label that makes kagent look again."""

from kgen.topology.calls import Call
from kgen.topology.index import Key
from kgen.topology.types import Endpoint, Link


def links(calls: dict[tuple[Key, Key], Call], endpoints: dict[Key, Endpoint]) -> tuple[Link, ...]:
    """Every edge, by caller and callee."""
    return tuple(
        Link(endpoints[caller], endpoints[callee], call.delegation, call.origins)
        for (caller, callee), call in sorted(calls.items())
    )


def link_hash(callees: tuple[Link, ...]) -> str:
    """Changes with everything that kagent copies into the caller when it reconciles it, but does not watch.

    That is the callee's consent for this caller's namespace, its description, and a delegated header
    (kagent issues 2404 and 2599). It covers nothing of other callers, so that a link of theirs changes
    nothing here (law 5).
    """
    import hashlib  # loads OpenSSL, 12 M instructions: only where there is something to hash

    lines = []
    for link in callees:
        callee, delegation = link.callee, link.delegation
        consent = "" if callee.namespace == link.caller.namespace else link.caller.namespace
        header = (delegation.header, delegation.secret, delegation.key, delegation.rotation) if delegation else ()
        lines.append(repr((callee.namespace, callee.name, consent, callee.description, header)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

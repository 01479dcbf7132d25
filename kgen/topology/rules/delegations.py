"""A delegated header needs a caller that kagent wires, and a header and Secret that do not break anything."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about

# RFC 9110 section 7.6.1 and RFC 2616 section 13.5.1: hop-by-hop; Host and Content-Length are the transport's.
_REFUSED = (
    "host", "content-length", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
    "trailer", "transfer-encoding", "upgrade", "proxy-connection",
)  # fmt: skip


def check(draft: Draft) -> Iterator[Result]:
    told = set()
    for (caller, callee), call in draft.calls.items():
        delegation, where = call.delegation, call.request.request
        if delegation is None:
            continue
        if draft.is_agent(caller) and not draft.is_agent(callee):
            message = (
                f"{'/'.join(callee)} is a {draft.endpoints[callee].kind}, which kagent makes no tool of, so no header "
                "would be sent to it: move it to a link without delegation"
            )
            yield about(where.document, "delegation-callee", where.field, message)
        if id(where.document) in told:
            continue
        told.add(id(where.document))
        document = where.document
        if delegation.header.lower() in _REFUSED:
            message = (
                f"found {delegation.header}, which belongs to the connection: use a header of your own, "
                "such as X-Agent-Token"
            )
            yield about(document, "delegation-header", "spec.delegation.header", message, proposed="X-Agent-Token")
        if not draft.is_agent(caller):
            message = (
                f"{'/'.join(caller)} is a {draft.endpoints[caller].kind}: its own code sends its headers; "
                "mount the Secret there and remove delegation"
            )
            yield about(document, "delegation-caller", "spec.delegation", message)
        elif caller in draft.byo:
            message = (
                f"{'/'.join(caller)} runs an image of its own, into which kagent wires no headers: give it the Secret "
                "as an environment variable and remove delegation"
            )
            yield about(document, "delegation-caller", "spec.delegation", message)

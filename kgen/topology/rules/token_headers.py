"""A callee that asks for a token gets one: in the header that its grant names, from callers that kagent wires."""

from collections.abc import Iterator

from kgen.results import WARNING, Result
from kgen.topology.draft import Draft
from kgen.topology.grants import terms
from kgen.topology.index import about


def check(draft: Draft) -> Iterator[Result]:
    """An agent of kagent's sends what its link delegates, and no other credential (kagent 0.9 and 0.10, headersFrom):
    a link without that header is refused by the callee's proxy at every call. What runs an image of its own, or is no
    agent of kagent's, sends what its code sends."""
    if not draft.mesh.active:
        return
    asked = terms(draft.grants)
    for (caller, callee), call in draft.calls.items():
        token = asked[callee].token if callee in asked else None
        if token is None or not (draft.is_agent(caller) and draft.is_agent(callee)) or caller in draft.byo:
            continue
        if not draft.standing[callee[0]].enforced:
            continue
        sent = call.delegation.header if call.delegation else ""
        if sent.lower() == token.header.lower():
            continue
        where = call.request.request
        message = (
            f"{'/'.join(callee)} asks its callers for a token in {token.header}, and {'/'.join(caller)} sends "
            f"{'its own in ' + sent if sent else 'none'}: each call is refused; delegate one by secretRef with header "
            f"{token.header}"
            + (f' (its value begins with "{token.prefix.strip()} ")' if token.prefix else "")
            + ", or have the grant name another header"
        )
        yield about(where.document, "token-header", where.field, message, WARNING)

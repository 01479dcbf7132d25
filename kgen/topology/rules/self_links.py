"""An agent may not be linked to itself."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.topology.draft import Draft
from kgen.topology.index import about


def check(draft: Draft) -> Iterator[Result]:
    for (caller, callee), call in draft.calls.items():
        if caller == callee:
            where = call.request.request
            message = f"{'/'.join(caller)} is linked to itself: an agent can not be its own tool; remove the link"
            yield about(where.document, "self-link", where.field, message)

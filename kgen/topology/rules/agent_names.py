"""Names that kagent and model providers can take.

The name of an Agent becomes the name of its Service, and, joined with its namespace, the name under which
a calling model sees it: `<ns>__NS__<name>`, which providers limit to 64 characters.
"""

from collections.abc import Iterator

from kgen.results import Result
from kgen.runtimes import kagent
from kgen.topology.draft import Draft
from kgen.topology.index import about


def check(draft: Draft) -> Iterator[Result]:
    for key, end in draft.ends.items():
        if draft.is_agent(key) and key[1][0].isdigit():
            mention = end.mentions[0]
            message = (
                f"found {key[1]}: kagent makes a Service of this name, and a Service's name begins with a letter; "
                "rename the agent"
            )
            yield about(mention.document, "agent-name", mention.field, message)
    told = set()
    for (caller, callee), call in draft.calls.items():
        tool = kagent.tool_name(*callee)
        if len(tool) > kagent.LONGEST_TOOL_NAME and draft.is_agent(caller) and callee not in told:
            told.add(callee)
            where = call.request.request
            message = (
                f"a calling model sees {'/'.join(callee)} as {tool}, {len(tool)} characters long; model providers "
                f"take {kagent.LONGEST_TOOL_NAME}: shorten namespace or name by {len(tool) - kagent.LONGEST_TOOL_NAME}"
            )
            yield about(where.document, "tool-name-too-long", where.field, message)

"""An agent has at most 20 tools, agents included, each once (CRD: maxItems of spec.declarative.tools)."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.runtimes import kagent
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about, place
from kgen.topology.requests import Request


def check(draft: Draft) -> Iterator[Result]:
    callees: dict[tuple[str, str], int] = {}
    for caller, _ in draft.calls:
        callees[caller] = callees.get(caller, 0) + 1
    for key, end in draft.ends.items():
        tools = draft.tools.get(key, [])
        count = callees.get(key, 0) + len(tools)
        if count > kagent.MOST_TOOLS:
            first = next(m for m in end.mentions if m.key == key)
            message = (
                f"{'/'.join(key)} would have {count} tools ({callees.get(key, 0)} agents, {len(tools)} MCP servers); "
                f"kagent takes {kagent.MOST_TOOLS} at most: put an agent in between that calls some of them"
            )
            yield about(first.document, "too-many-tools", first.field, message)
    seen: dict[tuple[Key, str], Request] = {}
    for asked in draft.requests.tools:
        where, tool = asked.request, asked.tool
        name = f"{tool['kind']} {tool.get('namespace') or where.caller[0]}/{tool['name']}"
        before = seen.setdefault((where.caller, name), where)
        if before is not where and not where.withheld:
            message = (
                f"{'/'.join(where.caller)} has {name} already by {before.field} at {place(before.document)}: "
                "kagent would show its tools twice; join the two"
            )
            yield about(where.document, "duplicate-tool", where.field, message)

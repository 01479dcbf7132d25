"""An agent has at most 20 tools, agents included, each once (CRD: maxItems of spec.declarative.tools)."""

from collections.abc import Iterator

from kgen.results import Result
from kgen.runtimes import kagent
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about, place
from kgen.topology.requests import Request


def check(draft: Draft) -> Iterator[Result]:
    callees: dict[Key, set[Key]] = {}
    for caller, called in draft.calls:
        if draft.is_agent(called):  # kagent makes no tool of anything else
            callees.setdefault(caller, set()).add(called)
    for key, end in draft.ends.items():
        if not draft.is_agent(key) or key in draft.byo:
            continue
        agents = callees.get(key, set())
        servers = {(found.tool.kind, found.tool.namespace, found.tool.name) for found in draft.tools.get(key, [])}
        if end.manifest:  # what a wired Agent has by itself counts too
            own = kagent.tools_of(end.manifest.manifest)
            agents = agents | {callee for tool in own if (callee := kagent.callee_of(tool, key[0]))}
            servers |= {server for tool in own if (server := kagent.server_of(tool, key[0]))}
        count = len(agents) + len(servers)
        if count > kagent.MOST_TOOLS:
            first = end.mentions[0]
            message = (
                f"{'/'.join(key)} would have {count} tools ({len(agents)} agents, {len(servers)} MCP servers); "
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

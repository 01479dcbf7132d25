"""Agents of the input: a version that kagent understands, and no call or tool that no link asks for."""

from collections.abc import Iterator

from kgen.manifests import Document, get
from kgen.results import ERROR, WARNING, Result
from kgen.runtimes import kagent
from kgen.runtimes.shapes import mapping
from kgen.topology.draft import Draft
from kgen.topology.index import Key, about, place
from kgen.topology.types import WIRED


def check(draft: Draft) -> Iterator[Result]:
    for key, end in draft.ends.items():
        if end.manifest is None or draft.endpoints[key].presence != WIRED or not draft.is_agent(key):
            continue
        manifest = end.manifest.manifest
        if manifest["apiVersion"] == kagent.LEGACY_API_VERSION:
            message = (
                f"found {kagent.LEGACY_API_VERSION}, in which an update wipes the agent's declarative section and "
                f"consent: move it to {kagent.API_VERSION}"
            )
            yield about(end.manifest, "legacy-agent", "apiVersion", message, proposed=kagent.API_VERSION)
            continue
        yield from _consent(end.manifest, draft.standing[key[0]].enforced)
        yield from _undeclared(key, draft)


def _consent(document: Document, enforced: bool) -> Iterator[Result]:
    allowed = get(document.manifest, "spec", "allowedNamespaces", default={})
    severity = ERROR if enforced else WARNING
    selector = mapping(get(allowed, "selector"))
    empty = not selector.get("matchLabels") and not selector.get("matchExpressions")
    if get(allowed, "from") == "All":
        message = "found All: every namespace of the cluster could refer to it; remove it, links say who may"
        yield about(document, "allows-all", "spec.allowedNamespaces.from", message, severity)
    elif get(allowed, "from") == "Selector" and empty:
        message = "is empty, which admits every namespace of the cluster; remove allowedNamespaces, links say who may"
        yield about(document, "allows-all", "spec.allowedNamespaces.selector", message, severity)


def _undeclared(key: Key, draft: Draft) -> Iterator[Result]:
    end = draft.ends[key]
    document = end.manifest
    if document is None:
        return
    enforced = draft.standing[key[0]].enforced
    linked = {callee for caller, callee in draft.calls if caller == key}
    tools = {(f.tool.kind, f.tool.namespace, f.tool.name) for f in draft.tools.get(key, [])}
    withheld = {call.callee for call in draft.requests.calls if call.request.caller == key} - linked
    for position, tool in enumerate(kagent.tools_of(document.manifest)):
        field = f"spec.declarative.tools[{position}]"
        callee, server = kagent.callee_of(tool, key[0]), kagent.server_of(tool, key[0])
        if callee in withheld:
            # An error here would keep the very run from going through that closes the network.
            message = (
                f"calls {'/'.join(callee)}, whose link is suspended or expired: policies block the call, but kagent "
                "keeps offering the tool until it is removed here"
            )
            yield about(document, "withheld-call", field, message, WARNING)
        elif callee and callee not in linked:
            message = (
                f"calls {'/'.join(callee)}, which no link asks for: add it to `to` of the link of {'/'.join(key)} "
                f"({place(end.mentions[0].document)}), or remove the tool"
            )
            if not enforced:
                message += "; Enforce refuses it"
            yield about(document, "undeclared-call", field, message, ERROR if enforced else WARNING)
        elif server and server not in tools:
            message = (
                f"uses {server[0]} {server[1]}/{server[2]}, which no link declares: egress to it will be blocked; "
                "add it to `tools` of a link"
            )
            yield about(document, "undeclared-tool", field, message, WARNING)

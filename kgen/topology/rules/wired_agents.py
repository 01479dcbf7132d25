"""Agents of the input: what kagent can make pods of, and no call or tool that no link asks for."""

from collections.abc import Iterator

from kgen.manifests import Document, get
from kgen.results import ERROR, WARNING, Result
from kgen.runtimes import kagent
from kgen.runtimes.shapes import items, mapping, text
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
        severity = ERROR if draft.standing[key[0]].enforced else WARNING
        yield from _consent(end.manifest, severity)
        yield from _labels(end.manifest, severity)
        yield from _tools(key, end.manifest, draft, severity)
        yield from _undeclared(key, draft)
    yield from _descriptions(draft)


def _consent(document: Document, severity: str) -> Iterator[Result]:
    allowed = get(document.manifest, "spec", "allowedNamespaces", default={})
    selector = mapping(get(allowed, "selector"))
    empty = not selector.get("matchLabels") and not selector.get("matchExpressions")
    if get(allowed, "from") == "All":
        message = "found All: every namespace of the cluster could refer to it; remove it, links say who may"
        yield about(document, "allows-all", "spec.allowedNamespaces.from", message, severity)
    elif get(allowed, "from") == "Selector" and empty:
        message = "is empty, which admits every namespace of the cluster; remove allowedNamespaces, links say who may"
        yield about(document, "allows-all", "spec.allowedNamespaces.selector", message, severity)


def _labels(document: Document, severity: str) -> Iterator[Result]:
    """kagent puts them on the pods, but its Deployment goes on selecting app=kagent, kagent=NAME: it makes Secret,
    ServiceAccount and Service with the wrong label, and then the API server refuses the Deployment (0.9, 0.10)."""
    manifest = document.manifest
    section = "byo" if kagent.is_byo(manifest) else "declarative"
    for label in kagent.MANAGED_LABELS:
        if label in mapping(kagent.deployment_of(manifest).get("labels")):
            message = (
                f"is kagent's own: its Deployment selects the pods app=kagent, kagent={manifest['metadata']['name']}, "
                "and with another value no pod ever starts; remove it, and use another key"
            )
            yield about(document, "agent-labels", f'spec.{section}.deployment.labels["{label}"]', message, severity)


def _tools(key: Key, document: Document, draft: Draft, severity: str) -> Iterator[Result]:
    """Tools that the API server refuses, or would refuse with what kgen merges into them."""
    for position, tool in enumerate(kagent.tools_of(document.manifest)):
        field = f"spec.declarative.tools[{position}]"
        callee = kagent.callee_of(tool, key[0])
        if not tool.get("type"):
            proposed = "Agent" if callee else "McpServer"
            message = f"is missing, and the API server refuses a tool without it: write type: {proposed}"
            yield about(document, "tool-type", f"{field}.type", message, WARNING, proposed)  # an error of `check`
        call = draft.calls.get((key, callee)) if callee else None
        if call is None or call.delegation is None:
            continue
        wanted = call.delegation.header
        for place_, header in enumerate(items(tool.get("headersFrom"))):
            name = text(header.get("name"))
            if name.lower() == wanted.lower() and (name != wanted or "value" in header):
                message = (
                    f"found {name}, and the link merges {wanted} from its secretRef there: to HTTP they are one "
                    "header, and the callee would be sent both; remove it, or the link's delegation"
                )
                yield about(document, "delegation", f"{field}.headersFrom[{place_}].name", message, severity)


def _descriptions(draft: Draft) -> Iterator[Result]:
    """What a calling model reads of an agent, and by which it chooses whether to call it (kagent: the tool's text)."""
    called = {callee for caller, callee in draft.calls if draft.is_agent(caller) and caller not in draft.byo}
    for key in sorted(called):
        end, endpoint = draft.ends[key], draft.endpoints[key]
        if end.manifest and draft.is_agent(key) and not endpoint.description:
            message = (
                "is missing: it is all that the models of its callers are told of this agent, and without it they "
                "choose blindly; say in a sentence what it does"
            )
            yield about(end.manifest, "no-description", "spec.description", message, WARNING)


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
                there = draft.standing.get(callee[0])
                cut = there is not None and there.enforced and (there.management == "Owned" or callee in draft.ends)
                message += f"; {callee[0]} is under Enforce and blocks it already" if cut else "; Enforce refuses it"
            yield about(document, "undeclared-call", field, message, ERROR if enforced else WARNING)
        elif server and server not in tools:
            message = (
                f"uses {server[0]} {server[1]}/{server[2]}, which no link declares: egress to it will be blocked; "
                "add it to `tools` of a link"
            )
            yield about(document, "undeclared-tool", field, message, WARNING)

"""AgentLinks read one by one: who is mentioned, who asks for what. Nothing is merged or judged across links here."""

from collections.abc import Callable, Sequence

from kgen.manifests import Document
from kgen.records import Any, NamedTuple
from kgen.results import WARNING, Result
from kgen.topology.days import later
from kgen.topology.index import Key, about


class Mention(NamedTuple):
    """One place that names an agent, with the facts it states: {} for a plain reference."""

    key: Key
    facts: dict[str, Any]
    document: Document
    field: str


class Request(NamedTuple):
    """Something that a link asks for its caller. `withheld` says why it is not granted, "" where it is."""

    caller: Key
    document: Document
    field: str
    withheld: str  # suspended | expired | ""


class CallRequest(NamedTuple):
    request: Request
    callee: Key
    delegation: dict[str, Any] | None


class ToolRequest(NamedTuple):
    request: Request
    tool: dict[str, Any]


class EgressRequest(NamedTuple):
    request: Request
    egress: dict[str, Any]


class Requests(NamedTuple):
    mentions: list[Mention]
    calls: list[CallRequest]
    tools: list[ToolRequest]
    egress: list[EgressRequest]
    results: list[Result]


def read(links: Sequence[Document], platform: Document, as_of: Callable[[], str]) -> Requests:
    """Everything that the AgentLinks and the Platform's short form `links` ask for.

    `as_of` gives the day, YYYY-MM-DD in UTC; it is called only if some link has a `validUntil` (law 1).
    """
    found = Requests([], [], [], [], [])
    for document in links:
        _read_link(document, as_of, found)
    for caller, callees in sorted((platform.manifest["spec"].get("links") or {}).items()):
        field = f'spec.links["{caller}"]'
        key = _key(caller, "")
        found.mentions.append(Mention(key, {}, platform, field))
        for position, callee in enumerate(callees):
            here = f"{field}[{position}]"
            callee_key = _key(callee, key[0])
            found.mentions.append(Mention(callee_key, {}, platform, here))
            found.calls.append(CallRequest(Request(key, platform, here, ""), callee_key, None))
    return found


def _read_link(document: Document, as_of: Callable[[], str], found: Requests) -> None:
    manifest = document.manifest
    spec, home = manifest["spec"], manifest["metadata"].get("namespace") or ""
    caller = _end(spec["from"], home, "spec.from", document, found)
    if caller and home and caller[0] != home:
        found.results.append(
            about(
                document,
                "link-namespace",
                "metadata.namespace",
                f"is {home}, but the caller is {caller[0]}/{caller[1]}: a link lives with its caller; "
                f"set it to {caller[0]} or leave it out",
                proposed=caller[0],
            )
        )
    to = spec.get("to")
    callees = to if isinstance(to, list) else [] if to is None else [to]
    fields = [f"spec.to[{i}]" for i in range(len(callees))] if isinstance(to, list) else ["spec.to"]
    keys = [_end(callee, home, field, document, found) for callee, field in zip(callees, fields, strict=False)]
    if not caller:
        return
    withheld = _withheld(document, as_of, found)
    for callee, field in zip(keys, fields, strict=False):
        if callee:
            request = Request(caller, document, field, withheld)
            found.calls.append(CallRequest(request, callee, spec.get("delegation")))
    for position, tool in enumerate(spec.get("tools") or ()):
        found.tools.append(ToolRequest(Request(caller, document, f"spec.tools[{position}]", withheld), tool))
    for position, egress in enumerate(spec.get("egress") or ()):
        found.egress.append(EgressRequest(Request(caller, document, f"spec.egress[{position}]", withheld), egress))
    if spec.get("delegation") and not callees:
        found.results.append(
            about(
                document, "delegation", "spec.delegation", "has nobody to send the header to: set spec.to, or remove it"
            )
        )


def _withheld(document: Document, as_of: Callable[[], str], found: Requests) -> str:
    spec = document.manifest["spec"]
    until = spec.get("validUntil")
    if until is not None:
        if not later(until, 0):
            message = f"found {until!r}, expected a day of the calendar such as 2027-03-31"
            found.results.append(about(document, "valid-until", "spec.validUntil", message))
        elif until < (today := as_of()):
            message = f"expired on {until} (today is {today}): what it asks for is left out; renew or delete the link"
            found.results.append(about(document, "expired", "spec.validUntil", message, WARNING))
            return "expired"
    return "suspended" if spec.get("suspend") else ""


def _end(value: Any, home: str, field: str, document: Document, found: Requests) -> Key | None:
    """Note the mention; None, with a result, where the text does not say which namespace."""
    facts = value if isinstance(value, dict) else {}
    key = (facts.get("namespace") or home, facts["name"]) if facts else _key(value, home)
    if not key[0]:
        found.results.append(
            about(
                document,
                "namespace-missing",
                field,
                f"found {key[1]}, expected namespace/{key[1]}: a bare name is looked up in metadata.namespace, which "
                "this link does not have; write the namespace in front, or set metadata.namespace",
                proposed=f"NAMESPACE/{key[1]}",
            )
        )
        return None
    found.mentions.append(Mention(key, facts, document, field))
    return key


def _key(text: str, home: str) -> Key:
    namespace, _, name = text.rpartition("/")
    return (namespace or home, name)

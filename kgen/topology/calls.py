"""Calls: the edges between agents, merged over all links, with what suspends them."""

from kgen.manifests import Document, Origin
from kgen.records import NamedTuple
from kgen.results import WARNING, Result
from kgen.topology.index import Index, Key, about, place
from kgen.topology.requests import CallRequest, Requests
from kgen.topology.types import Delegation


class Call(NamedTuple):
    """One edge that is granted."""

    caller: Key
    callee: Key
    delegation: Delegation | None
    request: CallRequest
    origins: tuple[Origin, ...]


def merge(requests: Requests, results: list[Result]) -> dict[tuple[Key, Key], Call]:
    """The granted edges by (caller, callee). The same pair asked for twice is an error that names both places;
    a suspended link wins over every other of its pair."""
    asked: dict[tuple[Key, Key], list[CallRequest]] = {}
    for call in requests.calls:
        asked.setdefault((call.request.caller, call.callee), []).append(call)
    found = {}
    for pair, calls in sorted(asked.items()):
        active = [call for call in calls if not call.request.withheld]
        if len(active) < len(calls) and any(call.request.withheld == "suspended" for call in calls):
            continue
        for extra in active[1:]:
            first = active[0].request
            message = (
                f"{'/'.join(pair[0])} may call {'/'.join(pair[1])} already by {first.field} at "
                f"{place(first.document)}: remove one of the two"
            )
            results.append(about(extra.request.document, "duplicate-link", extra.request.field, message))
        if active:
            delegation = active[0].delegation
            secret = delegation and delegation["secretRef"]
            found[pair] = Call(
                *pair,
                Delegation(delegation["header"], secret["name"], secret["key"], delegation.get("rotation") or "")
                if delegation and secret
                else None,
                active[0],
                (active[0].request.document.origin,),
            )
    return found


def suspended_agents(platform: Document, agents: set[Key], index: Index, results: list[Result]) -> dict[Key, str]:
    """Agents under the Platform's kill switch, with the reason. `namespace/*` means every agent of a namespace.

    One that stops nobody is an error: who throws a kill switch may not go home believing that it worked.
    """
    found: dict[Key, str] = {}
    for pattern, reason in sorted((platform.manifest["spec"].get("suspended") or {}).items()):
        hit = {key for key in agents if fits(pattern, key)}
        if not hit:
            results.append(_stops_nobody(pattern, platform, agents, index))
        found.update(dict.fromkeys(hit, reason))
    return found


def _stops_nobody(pattern: str, platform: Document, agents: set[Key], index: Index) -> Result:
    field = f'spec.suspended["{pattern}"]'
    namespace, _, name = pattern.rpartition("/")
    if name == "*" and namespace in (platform.manifest["spec"].get("namespaces") or {}):
        message = f"no agent of this run is in {namespace} yet: it will hold for those that come"
        return about(platform, "suspended", field, message, WARNING)
    if document := index.find("Agent", namespace, name):
        message = (
            f"{pattern} is in the input ({place(document)}), but kgen leaves it alone, because no link or grant names "
            f"it: nothing is suspended. Name it in an AgentLink, spec: {{from: {pattern}}} is enough"
        )
        return about(platform, "suspended", field, message)
    from difflib import get_close_matches

    known = sorted({"/".join(key) for key in agents} | {f"{home}/*" for home, _ in agents})
    near = get_close_matches(pattern, known, 1, 0.6)
    hint = f"did you mean {near[0]}? There" if near else "there"
    message = (
        f"names no agent of this run, so nothing is suspended: correct the name, or take it out; {hint} are: "
        f"{', '.join(known[:8]) or 'none'}{' ...' if len(known) > 8 else ''}"
    )
    return about(platform, "suspended", field, message, proposed=near[0] if near else None)


def cut(requests: Requests, suspended: dict[Key, str]) -> dict[Key, set[Key]]:
    """Callers by callee that would call it, were it not for a suspended link or the kill switch."""
    found: dict[Key, set[Key]] = {}
    for call in requests.calls:
        if call.request.withheld == "suspended" or call.request.caller in suspended:
            found.setdefault(call.callee, set()).add(call.request.caller)
    return found


def fits(pattern: str, key: Key) -> bool:
    """Whether namespace/name or namespace/* means this agent."""
    namespace, _, name = pattern.rpartition("/")
    return namespace == key[0] and name in ("*", key[1])

"""Calls: the edges between agents, merged over all links, with what suspends them."""

from kgen.manifests import Origin
from kgen.records import Any, NamedTuple
from kgen.results import WARNING, Result
from kgen.topology.index import Key, about, place
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


def suspended_agents(platform: Any, agents: set[Key], results: list[Result]) -> dict[Key, str]:
    """Agents under the Platform's kill switch, with the reason. `namespace/*` means every agent of a namespace."""
    found: dict[Key, str] = {}
    for pattern, reason in sorted((platform.manifest["spec"].get("suspended") or {}).items()):
        hit = {key for key in agents if fits(pattern, key)}
        if not hit:
            message = "names no agent of this run, so nothing is suspended by it: correct the name, or take it out"
            field = f'spec.suspended["{pattern}"]'
            results.append(about(platform, "suspended", field, message, WARNING))
        found.update(dict.fromkeys(hit, reason))
    return found


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

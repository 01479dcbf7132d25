"""What admission is told to let in: the data of kgen's policies, in ConfigMaps or Gatekeeper's Constraints.

A pair more that no link asks for, a writer more, an agent or account that is guarded no more: the guardrail is there,
and lets more through.
"""

from collections.abc import Callable, Iterator

from kgen.compare.differences import GUARDRAIL, Access
from kgen.compare.objects import Differing, Pair
from kgen.compare.sides import Side
from kgen.manifests import Document, Manifest, get, group_of
from kgen.proof.admission import KEYS, LISTS, listed, parsed
from kgen.proof.asked import references
from kgen.records import Any
from kgen.runtimes.shapes import mapping, text
from kgen.topology.types import Guard

_GUARDED = {
    "agents": "is governed no more: anybody may write it",
    "accounts": "is kept for its agent no more: any pod may run under it",
    "pods": "are labels that any pod may carry now",
}
_VERDICTS = "verdicts"  # what an earlier version rendered lacks them
_PLAIN = ("namespace", "owned", "podSecurity")


def data(base: Side, head: Side, found: Differing, team: Callable[[str], str]) -> Iterator[Access]:
    """What these lists gained and lost."""
    edges: tuple[set[tuple[str, str]], set[tuple[str, str]]] | None = None
    for pair in found.pairs.values():
        old, new = (_data(pair, manifest) for manifest in pair.sides)
        if old is None or new is None:  # that it comes or goes is told of its policy: without data it refuses
            continue
        if edges is None:
            edges = _edges(base), _edges(head)
        space = text(new.get("namespace")) or text(old.get("namespace"))
        name = (str(pair.item.identity),)
        for widens, words in dict.fromkeys(_changes(space, old, new, edges, _guard(head, space), _verdicts(head))):
            yield Access(widens, GUARDRAIL, team(space), "", space, "", f"admission: {words}", name)


def _data(pair: Pair, manifest: Manifest | None) -> dict[str, Any] | None:
    """By key, lists as lists; None where it holds no data of kgen's."""
    if manifest is None:
        return None
    if pair.key[:2] == ("", "ConfigMap") and pair.key[3].startswith("admission."):
        found = {key: parsed(key, value) for key, value in mapping(manifest.get("data")).items()}
    elif group_of(pair.item.identity.api_version) == "constraints.gatekeeper.sh":
        found = mapping(get(manifest, "spec", "parameters"))
    else:
        return None
    return found if {"namespace", *LISTS} - {_VERDICTS} <= found.keys() & {*KEYS} else None


def _edges(side: Side) -> set[tuple[str, str]]:
    if side.topology is not None:
        ends = ((link.caller, link.callee) for link in side.topology.links)
        return {(f"{a.namespace}/{a.name}", f"{b.namespace}/{b.name}") for a, b in ends}
    made = (item for key, item in side.items.items() if key[:2] == ("kagent.dev", "Agent"))
    return {(caller, callee) for caller, callee, _ in references([Document(one.build(), one.origin) for one in made])}


def _guard(side: Side, space: str) -> Guard | None:
    return next((one for one in side.topology.guards if one.namespace == space), None) if side.topology else None


def _verdicts(side: Side) -> tuple[str, ...] | None:
    if side.topology is None:
        return None
    admission = side.topology.platform.admission
    return admission.verdicts if admission else ()


def _changes(
    space: str,
    old: dict[str, Any],
    new: dict[str, Any],
    edges: tuple[set[tuple[str, str]], set[tuple[str, str]]],
    guard: Guard | None,
    verdicts: tuple[str, ...] | None,
) -> Iterator[tuple[bool, str]]:
    for key in ("callees", "callers"):
        was, now = {*listed(old.get(key))}, {*listed(new.get(key))}
        for entry in sorted(was ^ now):
            widens = entry in now
            caller, _, callee = entry.partition(" ")
            edge = (f"{space}/{caller}", callee) if key == "callees" else (caller, f"{space}/{callee}")
            if edge in edges[widens]:
                if edge not in edges[not widens]:
                    continue  # the link came or went, and is told
                words = "" if widens else ", though a link asks for it"
            else:
                words = ", and no link asks for it" if widens else ""
            yield widens, f"{'lets in' if widens else 'no longer lets in'} the reference {' to '.join(edge)}{words}"
    for writer in sorted({*listed(old.get("writers"))} ^ {*listed(new.get("writers"))}):
        widens = writer in listed(new.get("writers"))
        yield widens, f"{writer} {'may write agents' if widens else 'may write agents no more'}"
    for key, words in _GUARDED.items():
        for entry in sorted({*listed(old.get(key))} - {*listed(new.get(key))}):
            # what the topology does not name any more went, and there is nothing to keep for it
            if guard is None or entry in getattr(guard, key):
                yield True, f"{entry} {words}"
    for label in sorted({*listed(old.get(_VERDICTS))} - {*listed(new.get(_VERDICTS))}):
        if verdicts is None or label in verdicts:
            yield True, f"{label} is kept for the operator no more: any pod may carry its verdict now"
    for key in _PLAIN:
        if old.get(key) != new.get(key):
            wanted = {"namespace": space, "owned": guard.owned, "podSecurity": guard.pod_security} if guard else {}
            if new.get(key) not in (wanted.get(key), str(wanted.get(key)).lower()):
                yield True, f"guardrail changed, not judged ({key} of its data): read it"

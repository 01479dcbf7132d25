"""Guardrails that went, got weaker or came: by the levels of single objects, and by what the Platform says."""

from collections.abc import Callable, Iterable, Iterator

from kgen.compare.differences import GUARDRAIL, TERMS, Access
from kgen.compare.fields import leaves
from kgen.compare.levels import Level, Levels, levels_of
from kgen.compare.objects import Differing, Pair
from kgen.compare.sides import Side
from kgen.manifests import Document, Manifest, Path, get, path_text
from kgen.proof.pods import pods
from kgen.records import Any
from kgen.runtimes.services import matches
from kgen.topology.types import Agent

_MANAGEMENT = {"External": 1, "Shared": 2, "Owned": 3}
_CONSENT = {"NotRequired": 1, "CrossNamespace": 2, "Required": 3}
_NOBODY = Level("", 0)
_LISTING = "list the namespace in the Platform's spec.namespaces, and its guardrails stay without links"


def guardrails(base: Side, head: Side, found: Differing, team: Callable[[str], str]) -> Iterator[Access]:
    """What went or got weaker first, then what came."""
    yield from _ended(base, head, team)
    told = [*_objects(head, found, team), *_rewritten(base, head, found, team), *_stated(base, head, team)]
    yield from sorted(told, key=lambda one: (not one.widens, one.team, one.target, one.text))


def _objects(head: Side, found: Differing, team: Callable[[str], str]) -> Iterator[Access]:
    before: Levels = {}
    after: Levels = {}
    behind: dict[tuple[str, str], list[str]] = {}
    for pair in found.pairs.values():
        for levels, manifest in ((before, pair.before), (after, pair.after)):
            for key, level in levels_of(manifest) if manifest is not None else ():
                if level.height > levels.get(key, _NOBODY).height:
                    levels[key] = level
                names = behind.setdefault(key, [])
                if str(pair.item.identity) not in names:
                    names.append(str(pair.item.identity))
    still = _kept(head, found, before | after)
    for key in sorted(before.keys() | after.keys()):
        namespace, about = key
        old = _highest(key, before, still)
        new = _highest(key, after, still)
        if old.height == new.height or (not new.height and not _is_missed(head, found, namespace, old, behind[key])):
            continue
        if not old.height and not new.lasting and _comes(found, behind[key]):
            continue
        if new.height > old.height:
            text = f"{about}: {new.words}" + (f", was {old.words}" if old.height else ", new")
        elif new.height:
            text = f"{about}: {new.words}, was {old.words}"
        else:
            text = f"{about} is gone" if old.lasting else f"{about}: no longer {old.words}"
        yield Access(
            new.height < old.height, GUARDRAIL, team(namespace), "", namespace or about, "", text, tuple(behind[key])
        )


def _highest(key: tuple[str, str], *levels: Levels) -> Level:
    """The level of something; where nothing says it, that of what it is a part of."""
    best = max((one.get(key, _NOBODY) for one in levels), key=lambda level: level.height)
    if best.height or not key[1].startswith("mutual TLS"):
        return best
    whole, _, port = key[1].rpartition(", port ")
    parent = whole if port and whole else "mutual TLS"
    return best if parent == key[1] else _highest((key[0], parent), *levels)


def _kept(head: Side, found: Differing, told: Levels) -> Levels:
    """Levels that objects give which did not change: of two policies that say the same, one is enough."""
    spaces = {namespace for namespace, _ in told}
    kinds = {pair.key[:2] for pair in found.pairs.values() if any(levels_of(pair.before or pair.after or {}))}
    kept: Levels = {}
    for key, item in head.items.items():
        if key in found.pairs or key[:2] not in kinds or key[2] not in spaces:
            continue
        for about, level in levels_of(item.build()):
            if level.height > kept.get(about, _NOBODY).height:
                kept[about] = level
    return kept


def _ended(base: Side, head: Side, team: Callable[[str], str]) -> Iterator[Access]:
    """Namespaces that no link and no entry of the Platform names any more: nothing is said of them, so nothing guards
    them."""
    named = {space.name for space in head.topology.namespaces} if head.topology else set()
    for space in base.topology.namespaces if base.topology else ():
        if space.name not in named:
            last = "it is listed no more, and no link is left" if space.listed else "its last link is gone"
            text = f"{last}, and what guarded it goes along: {_LISTING}"
            yield Access(True, GUARDRAIL, team(space.name), "", space.name, "", text)


def _is_missed(head: Side, found: Differing, namespace: str, level: Level, names: list[str]) -> bool:
    """Whether there is still something that it closed."""
    if level.pods is None:
        return level.lasting or any(
            pair.after is not None for pair in found.pairs.values() if str(pair.item.identity) in names
        )
    documents = (
        Document(item.build(), item.origin)
        for key, item in head.items.items()
        if (key[2] or "default") == namespace and key[0] in ("", "apps", "batch", "kagent.dev") and key[1] != "Secret"
    )
    # where its pods are somebody else's, no manifest shows that they went
    shown = list(pods(documents))
    selector = {"matchLabels": level.pods.get("matchLabels") or {}}
    return not shown or any(matches(selector, pod.labels) for pod in shown)


def _comes(found: Differing, names: list[str]) -> bool:
    """Whether what it is about comes with this change."""
    return all(pair.before is None for pair in found.pairs.values() if str(pair.item.identity) in names)


def _rewritten(base: Side, head: Side, found: Differing, team: Callable[[str], str]) -> Iterator[Access]:
    """Rules that refuse, and say something else than before."""
    for pair in found.pairs.values():
        if pair.before is None or pair.after is None:
            continue
        kind = pair.key[1]
        if kind == "AuthorizationPolicy":
            lost = _no_longer_denied(base, head, pair) or _newly_allowed(pair)
        elif kind == "ValidatingAdmissionPolicy":
            fields = ("validations", "matchConditions", "matchConstraints", "variables")
            changed = [field for field in fields if _field(pair.before, field) != _field(pair.after, field)]
            lost = f"what it refuses has changed ({', '.join(changed)}): read it, it is not judged" if changed else ""
        elif pair.key[0] == "templates.gatekeeper.sh":
            changed = get(pair.before, "spec", "targets") != get(pair.after, "spec", "targets")
            lost = "what it refuses has changed: read it, it is not judged" if changed else ""
        else:
            continue
        if lost:
            identity = pair.item.identity
            place = identity.namespace or str(identity)
            yield Access(
                True, GUARDRAIL, team(identity.namespace), "", place, "", f"{identity}: {lost}", (str(identity),)
            )


def _field(manifest: Manifest, field: str) -> Any:
    return get(manifest, "spec", field)


def _no_longer_denied(base: Side, head: Side, pair: Pair) -> str:
    """What a DENY policy leaves out now. Accounts that went with their agents are not missed."""
    assert pair.before is not None
    assert pair.after is not None
    actions = [get(manifest, "spec", "action", default="ALLOW") for manifest in (pair.before, pair.after)]
    if "DENY" not in actions:
        return ""
    if actions[1] != "DENY":
        return f"its action is {actions[1]}, was DENY"
    old, new = _conditions(pair.before), _conditions(pair.after)
    missing = {
        (path, value)
        for path, value in old - new
        if not _is_exception(path) and not (path[-1] == "principals" and _went(base, head, str(value)))
    }
    excepted = {(path, value) for path, value in new - old if _is_exception(path)}
    if not missing and not excepted:
        return ""
    values = [str(value) for _, value in sorted(missing | excepted, key=str)]
    shown = ", ".join(values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "")
    return f"denies less: {shown}"


def _newly_allowed(pair: Pair) -> str:
    """What an ALLOW policy lets in now. Callers that kgen itself writes come of links, which are told by name."""
    assert pair.before is not None
    assert pair.after is not None
    if get(pair.after, "spec", "action", default="ALLOW") != "ALLOW":
        return ""
    old, new = _conditions(pair.before), _conditions(pair.after)
    made = pair.item.layer != ""
    # a field that no rule had before is one more condition, unless it came with a rule of its own
    fields = {path for path, _ in old}
    rules = [get(manifest, "spec", "rules", default=[]) for manifest in (pair.before, pair.after)]
    another = all(isinstance(one, list) for one in rules) and len(rules[1]) > len(rules[0])
    more = {
        (path, value)
        for path, value in new - old
        if path[0] == "rules"
        and (another or path in fields)
        and not _is_exception(path)
        and not (made and path[-1] in ("principals", "namespaces"))
    }
    more |= {(path, value) for path, value in old - new if _is_exception(path)}
    asked = fields - {path for path, _ in new}
    told = [str(value) for _, value in sorted(more, key=str)]
    told += [f"{path_text(path)} is asked no more" for path in sorted(asked, key=str) if not _is_exception(path)]
    shown = ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")
    return f"allows more: {shown}" if told else ""


def _conditions(manifest: Manifest) -> set[tuple[Path, Any]]:
    spec = get(manifest, "spec", default={})
    return {(path, value) for path, value in leaves({key: spec.get(key) for key in ("rules", "selector")})}


def _is_exception(path: Path) -> bool:
    return isinstance(path[-1], str) and path[-1].startswith("not")


def _went(base: Side, head: Side, principal: str) -> bool:
    parts = principal.split("/")
    if len(parts) < 4 or parts[-4] != "ns" or parts[-2] != "sa":
        return False
    key = ("", "ServiceAccount", parts[-3], parts[-1])
    return key in base.items and key not in head.items


def _stated(base: Side, head: Side, team: Callable[[str], str]) -> Iterator[Access]:
    """What the Platform says of namespaces and of consent, and what the callees' grants ask for."""
    if base.topology is None or head.topology is None:
        return
    if _CONSENT.get(head.consent, 0) != _CONSENT.get(base.consent, 0):
        less = _CONSENT.get(head.consent, 0) < _CONSENT.get(base.consent, 0)
        yield Access(less, GUARDRAIL, "", "", "consent", "", f"consent: {head.consent}, was {base.consent}")
    spaces = {space.name: space for space in base.topology.namespaces}
    for new in head.topology.namespaces:
        old = spaces.get(new.name)
        if old is None:
            continue
        for words, was, now in (
            ("enforcement", _enforcement(old.enforced), _enforcement(new.enforced)),
            (
                "management",
                (old.management, _MANAGEMENT[old.management]),
                (new.management, _MANAGEMENT[new.management]),
            ),
        ):
            if was[1] != now[1]:
                text = f"{words}: {now[0]}, was {was[0]}"
                yield Access(now[1] < was[1], GUARDRAIL, team(new.name), "", new.name, "", text)
    agents = {(agent.namespace, agent.name): agent for agent in base.topology.agents}
    for agent in head.topology.agents:
        before = agents.get((agent.namespace, agent.name))
        if before is not None:
            yield from _terms(before, agent, team(agent.namespace))


def _enforcement(enforced: bool) -> tuple[str, int]:
    return ("Enforce", 2) if enforced else ("Observe", 1)


def _terms(old: Agent, new: Agent, team: str) -> Iterator[Access]:
    name = f"{new.namespace}/{new.name}"

    def told(widens: bool, text: str) -> Access:
        return Access(widens, TERMS, team, "its callers", name, "", text)

    if old.limits != new.limits:
        was, now = old.limits, new.limits
        if now is None or was is None:
            yield told(now is None, "no limits any more" if now is None else f"limits, new: {_limits(now)}")
        else:
            yield told(
                any(after > before for before, after in zip(was, now, strict=True)),
                f"limits: {_limits(now)}, were {_limits(was)}",
            )
    if old.token != new.token:
        if new.token is None:
            yield told(True, "no token is asked for any more")
        elif old.token is None:
            yield told(False, f"a token of {new.token.issuer} is asked for")
        else:
            # another issuer, audience, key or claim may admit others than before
            parts = [field for field in new.token._fields if getattr(new.token, field) != getattr(old.token, field)]
            yield told(True, f"another token is asked for: {', '.join(parts)}")
    if old.suspended and not new.suspended:
        yield told(True, "suspended no more")


def _limits(limits: Iterable[int]) -> str:
    requests, burst, connections = limits
    return f"{requests} requests a second, bursts of {burst}, {connections} connections"

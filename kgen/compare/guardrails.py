"""Guardrails that went, got weaker or came: by the levels of single objects, and by what the Platform says."""

from collections.abc import Callable, Iterable, Iterator

from kgen.compare.differences import GUARDRAIL, TERMS, Access
from kgen.compare.gateways import gateways
from kgen.compare.levels import Level, Levels, levels_of
from kgen.compare.objects import Differing, Pair
from kgen.compare.parameters import data
from kgen.compare.rewritten import NOTHING, TOLD, rewritten
from kgen.compare.sides import Key, Side
from kgen.manifests import Document, get
from kgen.proof.pods import pods
from kgen.runtimes.services import matches
from kgen.topology.types import Agent

_MANAGEMENT = {"External": 1, "Shared": 2, "Owned": 3}
_CONSENT = {"NotRequired": 1, "CrossNamespace": 2, "Required": 3}
UNVERIFIED = "its pods need not be verified any more to be called, nor to call"
_NOBODY = Level("", 0)
_ADMISSION = "admissionregistration.k8s.io"
_LISTING = "list the namespace in the Platform's spec.namespaces, and its guardrails stay without links"


def guardrails(
    base: Side,
    head: Side,
    found: Differing,
    team: Callable[[str], str],
    status: Callable[[Pair], str],
    built: dict[Key, Document],
) -> Iterator[Access]:
    """What went or got weaker first, then what came. `status`: what the mesh says of a policy of its own that changed
    (kgen.compare.roads), so that what is told as traffic is not told again. `built`: objects of the new side."""
    yield from _ended(base, head, team)
    stated = list(_stated(base, head, team))
    told = [*_objects(head, found, team, status, built), *rewritten(base, head, found, team, status), *stated]
    told += [*data(base, head, found, team), *gateways(base, head, found, team)]
    yield from sorted(told, key=lambda one: (not one.widens, one.team, one.target, one.text))


def _objects(
    head: Side,
    found: Differing,
    team: Callable[[str], str],
    status: Callable[[Pair], str],
    built: dict[Key, Document],
) -> Iterator[Access]:
    before: Levels = {}
    after: Levels = {}
    behind: dict[tuple[str, str], dict[str, Pair]] = {}
    for pair in found.pairs.values():
        for levels, manifest in ((before, pair.before), (after, pair.after)):
            for key, level in levels_of(manifest) if manifest is not None else ():
                if level.height > levels.get(key, _NOBODY).height:
                    levels[key] = level
                behind.setdefault(key, {})[str(pair.item.identity)] = pair
    still = _kept(head, found, before | after, built)
    for key in sorted(before.keys() | after.keys()):
        namespace, about = key
        old = _highest(key, before, still)
        new = _highest(key, after, still)
        if old.height == new.height or (not new.height and not _is_missed(head, namespace, old, behind[key])):
            continue
        if not old.height and not new.lasting and _comes(behind[key]):
            continue
        if not new.height and _is_bound(found, namespace, about):
            continue
        if new.height < old.height and old.by_mesh and _is_told(behind[key], status):
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


def _kept(head: Side, found: Differing, told: Levels, built: dict[Key, Document]) -> Levels:
    """Levels that objects give which did not change: of two policies that say the same, one is enough."""
    spaces = {namespace for namespace, _ in told}
    kinds = {pair.key[:2] for pair in found.pairs.values() if any(levels_of(pair.before or pair.after or {}))}
    kept: Levels = {}
    for key, item in head.items.items():
        if key in found.pairs or key[:2] not in kinds or key[2] not in spaces:
            continue
        for about, level in levels_of(built[key].manifest if key in built else item.build()):
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


def _is_missed(head: Side, namespace: str, level: Level, behind: dict[str, Pair]) -> bool:
    """Whether there is still something that it closed."""
    if level.pods is None:
        return level.lasting or any(pair.after is not None for pair in behind.values())
    documents = (
        Document(item.build(), item.origin)
        for key, item in head.items.items()
        if (key[2] or "default") == namespace and key[0] in ("", "apps", "batch", "kagent.dev") and key[1] != "Secret"
    )
    # where its pods are somebody else's, no manifest shows that they went
    shown = list(pods(documents))
    selector = {"matchLabels": level.pods.get("matchLabels") or {}}
    return not shown or any(matches(selector, pod.labels) for pod in shown)


def _is_bound(found: Differing, namespace: str, about: str) -> bool:
    """Whether a binding went with its policy, which is told: one change, one line."""
    if namespace or not about.startswith("ValidatingAdmissionPolicyBinding "):
        return False
    name = about.removeprefix("ValidatingAdmissionPolicyBinding ").partition(",")[0]
    binding = found.pairs.get((_ADMISSION, "ValidatingAdmissionPolicyBinding", "", name))
    policy = get(binding.before, "spec", "policyName") if binding is not None and binding.before else ""
    gone = found.pairs.get((_ADMISSION, "ValidatingAdmissionPolicy", "", str(policy)))
    return gone is not None and gone.after is None


def _is_told(behind: dict[str, Pair], status: Callable[[Pair], str]) -> bool:
    """Whether what it opens is told as traffic, or it opens nothing."""
    return all(status(pair) in (NOTHING, TOLD) for pair in behind.values())


def _comes(behind: dict[str, Pair]) -> bool:
    """Whether what it is about comes with this change."""
    return all(pair.before is None for pair in behind.values())


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
    if old.endpoint.verified_by and not new.endpoint.verified_by:
        yield told(True, UNVERIFIED)
    elif new.endpoint.verified_by and not old.endpoint.verified_by:
        yield told(False, f"only pods labelled {new.endpoint.verified_by} count as its own")
    if old.suspended and not new.suspended:
        yield told(True, "suspended no more")


def _limits(limits: Iterable[int]) -> str:
    requests, burst, connections = limits
    return f"{requests} requests a second, bursts of {burst}, {connections} connections"

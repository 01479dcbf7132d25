"""What watched, and is gone: alerts, scrapes, access logs, the verification. It opens nothing; nobody would see it."""

from collections.abc import Iterator

from kgen.compare.objects import Differing, Pair
from kgen.manifests import Manifest, get, group_of
from kgen.records import Any
from kgen.runtimes.shapes import items, mapping, text

_MONITORING = "monitoring.coreos.com"
_WHOLE: dict[tuple[str, str], str] = {
    (_MONITORING, "PodMonitor"): "nothing is scraped by it any more",
    (_MONITORING, "ServiceMonitor"): "nothing is scraped by it any more",
    ("telemetry.istio.io", "Telemetry"): "what it logged or measured is no more",
    ("batch", "Job"): "nothing asks the cluster any more whether it does what the links say",
    ("batch", "CronJob"): "nothing asks the cluster any more whether it does what the links say",
}
_VERIFY = "verify"


def watching(found: Differing, ended: frozenset[str]) -> Iterator[str]:
    """A sentence each. `ended`: namespace/name of agents that went, of whom there is nothing left to watch."""
    for pair in found.pairs.values():
        if pair.before is None or any(_is_about(pair, agent) for agent in ended):
            continue
        kind = (group_of(pair.item.identity.api_version), pair.key[1])
        if kind == (_MONITORING, "PrometheusRule"):
            yield from _alerts(pair)
        elif kind in _WHOLE and (kind[0] != "batch" or pair.item.layer == _VERIFY):
            if pair.after is None:
                yield f"{pair.item.identity} is gone: {_WHOLE[kind]}"
            elif pair.before.get("spec") != pair.after.get("spec") and kind[0] != "batch":
                yield f"{pair.item.identity}: what it watches has changed"


def _is_about(pair: Pair, agent: str) -> bool:
    namespace, _, name = agent.partition("/")
    return pair.after is None and pair.key[2] == namespace and pair.key[3].startswith(f"{name}-")


def _alerts(pair: Pair) -> Iterator[str]:
    was, now = (_by_name(manifest) for manifest in pair.sides)
    gone = [name for name in was if name not in now]
    other = [name for name in was if name in now and was[name] != now[name]]
    if gone:
        whole = "" if pair.after is not None else " is gone"
        yield f"{pair.item.identity}{whole}: no alert any more by {', '.join(gone)}"
    if other:
        yield f"{pair.item.identity}: {', '.join(other)} {'asks' if len(other) == 1 else 'ask'} something else"


def _by_name(manifest: Manifest | None) -> dict[str, list[tuple[Any, ...]]]:
    """What each alert asks: its expression, for how long, and who is told."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for group in items(get(manifest, "spec", "groups")) if manifest is not None else ():
        for rule in items(group.get("rules")):
            if text(rule.get("alert")):
                asked = (rule.get("expr"), rule.get("for"), mapping(rule.get("labels")))
                found.setdefault(text(rule.get("alert")), []).append(asked)
    return found

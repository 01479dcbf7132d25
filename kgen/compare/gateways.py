"""What an egress gateway does with what it dials: plugins that are gone or refuse no more, TLS no longer opened."""

from collections.abc import Callable, Iterator

from kgen.compare.differences import GUARDRAIL, Access
from kgen.compare.objects import Differing
from kgen.compare.sides import Side
from kgen.manifests import get
from kgen.records import Any
from kgen.runtimes.authbridge import ON_ERROR
from kgen.runtimes.shapes import items, mapping, text, texts

LAYER = "egress-gateway"


def gateways(base: Side, head: Side, found: Differing, team: Callable[[str], str]) -> Iterator[Access]:
    """By the topology where both sides have one; else only that a configuration changed."""
    if base.topology is None or head.topology is None:
        for pair in found.pairs.values():
            if pair.item.layer != LAYER or pair.key[1] != "ConfigMap" or pair.before is None or pair.after is None:
                continue
            if pair.before.get("data") != pair.after.get("data"):
                identity = pair.item.identity
                words = "guardrail changed, not judged (data): read what the gateway is configured to do"
                yield _told(True, team, identity.namespace, f"{identity}: {words}", (str(identity),))
        return
    known = {(one.namespace, one.name): one for one in base.topology.gateways}
    for new in head.topology.gateways:
        old = known.get((new.namespace, new.name))
        if old is not None:
            name = f"egress gateway {new.namespace}/{new.name}"
            for widens, words in _changes(old.config, new.config):
                yield _told(widens, team, new.namespace, f"{name}: {words}", ())


def _told(widens: bool, team: Callable[[str], str], space: str, words: str, objects: tuple[str, ...]) -> Access:
    return Access(widens, GUARDRAIL, team(space), "", space, "", words, objects)


def _changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    was, now = _plugins(old), _plugins(new)
    for name in was:
        if name not in now:
            yield True, f"plugin {name} is gone"
        elif was[name] != now[name]:
            height = [ON_ERROR.index(text(one.get("on_error"), ON_ERROR[0])) for one in (was[name], now[name])]
            if height[0] != height[1]:
                yield height[1] > height[0], f"plugin {name}: {ON_ERROR[height[1]]}, was {ON_ERROR[height[0]]}"
            if was[name].get("config") != now[name].get("config"):
                yield True, f"guardrail changed, not judged (plugin {name}): read its configuration"
    yield from ((False, f"plugin {name}, new") for name in now if name not in was)
    kept = [name for name in was if name in now]
    if kept != [name for name in now if name in was]:
        yield True, "guardrail changed, not judged: its plugins are asked in another order"
    modes = [text(get(one, "tls_bridge", "mode"), "disabled") for one in (old, new)]
    if modes[0] != modes[1]:
        opens = modes[1] == "enabled"
        yield (
            not opens,
            f"TLS is opened{'' if opens else ' no more'}: plugins {'see' if opens else 'no longer see'} inside",
        )
    passed = [{*texts(get(one, "tls_bridge", "passthrough_hosts"))} for one in (old, new)]
    for host in sorted(passed[0] ^ passed[1]) if modes[0] == modes[1] else ():
        widens = host in passed[1]
        yield widens, f"TLS to {host} is {'not opened any more' if widens else 'opened now'}"


def _plugins(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By id or name, as the gateway tells them apart, in their order."""
    given = items(get(config, "pipeline", "outbound", "plugins"))
    return {text(one.get("id")) or text(one.get("name")): mapping(one) for one in given}

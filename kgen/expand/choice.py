"""Which layers a run is expanded by: those of its profile, switched one by one by `spec.layers`."""

from collections.abc import Iterable

from kgen.expand.layer import PROFILES, Layer
from kgen.expand.registry import compile_layer
from kgen.load.layers import DESCRIPTION, LayerSource
from kgen.records import Any


def chosen(sources: Iterable[LayerSource], spec: dict[str, Any]) -> tuple[Layer, ...]:
    """The layers of a resolved Platform spec, in the order given. What spec.layers names is checked before.

    A shipped layer that is not chosen is not even imported. A user's own is translated in any case, so that what is
    wrong in it is told. Raises Refused.
    """
    reached = PROFILES.index(spec["profile"])
    switches = spec.get("layers") or {}
    found = []
    for source in sources:
        if source.shipped and not _on(source.name, stated_profile(source), reached, switches):
            continue
        layer = compile_layer(source)
        if _on(layer.name, layer.profile, reached, switches):
            found.append(layer)
    return tuple(found)


def stated_profile(source: LayerSource) -> str:
    """What a shipped layer's description says under `from`, read without a parser: the line is always there."""
    return source.files[DESCRIPTION].partition(b"\nfrom: ")[2].partition(b"\n")[0].strip().decode()


def _on(name: str, profile: str, reached: int, switches: dict[str, Any]) -> bool:
    within = profile != "Optional" and PROFILES.index(profile) <= reached
    return bool(switches.get(name, "Enabled" if within else "Disabled") == "Enabled")

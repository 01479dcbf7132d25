"""Which layers a run is expanded by: those of its profile, switched one by one by `spec.layers`."""

from collections.abc import Iterable

from kgen.expand.layer import PROFILES, Layer
from kgen.records import Any


def chosen(layers: Iterable[Layer], spec: dict[str, Any]) -> tuple[Layer, ...]:
    """The layers of a resolved Platform spec, in the order given. What spec.layers names is checked before."""
    reached = PROFILES.index(spec["profile"])
    switches = spec.get("layers") or {}
    return tuple(
        layer
        for layer in layers
        if switches.get(layer.name, "Enabled" if _within(layer.profile, reached) else "Disabled") == "Enabled"
    )


def _within(profile: str, reached: int) -> bool:
    return profile != "Optional" and PROFILES.index(profile) <= reached

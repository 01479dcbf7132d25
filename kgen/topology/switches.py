"""Which layers a Platform has, for topology that depends on a layer being on: as expand/choice.py decides it."""

from kgen.records import Any

PROFILES = ("Baseline", "Mesh", "Hardened", "ZeroTrust")
FROM = {
    "network": "Baseline",
    "monitoring": "Hardened",
    "certificates": "ZeroTrust",
    "workload-identity": "ZeroTrust",
    "egress-gateway": "ZeroTrust",
    "verify": "Optional",
}
"""The profile that each layer asked about here is part of from, as its layer.yaml says (a test holds them together)."""


def on(spec: dict[str, Any], layer: str) -> bool:
    """Whether a resolved Platform has a layer. One that this version lacks was refused before, so it never is."""
    switched = (spec.get("layers") or {}).get(layer)
    return bool(switched == "Enabled" if switched else reached(spec, FROM[layer]))


def reached(spec: dict[str, Any], profile: str) -> bool:
    """Whether the Platform's profile is this one or a higher one; none is Optional."""
    return profile in PROFILES and PROFILES.index(spec["profile"]) >= PROFILES.index(profile)

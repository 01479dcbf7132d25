"""Which layers a Platform has, for topology that depends on a layer being on: as expand/choice.py decides it."""

from kgen.records import Any

PROFILES = ("Baseline", "Mesh", "Hardened", "ZeroTrust")
GATEWAY, CERTIFICATES = "egress-gateway", "certificates"
FROM = {
    "network": "Baseline",
    "mesh": "Mesh",
    "admission": "Hardened",
    "monitoring": "Hardened",
    CERTIFICATES: "ZeroTrust",
    "workload-identity": "ZeroTrust",
    GATEWAY: "ZeroTrust",
}
"""The profile that each layer asked about here is part of from, as its layer.yaml says (a test holds them together).
One that is not here is optional: it is only ever switched."""


def is_on(spec: dict[str, Any], layer: str) -> bool:
    """Whether a resolved Platform has a layer. One that this version lacks was refused before, so it never is."""
    switched = (spec.get("layers") or {}).get(layer)
    return bool(switched == "Enabled" if switched else reached(spec, FROM.get(layer, "")))


def reached(spec: dict[str, Any], profile: str) -> bool:
    """Whether the Platform's profile is this one or a higher one."""
    return profile in PROFILES and PROFILES.index(spec["profile"]) >= PROFILES.index(profile)


def denies(spec: dict[str, Any]) -> bool:
    """Whether the egress gateway itself can refuse a host (design ruling: declared is not enforced)."""
    if not is_on(spec, GATEWAY) or not spec.get("egressGateway"):
        return False
    from kgen.runtimes import authbridge

    return authbridge.denies(tuple(spec["egressGateway"]["plugins"]))

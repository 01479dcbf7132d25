"""Which of the layers that the topology prepares something for are part of a run, as expand/choice.py decides it."""

from kgen.records import Any

GATEWAY, CERTIFICATES = "egress-gateway", "certificates"


def is_on(spec: dict[str, Any], layer: str) -> bool:
    """Whether a layer that is `from: ZeroTrust` is on: by the profile, or switched."""
    switched = (spec.get("layers") or {}).get(layer)
    return bool(switched == "Enabled" if switched else spec["profile"] == "ZeroTrust")


def denies(spec: dict[str, Any]) -> bool:
    """Whether the egress gateway itself can refuse a host (design ruling: declared is not enforced)."""
    if not is_on(spec, GATEWAY) or not spec.get("egressGateway"):
        return False
    from kgen.runtimes import authbridge

    return authbridge.denies(tuple(spec["egressGateway"]["plugins"]))

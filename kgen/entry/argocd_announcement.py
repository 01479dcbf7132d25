"""The parameters that the Argo CD plugin announces, as its UI shows them: a title, a tooltip, what holds by default.

A default is not sent back by Argo CD, so it says here what applies without the parameter, read from the folder.
"""

from collections.abc import Mapping

from kgen.entry import argocd, argocd_parameters, floor
from kgen.manifests import get
from kgen.records import Any
from kgen.results import Refused


def announce(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """All parameters. What the folder says is left out where it can not be read: then `generate` tells why."""
    locked: dict[str, tuple[str, ...]] = {}
    imposed: dict[str, str] = {}
    spec: dict[str, Any] = {}
    proof = floor.PROOFS[0]
    try:
        least = floor.read(environment, argocd_parameters.CHOICES)
        locked, imposed, proof = least.choices, least.imposed(), least.proof
        spec = argocd.read(environment)[0].platform.manifest["spec"]
    except Refused:
        pass
    namespaces = ", ".join(get(spec, "namespaces", default={})) or "none that the Platform lists"
    found = [
        _text("profile", "Profile", "How far the hardening goes: " + ", ".join(floor.PROFILES), spec.get("profile")),
        {
            **_text("overlay", "Overlays", f"Environments, in order: {_overlays()}, or folders of the repository"),
            "collectionType": "array",
            "array": [],
        },
        _text("platform", "Platform file", "Relative to the application's folder; empty: the one among its files", ""),
        _text("namespace", "Namespace slice", f"Only the objects of one namespace: {namespaces}; empty: all", ""),
        _text("cluster-scoped", "Cluster slice", "true: only the objects that are in no namespace", "false"),
        _text("prove", "Proof", "true: what is refuted is not deployed; strict: nor what is not wholly proven", proof),
        {
            **_text("values", "Values of the Platform", "By path below spec, such as kagent.version: 0.9"),
            "collectionType": "map",
            "map": {},
        },
    ]
    return [_under_lock(each, locked, imposed) for each in found]


def _text(name: str, title: str, tooltip: str, value: Any = None) -> dict[str, Any]:
    known = {} if value is None else {"string": str(value)}
    return {"name": name, "title": title, "tooltip": tooltip, "collectionType": "string", **known}


def _overlays() -> str:
    from kgen.load.overlays import shipped_names

    return ", ".join(shipped_names())


def _under_lock(
    parameter: dict[str, Any], locked: dict[str, tuple[str, ...]], imposed: dict[str, str]
) -> dict[str, Any]:
    name = parameter["name"]
    if name not in locked and name not in imposed:
        return parameter
    value = locked[name] if name in locked else (imposed[name],)
    shown: dict[str, Any] = {}
    if value:
        shown = {"array": list(value)} if parameter["collectionType"] == "array" else {"string": value[0]}
    return {**parameter, **shown, "tooltip": f"Locked by the platform team. {parameter['tooltip']}"}

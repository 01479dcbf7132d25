"""Every way to damage one of Istio's objects: take out, change, add to or widen each rule, caller, request."""

import copy
from collections.abc import Iterator
from typing import Any

from kgen.manifests import Manifest, Path, get, path_text

MESH = ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication", "Gateway")
_ADDED = {
    "principals": "cluster.local/ns/elsewhere/sa/stranger",
    "requestPrincipals": "https://other.example.com/*",
    "namespaces": "elsewhere",
    "methods": "DELETE",
    "paths": "/admin",
    "notPaths": "/admin",
    "ports": "9999",
    "audiences": "everybody",
    "values": "anything",
}
_WIDER = {"principals": "*", "requestPrincipals": "*", "methods": "*", "paths": "/*", "notPaths": "/*", "values": "*"}


def mutants(manifest: Manifest) -> Iterator[tuple[str, Manifest | None]]:
    """(what was done, the object afterwards); None where the object itself is gone."""
    yield "take the object out", None
    if "spec" not in manifest:
        return
    for path, value in _walk(manifest["spec"], ("spec",)):
        where = path_text(path)
        yield f"take out {where}", _without(manifest, path)
        last = path[-1]
        if isinstance(value, str):
            yield f"another value at {where}", _with(manifest, path, f"{value}x")
        if isinstance(value, str) and len(path) > 1 and path[-2] in _WIDER:
            yield f"widen {where}", _with(manifest, path, _WIDER[str(path[-2])])
        if last in _ADDED and isinstance(value, list):
            yield f"add to {where}", _with(manifest, path, [*value, _added(str(last), value)])
        if last == "rules":
            yield f"add a rule for everything to {where}", _with(manifest, path, [*value, {}])
        if last == "matchLabels":
            yield f"one more label at {where}", _with(manifest, path, {**value, "more": "yes"})
        if last == "mode":
            for mode in ("PERMISSIVE", "DISABLE"):
                yield f"{mode} at {where}", _with(manifest, path, mode)
        if last == "action":
            yield f"the other action at {where}", _with(manifest, path, "DENY" if value == "ALLOW" else "ALLOW")
    if manifest["kind"] == "AuthorizationPolicy" and "rules" not in manifest["spec"]:
        yield "a rule for everything", _with(manifest, ("spec", "rules"), [{}])
    if manifest["kind"] == "PeerAuthentication":
        ports = {"selector": {"matchLabels": {"app": "kagent"}}, "portLevelMtls": {"8080": {"mode": "DISABLE"}}}
        yield "only the agents, but for their port", _with(manifest, ("spec",), {**manifest["spec"], **ports})
    annotated = copy.deepcopy(manifest)
    annotated["metadata"].setdefault("annotations", {})["istio.io/dry-run"] = "true"
    if manifest["kind"] == "AuthorizationPolicy":
        yield "a dry run", annotated


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if path != ("spec",):
        yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _walk(one, (*path, key))


def _without(manifest: Manifest, path: Path) -> Manifest:
    made = copy.deepcopy(manifest)
    del get(made, *path[:-1])[path[-1]]
    return made


def _with(manifest: Manifest, path: Path, value: Any) -> Manifest:
    made = copy.deepcopy(manifest)
    get(made, *path[:-1])[path[-1]] = value
    return made


def _added(field: str, values: list[str]) -> str:
    """A value more; a principal is of the mesh's own trust domain, or it would be nobody's."""
    domain, is_principal, _ = values[0].partition("/ns/") if values else ("", "", "")
    return f"{domain}/ns/elsewhere/sa/stranger" if is_principal else _ADDED[field]

"""A comparison as JSON. docs/diff.md describes it."""

from kgen.compare.differences import Access, Comparison, ObjectChange
from kgen.manifests import Identity
from kgen.records import Any


def as_json(found: Comparison, base: str, head: str) -> str:
    """Indented, with a final newline."""
    import json

    return json.dumps(as_data(found, base, head), indent=2, ensure_ascii=False) + "\n"


def as_data(found: Comparison, base: str, head: str) -> dict[str, Any]:
    """Plain values; nothing in it could be a secret."""
    return {
        "base": base,
        "head": head,
        "widens": found.widens,
        "differs": found.differs,
        "opened": [_access(one) for one in found.access if one.widens],
        "closed": [_access(one) for one in found.access if not one.widens],
        "notWatched": list(found.unwatched),
        "notJudged": list(found.unjudged),
        "objects": [_object(one) for one in found.objects],
        "unchanged": found.unchanged,
    }


def _access(one: Access) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": one.kind, "team": one.team, "from": one.source, "to": one.target, "on": one.on}
    data |= {"text": one.text, "objects": list(one.objects)}
    data |= {"allFrom": list(one.sources), "allTo": list(one.targets)}
    return {key: value for key, value in data.items() if value}


def _object(one: ObjectChange) -> dict[str, Any]:
    data: dict[str, Any] = {"change": one.change, **_identity(one.identity)}
    if one.was is not None:
        data["was"] = _identity(one.was)
    data |= {key: value for key, value in (("layer", one.layer), ("team", one.team)) if value}
    fields = []
    for field in one.fields:
        told: dict[str, Any] = {"path": field.path}
        if field.hidden:
            told["hidden"] = True
        else:
            told |= {k: v for k, v in (("before", field.before), ("after", field.after)) if v is not None}
        fields.append(told)
    return data | ({"fields": fields} if fields else {})


def _identity(of: Identity) -> dict[str, str]:
    data = {"apiVersion": of.api_version, "kind": of.kind, "namespace": of.namespace, "name": of.name}
    return {key: value for key, value in data.items() if value}

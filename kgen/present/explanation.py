"""Why one object of a bundle is as it is: the links behind it, its layer, and the template line of each field."""

from kgen.manifests import Identity, Path, path_text
from kgen.present.problems import visible
from kgen.present.tables import table
from kgen.records import Any, NamedTuple

_LONGEST = 60


class Field(NamedTuple):
    """One scalar (or empty list or mapping) of the object and where it comes from."""

    path: Path
    value: Any
    source: str  # bases/network/agent-ingress.yaml:12, the input's file and line, or a patch


class Explanation(NamedTuple):
    """Everything there is to say about one object."""

    identity: Identity
    layer: str  # "" for an object that passes through
    template: str  # file:line
    subject: str  # what the template was instantiated for, e.g. "agent team-beta/specialist"; else where it is written
    purpose: str  # of the layer
    presence: str
    wave: int
    controls: tuple[str, ...]
    asked_by: tuple[str, ...]  # "links.yaml:3: AgentLink orchestrator: spec.to"
    fields: tuple[Field, ...]


_PRESENCE = {
    "defined": "kgen makes it",
    "wired": "it is in the input; kgen merges into it",
    "external": "it is somebody else's; kgen prints a patch for its owner",
    "proposed": "somebody else should apply it; kgen only prints it",
}


def text(explanation: Explanation) -> str:
    """A head of who and why, then a line a field."""
    if not explanation.layer:
        return f"{'object:':<10} {explanation.identity} ({explanation.identity.api_version})\n{'source:':<10} " + (
            f"{explanation.subject}, passed through unchanged\n"
        )
    head = [
        ("object", f"{explanation.identity} ({explanation.identity.api_version})"),
        ("made by", f"{explanation.template}, for {explanation.subject}"),
        ("layer", f"{explanation.layer}: {explanation.purpose}"),
        ("presence", f"{explanation.presence}: {_PRESENCE.get(explanation.presence, '')}"),
        ("wave", str(explanation.wave)),
        *(("asked by", origin) for origin in explanation.asked_by),
        *(("serves", control) for control in explanation.controls),
    ]
    lines = "".join(f"{title + ':':<10} {visible(value)}\n" for title, value in head)
    rows = [(path_text(field.path), shown(field.value), field.source) for field in explanation.fields]
    return lines + "\n" + table(("field", "value", "from"), rows)


def shown(value: Any) -> str:
    """A value on one line: text as it is where that is clear, cut where it is long."""
    import json

    clear = isinstance(value, str) and value and value.strip() == value
    text = visible(value if clear else json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def leaves(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    """All scalars of an object with their paths, in its order; empty mappings and lists count as scalars."""
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for index, inner in enumerate(value) for leaf in leaves(inner, (*path, index))]
    return [(path, value)]

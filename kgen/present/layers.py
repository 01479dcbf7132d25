"""What the layers are for, as text and as JSON."""

from kgen.present.tables import table, wrapped
from kgen.records import Any, NamedTuple


class Need(NamedTuple):
    """What the cluster must serve for a layer."""

    served: str  # "kagent.dev/v1alpha2 Agent"
    when: str = ""  # a condition in words; "" always


class Row(NamedTuple):
    """One layer as people need to know it."""

    name: str
    purpose: str
    profile: str  # from which on; Optional: only when asked for
    wave: int
    requires: tuple[Need, ...]
    controls: tuple[str, ...]  # "framework: control; control"
    templates: tuple[str, ...]  # files
    own: bool  # not shipped with kgen


def text(rows: list[Row]) -> str:
    """An overview, then a paragraph a layer."""
    overview = table(
        ("layer", "from profile", "wave", "templates", "needs in the cluster [in some cases]"),
        [(row.name, row.profile, str(row.wave), str(len(row.templates)), _groups(row)) for row in rows],
    )
    details = []
    for row in rows:
        lines = f"\n{row.name}{' (your own)' if row.own else ''}\n{wrapped(row.purpose, '  ')}"
        lines += "".join(_listed("needs", served, when) for when, served in _by_condition(row).items())
        lines += "".join(_listed("serves", served, framework) for framework, served in _by_framework(row).items())
        details.append(lines)
    return overview + "".join(details)


def _groups(row: Row) -> str:
    """What a bare cluster lacks; in brackets what only some Platforms ask for."""
    always: dict[str, bool] = {}
    for need in row.requires:
        group = need.served.partition("/")[0] if "/" in need.served else ""
        if "." in group and (not group.endswith("k8s.io") or group == "gateway.networking.k8s.io"):
            always[group] = always.get(group, False) or not need.when
    return ", ".join(group if needed else f"[{group}]" for group, needed in always.items()) or "nothing but Kubernetes"


def _by_condition(row: Row) -> dict[str, list[str]]:
    """What the cluster must serve, by when it must: "" is always, and first."""
    found: dict[str, list[str]] = {"": []}
    for need in row.requires:
        served = need.served.replace("${platform.name}", "PLATFORM")
        found.setdefault(need.when and f"when {need.when}", []).append(served)
    return found


def _by_framework(row: Row) -> dict[str, list[str]]:
    """The controls of all documents, each once, below the framework that they are of."""
    found: dict[str, list[str]] = {}
    for control in row.controls:
        framework, colon, names = control.partition(": ")
        served = found.setdefault(framework if colon else "", [])
        served += [name for name in (names if colon else framework).split("; ") if name not in served]
    return found


def _listed(label: str, items: list[str], head: str) -> str:
    """One line, which names what it is the list of; nothing of an empty list."""
    joint = "; " if label == "serves" else ", "
    return f"  {label}{' ' if head else ''}{head}: {joint.join(items)}\n" if items else ""


def as_json(rows: list[Row]) -> str:
    """A JSON list, one object a layer."""
    import json

    data: list[dict[str, Any]] = [
        {**row._asdict(), "requires": [need._asdict() for need in row.requires]} for row in rows
    ]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

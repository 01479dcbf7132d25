"""What the layers are for, as text and as JSON."""

from kgen.present.tables import table, wrapped
from kgen.records import Any, NamedTuple


class Row(NamedTuple):
    """One layer as people need to know it."""

    name: str
    purpose: str
    profile: str  # from which on; Optional: only when asked for
    wave: int
    requires: tuple[str, ...]  # "kagent.dev/v1alpha2 Agent"
    controls: tuple[str, ...]
    templates: tuple[str, ...]  # files
    own: bool  # not shipped with kgen


def text(rows: list[Row]) -> str:
    """An overview, then a paragraph a layer."""
    overview = table(
        ("layer", "from profile", "wave", "templates", "needs in the cluster"),
        [
            (
                row.name,
                row.profile,
                str(row.wave),
                str(len(row.templates)),
                "nothing but Kubernetes" if not _custom(row) else ", ".join(_custom(row)),
            )
            for row in rows
        ],
    )
    details = []
    for row in rows:
        lines = f"\n{row.name}{' (your own)' if row.own else ''}\n{wrapped(row.purpose, '  ')}"
        if row.requires:
            lines += f"  needs: {', '.join(row.requires)}\n"
        lines += "".join(f"  serves: {control}\n" for control in row.controls)
        details.append(lines)
    return overview + "".join(details)


def _custom(row: Row) -> list[str]:
    """Requirements that a bare cluster does not fulfil."""
    groups = [text.partition("/")[0] for text in row.requires if "/" in text]
    return [group for group in dict.fromkeys(groups) if "." in group and not group.endswith("k8s.io")]


def as_json(rows: list[Row]) -> str:
    """A JSON list, one object a layer."""
    import json

    data: list[dict[str, Any]] = [row._asdict() for row in rows]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

"""What the forms of a comparison have in common: its sentence, its headings, its order by team."""

from collections.abc import Iterator, Sequence

from kgen.compare.differences import (
    ADDED,
    CALL,
    CHANGED,
    CONSENT,
    FLOW,
    GUARDRAIL,
    INTO,
    MOVED,
    OUTSIDE,
    REMOVED,
    RENAMED,
    RIGHT,
    TERMS,
    TOOL,
    Access,
    Comparison,
    FieldChange,
    ObjectChange,
)
from kgen.present.problems import counted

KIND_WORDS = {
    GUARDRAIL: "guardrail",
    CALL: "agent calls agent",
    TOOL: "tool",
    OUTSIDE: "to the outside",
    INTO: "into an agent",
    CONSENT: "consent",
    TERMS: "terms",
    RIGHT: "right in the API server",
    FLOW: "other traffic",
}
HIDDEN = "(not shown)"


def lead(found: Comparison) -> str:
    """The outcome in one sentence."""
    if not found.differs:
        return "no difference: both sides render to the same objects"
    if found.widens:
        gone = sum(change.widens and change.kind == GUARDRAIL for change in found.access)
        opened = sum(change.widens and change.kind != GUARDRAIL for change in found.access)
        told = [f"{counted(gone, 'guardrail')} gone or weaker"] if gone else []
        told += [f"{counted(opened, 'way')} opened"] if opened else []
        return f"access widens: {', '.join(told)}"
    if found.access:
        return "access narrows: nothing opens, no guardrail goes"
    return "access is as before: only objects differ"


def tally(objects: Sequence[ObjectChange], unchanged: int) -> str:
    """`2 added, 1 changed, 40 unchanged`."""
    counts = [(sum(one.change == change for one in objects), change) for change in _CHANGES]
    counts.append((unchanged, "unchanged"))
    return ", ".join(f"{number} {word}" for number, word in counts if number) or "no objects"


_CHANGES = (ADDED, REMOVED, CHANGED, RENAMED, MOVED)


def by_team(changes: Sequence[Access]) -> Iterator[tuple[str, list[Access]]]:
    """Changes by team, those without one last."""
    teams: dict[str, list[Access]] = {}
    for change in changes:
        teams.setdefault(change.team, []).append(change)
    for team in sorted(teams, key=lambda name: (not name, name)):
        yield team, teams[team]


def values(field: FieldChange) -> tuple[str, str]:
    """Before and after, "" where there is nothing."""
    if field.hidden:
        return ("" if field.before is None and field.after is not None else HIDDEN), (
            "" if field.after is None and field.before is not None else HIDDEN
        )
    return field.before or "", field.after or ""


def title(one: ObjectChange) -> str:
    """An object with the name that it had."""
    was = f", was {one.was}" if one.was is not None else ""
    return f"{one.identity}{was}"

"""A comparison for a terminal: access first, then the objects with their fields."""

from collections.abc import Iterator, Sequence

from kgen.compare.differences import ADDED, GUARDRAIL, REMOVED, Access, Comparison, ObjectChange
from kgen.present.diff_words import KIND_WORDS, by_team, lead, tally, title, values
from kgen.present.problems import visible
from kgen.present.tables import table

_MARKS = {ADDED: "+", REMOVED: "-"}


def text(found: Comparison, base: str, head: str) -> str:
    """All of it; nothing of the input reaches the terminal as a control character."""
    parts = [f"{visible(base)} to {visible(head)}: {lead(found)}\n"]
    widening = [one for one in found.access if one.widens]
    parts += _access("Guardrails gone or weaker", [one for one in widening if one.kind == GUARDRAIL])
    parts += _access("Opened", [one for one in widening if one.kind != GUARDRAIL])
    parts += _access("Closed, or better guarded", [one for one in found.access if not one.widens])
    if found.unwatched:
        parts.append("\nNo longer watched\n")
        parts += [f"  {visible(message)}\n" for message in found.unwatched]
    if found.unjudged:
        parts.append("\nNot judged\n")
        parts += [f"  {visible(message)}\n" for message in found.unjudged]
    if found.objects:
        parts.append(f"\nObjects: {tally(found.objects, found.unchanged)}\n")
        parts += [_object(one) for one in found.objects]
    return "".join(parts)


def _access(heading: str, changes: Sequence[Access]) -> Iterator[str]:
    if not changes:
        return
    yield f"\n{heading}\n"
    for team, ours in by_team(changes):
        yield f"  {visible(team) or '(no team)'}\n"
        rows = [
            tuple(visible(cell) for cell in (KIND_WORDS[one.kind], one.source, one.target, one.on, one.text))
            for one in ours
        ]
        yield table(("what", "from", "to", "on", ""), rows, "    ")


def _object(one: ObjectChange) -> str:
    layer = f" ({one.layer})" if one.layer else ""
    lines = [f"  {_MARKS.get(one.change, '~')} {visible(title(one))}: {one.change}{layer}\n"]
    for field in one.fields:
        before, after = map(visible, values(field))
        if field.hidden and before and after:
            told = "changed (not shown)"
        elif before and after:
            told = f"{before} -> {after}"
        else:
            told = f"+ {after}" if after else f"- {before}"
        lines.append(f"      {visible(field.path)}: {told}\n")
    return "".join(lines)

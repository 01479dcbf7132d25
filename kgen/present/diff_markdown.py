"""A comparison as a comment of a pull request: access first, the objects folded, never longer than a comment may be.

Names and values come from whoever wrote the change. So every character that could be markup, a mention, a reference, a
link or the end of a cell is written as a character reference, and what is cut is said.
"""

from collections.abc import Iterator, Sequence

from kgen.compare.differences import FLOW, GUARDRAIL, Access, Comparison, ObjectChange
from kgen.present.diff_words import KIND_WORDS, by_team, lead, tally, title, values
from kgen.present.problems import counted, visible

MARKER = "<!-- kgen diff -->"
"""The first line, by which a comment is found again to be replaced."""

LIMIT = 60_000
"""GitHub takes 65,536 characters (GitLab a million); what is left is for what a workflow adds."""

_MOST_FIELDS = 40  # of one object
_RESERVE = 400  # for the words that say what was cut


def markdown(found: Comparison, base: str, head: str) -> str:
    """The comment."""
    icon = "⚠️" if found.widens else "✅"
    whole = _Page(f"{MARKER}\n## {icon} kgen: {lead(found)}\n\n{plain(base)} → {plain(head)}\n")
    widening = [one for one in found.access if one.widens]
    named = [one for one in widening if one.kind != FLOW]
    guards = [one for one in named if one.kind == GUARDRAIL]
    whole.table("### Guardrails gone or weaker", _rows(guards), _HEAD, "guardrails")
    whole.table("### Opened", _rows([one for one in named if one.kind != GUARDRAIL]), _HEAD, "changes")
    flows = [one for one in widening if one.kind == FLOW]
    narrowing = [one for one in found.access if not one.widens]
    for heading, changes in (
        (f"{counted(len(flows), 'flow')} opened besides", flows),
        (f"{counted(len(narrowing), 'change')} closed something, or guard it better", narrowing),
    ):
        if changes:
            whole.folded(heading, _HEAD, _rows(changes), "changes")
    if found.unwatched:
        whole.add("\n### No longer watched\n\n" + "".join(f"- {plain(message)}\n" for message in found.unwatched))
    if found.unjudged:
        whole.add("\n### Not judged\n\n" + "".join(f"- {plain(message)}\n" for message in found.unjudged))
    if found.objects:
        whole.folded(f"Objects: {tally(found.objects, found.unchanged)}", "", _objects(found.objects), "objects")
    return whole.text()


_HEAD = "| team | what | from | to | on | |\n|---|---|---|---|---|---|\n"


def _rows(changes: Sequence[Access]) -> Iterator[str]:
    for team, ours in by_team(changes):
        for one in ours:
            cells = (team, KIND_WORDS[one.kind], one.source, one.target, one.on, one.text)
            yield "| " + " | ".join(plain(cell) for cell in cells) + " |\n"


def _objects(objects: Sequence[ObjectChange]) -> Iterator[str]:
    for one in objects:
        lines = [f"- {one.change} {plain(title(one))}\n"]
        for field in one.fields[:_MOST_FIELDS]:
            before, after = values(field)
            told = f"added {plain(after)}" if after else f"removed {plain(before)}"
            told = f"{plain(before)} → {plain(after)}" if before and after else told
            told = "changed (not shown)" if field.hidden and before and after else told
            lines.append(f"  - {plain(field.path)}: {told}\n")
        if len(one.fields) > _MOST_FIELDS:
            lines.append(f"  - and {len(one.fields) - _MOST_FIELDS} more fields\n")
        yield "".join(lines)


class _Page:
    """Text that stops growing before it is too long, and says what it leaves out."""

    def __init__(self, begin: str) -> None:
        self.parts = [begin]
        self.size = len(begin)
        self.left_out: list[str] = []

    def add(self, part: str) -> bool:
        if self.size + len(part) > LIMIT - _RESERVE:
            return False
        self.parts.append(part)
        self.size += len(part)
        return True

    def table(self, heading: str, rows: Iterator[str], head: str, what: str) -> None:
        listed = list(rows)
        if listed and self.add(f"\n{heading}\n\n{head}"):
            self._fill(listed, what)

    def folded(self, summary: str, head: str, rows: Iterator[str], what: str) -> None:
        end = "\n</details>\n"
        listed = list(rows)
        if not self.add(f"\n<details><summary>{plain(summary)}</summary>\n\n{head}"):
            self.left_out.append(f"{len(listed)} {what}")
            return
        self.size += len(end)
        self._fill(listed, what)
        self.parts.append(end)

    def _fill(self, rows: Sequence[str], what: str) -> None:
        for number, row in enumerate(rows):
            if not self.add(row):
                self.left_out.append(f"{len(rows) - number} {what}")
                return

    def text(self) -> str:
        if self.left_out:
            cut = ", ".join(self.left_out)
            self.parts.append(f"\n**Cut here: {cut} more than a comment holds. Run kgen diff to read them all.**\n")
        return "".join(self.parts)


def plain(text: str) -> str:
    """Text that is nothing but text to Markdown, to HTML and to the forge: no cell, no mention, no reference ends it.

    A character reference is text (CommonMark 0.31, 2.5: it can not be used in place of what indicates structure). After
    a mention's sign and in `word.word` a joiner of no width stands, because GitHub and GitLab look for mentions,
    references and addresses in the rendered text.
    """
    made = []
    for character in visible(text):
        if character.isalnum() or character in " -,;()" or character in "/.:":
            made.append(character)
        elif character in "@#!$%^&~":
            made.append(f"&#{ord(character)};&#8288;")
        else:
            made.append(f"&#{ord(character)};" if ord(character) < 128 else character)
    return _unlinked("".join(made))


def _unlinked(text: str) -> str:
    """What a forge makes a link of by itself is broken up: `https://`, `www.`, `GH-12`."""
    for start in ("://", "www.", "WWW.", "GH-", "gh-"):
        text = text.replace(start, start[:1] + "&#8288;" + start[1:])
    return text

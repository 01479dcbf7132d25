"""Results as text, one line a problem, with what there is to copy indented below it, and as JSON.

The line is `kgen: error: FILE:LINE: AgentLink team-a/l1: spec.to: message`; parts that are not known are
left out. Control and direction characters of the input never reach the terminal.
"""

from collections.abc import Sequence

from kgen.records import Any
from kgen.results import ERROR, INFO, WARNING, Result

_WORDS = {ERROR: "error", WARNING: "warning", INFO: "note"}
_COLOURS = {ERROR: "\x1b[1;31m", WARNING: "\x1b[1;33m", INFO: "\x1b[1;36m"}
_RANK = {ERROR: 0, WARNING: 1, INFO: 2}
_PLAIN = "\x1b[0m"


def visible(text: str) -> str:
    """The text with everything that is no printable character written as an escape, so that it stays one line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def place(result: Result) -> str:
    """Where a result belongs, e.g. `links.yaml:3: AgentLink team-a/l1: spec.to`; "" when nothing is known."""
    parts = []
    if result.file:
        parts.append(f"{result.file}:{result.line}" if result.line else result.file)
    if result.kind:
        name = f"{result.namespace}/{result.name}" if result.namespace else result.name
        parts.append(f"{result.kind} {name}".rstrip())
    elif result.file and not result.line and result.index:
        parts.append(f"document {result.index + 1}")
    if result.field:
        parts.append(result.field)
    return ": ".join(parts)


def line(result: Result, colour: bool = False) -> str:
    """One result, without its last newline: one line, and below it, indented, what the message gives to copy."""
    word = _WORDS.get(result.severity, result.severity)
    if colour:
        word = f"{_COLOURS.get(result.severity, '')}{word}{_PLAIN}"
    result = _unrepeated(result)
    where = place(result)
    first, *others = result.message.split("\n")
    first = visible(f"{where}: {first}" if where else first)
    return f"kgen: {word}: {first}" + "".join(f"\n    {visible(other)}" for other in others)


def _unrepeated(result: Result) -> Result:
    """Said once: the field, or the file, with which the message itself begins."""
    if result.field and result.message.startswith(result.field):
        result = result._replace(field="")
    if result.file and result.message.startswith(result.file):
        if not (result.line or result.kind):
            result = result._replace(file="")
        elif result.message.startswith(f"{result.file}, "):  # FILE, patch 2: with the line it is said better
            result = result._replace(message=result.message[len(result.file) + 2 :])
    return result


def ordered(results: Sequence[Result]) -> list[Result]:
    """The results without repetitions: errors first, then by file and line, so that the order of discovery does not
    show and the first line is the cause."""
    return sorted(
        dict.fromkeys(results),
        key=lambda r: (
            _RANK.get(r.severity, 0),
            r.file,
            r.index,
            r.line,
            r.kind,
            r.namespace,
            r.name,
            r.field,
            r.message,
        ),
    )


def text(results: Sequence[Result], colour: bool = False) -> str:
    """All results, a line each; "" when there are none."""
    return "".join(line(result, colour) + "\n" for result in ordered(results))


def count(results: Sequence[Result], severity: str) -> int:
    """How many different results have this severity."""
    return sum(1 for result in set(results) if result.severity == severity)


def tally(results: Sequence[Result]) -> str:
    """How it went in a few words: `2 errors, 1 warning` or `no problems`."""
    counts = [(count(results, ERROR), "error"), (count(results, WARNING), "warning")]
    return ", ".join(counted(number, word) for number, word in counts if number) or "no problems"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 error`, `3 errors`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def as_data(result: Result) -> dict[str, Any]:
    """One result in kyaml's shape (kyaml/fn/framework/result.go, v0.21), unknown parts left out."""
    data: dict[str, Any] = {"message": result.message, "severity": result.severity}
    reference = {"apiVersion": result.api_version, "kind": result.kind, "namespace": result.namespace}
    reference["name"] = result.name
    reference = {key: value for key, value in reference.items() if value}
    if reference:
        data["resourceRef"] = reference
    if result.field:
        field = {"path": result.field, "currentValue": result.current, "proposedValue": result.proposed}
        data["field"] = {key: value for key, value in field.items() if value is not None}
    if result.file:
        data["file"] = {"path": result.file, "index": result.index} | ({"line": result.line} if result.line else {})
    if result.rule:
        data["tags"] = {"rule": result.rule}
    return data


def as_json(results: Sequence[Result]) -> str:
    """All results as a JSON list, indented, with a final newline."""
    import json

    return json.dumps([as_data(result) for result in ordered(results)], indent=2, ensure_ascii=False) + "\n"

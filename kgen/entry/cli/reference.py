"""The reference of the command line as Markdown, made from the parsers: docs/reference/cli.md."""

from collections.abc import Iterator
from importlib import import_module

from kgen.entry.cli import BROKEN_PIPE, COMMANDS, INTERRUPTED, make_parser
from kgen.records import Any

_HEAD = f"""# The command line

Made by `scripts/cli_reference.py` from the parsers; do not edit.

`kgen COMMAND [OPTIONS]`; `kgen COMMAND --help` says the same as this page. Results go to stderr, a line each:
`kgen: error: FILE:LINE: KIND NAMESPACE/NAME: FIELD: message`. Output goes to stdout, whole or not at all.

| exit code | |
|---|---|
| 0 | done; there may be warnings and notes |
| 1 | refused: the input, or what it asks for, is not acceptable; nothing was written |
| 2 | the command line itself is wrong |
| 3 | `kgen diff --fail-on widening`, or `any`: more is possible than before |
| 4 | `kgen diff --fail-on any`: something differs, and nothing more is possible |
| {INTERRUPTED} | interrupted |
| {BROKEN_PIPE} | the reader of the output went away |

Environment: `SOURCE_DATE_EPOCH` is the date of the run where `--as-of` does not give one; `NO_COLOR` switches colours
off.

| command | |
|---|---|
"""


def markdown() -> str:
    """The whole page."""
    overview = "".join(f"| [{name}](#kgen-{name}) | {summary} |\n" for name, summary in COMMANDS)
    return _HEAD + overview + "".join(_command(name) for name, _ in COMMANDS)


def options(command: str) -> Iterator[tuple[str, str]]:
    """What a command takes, as written (`-o, --output DIR`), with its help."""
    module = import_module(f"kgen.entry.cli.{command.replace('-', '_')}")
    for action in make_parser(command, module)._actions:
        if action.help == "show this help message and exit":
            continue
        yield _written(action), action.help or ""


def _written(action: Any) -> str:
    value = action.metavar or ("|".join(action.choices) if action.choices else (action.dest or "").upper())
    if not action.option_strings:
        return f"{value}..." if action.nargs in ("+", "*") else str(value)
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}"


def _command(command: str) -> str:
    module = import_module(f"kgen.entry.cli.{command.replace('-', '_')}")
    rows = "".join(f"| `{_cell(written)}` | {_cell(text)} |\n" for written, text in options(command))
    table = f"\n| | |\n|---|---|\n{rows}" if rows else ""
    return f"\n## kgen {command}\n\n{(module.__doc__ or '').strip()}\n{table}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

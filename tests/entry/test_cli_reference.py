"""Every command and option is documented: docs/reference/cli.md is what the parsers say."""

from pathlib import Path

import pytest

from kgen.entry.cli import COMMANDS, main
from kgen.entry.cli.reference import markdown, options


def test_the_page_is_fresh(root: Path) -> None:
    page = root / "docs" / "reference" / "cli.md"
    assert page.read_text(encoding="utf-8") == markdown(), "run scripts/cli_reference.py"


@pytest.mark.parametrize("command", [name for name, _ in COMMANDS])
def test_every_command_and_option_is_on_the_page_and_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = markdown()
    assert f"\n## kgen {command}\n" in page
    for written, text in options(command):
        assert text, f"{command} {written} has no help"
        assert f"| `{written}` |".replace("|D", "\\|D") in page or written.replace("|", "\\|") in page
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: kgen {command}")

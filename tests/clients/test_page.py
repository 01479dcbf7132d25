"""The pages of kgen prove and kgen graph in a real browser: they are whole, filter, and have nothing to complain of."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kgen.entry.cli import main

pytestmark = pytest.mark.clients

TEAMS = ("examples/04-many-teams/teams", "--platform", "examples/04-many-teams/platform.yaml")
Shown = Callable[..., str]


@pytest.fixture
def shown(
    client: Callable[[str], Path],
    tmp_path: Path,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shown:
    """A function from the words of a command, and the end of the address, to the page as the browser has it."""
    chromium = client("chromium")
    monkeypatch.chdir(root)

    def show(*words: str, at: str = "") -> str:
        main([*words, "--format", "html", "--as-of", "2026-06-15"])
        file = tmp_path / "page.html"
        file.write_text(capsys.readouterr().out)
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path}/b",
        ]
        done = subprocess.run(
            [chromium, *flags, "--dump-dom", f"file://{file}{at}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line or "Content Security" in line]
        assert not complaints
        return done.stdout

    return show


def rows(page: str) -> list[str]:
    return re.findall(r"<tr data-find[^>]*>", page)


def test_the_script_runs_and_the_boxes_can_be_reached_by_keyboard(shown: Shown) -> None:
    page = shown("prove", *TEAMS)
    assert 'class="bar needs-script"' in page, "shown, because the script took the class hidden away"
    assert page.count('role="button"') == 18
    assert not [row for row in rows(page) if "hidden" in row]


def test_the_filter_hides_what_does_not_match(shown: Shown) -> None:
    page = shown("prove", *TEAMS, at="#filter=finance/refunds")
    hidden = [row for row in rows(page) if "hidden" in row]
    assert 0 < len(hidden) < len(rows(page))
    assert re.search(r">\d+ of \d+ rows<", page)


def test_the_page_of_a_graph(shown: Shown) -> None:
    page = shown("graph", "tests/proof/published/bundle", "--links", "tests/proof/published/link.yaml")
    assert "kg-edge-1" in page, "a blocked link"
    assert "<svg" in page

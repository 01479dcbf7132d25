"""`kgen verify-files`: the constant script, and the table of these links beside it."""

from pathlib import Path

import pytest

from kgen.entry.cli import main
from tests.entry.test_machine_files import LINK, PLATFORM


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link.yaml").write_text(LINK)
    return tmp_path


def write(folder: Path, *words: str) -> int:
    return main(["verify-files", str(folder / "in"), "-o", str(folder / "out"), "--as-of", "2026-06-15", *words])


def test_the_script_is_as_it_lies_and_the_table_is_of_the_links(
    folder: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write(folder) == 0
    out = folder / "out"
    assert capsys.readouterr().out == f"7 files in {out}: 7 new\nrun it with: sh {out}/verify.sh\n"
    for name in ("verify.sh", "requests.sh", "checks.sh", "enforcement.sh", "answer.awk", "ask.py"):
        assert (out / name).read_text() == (root / "bases/verify" / name).read_text()
    table = (out / "links.tsv").read_text()
    assert "link\talpha/planner\tbeta/writer\thttp://writer.beta:8080/\t-\n" in table
    assert write(folder) == 0
    assert capsys.readouterr().out.startswith(f"7 files in {out}: 7 unchanged\n")


def test_it_needs_no_layer_and_is_in_no_bundle_by_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in/platform.yaml").write_text(
        PLATFORM[: PLATFORM.index("spec:")] + "spec: {layers: {verify: Enabled}}\n"
    )
    assert main(["render", str(folder / "in"), "--as-of", "2026-06-15"]) == 0
    assert "verify" not in capsys.readouterr().out


def test_a_refusal_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in/link.yaml").write_text(LINK.replace("beta/writer", "alpha/planner"))
    assert write(folder) == 1
    assert "link.yaml:4: AgentLink one: spec.to" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_a_script_that_somebody_changed_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder)
    (folder / "out/verify.sh").write_text("exit 0\n")
    assert write(folder) == 1
    assert "verify.sh" in capsys.readouterr().err
    assert write(folder, "--force") == 0

"""An agent under the kill switch: what the mesh then refuses is meant, and the rest is proven as before."""

from pathlib import Path

import pytest

from kgen.entry.cli import main

CASES = [
    (example, agent)
    for example in ("08-mesh-sidecar", "09-mesh-ambient")
    for agent in ("team-alpha/orchestrator", "team-beta/specialist")
]


@pytest.mark.parametrize("example, agent", CASES)
def test_it_is_proven(example: str, agent: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overlay = tmp_path / "incident"
    overlay.mkdir()
    (overlay / "platform.yaml").write_text(
        "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: incident}\n"
        f"spec: {{suspended: {{{agent}: INC-1}}}}\n"
    )
    words = ["prove", str(root / "examples" / example), "--overlay", str(overlay), "--as-of", "2026-06-15"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert said.startswith("proven")
    assert "blocked" not in said
    link = next(line for line in said.splitlines() if " link " in line) if " link " in said else ""
    assert not link, "its links are cut, so nothing asks for them"

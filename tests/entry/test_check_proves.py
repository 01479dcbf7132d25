"""kgen check proves what links expand to, unless it is told not to."""

from pathlib import Path

import pytest

from kgen.entry.cli import main

LEAK = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: handy, namespace: team-beta}
spec:
  podSelector: {}
  ingress:
  - from:
    - namespaceSelector: {}
"""


def test_a_policy_that_re_opens_a_closed_namespace(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    (tmp_path / "handy.yaml").write_text(LEAK)
    words = ["check", "examples/02-worked-example", str(tmp_path), "--as-of", "2026-06-15"]
    assert main(words) == 1
    told = capsys.readouterr().err
    place = f"{tmp_path}/handy.yaml:7: NetworkPolicy team-beta/handy: spec.ingress[0]: "
    assert f"kgen: error: {place}union-leak: " in told
    assert main([*words, "--no-proof"]) == 0
    assert "union-leak" not in capsys.readouterr().err


def test_examples_pass_it(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(root)
    assert main(["check", "examples/02-worked-example", "--as-of", "2026-06-15"]) == 0
    assert "residual: " not in capsys.readouterr().err


def test_what_observe_warns_of_is_said_once(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert main(["check", "examples/07-adoption", "--as-of", "2026-06-15"]) == 0
    lines = capsys.readouterr().err.splitlines()
    told = [line for line in lines if "support/triage: spec.declarative.tools[1]" in line]
    assert len(told) == 1
    assert "which no link asks for" in told[0]

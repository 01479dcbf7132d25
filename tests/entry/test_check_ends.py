"""kgen check warns two weeks before a link or a grant ends; a render, which would be the same, does not."""

from pathlib import Path

import pytest

from kgen.entry.cli import main

EXAMPLE = "examples/18-hardened"
GRANT = f"{EXAMPLE}/teams/quotes.yaml:19: AgentGrant quotes/pricing: spec.validUntil: "


def test_what_ends_soon_is_named_with_its_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert main(["check", EXAMPLE, "--as-of", "2027-12-20"]) == 0
    assert (
        f"kgen: warning: {GRANT}2027-12-31 is its last day, in 11 days (today is 2027-12-20): after it "
        "nobody is admitted by it; renew it, or delete it\n"
    ) in capsys.readouterr().err
    for words in (["check", EXAMPLE, "--as-of", "2027-12-16"], ["render", EXAMPLE, "--as-of", "2027-12-20"]):
        assert main(words) == 0
        assert "last day" not in capsys.readouterr().err


def test_profile_hardened_is_whole(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example passes every check, and is proven."""
    monkeypatch.chdir(root)
    assert main(["check", EXAMPLE, "--as-of", "2026-06-15"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "warning:" in line]
    assert "kgen: warning: not checked against a schema: " in told[0]  # their CRDs are not given here
    assert not told[1:]
    assert main(["prove", EXAMPLE, "--as-of", "2026-06-15"]) == 0
    proof = capsys.readouterr().out
    assert proof.startswith("proven")
    assert not [word for word in ("deficit:", "excess:", "union-leak:", "one-sided:", "dangling:") if word in proof]

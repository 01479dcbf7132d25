"""Proposals on stderr: whole while they are few, named when they are many."""

from typing import Any

import pytest

from kgen.manifests import Identity
from kgen.present import proposals


class Proposal:
    def __init__(self, number: int, whole: bool = False) -> None:
        self.identity = Identity("v1", "Pod", "a", f"p{number}")
        self.whole = whole


@pytest.fixture(autouse=True)
def _text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "proposal_text", lambda proposal: f"# {proposal.identity}\n")


def made(number: int, whole: bool = False) -> Any:
    return [Proposal(i, whole) for i in range(number)]


def test_patches_are_shown() -> None:
    assert proposals.text(made(2)) == "---\n# Pod a/p0\n---\n# Pod a/p1\n"


def test_whole_objects_are_named() -> None:
    text = proposals.text([*made(1), *made(2, whole=True)])
    assert (
        text == "# For other owners to apply; -o DIR writes them to DIR/external: Pod a/p0, Pod a/p1\n---\n# Pod a/p0\n"
    )


def test_many_are_named() -> None:
    text = proposals.text(made(3000))
    assert text.startswith("# For other owners to apply; -o DIR writes them to DIR/external: Pod a/p0, ")
    assert text.endswith(", Pod a/p19 and 2980 more\n")

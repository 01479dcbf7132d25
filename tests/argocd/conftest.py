"""A sidecar, and repositories to send to it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.argocd.cmp_server import Server

LINK = "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: l}\nspec: {from: a/x, to: b/y}\n"
Repository = Callable[[dict[str, str]], Path]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "sidecar")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A function from files, by path, to a repository that holds them."""

    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            place = tmp_path / "repository" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return tmp_path / "repository"

    return make

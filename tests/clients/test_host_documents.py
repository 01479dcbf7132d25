"""The first block of each host's page is what a newcomer types: it works as written."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import packages
from tests.clients.packages import run
from tests.clients.rendering import ROOT

pytestmark = pytest.mark.clients

LINK = "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: l}\nspec: {from: team-a/x, to: team-b/y}\n"
PLATFORM = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: default}\n"
KPTFILE = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: mine}\n"


def block(page: str) -> str:
    """The commands, but for the installation, which this checkout stands for."""
    [first, *_] = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/hosts" / page).read_text(), re.DOTALL)
    assert len(first.splitlines()) <= 10
    return "".join(line + "\n" for line in first.splitlines() if not line.startswith("pip install"))


@pytest.mark.parametrize("page, folder", [("kustomize.md", "my-app"), ("kpt.md", "my-package")])
def test_a_newcomers_first_lines(page: str, folder: str, client: Callable[[str], Path], tmp_path: Path) -> None:
    packages.programs(tmp_path / "bin")
    env = packages.environment(tmp_path)
    places = [tmp_path / "bin", client("kustomize").parent, client("kpt").parent, "/usr/bin", "/bin"]
    env["PATH"] = os.pathsep.join(map(str, places))
    work = tmp_path / "work"
    (work / folder).mkdir(parents=True)
    files = {"links.yaml": LINK}
    if folder == "my-package":
        files |= {"platform.yaml": PLATFORM, "Kptfile": KPTFILE}
    for name, text in files.items():
        (work / folder / name).write_text(text)
    run(["kgen", "install", "kustomize-plugin"], work, env)  # so that its doctor has nothing to complain of
    done = run(["bash", "-euc", block(page)], work, env)
    assert ": works: " in done.stdout
    if folder == "my-app":
        assert done.stdout.count("kind: NetworkPolicy") == 4
    else:
        assert len(list((work / folder / "generated").rglob("*.yaml"))) == 2

"""docs/hosts/argocd.md says what there is: every parameter and variable, messages that exist, commands that run."""

import re
import subprocess
from pathlib import Path

import pytest

from kgen.entry import argocd_parameters, floor
from tests.argocd.cmp_server import ROOT, Server

PAGE = (ROOT / "docs/hosts/argocd.md").read_text()
DRIFT = (ROOT / "docs/hosts/argocd-drift.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
MESSAGES = (
    "there is nothing to expand",
    "and nothing outside it is read",
    "there is no kustomize in the PATH of the plugin",
    "kustomize build: ",
    "nothing of a repository is executed here",
    "none but kgen's is known here",
    "is not in the repository, and nothing is fetched",
    "renames links",
    "of this Argo CD",
    "is locked by",
    "metadata.namespace is missing",
)


def test_a_newcomer_gets_there_in_ten_lines() -> None:
    assert len(BLOCKS[0].splitlines()) <= 10


@pytest.mark.parametrize("name", [*argocd_parameters.CHOICES, "profile", *floor.NAMES])
def test_every_parameter_and_variable_is_there(name: str) -> None:
    assert f"| `{name}`" in PAGE


def test_every_name_of_plugin_env_is_there() -> None:
    assert {f"KGEN_{name}" for name in argocd_parameters.BY_ENVIRONMENT} <= set(re.findall(r"`(KGEN_\w+)`", PAGE))


@pytest.mark.parametrize("message", MESSAGES)
def test_its_messages_are_kgens(message: str) -> None:
    sources = "".join(path.read_text() for path in sorted((ROOT / "kgen").rglob("*.py")))
    assert message in re.sub(r'"\n\s*f?"', "", sources)
    assert message.strip() in PAGE


def test_the_commands_to_try_by_hand_run(tmp_path: Path) -> None:
    environment = Server(tmp_path).environment
    environment["PATH"] += ":/usr/bin:/bin"
    [block] = [block for block in BLOCKS if block.startswith("cd examples/")]
    first, *others = [line.partition("  #")[0].strip() for line in block.splitlines()]
    folder, _, command = first.removeprefix("cd ").partition(" && ")
    for words in (command, *others):
        done = subprocess.run(
            words, shell=True, cwd=ROOT / folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_the_table_of_drift_has_every_layer() -> None:
    rows = set(re.findall(r"(?m)^\| ([a-z][a-z, -]*) \|", DRIFT))
    named = {name for row in rows for name in row.split(", ")}
    assert {folder.name for folder in (ROOT / "bases").iterdir() if folder.is_dir()} <= named

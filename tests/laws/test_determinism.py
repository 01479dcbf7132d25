"""Law 1: the same input gives the same bytes. Law 3: rendering over the output changes nothing."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, strategies as st

from tests.laws.rendering import bundle, manifests, stream, texts
from tests.laws.topologies import Case, cases

EXAMPLE = ("examples/04-many-teams/teams", "--platform", "examples/04-many-teams/platform.yaml")


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_documents_does_not_show(case: Case, random: Random) -> None:
    shuffled = list(case.documents)
    random.shuffle(shuffled)
    assert stream(bundle(case, shuffled)) == stream(bundle(case))


@given(cases())
def test_rendering_does_not_change_its_input_and_builds_each_object_anew(case: Case) -> None:
    before = repr(case)
    made = bundle(case)
    first = stream(made)
    assert stream(made) == first
    assert repr(case) == before


@given(cases())
def test_rendering_over_the_output_changes_nothing(case: Case) -> None:
    made = bundle(case)
    again = bundle(case, [*case.definitions, *case.links, *manifests(made)])
    assert texts(again) == texts(made)


def run(arguments: tuple[str, ...], root: Path, **environment: str) -> bytes:
    """The output of a process of its own."""
    command = [sys.executable, "-m", "kgen", "render", *arguments, "--as-of", "2026-06-15"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHON"))}
    done = subprocess.run(command, cwd=root, env=clean | environment, capture_output=True, check=True)
    return done.stdout


def test_hash_seed_locale_and_time_zone_do_not_show(root: Path) -> None:
    first = run(EXAMPLE, root, PYTHONHASHSEED="0", LC_ALL="C", TZ="UTC")
    again = run(EXAMPLE, root, PYTHONHASHSEED="4711", LC_ALL="tr_TR.UTF-8", LANG="tr_TR.UTF-8", TZ="Pacific/Apia")
    assert first
    assert again == first


@pytest.mark.slow
def test_no_hash_seed_shows(root: Path) -> None:
    assert len({run(EXAMPLE, root, PYTHONHASHSEED=str(seed)) for seed in range(1, 12)}) == 1


def test_the_order_of_the_files_does_not_show(root: Path) -> None:
    folder = root / "examples/04-many-teams"
    files = [str(file) for file in sorted((folder / "teams").glob("*.yaml"))]
    platform = ("--platform", str(folder / "platform.yaml"))
    assert run((*files, *platform), root) == run((*reversed(files), *platform), root)

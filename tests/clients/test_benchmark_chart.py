"""What benchmarks/ compares has to be comparable: the Helm chart renders the objects that kgen renders."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import topology

pytestmark = pytest.mark.clients


@pytest.mark.parametrize("edges", [topology.ring(40), topology.pairs(3)], ids=["ring", "pairs"])
def test_the_chart_renders_the_same_objects(
    edges: list[topology.Edge], client: Callable[[str], Path], root: Path, tmp_path: Path
) -> None:
    links, values = tmp_path / "links.yaml", tmp_path / "values.yaml"
    topology.write_links(links, edges)
    topology.write_values(values, edges)
    ours = output(sys.executable, "-m", "kgen", "render", links)
    theirs = output(client("helm"), "template", "bench", root / "benchmarks/helm-chart", "--values", values)
    assert len(ours) == len(theirs)
    assert {identity(each): without_hash(each) for each in ours} == {
        identity(each): without_hash(each) for each in theirs
    }


def output(*command: object) -> list[dict[str, Any]]:
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [each for each in yaml.safe_load_all(run.stdout) if each]


def identity(manifest: dict[str, Any]) -> tuple[str, str, str]:
    return manifest["kind"], manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


def without_hash(manifest: dict[str, Any]) -> dict[str, Any]:
    """kgen's hash covers more than the chart knows of; that there is one is what counts."""
    if "kgen.dev/link-hash" in manifest["metadata"]["labels"]:
        manifest["metadata"]["labels"]["kgen.dev/link-hash"] = "some"
    return manifest

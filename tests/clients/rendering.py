"""Rendering an example as a user does, for one kagent version and profile."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(folder for folder in (ROOT / "examples").glob("[0-9][0-9]-*") if folder.is_dir())
KAGENT_VERSIONS = ("0.9", "0.10")


def profiles() -> list[str]:
    """The profiles that some layer begins with, lowest first."""
    first = {yaml.safe_load(file.read_text())["from"] for file in ROOT.glob("bases/*/layer.yaml")}
    return [name for name in ("Baseline", "Mesh", "Hardened", "ZeroTrust") if name in first]


def render(example: Path, kagent: str, profile: str, folder: Path) -> list[dict[str, Any]]:
    """The bundle of an example over a kagent version and a profile; `folder` takes the overlay that says so."""
    overlay = folder / "variant"
    overlay.mkdir()
    variant = {
        "apiVersion": "kgen.dev/v1alpha1",
        "kind": "Platform",
        "metadata": {"name": "variant"},
        "spec": {"profile": profile, "kagent": {"version": kagent}},
    }
    (overlay / "platform.yaml").write_text(yaml.safe_dump(variant))
    command = [sys.executable, "-m", "kgen", "render", str(example.relative_to(ROOT)), "--overlay", str(overlay)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [each for each in yaml.safe_load_all(run.stdout) if each]

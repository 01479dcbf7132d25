"""Rendering the examples as their READMEs say, for one kagent version and profile."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kgen.kinds.availability import ABILITIES, lacking

ROOT = Path(__file__).resolve().parents[2]
KAGENT_VERSIONS = ("0.9", "0.10")


class Rendering(NamedTuple):
    """One way in which an example's README renders the whole of it: the words after `kgen render`."""

    example: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        overlays = [
            Path(after).name
            for word, after in zip(self.arguments, self.arguments[1:], strict=False)
            if word == "--overlay"
        ]
        return "+".join([self.example, *overlays])


def renderings() -> list[Rendering]:
    """Those of all examples; slices and folders of output hold the same objects and are left out."""
    found = []
    for readme in sorted(ROOT.glob("examples/[0-9][0-9]-*/README.md")):
        for line in readme.read_text().splitlines():
            words = shlex.split(line.removeprefix("$ ")) if line.startswith("$ kgen render ") else []
            if words and not {"-o", "--namespace", "--cluster-scoped"} & set(words):
                found.append(Rendering(readme.parent.name, tuple(words[2:])))
    return found


def profiles() -> list[str]:
    """The profiles whose layers are all there and that some layer begins with, lowest first."""
    first = {yaml.safe_load(file.read_text())["from"] for file in ROOT.glob("bases/*/layer.yaml")}
    there = frozenset(file.parent.name for file in ROOT.glob("bases/*/layer.yaml")) | ABILITIES
    known = [name for name in ("Baseline", "Mesh", "Hardened", "ZeroTrust") if name in first]
    return [name for name in known if not lacking({"kind": "Platform", "spec": {"profile": name}}, there)]


def mesh_of(arguments: tuple[str, ...], kagent: str, profile: str) -> dict[str, Any]:
    """The mesh that a profile needs, where the example has none of its own: sidecars with one kagent version, ambient
    mode with the other."""
    platform = ROOT / arguments[0] / "platform.yaml"
    if profile == "Baseline" or (platform.exists() and "mesh:" in platform.read_text()):
        return {}
    mode = {"mode": "Sidecar", "istioCNI": True} if kagent == "0.9" else {"mode": "Ambient"}
    return {"mesh": {**mode, "kagentInMesh": True}}


def admission_of(arguments: tuple[str, ...], profile: str) -> dict[str, Any]:
    """What Hardened and higher refuse to do without, where the example says nothing of it: who writes agents, and
    something that enforces declared hosts."""
    platform = ROOT / arguments[0] / "platform.yaml"
    text = platform.read_text() if platform.exists() else ""
    if profile in ("Baseline", "Mesh"):
        return {}
    writer = {"trustedWriters": ["system:serviceaccount:argocd:argocd-application-controller"]}
    return {
        **({} if "trustedWriters:" in text else {"admission": writer}),
        **({} if "cni:" in text else {"network": {"cni": "Cilium"}}),
    }


def of_zero_trust(arguments: tuple[str, ...], profile: str) -> dict[str, Any]:
    """The identities and the gateway that profile ZeroTrust needs, where the example says nothing of them."""
    platform = ROOT / arguments[0] / "platform.yaml"
    text = platform.read_text() if platform.exists() else ""
    if profile != "ZeroTrust":
        return {}
    identity = {"workloadIdentity": {"className": "spire-mgmt-spire", "trustDomain": "example.org"}}
    gateway = {"egressGateway": {"image": "registry.example/authbridge:0.7"}}
    return {
        **({} if "workloadIdentity:" in text else identity),
        **({} if "egressGateway:" in text else gateway),
    }


def render(arguments: tuple[str, ...], kagent: str, profile: str, folder: Path) -> list[dict[str, Any]]:
    """The bundle over a kagent version and a profile; `folder` takes the overlay that says so."""
    overlay = folder / "variant"
    overlay.mkdir()
    variant = {
        "apiVersion": "kgen.dev/v1alpha1",
        "kind": "Platform",
        "metadata": {"name": "variant"},
        "spec": {
            "profile": profile,
            "kagent": {"version": kagent},
            **mesh_of(arguments, kagent, profile),
            **admission_of(arguments, profile),
            **of_zero_trust(arguments, profile),
        },
    }
    (overlay / "platform.yaml").write_text(yaml.safe_dump(variant))
    command = [sys.executable, "-m", "kgen", "render", *arguments, "--overlay", str(overlay)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [each for each in yaml.safe_load_all(run.stdout) if each]

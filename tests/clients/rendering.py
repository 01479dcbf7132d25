"""Rendering the examples: as their READMEs say, and as the variants of a pairwise cover."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.clients.covering import Variant

ROOT = Path(__file__).resolve().parents[2]
WRITER = "system:serviceaccount:argocd:argocd-application-controller"  # the trusted writer of the examples
OPERATOR = "system:serviceaccount:kagenti-system:controller-manager"
ISTIOD = "system:serviceaccount:istio-system:istiod"
PARTS = {"04-many-teams": ("teams", "--platform", "platform.yaml")}


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


def overlay_of(variant: Variant) -> dict[str, Any]:
    """The fragment of a Platform that makes an example this variant, with what the profile refuses to do without."""
    strict, all_on = variant.profile in ("Hardened", "ZeroTrust"), variant.profile == "ZeroTrust"
    spec: dict[str, Any] = {
        "profile": variant.profile,
        "kagent": {"version": variant.kagent},
        "mesh": {"mode": variant.mode, "istioCNI": variant.mode == "Sidecar", "kagentInMesh": True},
    }
    if strict:
        # Something has to enforce declared hosts.
        spec["network"] = {"cni": "Cilium"}
        waypoints = [ISTIOD] if variant.mode == "Ambient" else []
        spec["admission"] = {
            "engine": variant.engine,
            "trustedWriters": [WRITER, *waypoints, *([OPERATOR] if all_on else [])],
        }
    if all_on:
        spec["workloadIdentity"] = {"className": "spire-mgmt-spire", "trustDomain": "example.org"}
        spec["egressGateway"] = {"image": "registry.example/authbridge:0.7.0", "scope": variant.scope}
    return spec


def render(arguments: tuple[str, ...], overlay: Path | None = None) -> list[dict[str, Any]]:
    """The bundle of an example, under an overlay's folder."""
    command = [sys.executable, "-m", "kgen", "render", *arguments]
    command += ["--overlay", str(overlay)] if overlay else []
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [each for each in yaml.safe_load_all(run.stdout) if each]


def render_variant(variant: Variant, folder: Path) -> list[dict[str, Any]]:
    """The bundle of a variant; `folder` takes the overlay that says so."""
    first, *others = PARTS.get(variant.example, ("",))
    example = f"examples/{variant.example}"
    arguments = [f"{example}/{first}".rstrip("/")]
    arguments += [word if word.startswith("-") else f"{example}/{word}" for word in others]
    overlay = folder / "variant"
    overlay.mkdir()
    fragment = {"apiVersion": "kgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "variant"}}
    (overlay / "platform.yaml").write_text(yaml.safe_dump({**fragment, "spec": overlay_of(variant)}))
    return render(tuple(arguments), overlay)

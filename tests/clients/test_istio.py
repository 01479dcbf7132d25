"""What the mesh layer emits, as Istio's own validation judges it."""

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clients.rendering import ROOT, Rendering, render, renderings

pytestmark = pytest.mark.clients

GROUPS = ("security.istio.io", "networking.istio.io", "telemetry.istio.io")
# What istioctl says of every policy of its sort; each is meant.
MEANT = (
    # The only way to limit requests at a sidecar: bases/mesh/limits.yaml.
    "EnvoyFilter exposes internal implementation details",
    # The guard of port 8083 refuses by path. On a port that is no HTTP it then refuses everything, which is what it is
    # there for: it names no port, so that a further port of the controller is not open.
    "will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule",
)

Istioctl = Callable[[list[dict[str, Any]]], tuple[int, str]]


@pytest.fixture
def istioctl(client: Callable[[str], Path], tmp_path: Path) -> Istioctl:
    """Validates objects: its exit status, and all that it says."""
    program = client("istioctl")

    def validate(objects: list[dict[str, Any]]) -> tuple[int, str]:
        file = tmp_path / "objects.yaml"
        file.write_text(yaml.safe_dump_all(objects))
        run = subprocess.run([program, "validate", "-f", file], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr

    return validate


def of_istio(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in objects if each["apiVersion"].partition("/")[0] in GROUPS]


def meshed() -> list[Rendering]:
    files = {way: ROOT / way.arguments[0] / "platform.yaml" for way in renderings()}
    return [way for way, file in files.items() if file.exists() and "mesh:" in file.read_text()]


@pytest.mark.parametrize("way", meshed(), ids=str)
def test_what_an_example_gives_to_istio_is_valid(way: Rendering, istioctl: Istioctl) -> None:
    objects = of_istio(render(way.arguments))
    assert {"AuthorizationPolicy", "PeerAuthentication"} <= {each["kind"] for each in objects}
    status, said = istioctl(objects)
    warnings = [line.strip() for line in said.splitlines() if line.strip().startswith("*")]
    assert status == 0, said
    assert not [line for line in warnings if not any(meant in line for meant in MEANT)], said


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (("spec", "action"), "PERMIT"),
        (("spec", "rules", 0, "to", 0, "operation", "methods"), [""]),
        (("spec", "rules", 0, "from", 0, "source", "principals"), [""]),
        (("spec", "targetRefs"), [{"kind": "Service", "group": "", "name": "specialist"}]),
    ],
    ids=lambda each: "/".join(map(str, each)) if isinstance(each, tuple) else None,
)
def test_istioctl_refuses_what_is_wrong(field: tuple[Any, ...], value: Any, istioctl: Istioctl) -> None:
    """So its silence above means something."""
    objects = of_istio(render(("examples/08-mesh-sidecar",)))
    policy = copy.deepcopy(
        next(
            each
            for each in objects
            if each["kind"] == "AuthorizationPolicy"
            and "selector" in each["spec"]
            and each["spec"]["action"] == "ALLOW"
        )
    )
    place: Any = policy
    for step in field[:-1]:
        place = place[step]
    place[field[-1]] = value
    status, said = istioctl([policy])
    assert status != 0, said

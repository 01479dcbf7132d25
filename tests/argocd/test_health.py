"""The health checks in Lua, in the version and with the libraries that Argo CD gives them: 5.1, base and table."""

from pathlib import Path
from typing import Any

import pytest
import yaml

lua51 = pytest.importorskip("lupa.lua51", reason="lupa, of requirements/test.txt, is not installed")
HEALTH = Path(__file__).resolve().parents[2] / "plugins/argocd/health"
CLOSED = ("string", "math", "io", "os", "debug", "package", "coroutine", "require", "dofile", "loadfile", "loadstring")


def health(kind: str, manifest: dict[str, Any]) -> tuple[str, str]:
    lua = lua51.LuaRuntime(unpack_returned_tuples=True)
    for name in CLOSED:
        lua.globals()[name] = None
    lua.globals()["obj"] = lua.table_from(manifest, recursive=True)
    found = lua.execute((HEALTH / f"{kind}.lua").read_text())
    assert set(found) <= {"status", "message"}
    return found["status"], found["message"]


def condition(kind: str, status: str, message: str | None = None, reason: str = "R") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, **({"message": message} if message else {})}


def live(*conditions: dict[str, str], generation: int = 2, observed: int | None = 2) -> dict[str, Any]:
    status: dict[str, Any] = {"conditions": list(conditions)}
    if observed is not None:
        status["observedGeneration"] = observed
    return {"metadata": {"name": "a", "generation": generation}, "status": status}


ACCEPTED, READY = condition("Accepted", "True"), condition("Ready", "True")
REFUSED = condition("Accepted", "False", "cross-namespace reference to agent b/y is not allowed from namespace a")


@pytest.mark.parametrize(
    "manifest, expected",
    [
        ({"metadata": {"name": "a"}}, ("Progressing", "waiting for kagent's controller")),
        ({"metadata": {"name": "a"}, "status": {}}, ("Progressing", "waiting for kagent's controller")),
        (live(), ("Progressing", "waiting for kagent's controller")),
        (live(ACCEPTED), ("Progressing", "accepted, not ready yet")),
        (live(ACCEPTED, READY), ("Healthy", "accepted and ready")),
        (live(READY, ACCEPTED), ("Healthy", "accepted and ready")),
        (live(ACCEPTED, READY, observed=None), ("Healthy", "accepted and ready")),
        (live(ACCEPTED, READY, observed=1), ("Progressing", "waiting for kagent's controller")),
        (live(ACCEPTED, condition("Ready", "False", "0 of 1")), ("Progressing", "0 of 1")),
        (
            live(ACCEPTED, condition("Ready", "Unknown", reason="DeploymentNotFound")),
            ("Progressing", "DeploymentNotFound"),
        ),
        (live(REFUSED), ("Degraded", REFUSED["message"])),
        (live(REFUSED, READY), ("Degraded", REFUSED["message"])),
        (live(condition("Accepted", "False")), ("Degraded", "R")),
        (live(condition("Accepted", "Unknown"), READY), ("Progressing", "R")),
    ],
)
def test_an_agent(manifest: dict[str, Any], expected: tuple[str, str]) -> None:
    assert health("agent", manifest) == expected


@pytest.mark.parametrize(
    "manifest, expected",
    [
        ({"metadata": {"name": "a"}}, ("Progressing", "waiting for kagent's controller")),
        (live(), ("Progressing", "waiting for kagent's controller")),
        (live(ACCEPTED), ("Healthy", "accepted")),
        (live(ACCEPTED, observed=1), ("Progressing", "waiting for kagent's controller")),
        (live(condition("Accepted", "False", "Secret not found")), ("Degraded", "Secret not found")),
        (live(condition("Accepted", "Unknown")), ("Progressing", "waiting for kagent's controller")),
    ],
)
def test_a_model(manifest: dict[str, Any], expected: tuple[str, str]) -> None:
    assert health("modelconfig", manifest) == expected


def test_their_fields_are_those_of_kagents_crds(shared: Path) -> None:
    for version in ("v0.9", "v0.10"):
        for plural in ("agents", "modelconfigs"):
            [crd] = yaml.safe_load_all((shared / f"crds/kagent/{version}/kagent.dev_{plural}.yaml").read_text())
            [served] = [each for each in crd["spec"]["versions"] if each["name"] == "v1alpha2"]
            assert {"conditions", "observedGeneration"} <= set(
                served["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
            )

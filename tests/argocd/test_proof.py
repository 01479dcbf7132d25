"""The proof in the Argo CD plugin: asked for by an Application, or required by the sidecar's own environment."""

import json
from pathlib import Path
from typing import Any

import pytest

from kgen.entry import argocd, floor
from kgen.entry.argocd_announcement import announce
from kgen.entry.argocd_parameters import PARAMETERS
from kgen.results import Refused
from tests.argocd.conftest import LINK, Repository

LEAK = json.dumps(
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "debug", "namespace": "a"},
        "spec": {"podSelector": {}, "ingress": [{}]},
    }
)
UNREAD = json.dumps(
    {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumClusterwideNetworkPolicy",
        "metadata": {"name": "all"},
        "spec": {},
    }
)
WEBHOOK = json.dumps(
    {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "theirs", "namespace": "elsewhere"},
        "spec": {},
    }
)


def told(sidecar: dict[str, str], *, application: str = "", **more: Any) -> str:
    """What is refused; "" where nothing is."""
    given = [{"name": "prove", "string": application}] if application else []
    given += [{"name": name, "string": value} for name, value in more.items()]
    try:
        argocd.generate({**sidecar, PARAMETERS: json.dumps(given)})
    except Refused as refused:
        return " | ".join(result.message for result in refused.results)
    return ""


@pytest.fixture
def leaking(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = repository({"link.yaml": LINK, "debug.yaml": LEAK})
    monkeypatch.chdir(folder)
    return folder


def test_nobody_asks(leaking: Path) -> None:
    assert told({}) == ""


@pytest.mark.parametrize("how", ["true", "strict", "True"])
def test_an_application_asks_and_what_is_refuted_is_not_deployed(leaking: Path, how: str) -> None:
    assert "excess: " in told({}, application=how)


def test_by_plugin_env(leaking: Path) -> None:
    with pytest.raises(Refused, match="excess"):
        argocd.generate({"ARGOCD_ENV_KGEN_PROVE": "true"})


def test_the_whole_is_proven_whatever_slice_is_asked_for(leaking: Path) -> None:
    assert "excess: " in told({}, application="true", namespace="b")


def test_the_sidecar_requires_it_and_no_application_says_otherwise(leaking: Path) -> None:
    sidecar = {floor.PROOF: "true"}
    assert "excess: " in told(sidecar)
    assert "below KGEN_REQUIRE_PROOF of this Argo CD (true)" in told(sidecar, application="false")
    assert "below KGEN_REQUIRE_PROOF" in told({floor.PROOF: "strict"}, application="true")
    with pytest.raises(Refused, match="KGEN_REQUIRE_PROOF, which counts in the environment of the kgen plugin only"):
        argocd.generate({"ARGOCD_ENV_KGEN_REQUIRE_PROOF": "false"})


def test_it_can_be_locked_like_any_parameter(leaking: Path) -> None:
    assert "excess: " in told({floor.LOCKED: "prove=true"})
    assert "is locked by" in told({floor.LOCKED: "prove=true"}, application="false")


def test_a_proof_that_is_not_complete(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK, "theirs.yaml": WEBHOOK}))
    assert told({}, application="true") == ""
    monkeypatch.chdir(repository({"link.yaml": LINK, "all.yaml": UNREAD}))
    assert "not-understood: " in told({}, application="strict")


def test_what_is_proven_is_deployed(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    assert told({floor.PROOF: "strict"}) == ""


@pytest.mark.parametrize("value", ["perhaps", "1"])
def test_a_value_that_is_none(repository: Repository, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    assert "expected one of false, true, strict" in told({}, application=value)
    assert "expected one of false, true, strict" in told({floor.PROOF: value})


def test_it_is_announced_with_what_the_sidecar_requires(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository({"link.yaml": LINK}))
    for sidecar, expected in (({}, "false"), ({floor.PROOF: "strict"}, "strict")):
        [found] = [each for each in announce(sidecar) if each["name"] == "prove"]
        assert found["string"] == expected

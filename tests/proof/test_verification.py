"""What verification tries is open on its own side alone, and nothing else is."""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from kgen.manifests import Document, Manifest
from kgen.proof import Proof, Source, prove
from kgen.shared import own
from tests.examples.rendering import ROOT, bundle
from tests.proof.build import policy, told

EXAMPLE = "examples/19-verify"
JOB = {"matchLabels": {"kgen.dev/job": "verify"}}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def proven(*more: Manifest, change: Any = None) -> Proof:
    made = bundle([EXAMPLE])
    sources = [Source(Document(own(entry.build()), entry.origin), entry.layer) for entry in made.entries]
    for source in sources:
        manifest = source.document.manifest
        if change and manifest["kind"] == "NetworkPolicy" and manifest["metadata"]["namespace"] == "kgen-system":
            change(manifest["spec"])
    sources += [Source(Document(each, sources[0].document.origin), "") for each in more]
    return prove(sources, made.topology)


def test_the_example_is_proven() -> None:
    assert proven().verdict == "proven"


def test_an_agent_that_lets_the_verification_in_is_refuted() -> None:
    home = {"matchLabels": {"kubernetes.io/metadata.name": "kgen-system"}}
    door = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": home, "podSelector": JOB}]}]}
    made = proven(policy("door", "billing", door))
    assert made.verdict == "refuted"
    assert any(
        "the verification" in one or "Job kgen-system" in one
        for kind in ("excess", "union-leak")
        for one in told(made, kind)
    )


def test_other_ways_out_of_it_are_one_sided_as_ever() -> None:
    def another_port(spec: Manifest) -> None:
        spec["egress"][2]["ports"].append({"protocol": "TCP", "port": 9090})

    assert told(proven(), "one-sided") == []
    assert any("TCP 9090" in one for one in told(proven(change=another_port), "one-sided"))


def test_what_it_can_not_try_is_a_deficit_because_a_refusal_would_be_its_own() -> None:
    def held_back(spec: Manifest) -> None:
        del spec["egress"][2]

    made = proven(change=held_back)
    assert made.verdict == "refuted"
    [message, *_] = told(made, "deficit")
    assert "asked for by the flow attempt, blocked by the egress side of Job kgen-system/kgen-verify-example" in message


def test_nothing_reaches_the_verification() -> None:
    opened = policy("open", "kgen-system", {"podSelector": JOB, "ingress": [{}]})
    assert proven(opened).verdict == "refuted"


def cilium(folder: Path, change: Any = None) -> Proof:
    """The example where Cilium runs, and its API server on a node."""
    copytree(EXAMPLE, folder / "example", dirs_exist_ok=True)
    file = folder / "example/platform.yaml"
    file.write_text(file.read_text().replace("apiServer:", "cni: Cilium\n    apiServer:"))
    made = bundle([str(folder / "example")])
    sources = []
    for entry in made.entries:
        manifest = own(entry.build())
        mine = manifest["kind"] == "CiliumNetworkPolicy" and manifest["metadata"]["namespace"] == "kgen-system"
        if not (mine and change and change(manifest["spec"]) is False):
            sources.append(Source(Document(manifest, entry.origin), entry.layer))
    return prove(sources, made.topology)


def test_with_cilium_the_api_server_is_reached_on_a_node_too(tmp_path: Path) -> None:
    assert cilium(tmp_path).verdict == "proven"
    made = cilium(tmp_path, lambda spec: False)
    assert made.verdict == "refuted"
    [message] = told(made, "deficit")
    assert "the API server" in message


def test_other_entities_are_not_read(tmp_path: Path) -> None:
    def everything(spec: Manifest) -> None:
        spec["egress"][0]["toEntities"].append("world")

    made = cilium(tmp_path, everything)
    assert made.verdict == "incomplete"
    assert any("an entity other than kube-apiserver" in one for one in told(made, "not-understood"))


def test_another_port_of_the_api_server_is_more_than_is_asked(tmp_path: Path) -> None:
    def wider(spec: Manifest) -> None:
        spec["egress"][0]["toPorts"][0]["ports"][0]["port"] = "0"

    assert cilium(tmp_path, wider).verdict == "refuted"

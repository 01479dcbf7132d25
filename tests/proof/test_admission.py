"""Admission as the proof reads it: guardrails there, changed and missing, data against links, the locks."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgen.manifests import Document, Manifest, Origin, get
from kgen.proof import Source, prove
from kgen.proof.admission import read
from kgen.proof.findings import Finding
from kgen.proof.guardrails import BESIDE, LAYER, POLICY
from kgen.results import ERROR
from kgen.shared import own
from kgen.topology.types import Topology
from tests.examples.rendering import EXAMPLES, ROOT, bundle
from tests.proof.mutations import guardrail_mutants

POLICIES, GATEKEEPER = (str(ROOT / "examples" / name) for name in ("10-admission", "11-gatekeeper"))
GUARDRAILS = (
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ConstraintTemplate"),
    *("kgenguard-production", "kgenlock-production"),
)
Change = Callable[[Manifest], Any]


def rendered(example: str) -> tuple[list[Document], Topology]:
    made = bundle([example])
    return [Document(own(entry.build()), entry.origin) for entry in made.entries], made.topology


def changed(documents: list[Document], name: str, change: Change) -> list[Document]:
    """The same documents, the one of this name changed in place of; gone where the change gives False."""
    found = []
    for document in documents:
        if document.manifest["metadata"]["name"] != name:
            found.append(document)
            continue
        manifest = copy.deepcopy(document.manifest)
        if change(manifest) is not False:
            found.append(Document(manifest, document.origin))
    assert found != documents, name
    return found


def found(documents: list[Document], topology: Topology, kind: str = "") -> list[Finding]:
    return [one for one in read(documents, topology).findings if kind in ("", one.kind)]


@pytest.mark.parametrize("example", [POLICIES, GATEKEEPER])
def test_as_rendered_it_admits_the_links_and_closes_the_write_side(example: str) -> None:
    documents, topology = rendered(example)
    gates = read(documents, topology)
    assert not gates.findings
    assert sorted(gates.locks) == ["controller-writes", "legacy-agents", "takeovers"]
    proof = prove([Source(document, "") for document in documents], topology)
    [residual] = [one for one in proof.findings if one.kind == "residual"]
    assert "admission refuses what it writes in the whole cluster" in residual.message
    [link] = [flow for flow in proof.flows if flow.name == "link"]
    assert link.admission == "admitted"


def test_what_no_link_asks_for_is_refused() -> None:
    gates = read(*rendered(GATEKEEPER))
    assert gates.says("team-alpha/orchestrator", "team-beta/specialist") == "admitted"
    assert gates.says("team-beta/specialist", "team-alpha/orchestrator") == "refused"
    assert gates.says("elsewhere/nobody", "team-beta/specialist") == "refused"
    assert gates.says("team-alpha/orchestrator", "elsewhere/anybody") == "refused"
    assert gates.says("elsewhere/nobody", "elsewhere/anybody") == ""


def test_a_link_that_the_data_lacks_is_a_deficit() -> None:
    documents, topology = rendered(GATEKEEPER)

    def forget(manifest: Manifest) -> None:
        manifest["spec"]["parameters"]["callers"] = []

    broken = changed(documents, "callers.team-beta.production", forget)
    [deficit] = found(broken, topology, "deficit")
    assert (deficit.source, deficit.target) == ("team-alpha/orchestrator", "team-beta/specialist")
    proof = prove([Source(document, "") for document in broken], topology)
    assert proof.verdict == "refuted"
    assert [flow.admission for flow in proof.flows if flow.name == "link"] == ["refused"]


def test_a_reference_too_many_in_the_data_is_an_excess() -> None:
    documents, topology = rendered(POLICIES)

    def add(manifest: Manifest) -> None:
        manifest["data"]["callees"] += "\norchestrator team-alpha/vault"

    [excess] = found(changed(documents, "admission.team-alpha.production", add), topology, "excess")
    assert "admits the reference 'orchestrator team-alpha/vault', and no link asks for that" in excess.message
    assert excess.causes[0].path == ("data", "callees")


@pytest.mark.parametrize(
    "name, change, kind, words",
    [
        ("kgen-agents.production", lambda m: m["spec"].update(failurePolicy="Ignore"), "disagreement", "let through"),
        ("kgen-agents.production", lambda m: m["spec"]["validations"].pop(), "disagreement", "not known any more"),
        (
            "kgen-agents.team-alpha.production",
            lambda m: m["spec"].update(validationActions=["Audit"]),
            "disagreement",
            "no longer refused",
        ),
        ("kgen-agents.team-alpha.production", lambda m: m["spec"]["paramRef"].pop("namespace"), "disagreement", "data"),
        ("kgen-controller-writes.production", lambda m: False, "excess", "what it refuses is admitted"),
        ("admission.team-alpha.production", lambda m: False, "excess", "without it everything"),
        (
            "admission.team-alpha.production",
            lambda m: m["data"].update(writers=m["data"]["writers"] + "\neve"),
            "excess",
            "eve may write agents",
        ),
        ("admission.team-alpha.production", lambda m: m["data"].pop("pods"), "deficit", "lacks pods"),
        ("admission.team-alpha.production", lambda m: m["data"].pop("verdicts"), "deficit", "lacks verdicts"),
        (
            "admission.team-alpha.production",
            lambda m: m["data"].update(verdicts="x/y"),
            "disagreement",
            "x/y is kept as a verdict",
        ),
    ],
)
def test_damage_is_told_by_what_it_lets_happen(name: str, change: Change, kind: str, words: str) -> None:
    documents, topology = rendered(POLICIES)
    told = found(changed(documents, name, change), topology, kind)
    assert any(words in one.message for one in told), told
    assert all(one.result().severity == ERROR for one in told)


def test_under_observe_damage_is_a_warning() -> None:
    documents, topology = rendered(POLICIES)

    def empty(manifest: Manifest) -> None:
        manifest["data"]["callers"] = ""

    told = found(changed(documents, "admission.team-beta.production", empty), topology)
    assert told
    assert {one.result().severity for one in told} == {"warning"}


def _gone(_: Manifest) -> bool:
    return False


def _warn(manifest: Manifest) -> None:
    if manifest["kind"] == "ValidatingAdmissionPolicyBinding":
        manifest["spec"]["validationActions"] = ["Warn"]


@pytest.mark.parametrize("change", [_gone, _warn])
def test_without_its_lock_the_write_side_is_open_again(change: Change) -> None:
    documents, topology = rendered(POLICIES)
    broken = changed(documents, "kgen-controller-writes.production", change)
    assert "controller-writes" not in read(broken, topology).locks
    proof = prove([Source(document, "") for document in broken], topology)
    [residual] = [one for one in proof.findings if one.kind == "residual"]
    assert "admission its write side" in residual.mend


def test_a_binding_of_somebody_else_s_to_kgen_s_policy_refuses_too() -> None:
    documents, topology = rendered(POLICIES)
    binding = next(d for d in documents if d.manifest["metadata"]["name"] == "kgen-agents.team-alpha.production")
    another = copy.deepcopy(binding.manifest)
    another["metadata"]["name"] = "another"
    another["spec"]["paramRef"] = {"name": "mine", "namespace": "team-alpha", "parameterNotFoundAction": "Deny"}
    data = dict.fromkeys(("owned", "callees", "callers", "accounts", "pods", "podSecurity", "writers", "verdicts"), "")
    mine = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "mine", "namespace": "team-alpha"},
        "data": data | {"namespace": "team-alpha", "agents": "*"},
    }
    told = found([*documents, Document(another, Origin()), Document(mine, Origin())], topology, "deficit")
    assert [(one.source, one.target) for one in told] == [("team-alpha/orchestrator", "team-beta/specialist")]


def test_what_decides_besides_is_said_and_changes_no_verdict() -> None:
    documents, topology = rendered(POLICIES)
    theirs = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    documents.append(Document(theirs | {"metadata": {"name": "theirs"}, "spec": {}}, Origin()))
    proof = prove([Source(document, "") for document in documents], topology)
    assert proof.verdict == "proven"
    assert any(
        "ValidatingAdmissionPolicy is not evaluated (1 here): it only refuses" in f.message for f in proof.findings
    )


def test_what_the_api_server_fills_in_is_no_change() -> None:
    documents, topology = rendered(POLICIES)
    for document in documents:
        spec = document.manifest.get("spec", {})
        if constraints := spec.get("matchConstraints"):
            constraints.update(namespaceSelector={}, objectSelector={}, matchPolicy="Equivalent")
            for rule in constraints["resourceRules"]:
                rule["scope"] = "*"
        if resources := get(document.manifest, "spec", "matchResources"):
            resources.update(matchPolicy="Equivalent", objectSelector={})
    assert not read(documents, topology).findings


@pytest.mark.parametrize("example", [POLICIES, GATEKEEPER])
def test_every_damage_to_a_guardrail_is_found(example: str) -> None:
    documents, topology = rendered(example)
    count = 0
    missed = []
    for position, document in enumerate(documents):
        manifest = document.manifest
        if manifest["kind"] not in GUARDRAILS and not manifest["metadata"]["name"].startswith("admission."):
            continue
        for what, mutant in guardrail_mutants(manifest):
            count += 1
            left = [] if mutant is None else [Document(mutant, document.origin)]
            if not read([*documents[:position], *left, *documents[position + 1 :]], topology).findings:
                missed.append((manifest["metadata"]["name"], what))
    assert count > 400
    # what the API server, or Gatekeeper, fills in when it is left out
    defaults = ("take out spec.failurePolicy", "matchPolicy", "take out spec.enforcementAction")
    assert not [one for one in missed if not one[1].endswith(defaults)]


def test_no_other_example_is_told_about_guardrails() -> None:
    documents, topology = rendered(str(Path(EXAMPLES[0])))
    assert not read(documents, topology).findings


def test_every_layer_that_puts_up_guardrails_is_known() -> None:
    folders = {file.parent.name for file in (ROOT / "bases").glob("*/*.yaml") if POLICY in _templates(file)}
    assert folders == {LAYER, *(name for name, _ in BESIDE)}


def _templates(file: Path) -> bytes:
    return b"" if file.name == "layer.yaml" else file.read_bytes()


@pytest.mark.parametrize("name", ["12-external-secrets", "13-zero-trust-sidecar", "15-egress-gateway"])
def test_every_damage_to_a_guardrail_of_another_layer_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    documents, topology = rendered(f"examples/{name}")
    assert not read(documents, topology).findings, "kgen's own are recognised"
    count = 0
    missed = []
    for position, document in enumerate(documents):
        manifest = document.manifest
        if manifest["kind"] not in GUARDRAILS or not manifest["metadata"]["name"].startswith(
            ("egress-ca", "kgen-nudge")
        ):
            continue
        for what, mutant in guardrail_mutants(manifest):
            count += 1
            left = [] if mutant is None else [Document(mutant, document.origin)]
            if not read([*documents[:position], *left, *documents[position + 1 :]], topology).findings:
                missed.append((manifest["metadata"]["name"], what))
    assert count > 40
    defaults = ("take out spec.failurePolicy", "matchPolicy")
    assert not [one for one in missed if not one[1].endswith(defaults)]

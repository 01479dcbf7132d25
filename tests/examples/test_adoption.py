"""Example 07: Observe breaks nothing, says what Enforce needs, and Enforce changes what the page says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kgen.entry.cli import main
from kgen.shared import own
from tests.examples.rendering import ROOT, bundle

EXAMPLE = "examples/07-adoption"
ENFORCE = ("--overlay", f"{EXAMPLE}/overlays/enforce")
LATER = ("--overlay", f"{EXAMPLE}/overlays/support-later")
WRITERS = "{trustedWriters: ['system:serviceaccount:argocd:argocd-application-controller']}"
MESH = "{mode: %s, istioCNI: true, kagentInMesh: true}"
ALL_LAYERS = {
    "as it is": "{}",
    "admission": f"{{layers: {{admission: Enabled}}, admission: {WRITERS}}}",
    "gatekeeper": f"{{layers: {{admission: Enabled}}, admission: {{engine: Gatekeeper, {WRITERS[1:]}}}",
    "sidecars": f"{{profile: Mesh, mesh: {MESH % 'Sidecar'}}}",
    "ambient": f"{{profile: Mesh, mesh: {MESH % 'Ambient'}}}",
    "secrets": "{secrets: {provider: ExternalSecrets, storeRef: {name: vault}}}",
}
# What denies nothing wherever it is: Namespaces and accounts, and what only logs.
HARMLESS = {"Namespace", "ServiceAccount", "ConfigMap", "Telemetry", "SyncSet"}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def running() -> dict[str, dict[str, Any]]:
    found = {}
    for file in sorted((ROOT / EXAMPLE / "running").glob("*.yaml")):
        for each in yaml.safe_load_all(file.read_text()):
            found[f"{each['kind']} {each['metadata']['namespace']}/{each['metadata']['name']}"] = each
    return found


def made(*words: str) -> dict[str, dict[str, Any]]:
    found = {}
    for entry in bundle([EXAMPLE, *words]).entries:
        each = own(entry.build())
        metadata = each["metadata"]
        found[f"{each['kind']} {metadata.get('namespace', '')}/{metadata['name']}"] = each
    return found


def denies(each: dict[str, Any]) -> bool:
    """Whether an object can refuse a request, a pod or a connection in one of the two namespaces."""
    kind, spec = each["kind"], each.get("spec", {})
    labels = each["metadata"].get("labels", {})
    if kind == "Namespace":
        return any(name.startswith("pod-security.kubernetes.io/enforce") for name in labels)
    if kind in HARMLESS or kind in ("ValidatingAdmissionPolicy", "ConstraintTemplate"):
        return False  # the last two refuse by their bindings and constraints alone
    if kind == "ValidatingAdmissionPolicyBinding":
        return "Deny" in spec["validationActions"] or spec.get("paramRef", {}).get("parameterNotFoundAction") == "Deny"
    if each["apiVersion"].startswith("constraints.gatekeeper.sh/"):
        return spec["enforcementAction"] != "warn"
    if kind == "PeerAuthentication":
        return spec["mtls"]["mode"] == "STRICT"
    return True


@pytest.mark.parametrize("spec", ALL_LAYERS.values(), ids=ALL_LAYERS)
def test_observe_denies_nothing_and_restarts_nothing(spec: str, tmp_path: Path) -> None:
    overlay = tmp_path / "layers"
    overlay.mkdir()
    (overlay / "platform.yaml").write_text(f"apiVersion: kgen.dev/v1alpha1\nkind: Platform\nspec: {spec}\n")
    before, after = running(), made("--overlay", str(overlay))
    assert {name: after[name] for name in before} == before
    added = {name: each for name, each in after.items() if name not in before}
    own_namespace = added.pop("Namespace /kgen-system", None)  # of admission's data: nothing else is in it
    assert (own_namespace is None) == ("admission" not in spec)
    assert not [name for name, each in added.items() if denies(each)]
    assert not {each["kind"] for each in added.values()} & {"Agent", "Deployment", "ModelConfig"}


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out + err


def test_observe_says_what_enforce_needs_and_refuses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, "check", EXAMPLE)
    assert code == 0, text
    for said in (
        "calls billing/refunds, which no link asks for",
        "Enforce refuses it",
        "no link or grant names support/digest, so under Enforce the default-deny of support (Owned) would cut it off",
        "no link or grant names billing/refunds",
    ):
        assert said in text
    code, text = told(capsys, "prove", EXAMPLE)
    assert code == 0
    assert "support/triage to billing/refunds: has it as a tool, and no link asks for that" in text


def test_enforce_without_what_was_found_stops(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    overlay = tmp_path / "hasty"
    overlay.mkdir()
    text = (ROOT / EXAMPLE / "overlays/enforce/platform.yaml").read_text()
    (overlay / "platform.yaml").write_text(
        text.replace("  files: [found.yaml]\n", "").replace("name: enforce", "name: hasty")
    )
    code, text = told(capsys, "render", EXAMPLE, "--overlay", str(overlay))
    assert code == 1
    assert "calls billing/refunds, which no link asks for" in text


@pytest.mark.parametrize("words", [ENFORCE, (*ENFORCE, *LATER)], ids=["at once", "billing first"])
def test_enforce_is_proven(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "prove"):
        code, text = told(capsys, command, EXAMPLE, *words)
        assert code == 0, text
        assert "no link" not in text


def test_a_link_forgotten_on_the_way_is_said_to_be_blocked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    overlay = tmp_path / "forgotten"
    overlay.mkdir()
    head = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\n"
    (overlay / "platform.yaml").write_text(head + "spec: {namespaces: {billing: {enforcement: Enforce}}}\n")
    code, text = told(capsys, "render", EXAMPLE, "--overlay", str(overlay))
    assert code == 0
    assert "calls billing/refunds, which no link asks for" in text
    assert "billing is under Enforce and blocks it already" in text


def test_billing_first_leaves_support_alone() -> None:
    before, after = running(), made(*ENFORCE, *LATER)
    assert {name: each for name, each in after.items() if " support/" in name} == {
        name: each for name, each in before.items() if " support/" in name
    }
    assert "NetworkPolicy billing/default-deny" in after
    assert after["Agent billing/refunds"] != before["Agent billing/refunds"]

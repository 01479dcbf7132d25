"""What one layer alone stops by design, what Observe leaves open beside a gate, and blocks of addresses in words."""

import copy
import shutil
from pathlib import Path

import pytest

from kgen.manifests import Document
from kgen.proof import Proof, Source, prove
from kgen.proof.endpoints import ADDRESSES, Endpoint
from kgen.proof.index import LOCAL_BLOCKS, POD_BLOCKS, Index, mask_of
from kgen.proof.naming import addresses_text
from kgen.proof.spaces import pieces, span
from kgen.proof.terms import BlockTerm
from kgen.results import ERROR, INFO, WARNING
from kgen.shared import own
from tests.examples.rendering import ROOT, bundle

CARDS = ROOT / "examples" / "16-verified-cards"


def sources(*words: str) -> tuple[list[Source], object]:
    made = bundle(list(words))
    return [Source(Document(own(entry.build()), entry.origin), entry.layer) for entry in made.entries], made.topology


def proof(*words: str) -> Proof:
    found, topology = sources(*words)
    return prove(found, topology)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["13-zero-trust-sidecar", "14-zero-trust-ambient", "16-verified-cards"])
def test_what_only_the_network_can_stop_is_said_once_and_why(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    made = proof(f"examples/{name}")
    assert made.verdict == "proven"
    told = [one for one in made.findings if one.kind == "disagreement"]
    assert {one.result().severity for one in told} == {INFO}
    assert len(told) == 2
    assert not any(one.mend for one in told), "there is nothing to mend"
    assert any("they end TLS there themselves" in one.message for one in told)
    assert any("label of the gate is missing" in one.message for one in told)


def test_a_rule_that_lets_anybody_in_is_still_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found, topology = sources(str(CARDS))
    for number, source in enumerate(found):
        if source.document.manifest["kind"] == "AuthorizationPolicy":
            manifest = copy.deepcopy(source.document.manifest)
            if manifest["metadata"]["name"] == "clerk-callers":
                manifest["spec"]["rules"][0]["to"][0]["operation"]["ports"] = ["8443", "8080"]
                found[number] = source._replace(document=Document(manifest, source.document.origin))
    made = prove(found, topology)  # type: ignore[arg-type]
    told = [one for one in made.findings if one.kind == "disagreement" and one.result().severity == WARNING]
    assert any("payments/clerk" in one.target and "8080" in one.ports for one in told)


@pytest.mark.parametrize("observed", ["payments", "risk"])
def test_what_a_gate_leaves_to_observe_is_called_its_effect(observed: str, tmp_path: Path) -> None:
    made = proof(str(_cards(tmp_path, f"{observed}: {{}}", f"{observed}: {{enforcement: Observe}}")))
    assert made.verdict == "proven"
    [told] = [one for one in made.findings if one.kind == "excess"]
    assert told.result().severity == WARNING
    assert "an effect of Observe" in told.message
    assert f"enforcement of {observed}" in told.mend


@pytest.mark.parametrize("gate", ["true", "false"])
@pytest.mark.parametrize("observed", ["", "payments", "risk"])
def test_the_port_of_a_mesh_that_is_not_kgen_s_is_asked_for(gate: str, observed: str, tmp_path: Path) -> None:
    folder = _cards(tmp_path, "mesh: Enabled, ", "")
    for before, after in (
        ("mode: Sidecar", "mode: Ambient"),
        ("gate: true", f"gate: {gate}"),
        (f"{observed}: {{}}", f"{observed}: {{enforcement: Observe}}"),
    ):
        _changed(folder, before, after)
    made = proof(str(folder))
    assert made.verdict == "proven"
    assert not [one for one in made.findings if one.result().severity == ERROR]
    assert [flow.ports for flow in made.flows if flow.name == "link"] == ["TCP 8080, 15008"]


def _cards(folder: Path, before: str, after: str) -> Path:
    for file in CARDS.glob("*.yaml"):
        shutil.copy(file, folder)
    _changed(folder, before, after)
    return folder


def _changed(folder: Path, before: str, after: str) -> None:
    file = folder / "platform.yaml"
    file.write_text(file.read_text().replace(before, after))


BLOCKS = [
    BlockTerm(block) for block in (*POD_BLOCKS, *LOCAL_BLOCKS, "10.1.0.0/16", "169.254.7.127/32", "203.0.113.0/24")
]


@pytest.mark.parametrize(
    "left_out, words",
    [
        ((), ["every address"]),
        (("10.1.0.0/16",), ["every address but 10.1.0.0/16"]),
        (("169.254.7.127/32", "203.0.113.0/24"), ["every address but 169.254.7.127/32 and 203.0.113.0/24"]),
        (("0.0.0.0/0", "::/0"), []),
        (
            (
                "10.0.0.0/8",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "169.254.0.0/16",
                "fc00::/7",
                "100.64.0.0/10",
                "fe80::/10",
            ),
            ["every public address"],
        ),
    ],
)
def test_addresses_are_told_by_what_is_missing(left_out: tuple[str, ...], words: list[str]) -> None:
    index = Index([Endpoint(ADDRESSES, "", span=piece) for piece in pieces(BLOCKS)])
    gone = [found for block in left_out if (found := span(block))]
    kept = [
        number
        for number, one in enumerate(index.endpoints)
        if not any(g.version == one.span.version and g.first <= one.span.first <= g.last for g in gone)
    ]
    assert addresses_text(index, mask_of(kept)) == words

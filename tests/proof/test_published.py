"""The bundle that people write by hand: each of its network and reference mistakes is found and explained."""

from pathlib import Path

import pytest

from kgen.entry.cli import main, make_parser, prove as command
from kgen.entry.proving import prove_options
from kgen.manifests import path_text
from kgen.proof import Proof
from kgen.proof.findings import Finding

FOLDER = Path(__file__).parent / "published"


@pytest.fixture(scope="module")
def proof() -> Proof:
    words = [str(FOLDER / "bundle"), "--links", str(FOLDER / "link.yaml"), "--as-of", "2026-06-15"]
    return prove_options(make_parser("prove", command).parse_args(words))


def the(proof: Proof, kind: str, *words: str, layer: str = "") -> Finding:
    """The one finding of a kind, and of a layer, whose message has these words."""
    found = [one for one in proof.findings if one.kind == kind and all(word in one.message for word in words)]
    found = [one for one in found if layer in ("", one.layer)]
    assert len(found) == 1, [one.message for one in proof.findings if one.kind == kind]
    return found[0]


def place(finding: Finding) -> str:
    cause = finding.causes[0]
    return f"{Path(cause.origin.file).name}:{cause.origin.line} {path_text(cause.path)}"


def test_it_is_refuted(proof: Proof) -> None:
    assert proof.verdict == "refuted"


def test_the_real_data_path_is_blocked_on_both_sides(proof: Proof) -> None:
    out = the(proof, "deficit", "team-alpha/planner to team-beta/clerk", "egress side of team-alpha/planner")
    assert out.mend == (
        "add to NetworkPolicy team-alpha/outwards a rule under spec.egress with to: team-beta/clerk, ports: TCP 8080"
    )
    into = the(proof, "deficit", "team-alpha/planner to team-beta/clerk", "ingress side of team-beta/clerk")
    assert "NetworkPolicy team-beta/deny-all isolates it" in into.message


def test_the_selector_of_pods_that_do_not_exist(proof: Proof) -> None:
    found = the(proof, "dangling", "selects no pod of team-beta", layer="network")
    assert place(found) == "02-network.yaml:13 spec.podSelector"
    assert found.mend == "correct the selector; team-beta/clerk has app=kagent, kagent=clerk"
    the(proof, "deficit", "kagent's controller to team-beta/clerk", layer="network")  # what that policy was for


def test_the_controller_s_selector_lets_the_ui_in_too(proof: Proof) -> None:
    found = the(proof, "excess", "kagent's UI", "to team-alpha/planner, TCP 8080")
    assert place(found) == "02-network.yaml:53 spec.ingress[0]"


def test_models_are_out_of_reach(proof: Proof) -> None:
    for agent in ("team-alpha/planner", "team-beta/clerk"):
        the(proof, "deficit", f"{agent} to every public address, TCP 443", "the flow model")
    the(proof, "deficit", "team-beta/clerk to kagent's controller, TCP 8083")


def test_resolver_and_kagent_are_opened_as_whole_namespaces(proof: Proof) -> None:
    for agent in ("team-alpha/planner", "team-beta/clerk"):
        the(proof, "excess", f"{agent} to any other pod of kube-system", "TCP 53, UDP 53")
    the(proof, "excess", "team-alpha/planner to kagent's tool server", "every port")


def test_the_account_is_nobody_s_and_can_read_secrets(proof: Proof) -> None:
    found = the(proof, "dangling", "ServiceAccount team-beta/clerk-agent, which no known pod")
    assert "can read Secrets in team-beta" in found.message
    assert place(found) == "01-accounts.yaml:19 subjects[0]"


def test_the_references_that_kagent_or_the_api_server_refuse(proof: Proof) -> None:
    untyped = the(proof, "dangling", "without a type")
    assert (place(untyped), untyped.mend) == ("06-caller.yaml:12 spec.declarative.tools[0]", "add type: Agent")
    for agent in ("team-alpha/planner", "team-beta/clerk"):
        moved = the(proof, "dangling", f"{agent} has its description where kagent has no such field")
        assert moved.mend == "move it to spec.description"


def test_consent_goes_by_a_label_that_anybody_may_set(proof: Proof) -> None:
    found = the(proof, "disagreement", "team-beta/clerk consents by labels of namespaces")
    assert place(found) == "05-callee.yaml:11 spec.allowedNamespaces"


def test_the_mesh_refuses_the_real_data_path_for_good(proof: Proof) -> None:
    refused = the(proof, "deficit", "team-alpha/planner to team-beta/clerk", "the mesh refuses it")
    assert "POST /; GET /.well-known/agent-card.json" in refused.message
    assert "a DENY matches it, which no ALLOW undoes" in refused.message
    assert place(refused) == "08-mesh.yaml:29 spec.rules[0]"


def test_kagent_s_own_namespace_is_not_in_the_mesh(proof: Proof) -> None:
    found = the(proof, "deficit", "kagent's controller to team-beta/clerk", "is not in the mesh", layer="mesh")
    assert place(found) == "08-mesh.yaml:8 spec.mtls"
    the(proof, "disagreement", "team-alpha/planner takes plain text as well")


def test_the_mesh_names_an_account_that_is_nobody_s(proof: Proof) -> None:
    found = [one for one in proof.findings if "names ServiceAccount kagent/kagent, and none" in one.message]
    assert [place(one).partition(" ")[2] for one in found] == [
        "spec.rules[0].from[0].source.principals",
        "spec.rules[0].from[0].source.notPrincipals",
    ]
    assert found[0].mend.endswith("in kagent there are kagent-controller, kagent-ui")


def test_the_mesh_selects_pods_that_do_not_exist(proof: Proof) -> None:
    found = the(proof, "dangling", "selects no pod of team-beta", layer="mesh")
    assert place(found) == "08-mesh.yaml:14 spec.selector"
    assert found.mend == "correct the selector; team-beta/clerk has app=kagent, kagent=clerk"


def test_nothing_guards_the_controller_s_port(proof: Proof) -> None:
    the(proof, "residual", "2 agents have to reach port 8083")


def test_documents_that_run_together_are_refused_at_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", str(FOLDER / "run-together")]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert '01-accounts.yaml:7: apiVersion: the key "apiVersion" stands twice' in told.err
    assert '02-network.yaml:10: apiVersion: the key "apiVersion" stands twice' in told.err


def test_every_finding_says_what_mends_it_and_where(proof: Proof) -> None:
    """Only the controller's port is no single object's fault."""
    assert not [one.message for one in proof.findings if not one.mend]
    placed = [one for one in proof.findings if one.causes and one.causes[0].origin.line]
    left = [one.message for one in proof.findings if one not in placed and one.kind != "residual"]
    assert all(
        "no policy isolates" in one
        or "only the network stops it" in one
        or "no ALLOW is for it" in one
        or "nothing asks callers" in one
        for one in left
    ), left

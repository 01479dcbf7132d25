"""Law 6 by the proof: nothing reachable that is not asked for, nothing asked for blocked, no residual but port 8083."""

from hypothesis import given

from kgen.manifests import Document, Manifest
from kgen.proof import Proof, Source, prove
from kgen.proof.findings import ONE_SIDED, RESIDUAL
from kgen.results import WARNING
from tests.laws.rendering import bundle
from tests.laws.topologies import Case, cases


def proof_of(case: Case) -> Proof:
    made = bundle(case)
    sources = [Source(Document(entry.build(), entry.origin), entry.layer) for entry in made.entries]
    return prove(sources, made.topology)


@given(cases())
def test_a_bundle_allows_what_is_asked_for_and_nothing_else(case: Case) -> None:
    proof = proof_of(case)
    observed = {space.name for space in bundle(case).topology.namespaces if not space.enforced}
    for finding in proof.findings:
        told = (finding.kind, finding.message)
        if finding.kind != RESIDUAL:  # under Observe nothing is merged into an Agent, and the proof says what misses
            assert (finding.layer, finding.result().severity) == ("kagent", WARNING), told
            assert finding.causes[0].identity.namespace in observed, told
    assert proof.verdict == "proven"
    runs_kagent = any(agent.kind == "Agent" for agent in bundle(case).topology.agents)
    assert proof.count(RESIDUAL) == runs_kagent


@given(cases(links=1))
def test_taking_a_policy_out_is_never_unnoticed(case: Case) -> None:
    made = bundle(case)
    sources = [Source(Document(entry.build(), entry.origin), entry.layer) for entry in made.entries]
    policies = [i for i, one in enumerate(sources) if one.document.manifest["kind"].endswith("NetworkPolicy")]
    before = {finding.message for finding in prove(sources, made.topology).findings}
    for position in policies[:4]:
        after = prove(sources[:position] + sources[position + 1 :], made.topology)
        if _says_nothing_more(sources, position):
            continue
        new = [finding for finding in after.findings if finding.message not in before]
        assert new, sources[position].document.manifest["metadata"]
        assert after.verdict == "refuted" or all(finding.kind == ONE_SIDED for finding in new)


def _says_nothing_more(sources: list[Source], position: int) -> bool:
    """A policy without rules, where the namespace's default-deny isolates its pods already."""
    manifest = sources[position].document.manifest
    rules = manifest["spec"].get("ingress") or manifest["spec"].get("egress")
    deny = ("NetworkPolicy", manifest["metadata"]["namespace"], "default-deny")
    there = {(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]) for m in map(_manifest, sources)}
    return not rules and manifest["metadata"]["name"] != "default-deny" and deny in there


def _manifest(source: Source) -> Manifest:
    return source.document.manifest

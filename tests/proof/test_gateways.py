"""Egress gateways in the proof: in each scope and mode what is asked for, and what damage to their policies opens."""

from typing import Any

import pytest

from kgen.manifests import Document, Manifest
from kgen.proof import Proof, Source, prove
from kgen.proof.blast import blast
from kgen.proof.findings import DEFICIT, EXCESS, ONE_SIDED
from tests.examples.rendering import ROOT, bundle

EXAMPLE = "examples/15-egress-gateway"


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def proof(scope: str, change: Any = None) -> Proof:
    """The proof of the example in a scope, with objects changed, or taken out where the change says None."""
    made = bundle([EXAMPLE, "--overlay", f"{EXAMPLE}/overlays/{scope}"])
    sources = []
    for entry in made.entries:
        manifest: Manifest | None = entry.build()
        if change is not None:
            manifest = change(manifest)
        if manifest is not None:
            sources.append(Source(Document(manifest, entry.origin), entry.layer))
    return prove(sources, made.topology)


def told(made: Proof, *kinds: str) -> str:
    return "\n".join(finding.message for finding in made.findings if finding.kind in kinds)


@pytest.mark.parametrize("scope", ["agent", "namespace", "shared"])
def test_the_example_is_proven(scope: str) -> None:
    assert proof(scope).verdict == "proven"


def without_its_policy(manifest: Manifest) -> Manifest | None:
    ours = manifest["metadata"].get("namespace") == "agent-egress" and "NetworkPolicy" in manifest["kind"]
    return None if ours and manifest["metadata"]["name"].startswith("egress-gateway-traffic") else manifest


def test_trap_default_deny_starves_a_proxy_without_policies_of_its_own() -> None:
    broken = proof("shared", without_its_policy)
    assert broken.verdict == "refuted"
    found = told(broken, DEFICIT)
    assert "asked for by the flow dns" in found
    assert "asked for by the flow model" in found
    assert "asked for by the flow gateway" in found


def open_to_all(manifest: Manifest) -> Manifest:
    if manifest["metadata"]["name"] == "egress-gateway-traffic" and manifest["kind"] == "NetworkPolicy":
        return {**manifest, "spec": {**manifest["spec"], "ingress": [{}]}}
    return manifest


def test_ports_without_authentication_stay_closed() -> None:
    found = told(proof("shared", open_to_all), EXCESS, ONE_SIDED)
    assert "every address to Deployment agent-egress/egress-gateway" in found


def public_agents(manifest: Manifest) -> Manifest:
    """An agent that may go past its gateway."""
    if (manifest["kind"], manifest["metadata"]["name"]) == ("NetworkPolicy", "researcher-egress"):
        rule = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "TCP", "port": 443}]}
        return {**manifest, "spec": {**manifest["spec"], "egress": [*manifest["spec"]["egress"], rule]}}
    return manifest


def test_a_road_past_the_gateway_is_an_excess() -> None:
    broken = proof("namespace", public_agents)
    assert broken.verdict == "refuted"
    assert "research/researcher to" in told(broken, EXCESS)


def test_who_holds_an_agent_reaches_what_its_gateway_dials() -> None:
    made = proof("namespace")
    [position] = [i for i, one in enumerate(made.world.endpoints) if one.title == "research/archivist"]
    found = blast(made, position)
    hosts = " ".join(one.targets for one in found.through)
    assert "api.crossref.org" in hosts
    assert "api.crossref.org" not in " ".join(one.targets for one in found.direct)
    alone = proof("agent")
    [position] = [i for i, one in enumerate(alone.world.endpoints) if one.title == "research/archivist"]
    through = " ".join(one.targets for one in blast(alone, position).through)
    assert "archive.example.org" in through
    assert "api.crossref.org" not in through

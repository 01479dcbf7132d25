"""Law 6 at the API server: admission lets in the references that links ask for, and no others of its agents."""

import copy

from hypothesis import given, strategies as st

from kgen.manifests import Document
from kgen.proof import Source, prove
from kgen.proof.admission import ADMITTED, REFUSED
from tests.laws.rendering import bundle
from tests.laws.topologies import Case, cases


@st.composite
def guarded(draw: st.DrawFn) -> Case:
    """Cases with the layer admission, by one engine or the other."""
    case = draw(cases(links=1))
    platform = copy.deepcopy(case.platform)
    engine = draw(st.sampled_from(["ValidatingAdmissionPolicy", "Gatekeeper"]))
    platform["spec"]["layers"] = {**platform["spec"].get("layers", {}), "admission": "Enabled"}
    platform["spec"]["admission"] = {"engine": engine, "trustedWriters": ["system:serviceaccount:argocd:argocd"]}
    return case._replace(platform=platform)


@given(guarded())
def test_the_references_that_links_ask_for_and_no_others(case: Case) -> None:
    made = bundle(case)
    proof = prove([Source(Document(entry.build(), entry.origin), entry.layer) for entry in made.entries], made.topology)
    assert not proof.gates.findings
    byo = {agent.endpoint[:3] for agent in made.topology.agents if agent.byo}  # without tools: it refers to nobody
    linked = {(link.caller[:3], link.callee[:3]) for link in made.topology.links if link.caller[:3] not in byo}
    strict = {guard.namespace for guard in made.topology.guards if guard.enforced}
    agents = [agent for agent in made.topology.agents if agent.kind == "Agent"]
    for caller in agents:
        for callee in agents:
            says = proof.gates.says(f"{caller.namespace}/{caller.name}", f"{callee.namespace}/{callee.name}")
            if (caller.endpoint[:3], callee.endpoint[:3]) in linked:
                assert says != REFUSED
            else:
                assert says != ADMITTED
                if {caller.namespace, callee.namespace} & strict:
                    assert says == REFUSED

"""Law 7: no secret value is ever shown, and no generated object takes an Agent's name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgen.checks import Subject, run
from kgen.manifests import identity_of
from kgen.results import Refused
from tests.laws.rendering import bundle, manifests, texts
from tests.laws.topologies import SPACES, VALUE, Case, cases


@given(cases())
def test_a_secret_of_the_input_is_nowhere_but_in_itself(case: Case) -> None:
    made = bundle(case)
    holders = {key for key, text in texts(made).items() if VALUE in text}
    assert holders == {("", "Secret", space, name) for space in SPACES for name in ("model-key", "token")}
    assert VALUE not in repr(made.results)
    assert VALUE not in json.dumps([p.manifest() if p.whole else p.operations() for p in made.proposals])


@given(cases())
def test_lints_do_not_show_it_either(case: Case) -> None:
    subjects = [Subject(identity_of(manifest), manifest) for manifest in manifests(bundle(case))]
    assert VALUE not in repr(run(subjects))


MISTAKES = ("ring", "nowhere", "named like an agent", "twice")


@given(cases(links=1), st.sampled_from(MISTAKES))
def test_a_refusal_does_not_show_it(case: Case, mistake: str) -> None:
    documents = list(case.documents)
    caller, callee = (case.agents[i] for i in case.edges[0])
    if mistake == "ring":
        documents.append({**case.links[0], "spec": {"from": callee.key, "to": caller.key}})
    elif mistake == "nowhere":
        tool = {"kind": "RemoteMCPServer", "name": "nowhere"}
        documents.append({**case.links[0], "spec": {"from": caller.key, "tools": [tool]}})
    elif mistake == "named like an agent":
        secret = next(each for each in case.inputs if each["kind"] == "Secret")
        for agent in case.agents:
            documents.append({**secret, "metadata": {"name": agent.name, "namespace": agent.namespace}})
            documents.append({**secret, "metadata": {"name": agent.name, "namespace": agent.namespace}})
    else:
        documents += case.inputs
    with pytest.raises(Refused) as refused:
        bundle(case, documents)
    assert VALUE not in repr(refused.value.results)
    assert VALUE not in str(refused.value)


@given(cases())
def test_no_generated_object_is_named_like_an_agent(case: Case) -> None:
    agents = {(agent.namespace, agent.name) for agent in case.agents}
    made = [entry.identity for entry in bundle(case).entries if entry.layer and entry.identity.kind != "Agent"]
    assert not [identity for identity in made if (identity.namespace, identity.name) in agents]


@given(cases())
def test_no_secret_is_ever_made(case: Case) -> None:
    assert not [entry.identity for entry in bundle(case).entries if entry.layer and entry.identity.kind == "Secret"]

"""Law 7: no secret value is ever shown, and no generated object takes an Agent's name."""

import json

import pytest
from hypothesis import given, strategies as st

from kgen.bundle import Slice
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


VAULT = {"server": "https://vault.example", "role": "kgen", "serviceAccountName": "kgen-secrets"}
NUDGE = {"rotationNudge": "CronJob", "nudge": {"image": "registry.example/kubectl:1"}}


def fetching(case: Case, kind: str) -> Case:
    """The case where no Secret is in the input and all are fetched."""
    spec = case.platform["spec"]
    settings = {"provider": "ExternalSecrets", "storeRef": {"kind": kind}, "vault": VAULT, **NUDGE}
    network = {**spec["network"], "apiServer": {"cidrs": ["10.0.0.10/32"]}}
    platform = {**case.platform, "spec": {**spec, "secrets": settings, "network": network}}
    return case._replace(platform=platform, inputs=tuple(m for m in case.inputs if m["kind"] != "Secret"))


STORES = st.sampled_from(["SecretStore", "ClusterSecretStore"])


@given(cases(links=1), STORES)
def test_a_secret_is_made_once_and_read_from_a_store_that_lets_its_namespace_in(case: Case, kind: str) -> None:
    case = fetching(case, kind)
    made = [entry.build() for entry in bundle(case).entries if entry.layer == "secrets"]
    fetched = [m for m in made if m["kind"] == "ExternalSecret"]
    targets = [(m["metadata"]["namespace"], m["spec"]["target"]["name"]) for m in fetched]
    assert len(targets) == len(set(targets))
    stores = {(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]): m for m in made}
    for each in fetched:
        reference, space = each["spec"]["secretStoreRef"], each["metadata"]["namespace"]
        store = stores[(kind, space if kind == "SecretStore" else None, reference["name"])]
        if kind == "ClusterSecretStore":
            assert space in store["spec"]["conditions"][0]["namespaces"]
    readers = {m["metadata"]["namespace"] for m in fetched}
    if kind == "ClusterSecretStore" and readers:
        [store] = [m for m in made if m["kind"] == kind]
        assert set(store["spec"]["conditions"][0]["namespaces"]) >= readers
    assert not [m for m in made if m["kind"] == kind and not m["spec"].get("conditions", True)]


@given(cases(links=1), STORES, st.data())
def test_what_a_link_fetches_goes_with_it(case: Case, kind: str, data: st.DataObject) -> None:
    case = fetching(case, kind)
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    without = case.without(edge)
    added = bundle(case)
    removed = bundle(without, [*without.definitions, *without.links, *manifests(added)])
    assert texts(removed) == texts(bundle(without))


@given(cases(), STORES)
def test_slices_with_fetched_secrets_are_the_whole(case: Case, kind: str) -> None:
    case = fetching(case, kind)
    whole = texts(bundle(case))
    parts = [texts(bundle(case, slice=Slice(space))) for space in {key[2] for key in whole if key[2]}]
    parts.append(texts(bundle(case, slice=Slice(cluster_scoped=True))))
    assert sum(map(len, parts)) == len(whole)
    assert {key: text for part in parts for key, text in part.items()} == whole

"""Law 5: a link changes only what it says, and leaves no trace. Law 8: taking one away opens nothing."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st

from kgen.manifests import get
from kgen.results import Refused
from tests.laws.reachability import opened
from tests.laws.rendering import Key, bundle, manifests, stream, texts
from tests.laws.topologies import Agent, Case, cases

WAVE = "argocd.argoproj.io/sync-wave"
RECORD = "kgen.dev/wired"


@given(cases(links=1), st.data())
def test_a_link_changes_only_objects_of_its_ends_and_what_names_them(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    caller, callee = (case.agents[i] for i in case.edges[edge])
    before, after = texts(bundle(case.without(edge))), texts(bundle(case))
    upstream = _upstream(case, edge)
    for key in before.keys() | after.keys():
        if before.get(key) == after.get(key) or _is_of(key, caller) or _is_of(key, callee) or _is_shared(key):
            continue
        assert (key[2], key[3]) in upstream, f"{key} has nothing to do with the link"
        assert _waveless(before[key]) == _waveless(after[key]), f"{key} changes in more than its wave"


@given(cases(links=1), st.data())
def test_adding_a_link_and_taking_it_away_gives_the_first_bytes(case: Case, data: st.DataObject) -> None:
    """The output with the link is the input of the run without it: that is what lies in git."""
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    without = case.without(edge)
    first = bundle(without)
    added = bundle(case, [*case.definitions, *case.links, *manifests(first)])
    assert stream(added) == stream(bundle(case))
    removed = bundle(case, [*without.definitions, *without.links, *manifests(added)])
    assert stream(removed) == stream(first)


@given(cases(links=1), st.data())
def test_a_suspended_or_expired_link_gives_what_no_link_gives(case: Case, data: st.DataObject) -> None:
    """But for its ends, which it still names."""
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    field = data.draw(st.sampled_from([{"suspend": True}, {"validUntil": "2026-06-14"}]))
    withheld = copy.deepcopy(case.links[edge])
    withheld["spec"] |= field
    ends = [case.agents[i] for i in case.edges[edge]]
    present = [{**withheld, "metadata": {"name": f"end-{i}"}, "spec": {"from": e.key}} for i, e in enumerate(ends)]
    others = [*case.definitions, *case.without(edge).links, *case.inputs]
    assert stream(bundle(case, [*others, withheld])) == stream(bundle(case, [*others, *present]))


@given(cases(links=1), st.data())
def test_taking_a_link_away_opens_nothing_in_a_listed_namespace(case: Case, data: st.DataObject) -> None:
    edge = data.draw(st.integers(0, len(case.edges) - 1))
    before, after = manifests(bundle(case)), manifests(bundle(case.without(edge)))
    guarded = {
        name
        for name, listed in case.platform["spec"]["namespaces"].items()
        if listed["management"] == "Owned" and listed["enforcement"] == "Enforce"
    }
    assert not opened(before, after, case.agents, guarded)


@given(cases())
def test_guardrails_of_listed_namespaces_stay_without_any_link(case: Case) -> None:
    guarded = {
        name: listed for name, listed in case.platform["spec"]["namespaces"].items() if listed["management"] == "Owned"
    }
    left = {(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]): m for m in manifests(bundle(case, []))}
    for name, listed in guarded.items():
        space = left[("Namespace", None, name)]
        assert space["metadata"]["annotations"]["argocd.argoproj.io/sync-options"] == "Prune=false,Delete=false"
        if listed["enforcement"] == "Enforce":
            assert space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
            deny = left[("NetworkPolicy", name, "default-deny")]
            assert deny["metadata"]["annotations"]["argocd.argoproj.io/sync-options"] == "Prune=false"
            assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@given(cases())
def test_a_run_that_would_delete_everything_is_refused(case: Case) -> None:
    spec = {
        key: value for key, value in case.platform["spec"].items() if key not in ("namespaces", "access", "network")
    }
    with pytest.raises(Refused) as refused:
        bundle(case._replace(platform={**case.platform, "spec": spec}), case.inputs)
    assert [result.rule for result in refused.value.results] == ["nothing-to-expand"]


def _is_of(key: Key, agent: Agent) -> bool:
    """An object of this agent: the Agent or workload, its account, its policies."""
    names = {agent.name, f"{agent.name}-sa", f"{agent.name}-ingress", f"{agent.name}-egress"}
    names |= {f"{agent.name}-egress-fqdn", f"{agent.name}-model"}
    return key[2] == agent.namespace and key[3] in names


def _is_shared(key: Key) -> bool:
    """The policies of kagent's own namespace, which name all agents."""
    return key[2] == "kagent" and key[1] == "NetworkPolicy"


def _upstream(case: Case, edge: int) -> set[tuple[str, str]]:
    """Agents that call the link's caller, over any number of links."""
    found = {case.edges[edge][0]}
    while more := {i for i, j in case.edges if j in found} - found:
        found |= more
    return {(case.agents[i].namespace, case.agents[i].name) for i in found}


def _waveless(text: str) -> Any:
    manifest = yaml.safe_load(text)
    annotations = get(manifest, "metadata", "annotations", default={})
    for name in (WAVE, RECORD):
        annotations.pop(name, None)
    if not annotations:
        manifest["metadata"].pop("annotations", None)
    return manifest

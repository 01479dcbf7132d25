"""What a bundle holds is decided on identities; every error comes before anything is written."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from kgen.bundle import Bundle, Slice, assemble
from kgen.bundle.ownership import release
from kgen.patch.json_patches import read
from kgen.results import Refused
from tests.bundle.fakes import document, made, manifest, platform, topology

AGENT = "kagent.dev/v1alpha2"
TOOLS: dict[str, tuple[str, ...]] = {"spec.tools": ("agent.name",)}


def names(bundle: Bundle) -> list[str]:
    return [str(entry.identity) for entry in bundle.entries]


def refused(*arguments: Any, **more: Any) -> list[str]:
    with pytest.raises(Refused) as error:
        assemble(*arguments, **more)
    return [result.message for result in error.value.results]


def test_objects_are_built_when_they_are_wanted() -> None:
    built: list[str] = []
    instances = [
        made(manifest("Service", "a/two"), built=built),
        made(manifest("Service", "a/one"), wave=-4, built=built),
    ]
    bundle = assemble(topology([document(manifest("Secret", "a/s"))]), instances)
    assert names(bundle) == ["Service a/one", "Secret a/s", "Service a/two"]
    assert built == []
    assert bundle.entries[0].build()["metadata"] == {
        "name": "one",
        "namespace": "a",
        "labels": {"app.kubernetes.io/managed-by": "kgen", "kgen.dev/layer": "network"},
        "annotations": {"argocd.argoproj.io/sync-wave": "-4"},
    }
    assert bundle.entries[1].build() == manifest("Secret", "a/s")
    assert built == ["one"]
    assert [entry.layer for entry in bundle.entries] == ["network", "", "network"]
    assert [entry.origin.file for entry in bundle.entries] == [
        "bases/network/x.yaml",
        "in.yaml",
        "bases/network/x.yaml",
    ]


def test_without_sync_waves_no_annotation() -> None:
    instance = made(manifest("Service", "a/one"), wave=-4, on=platform(sync_waves=False))
    assert "annotations" not in assemble(topology(), [instance]).entries[0].build()["metadata"]


def test_an_object_of_the_input_keeps_its_wave_and_its_value() -> None:
    early = manifest("Service", "a/late-by-name", metadata={"annotations": {"argocd.argoproj.io/sync-wave": "-9"}})
    bundle = assemble(topology([document(manifest("Service", "a/a")), document(early)]), [])
    assert names(bundle) == ["Service a/late-by-name", "Service a/a"]
    assert bundle.entries[0].build() is early


def test_an_object_of_the_input_that_a_layer_would_make() -> None:
    deny = manifest("NetworkPolicy", "a/default-deny", "networking.k8s.io/v1")
    assert refused(topology([document(deny, "policies.yaml", 12)]), [made(deny)]) == [
        "it is in policies.yaml, line 12, and layer network (bases/network/x.yaml, "
        "line 3) makes an object of that name: rename yours or take it out, or switch the layer off by "
        "spec.layers: {network: Disabled}"
    ]


def test_two_versions_of_one_group_are_one_object() -> None:
    one, other = manifest("Deployment", "a/web", "apps/v1"), manifest("Deployment", "a/web", "apps/v1beta1")
    assert refused(topology([document(one, "a.yaml"), document(other, "b.yaml", 9)]), []) == [
        "it is in a.yaml, line 1 and in b.yaml, line 9: take one of them out"
    ]
    assert names(assemble(topology([document(one), document(manifest("Deployment", "a/web", "apps.dev/v1"))]), []))


def test_objects_that_the_api_server_names_are_all_different() -> None:
    job: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"generateName": "x-", "namespace": "a"},
    }
    assert len(assemble(topology([document(job), document(job)]), []).entries) == 2


def test_an_object_that_two_layers_make() -> None:
    value = manifest("Service", "a/web")
    assert refused(topology(), [made(value), made(value, layer="own")]) == [
        "it is made by layer network (bases/network/x.yaml, line 3) and by layer own "
        "(bases/own/x.yaml, line 3): switch one of the layers off"
    ]


def test_an_object_that_one_layer_makes_twice() -> None:
    instance = made(manifest("Service", "a/web"), on=platform(name="default"))
    assert refused(topology(), [instance, instance._replace(wave=1)]) == [
        "layer network (bases/network/x.yaml, line 3) makes it twice, for default and for default: rename one of them"
    ]


def wired(name: str, layer: str = "agents", wave: int = 0, **spec: Any) -> Any:
    addition = manifest("Agent", "a/q", AGENT, spec={"tools": [{"agent": {"name": name}}], **spec})
    return made(addition, "wired", layer, wave, TOOLS)


def test_layers_merge_into_the_input_and_leave_no_trace() -> None:
    agent = manifest("Agent", "a/q", AGENT, spec={"tools": [{"agent": {"name": "mine"}}], "unknown": 1})
    bundle = assemble(topology([document(agent)]), [wired("one", wave=2), wired("two", "own", wave=2)])
    [entry] = bundle.entries
    merged = entry.build()
    assert [tool["agent"]["name"] for tool in merged["spec"]["tools"]] == ["mine", "one", "two"]
    assert merged["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] == "2"
    assert "labels" not in merged["metadata"]  # it stays its owner's
    assert (entry.layer, entry.origin.file, entry.wave) == ("", "in.yaml", 2)
    assert release([document(merged)]) == [document(agent)]
    again = assemble(topology(release([document(merged)])), [wired("one", wave=2), wired("two", "own", wave=2)])
    assert again.entries[0].build() == merged


def test_what_layers_and_the_input_say_differently() -> None:
    agent = manifest("Agent", "a/q", AGENT, spec={"type": "BYO", "tools": {}, "args": ["--key=s3cret"], "env": 1})
    additions = [wired("one", type="Declarative", env=2), wired("two", "own", args=["--key=0ther"])]
    found = refused(topology([document(agent, "agents.yaml", 7)]), additions)
    advice = "kgen never overwrites: take the field out of the manifest, or write there what the layer merges"
    agents, own = "layer agents (bases/agents/x.yaml, line 3)", "layer own (bases/own/x.yaml, line 3)"
    assert found == [
        f"spec.tools in agents.yaml, line 7 is of another shape than what {agents} merges there; {advice}",
        f'spec.type is "BYO" in agents.yaml, line 7, but {agents} merges "Declarative" there; {advice}',
        f"spec.env in agents.yaml, line 7 differs from what {agents} merges there; {advice}",
        f"spec.tools in agents.yaml, line 7 is of another shape than what {own} merges there; {advice}",
        f"the list spec.args in agents.yaml, line 7 differs from the one that {own} merges there; {advice}",
    ]


def test_a_conflict_carries_field_and_values() -> None:
    agent = manifest("Agent", "a/q", AGENT, spec={"type": "BYO"})
    with pytest.raises(Refused) as error:
        assemble(topology([document(agent, "agents.yaml", 7)]), [wired("one", type="Declarative")])
    [result] = error.value.results
    assert (result.file, result.line, result.field, result.rule) == ("agents.yaml", 7, "spec.type", "wired-conflict")
    assert (result.current, result.proposed) == ("BYO", "Declarative")


def test_lists_that_can_not_be_merged() -> None:
    agent = manifest("Agent", "a/q", AGENT, spec={"tools": [{"agent": {"name": "one"}}] * 2})
    keyless = made(manifest("Agent", "a/q", AGENT, spec={"tools": [{"mcp": 1}]}), "wired", "own", 0, TOOLS)
    double = manifest("Agent", "a/q", AGENT, spec={"tools": [{"agent": {"name": "new"}}] * 2})
    assert refused(topology([document(agent)]), [wired("one"), keyless, made(double, "wired", "own", 0, TOOLS)]) == [
        "spec.tools[agent.name=one] is there twice in in.yaml, line 1, so that layer agents "
        "(bases/agents/x.yaml, line 3) can not merge into it; take one of them out",
        "layer own (bases/own/x.yaml, line 3) merges an item without agent.name into spec.tools of in.yaml, "
        "line 1; correct the layer's $lists",
        "layer own (bases/own/x.yaml, line 3) merges spec.tools[agent.name=new] twice into in.yaml, line 1; "
        "correct the layer's template",
    ]


def test_the_users_own_sync_wave_stays_and_is_told() -> None:
    agent = manifest("Agent", "a/q", AGENT, metadata={"annotations": {"argocd.argoproj.io/sync-wave": "9"}})
    bundle = assemble(topology([document(agent)]), [wired("one", wave=2)])
    assert bundle.entries[0].build()["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] == "9"
    assert [(r.severity, r.message) for r in bundle.results] == [
        (
            "warning",
            'its sync wave is "9", but its links need 2 (layer agents), so that a callee is there '
            "before its callers; kgen leaves it: take the annotation out, or change it",
        )
    ]


def test_a_merge_into_what_is_not_there() -> None:
    assert refused(topology(), [wired("one")]) == [
        "layer agents (bases/agents/x.yaml, line 3) merges into it, but the input does not hold it: correct the layer"
    ]


def test_proposals_never_enter_the_bundle() -> None:
    policy = manifest("NetworkPolicy", "kagent/controller", "networking.k8s.io/v1", spec={"x": 1})
    tools = manifest("Agent", "b/q", AGENT, spec={"tools": [{"agent": {"name": "x"}}]})
    external = made(tools, "external", "agents", 0, TOOLS)
    nothing = made(manifest("Agent", "b/none", AGENT), "external")
    bundle = assemble(topology(), [external, made(policy, "proposed"), nothing])
    assert bundle.entries == ()
    patch, whole = sorted(bundle.proposals, key=lambda proposal: proposal.whole)
    assert (str(patch.identity), patch.layer, patch.operations()[0]["path"]) == ("Agent b/q", "agents", "/spec/tools/-")
    assert whole.manifest() == policy


def test_a_proposal_that_its_owner_followed_is_not_made_again() -> None:
    policy = manifest("NetworkPolicy", "kagent/controller", "networking.k8s.io/v1", spec={"x": 1})
    same = {**policy, "metadata": {**policy["metadata"], "labels": {"owner": "kagent"}}}
    other = {**policy, "spec": {"x": 2}}
    assert assemble(topology([document(same)]), [made(policy, "proposed")]).proposals == ()
    assert len(assemble(topology([document(other)]), [made(policy, "proposed")]).proposals) == 1


def patches(*entries: tuple[dict[str, str], dict[str, Any]]) -> Any:
    return read([{"target": target, "patch": [operation]} for target, operation in entries], "p.yaml")


def test_patches_reach_generated_merged_and_passing_objects() -> None:
    documents = [document(manifest("Agent", "a/q", AGENT)), document(manifest("Service", "b/pass"))]
    run = topology(documents)
    done = patches(
        ({"name": "made|q|pass"}, {"op": "add", "path": "/metadata/labels", "value": {"x": "1"}}),
    )[0]
    with pytest.raises(Refused) as error:  # it would take kgen's labels away
        assemble(run, [made(manifest("Service", "a/made")), wired("one")], [done])
    assert [result.name for result in error.value.results] == ["made"]
    spec = patches(({"name": "made|q|pass"}, {"op": "add", "path": "/patched", "value": 1}))
    bundle = assemble(run, [made(manifest("Service", "a/made")), wired("one")], spec)
    assert [(entry.identity.name, entry.build()["patched"]) for entry in bundle.entries] == [
        ("made", 1), ("pass", 1), ("q", 1),
    ]  # fmt: skip


def test_a_selector_sees_kgens_labels_and_earlier_patches() -> None:
    annotate = {"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}
    both = patches(
        ({"labelSelector": "kgen.dev/layer=network"}, annotate),
        ({"annotationSelector": "a=b"}, {"op": "add", "path": "/second", "value": 1}),
    )
    bundle = assemble(topology([document(manifest("Service", "a/other"))]), [made(manifest("Service", "a/made"))], both)
    assert [("second" in entry.build(), len(entry.patches)) for entry in bundle.entries] == [(True, 2), (False, 0)]


def test_a_patch_of_the_wave_moves_the_object() -> None:
    annotations = {"op": "add", "path": "/metadata/annotations", "value": {"argocd.argoproj.io/sync-wave": "-9"}}
    bundle = assemble(
        topology(), [made(manifest("Service", f"a/{name}")) for name in "xyz"], patches(({"name": "z"}, annotations))
    )
    assert names(bundle) == ["Service a/z", "Service a/x", "Service a/y"]


def test_a_patch_of_what_can_not_be_merged_is_not_missed() -> None:
    agent = manifest("Agent", "a/q", AGENT, spec={"type": "BYO"})
    add = patches(({"name": "q", "labelSelector": "a=b"}, {"op": "add", "path": "/x", "value": 1}))
    assert len(refused(topology([document(agent)]), [wired("one", type="Declarative")], add)) == 1


def test_waves_order_the_bundle_also_without_their_annotations() -> None:
    off = platform(sync_waves=False)
    instances = [made(manifest("Service", f"a/{name}"), wave=wave, on=off) for name, wave in (("x", 3), ("y", 1))]
    add = patches(({"name": "x"}, {"op": "add", "path": "/patched", "value": 1}))
    assert names(assemble(topology(), instances, add)) == ["Service a/y", "Service a/x"]


def test_a_patch_without_an_object_is_an_error_even_in_a_slice() -> None:
    add = {"op": "add", "path": "/x", "value": 1}
    targets = patches(
        ({"name": "made"}, add), ({"name": "mad", "kind": "Service"}, add), ({"labelSelector": "no=one"}, add)
    )
    message = "p.yaml, patch {}: no object matches the target {}: correct the target, or take the patch out"
    run = topology([document(manifest("Namespace", "a"))])
    assert refused(run, [made(manifest("Service", "a/made"))], targets, Slice(cluster_scoped=True)) == [
        message.format(2, "kind=Service, name=mad; the nearest object is Service a/made (v1)"),
        message.format(3, "labelSelector=no=one; no object has these labels and annotations, Namespace a (v1) neither"),
    ]
    assert names(assemble(run, [made(manifest("Service", "a/made"))], targets[:1], Slice(cluster_scoped=True)))


def test_a_slice_that_nobody_is_in() -> None:
    run = topology([document(manifest("Service", "team-alpha/web"))], ["team-beta"])
    assert refused(run, [], (), Slice("team-alfa")) == [
        "nothing is in namespace team-alfa: no object, no agent, and the Platform does not list it; "
        "the nearest namespace is team-alpha"
    ]
    assert refused(topology(), [], (), Slice("x"))[0].endswith("; the run has no namespaces at all")
    assert names(assemble(run, [], (), Slice("team-beta"))) == []
    assert names(assemble(run, [], (), Slice(cluster_scoped=True))) == []


def test_everything_wrong_is_told_at_once() -> None:
    agent = manifest("Agent", "a/q", AGENT, spec={"type": "BYO"})
    deny = manifest("NetworkPolicy", "a/deny", "networking.k8s.io/v1")
    add = patches(({"name": "none"}, {"op": "add", "path": "/x", "value": 1}))
    run = topology([document(agent), document(agent, "again.yaml"), document(deny)])
    found = refused(run, [wired("one", type="Declarative"), made(deny)], add, Slice("none"))
    assert len(found) == 5


PLACES = st.sampled_from(["a/x", "a/y", "b/x", "c/x", "x", "y"])
KINDS = st.sampled_from(["Service", "Namespace", "Agent"])
OBJECTS = st.lists(st.tuples(KINDS, PLACES, st.booleans(), st.integers(-2, 2)), unique_by=lambda o: o[:2], max_size=12)


@given(OBJECTS, st.randoms())
def test_slices_together_are_the_whole_and_order_does_not_matter(objects: Any, random: Any) -> None:
    def run(slice: Slice | None = None) -> list[Any]:
        random.shuffle(objects)
        documents = [document(manifest(kind, place)) for kind, place, is_input, _ in objects if is_input]
        instances = [made(manifest(kind, place), wave=wave) for kind, place, is_input, wave in objects if not is_input]
        bundle = assemble(topology(documents, "abc"), instances, (), slice)
        return [(entry.identity, entry.build()) for entry in bundle.entries]

    whole = run()
    assert run() == whole
    slices = [run(Slice(cluster_scoped=True)), *(run(Slice(name)) for name in "abc")]
    parts = [item for part in slices for item in part]
    assert len(parts) == len(whole) == len({identity for identity, _ in parts})
    for part in slices:
        assert [item for item in whole if item in part] == part


def test_a_namespace_with_nothing_but_proposals_is_a_slice() -> None:
    instances = [made(manifest("NetworkPolicy", "kagent/x", "networking.k8s.io/v1"), "proposed")]
    instances.append(made(manifest("NetworkPolicy", "other/x", "networking.k8s.io/v1"), "proposed"))
    bundle = assemble(topology(), instances, (), Slice("kagent"))
    assert [str(proposal.identity) for proposal in bundle.proposals] == ["NetworkPolicy kagent/x"]

"""Merging adds, never overwrites, and can be taken back exactly."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kgen.patch import record
from kgen.patch.merge import Conflict, merge
from kgen.patch.unmerge import unmerge
from kgen.results import Refused

LISTS = {"spec.tools": ("agent.name", "agent.namespace or metadata.namespace"), "spec.tools.headers": ("name",)}

KEYS = st.sampled_from(["a", "b", "tools", "x.y/z", "", 'quo"te', "back\\slash", "[0]", "añ"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from(["", "a", "b"]))
NAMED = st.fixed_dictionaries(
    {"name": st.sampled_from("uvw")}, optional={"v": SCALARS, "w": st.dictionaries(KEYS, SCALARS, max_size=2)}
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "tree": TREES,
        "other": st.dictionaries(KEYS, TREES, max_size=3),
        "named": st.one_of(st.none(), st.lists(NAMED, max_size=3)),
        "set": st.one_of(st.none(), st.lists(SCALARS, max_size=3)),
        "deep": st.one_of(
            st.none(),
            st.lists(
                st.fixed_dictionaries({"name": st.sampled_from("uv"), "named": st.lists(NAMED, max_size=2)}), max_size=2
            ),
        ),
    },
)
METADATA = st.fixed_dictionaries(
    {"name": st.just("n"), "namespace": st.just("ns")},
    optional={
        "annotations": st.one_of(st.none(), st.dictionaries(KEYS, st.sampled_from("ab"), max_size=2)),
        "labels": st.one_of(st.none(), st.dictionaries(KEYS, st.sampled_from("ab"), max_size=2)),
    },
)
OBJECTS = st.fixed_dictionaries(
    {"apiVersion": st.just("a/v1"), "kind": st.just("A"), "metadata": METADATA},
    optional={"spec": st.one_of(st.none(), SPECS)},
)
BY: dict[str, tuple[str, ...]] = {
    "spec.named": ("name",),
    "spec.set": (),
    "spec.deep": ("name",),
    "spec.deep.named": ("name",),
}


def text(value: Any) -> str:
    """Equal texts: equal values in the same order, true apart from 1."""
    return json.dumps(value)


@given(OBJECTS, OBJECTS)
def test_unmerge_takes_out_exactly_what_merge_put_in(target: Any, addition: Any) -> None:
    before = (text(target), text(addition))
    merged, conflicts = merge(target, addition, BY)
    assert (text(target), text(addition)) == before
    if not conflicts:
        assert text(unmerge(merged)) == before[0]


@given(OBJECTS, OBJECTS, OBJECTS)
def test_unmerge_takes_out_two_merges_together(target: Any, first: Any, second: Any) -> None:
    merged, conflicts = merge(target, first, BY)
    merged, more = merge(merged, second, BY) if not conflicts else (merged, conflicts)
    if not more:
        assert text(unmerge(merged)) == text(target)
        # A removed link leaves no trace: what is merged next is as if the first had never been.
        assert text(merge(unmerge(merged), second, BY)[0]) == text(merge(target, second, BY)[0])


@given(OBJECTS, OBJECTS)
def test_merging_again_changes_nothing(target: Any, addition: Any) -> None:
    merged, conflicts = merge(target, addition, BY)
    if not conflicts:
        again, conflicts = merge(merged, addition, BY)
        assert not conflicts
        assert text(again) == text(merged)


@given(OBJECTS, OBJECTS)
def test_what_the_user_wrote_stays(target: Any, addition: Any) -> None:
    merged, conflicts = merge(target, addition, BY)
    if not conflicts:
        assert _holds(merged, target)


def _holds(merged: Any, target: Any) -> bool:
    """Everything of the target is in the merged value, at its place; only null may have been filled."""
    if target is None:
        return True
    if isinstance(target, dict):
        return list(merged)[: len(target)] == list(target) and all(_holds(merged[key], target[key]) for key in target)
    if isinstance(target, list):
        return len(merged) >= len(target) and all(_holds(a, b) for a, b in zip(merged, target, strict=False))
    return text(merged) == text(target)


def agent(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kagent.dev/v1alpha2",
        "kind": "Agent",
        "metadata": {"name": "a", "namespace": "ns"},
        "spec": spec,
    }


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "Agent", "agent": {"name": name, **more}}


def test_the_record_holds_paths_and_keys_and_no_values() -> None:
    target = agent(tools=[tool("mine")])
    addition = {
        **agent(tools=[tool("quotes", namespace="sales")]),
        "metadata": {"labels": {"kgen.dev/link-hash": "abc"}},
    }
    merged, conflicts = merge(target, addition, LISTS)
    assert not conflicts
    assert merged["spec"]["tools"] == [tool("mine"), tool("quotes", namespace="sales")]
    assert merged["metadata"]["annotations"] == {
        "kgen.dev/wired": (
            '{"added":[\n"metadata.labels[\\"kgen.dev/link-hash\\"]",\n'
            '["spec.tools",{"agent.name":"quotes","agent.namespace or metadata.namespace":"sales"}]\n'
            '],"made":[\n"metadata.labels",\n"metadata.annotations"\n]}\n'
        )
    }


def test_an_item_is_recognised_by_the_namespace_of_the_whole() -> None:
    merged, conflicts = merge(agent(tools=[tool("q")]), agent(tools=[tool("q", namespace="ns")]), LISTS)
    assert not conflicts
    assert merged["spec"]["tools"] == [tool("q", namespace="ns")]
    assert unmerge(merged) == agent(tools=[tool("q")])


def test_items_merge_inside() -> None:
    target = agent(tools=[tool("q") | {"headers": [{"name": "A", "value": "1"}]}])
    addition = agent(tools=[tool("q") | {"headers": [{"name": "B", "value": "2"}]}])
    merged, conflicts = merge(target, addition, LISTS)
    assert not conflicts
    assert [header["name"] for header in merged["spec"]["tools"][0]["headers"]] == ["A", "B"]
    assert unmerge(merged) == target


def test_nothing_to_add_leaves_no_record() -> None:
    target = agent(description="x", tools=[tool("q")])
    merged, conflicts = merge(target, copy.deepcopy(target), LISTS)
    assert (merged, conflicts) == (target, [])


@pytest.mark.parametrize(
    ("target", "addition", "conflict"),
    [
        ({"x": 1}, {"x": 2}, Conflict("spec.x", "differs", 1, 2)),
        ({"x": 1}, {"x": True}, Conflict("spec.x", "differs", 1, True)),
        ({"x": "a"}, {"x": {"y": 1}}, Conflict("spec.x", "shape")),
        ({"x": {"y": 1}}, {"x": [1]}, Conflict("spec.x", "shape")),
        ({"x": [1]}, {"x": [1, 2]}, Conflict("spec.x", "unnamed list")),
        ({"apiToken": "s3cret"}, {"apiToken": "other"}, Conflict("spec.apiToken", "differs")),
        ({"env": {"X": "s3cret"}}, {"env": {"X": "other"}}, Conflict("spec.env.X", "differs")),
        (
            {"tools": [tool("q"), tool("q")]},
            {"tools": [tool("q")]},
            Conflict("spec.tools[agent.name=q, agent.namespace=ns]", "ambiguous"),
        ),
        (
            {},
            {"tools": [{"type": "Agent"}]},
            Conflict("spec.tools", "no key", None, "agent.name, agent.namespace or metadata.namespace"),
        ),
        (
            {},
            {"tools": [tool("q"), tool("q")]},
            Conflict("spec.tools[agent.name=q, agent.namespace=ns]", "twice"),
        ),
    ],
)
def test_conflicts(target: Any, addition: Any, conflict: Conflict) -> None:
    assert merge(agent(**target), agent(**addition), LISTS)[1] == [
        conflict._replace(field=conflict.path.partition("[")[0])
    ]


@pytest.mark.parametrize(
    ("where", "there", "added"),
    [
        ("volumes", {"name": "trust", "emptyDir": {}}, {"name": "trust", "configMap": {"name": "t"}}),
        ("env", {"name": "HTTP_PROXY", "valueFrom": {"configMapKeyRef": {}}}, {"name": "HTTP_PROXY", "value": "x"}),
    ],
)
def test_an_item_of_another_kind_is_a_conflict_not_both(where: str, there: Any, added: Any) -> None:
    target = {"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "n"}, "spec": {where: [there]}}
    [found] = merge(target, {**target, "spec": {where: [added]}}, {f"spec.{where}": ("name",)})[1]
    assert (found.reason, found.field) == ("differs", f"spec.{where}[0]")
    assert not merge(target, {**target, "spec": {where: [{"name": there["name"]}]}}, {f"spec.{where}": ("name",)})[1]


def test_the_field_of_a_conflict_is_a_path_into_the_object() -> None:
    target = agent(tools=[{"type": "McpServer"}, tool("q") | {"headers": [{"name": "A", "x": 1}]}])
    addition = agent(tools=[tool("q", namespace="ns") | {"headers": [{"name": "A", "x": 2}]}])
    [conflict] = merge(target, addition, LISTS)[1]
    assert conflict.field == "spec.tools[1].headers[0].x"
    assert conflict.path == "spec.tools[agent.name=q, agent.namespace=ns].headers[name=A].x"


def test_values_of_a_secret_are_not_shown() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "a"}
    assert merge(secret, {**secret, "type": "b"}, {})[1] == [Conflict("type", "differs", field="type")]


def test_what_the_user_added_to_kgens_mapping_stays() -> None:
    merged, _ = merge(agent(), agent(deployment={"replicas": 2}), {})
    merged["spec"]["deployment"]["mine"] = 1
    assert unmerge(merged) == agent(deployment={"mine": 1})


def test_what_the_user_took_out_is_not_missed() -> None:
    merged, _ = merge(agent(), agent(deployment={"replicas": 2}, tools=[tool("q")]), LISTS)
    del merged["spec"]["deployment"]
    merged["spec"]["tools"].clear()
    assert unmerge(merged) == agent()


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ("no json", "it is no JSON"),
        ("[]", "it holds other keys than added, made and null"),
        ('{"more":[]}', "it holds other keys than added, made and null"),
        ('{"added":"spec"}', "added, made and null must be lists"),
        ('{"added":[1]}', "a path in it is neither text nor a list item"),
        ('{"added":[[{"name":"x"}]]}', "a path in it is neither text nor a list item"),
        ('{"added":[["spec.tools",{"name":{}}]]}', "a merge key in it is no plain value"),
        ('{"added":[[]]}', "a path in it is empty"),
        ('{"added":[""]}', "a path in it names no field"),
        ('{"added":["spec["]}', "not a field path: spec["),
        ('{"added":["spec[0]"]}', "a path in it names no field"),
        ('{"added":["kind"]}', "it names a field that identifies the object"),
        ('{"made":["metadata.namespace"]}', "it names a field that identifies the object"),
        ('{"added":["metadata"]}', "it names metadata as a whole"),
        (7, "it is no JSON"),
        ('{"added":[["spec.tools",{"agent.name":"q"}]]}', "two items of a list match spec.tools[agent.name=q]"),
    ],
)
def test_a_record_that_is_none(annotation: Any, reason: str) -> None:
    edited = agent(tools=[tool("q"), tool("q")])
    edited["metadata"]["annotations"] = {record.ANNOTATION: annotation}
    with pytest.raises(Refused) as refused:
        unmerge(edited)
    assert str(refused.value) == (
        f"the annotation kgen.dev/wired, in which kgen notes what it merged, can not be used: {reason}; "
        "restore the manifest from before kgen's merge and take the annotation out of it"
    )

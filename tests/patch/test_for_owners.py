"""What kgen would merge, as a patch that the owner of an external object can apply."""

from typing import Any

import jsonpatch

from kgen.patch.for_owners import as_json_patch, steps
from kgen.patch.merge import merge

LISTS: dict[str, tuple[str, ...]] = {"spec.declarative.tools": ("agent.name",)}
ADDITION: dict[str, Any] = {
    "apiVersion": "kagent.dev/v1alpha2",
    "kind": "Agent",
    "metadata": {"name": "q", "namespace": "sales", "labels": {"a.b/c~d": "x", "e": "y"}},
    "spec": {
        "description": "Quotes.",
        "declarative": {"tools": [{"agent": {"name": "a"}}, {"agent": {"name": "b"}}], "deployment": {}},
        "allowedNamespaces": {"from": "Selector", "selector": {"matchExpressions": [{"key": "k", "values": ["ns"]}]}},
    },
}


def test_operations() -> None:
    assert as_json_patch(ADDITION, LISTS) == [
        {
            "op": "add",
            "path": "/metadata/labels/a.b~1c~0d",
            "value": "x",
            "comment": "where it is missing, add first /metadata/labels as {}",
        },
        {"op": "add", "path": "/metadata/labels/e", "value": "y"},
        {"op": "add", "path": "/spec/description", "value": "Quotes."},
        {
            "op": "add",
            "path": "/spec/declarative/tools/-",
            "value": {"agent": {"name": "a"}},
            "comment": "where it is missing, add first /spec/declarative as {}, /spec/declarative/tools as []",
        },
        {"op": "add", "path": "/spec/declarative/tools/-", "value": {"agent": {"name": "b"}}},
        {
            "op": "add",
            "path": "/spec/allowedNamespaces/from",
            "value": "Selector",
            "comment": "where it is missing, add first /spec/allowedNamespaces as {}",
        },
        {
            "op": "add",
            "path": "/spec/allowedNamespaces/selector/matchExpressions",
            "value": [{"key": "k", "values": ["ns"]}],
            "comment": "where it is missing, add first /spec/allowedNamespaces/selector as {}",
        },
    ]


def test_the_patch_does_what_the_merge_does() -> None:
    target: dict[str, Any] = {
        "apiVersion": "kagent.dev/v1alpha2",
        "kind": "Agent",
        "metadata": {"name": "q", "namespace": "sales", "labels": {"mine": "1"}},
        "spec": {
            "declarative": {"tools": [{"agent": {"name": "mine"}}], "deployment": {"replicas": 1}},
            "allowedNamespaces": {"selector": {}},
        },
    }
    merged, conflicts = merge(target, ADDITION, LISTS)
    assert not conflicts
    del merged["metadata"]["annotations"]
    patch: Any = as_json_patch(ADDITION, LISTS)
    assert jsonpatch.apply_patch(target, patch) == merged


def test_with_their_parents_the_operations_apply_to_an_empty_object() -> None:
    patch: Any = [operation for step in steps(ADDITION, LISTS) for operation in (*step.parents, step.operation)]
    made = jsonpatch.apply_patch({"metadata": {"name": "q", "namespace": "sales"}, "spec": {}}, patch)
    expected = {**ADDITION["spec"], "declarative": {"tools": ADDITION["spec"]["declarative"]["tools"]}}
    assert made == {"metadata": ADDITION["metadata"], "spec": expected}

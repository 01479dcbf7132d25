"""JSON patches of overlays: read strictly, applied whole or refused with the place."""

import copy
from typing import Any

import pytest

from kgen.manifests import Identity
from kgen.patch.json_patches import nothing_matched, read
from kgen.results import Refused

FILE = "overlays/production/patches.yaml"
SECRET = "s3cret-value"
MANIFEST: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "labels": {"app.kubernetes.io/managed-by": "kgen", "kgen.dev/layer": "agents"},
        "annotations": {"kgen.dev/wired": "{}"},
    },
    "spec": {"replicas": 1, "paused": True, "env": [{"name": "A", "value": SECRET}]},
}


def patches(*operations: Any) -> Any:
    return [{"target": {"kind": "Deployment"}, "patch": list(operations)}]


def test_operations_apply_in_order_on_a_copy() -> None:
    before = copy.deepcopy(MANIFEST)
    [patch] = read(
        patches(
            {"op": "test", "path": "/spec/replicas", "value": 1},
            {"op": "add", "path": "/spec/template", "value": {}, "comment": "for all"},
            {"op": "add", "path": "/spec/template/x~1y", "value": [1]},
            {"op": "copy", "from": "/spec/template", "path": "/spec/again"},
            {"op": "replace", "path": "/spec/replicas", "value": 3},
            {"op": "remove", "path": "/spec/env/0"},
        ),
        FILE,
    )
    for _ in range(2):  # a patch that is used again does the same
        patched = patch.apply(MANIFEST)
        assert patched["spec"] == {
            "replicas": 3, "paused": True, "env": [], "template": {"x/y": [1]}, "again": {"x/y": [1]},
        }  # fmt: skip
    assert before == MANIFEST


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        # 2 to the power of 60 values
        ([{"op": "copy", "from": "/spec/x", "path": "/spec/x/0"}] * 60, "it makes the object too large"),
        (
            [{"op": "add", "path": "/spec/x" + "/0" * level, "value": []} for level in range(1500)],
            "it nests deeper than 100 levels",
        ),
        (
            [{"op": "add", "path": "/spec/y", "value": {}}]
            + [{"op": "copy", "from": "/spec/y", "path": "/spec/y/b"}] * 1500,
            "it nests deeper than 100 levels",
        ),
        (
            [
                {"op": "add", "path": "/spec/y", "value": []},
                {"op": "move", "from": "/spec/x", "path": "/spec/y/0"},
                {"op": "move", "from": "/spec/y", "path": "/spec/x"},
            ]
            * 300,
            "it nests deeper than 100 levels",
        ),
    ],
)
def test_no_patch_outgrows_the_machine(operations: Any, reason: str) -> None:
    manifest = {**MANIFEST, "spec": {**MANIFEST["spec"], "x": [1]}}
    [patch] = read(patches(*operations), FILE)
    with pytest.raises(Refused) as refused:
        patch.apply(manifest)
    assert reason in refused.value.results[0].message


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (
            {"op": "replace", "path": "/spec/none", "value": SECRET},
            "operation 1 (replace /spec/none) can not be applied: there is nothing at that path",
        ),
        (
            {"op": "remove", "path": "/spec/env/7"},
            "operation 1 (remove /spec/env/7) can not be applied: there is nothing at that path",
        ),
        (
            {"op": "remove", "path": "/spec/env/-"},
            "operation 1 (remove /spec/env/-) can not be applied: there is nothing at that path",
        ),
        (
            {"op": "add", "path": "/spec/none/x", "value": SECRET},
            "operation 1 (add /spec/none/x) can not be applied: what it adds to does not exist; "
            "add that first, or check the path",
        ),
        (
            {"op": "add", "path": "/spec/env/x", "value": SECRET},
            "operation 1 (add /spec/env/x) can not be applied: what it adds to does not exist; "
            "add that first, or check the path",
        ),
        (
            {"op": "add", "path": "/spec/replicas/x", "value": 1},
            "operation 1 (add /spec/replicas/x) can not be applied: what it adds to does not exist; "
            "add that first, or check the path",
        ),
        (
            {"op": "test", "path": "/spec/paused", "value": 1},
            "operation 1 (test /spec/paused) can not be applied: the value there is another",
        ),
        (
            {"op": "test", "path": "/spec/env/0/value", "value": "x"},
            "operation 1 (test /spec/env/0/value) can not be applied: the value there is another",
        ),
        (
            {"op": "move", "from": "/spec/none", "path": "/spec/x"},
            "operation 1 (move /spec/x) can not be applied: /spec/none or what the path adds to does not exist",
        ),
        (
            {"op": "remove", "path": "/metadata"},
            "operation 1 (remove /metadata) can not be applied: it takes metadata away",
        ),
        (
            {"op": "replace", "path": "/metadata/name", "value": "x"},
            "the patch changes apiVersion, kind, name or namespace: then it is another object; "
            "change them where the object is made",
        ),
        (
            {"op": "replace", "path": "/apiVersion", "value": "apps/v2"},
            "the patch changes apiVersion, kind, name or namespace: then it is another object; "
            "change them where the object is made",
        ),
        (
            {"op": "remove", "path": "/metadata/labels/kgen.dev~1layer"},
            'the patch changes metadata.labels["kgen.dev/layer"], by which kgen knows its own output: '
            "patch another field",
        ),
        (
            {"op": "replace", "path": "/metadata/annotations", "value": {}},
            'the patch changes metadata.annotations["kgen.dev/wired"], by which kgen knows its own output: '
            "patch another field",
        ),
        (
            {"op": "replace", "path": "/metadata/labels", "value": []},
            "the patch leaves metadata.labels that are no mapping",
        ),
    ],
)
def test_a_patch_that_fails_says_where_and_shows_no_value(operation: Any, reason: str) -> None:
    [patch] = read(patches(operation), FILE)
    with pytest.raises(Refused) as refused:
        patch.apply(MANIFEST)
    assert str(refused.value) == f"{FILE}, patch 1: {reason}"
    assert SECRET not in repr(refused.value.results)


ADD = {"op": "add", "path": "/a", "value": 1}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, f"{FILE} must be a list of patches, each with target and patch"),
        (["x"], f"{FILE}, patch 1: patch must be a mapping with target and patch"),
        (
            [{"target": {"kind": "A"}, "patch": [ADD], "options": {}}],
            f"{FILE}, patch 1: options is not known: a patch has target and patch; "
            "the options and path of kustomize are not supported",
        ),
        (
            [{"patch": [ADD]}],
            f"{FILE}, patch 1: target must be a mapping with at least one of "
            "group, version, kind, name, namespace, labelSelector, annotationSelector",
        ),
        (
            [{"target": {"kinds": "A"}, "patch": [ADD]}],
            f"{FILE}, patch 1: target.kinds is not known: known are "
            "group, version, kind, name, namespace, labelSelector, annotationSelector",
        ),
        ([{"target": {"kind": 1}, "patch": [ADD]}], f"{FILE}, patch 1: target.kind must be text"),
        (
            [{"target": {"kind": "A*B*C*"}, "patch": [ADD]}],
            f"{FILE}, patch 1: target.kind has more than 2 repetitions (* + {{}})",
        ),
        (
            [{"target": {"kind": "A"}, "patch": []}],
            f"{FILE}, patch 1: patch must be a list of operations, or the same as text",
        ),
        (
            patches({"op": "merge", "path": "/a"}),
            f"{FILE}, patch 1: patch[0] must be a mapping whose op is one of add, replace, test, remove, move, copy",
        ),
        (
            patches(ADD, {"op": "remove", "path": "/a", "value": 1}),
            f"{FILE}, patch 1: patch[1].value is not known: remove has path",
        ),
        (
            patches({"op": "add", "path": "/a"}),
            f"{FILE}, patch 1: patch[0].value is missing: add has path, value",
        ),
        (
            patches({"op": "add", "path": "spec/a", "value": 1}),
            f"{FILE}, patch 1: patch[0].path must be a JSON pointer such as /spec/replicas, with ~1 for / and ~0 for ~",
        ),
        (
            patches({"op": "add", "path": "/a~b", "value": 1}),
            f"{FILE}, patch 1: patch[0].path must be a JSON pointer such as /spec/replicas, with ~1 for / and ~0 for ~",
        ),
        (
            patches({"op": "remove", "path": ""}),
            f"{FILE}, patch 1: patch[0].path must be a JSON pointer such as /spec/replicas, with ~1 for / and ~0 for ~",
        ),
    ],
)
def test_what_is_no_patch(entries: Any, message: str) -> None:
    with pytest.raises(Refused) as refused:
        read(entries, FILE)
    assert str(refused.value) == message


def test_all_problems_of_a_file_together() -> None:
    with pytest.raises(Refused) as refused:
        read(["x", *patches(ADD), {"target": {}}], FILE)
    assert [result.message.split(":")[0] for result in refused.value.results] == [
        f"{FILE}, patch 1",
        f"{FILE}, patch 3",
    ]


def test_the_nearest_object_of_a_target_without_any() -> None:
    [patch] = read([{"target": {"kind": "Deployment", "name": "wep", "namespace": "shop"}, "patch": [ADD]}], FILE)
    there = [
        Identity("v1", "Service", "shop", "wep"),
        *(Identity("apps/v1", "Deployment", "shop", n) for n in ("db", "web")),
    ]
    assert nothing_matched(patch, there).message == (
        f"{FILE}, patch 1: no object matches the target kind=Deployment, name=wep, namespace=shop; "
        "the nearest object is Deployment shop/web (apps/v1): correct the target, or take the patch out"
    )
    assert "there are no objects at all" in nothing_matched(patch, []).message


def test_a_patch_as_text_is_the_same() -> None:
    text = "- op: add\n  path: /metadata/annotations/a\n  value: 'on'\n"
    target = {"kind": "Deployment"}
    [patch] = read([{"target": target, "patch": text}], FILE, (4,))
    assert patch.apply(MANIFEST)["metadata"]["annotations"]["a"] == "on"
    assert patch.origin.line == 4
    [patch] = read([{"target": target, "patch": '[{"op": "remove", "path": "/spec/paused"}]'}], FILE)
    assert "paused" not in patch.apply(MANIFEST)["spec"]


@pytest.mark.parametrize("text", ["[", "- {op: add, path: /a, value: on}", "a: 1\n---\nb: 2"])
def test_a_patch_as_text_is_read_strictly(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read([{"target": {"kind": "Deployment"}, "patch": text}], FILE)
    assert str(refused.value).startswith(f"{FILE}, patch 1: patch as text is no YAML or JSON: ")

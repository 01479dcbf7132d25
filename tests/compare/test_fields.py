"""Fields by path: order and style say nothing, lists go by what names their items, secrets are hidden."""

import pytest

from kgen.compare.fields import field_changes
from kgen.compare.hiding import may_show
from tests.compare.build import fields


def test_order_of_maps_and_of_named_items_says_nothing() -> None:
    before = {
        "a": 1,
        "containers": [{"name": "x", "image": "i"}, {"name": "y", "image": "j"}],
        "verbs": ["get", "list"],
    }
    after = {"verbs": ["list", "get"], "containers": [{"image": "j", "name": "y"}, {"image": "i", "name": "x"}], "a": 1}
    assert fields(before, after) == []


def test_items_are_matched_by_name_and_not_by_position() -> None:
    before = {"containers": [{"name": "x", "image": "one"}, {"name": "y", "image": "two"}]}
    after = {"containers": [{"name": "new", "image": "n"}, {"name": "y", "image": "two"}, {"name": "x", "image": "1"}]}
    assert fields(before, after) == [
        "spec.containers.x.image: one -> 1",
        "spec.containers.new: None -> {name: new, image: n}",
    ]


def test_order_counts_where_a_program_reads_it() -> None:
    assert fields(
        {"initContainers": [{"name": "a"}, {"name": "b"}]}, {"initContainers": [{"name": "b"}, {"name": "a"}]}
    )
    assert fields({"command": ["a", "b"]}, {"command": ["b", "a"]}) == ["spec.command: hidden"]


def test_rules_without_a_name_are_matched_by_what_they_say() -> None:
    rule = {"from": [{"podSelector": {"a": "b"}}, {"podSelector": {"c": "d"}}], "ports": [{"port": 80}]}
    turned = {"ports": [{"port": 80}], "from": [{"podSelector": {"c": "d"}}, {"podSelector": {"a": "b"}}]}
    other = {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    assert fields({"ingress": [rule, other]}, {"ingress": [other, turned]}) == []
    assert fields({"ingress": [rule]}, {"ingress": [other, turned]}) == [
        "spec.ingress[0]: None -> {from: [{ipBlock: {cidr: 10.0.0.0/8}}]}"
    ]


@pytest.mark.parametrize(("before", "after"), [(1, "1"), (True, "true"), (None, ""), ({}, []), (1, True)])
def test_a_change_of_type_is_a_change(before: object, after: object) -> None:
    assert fields({"x": before, "y": 1}, {"x": after, "y": 1})


def test_what_the_server_writes_says_nothing() -> None:
    assert field_changes("Pod", {"metadata": {"uid": "1"}}, {"metadata": {"uid": "2", "resourceVersion": "7"}}) == []


SECRET = "hunter2-f00"


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Secret", ("data", "a")),
        ("Secret", ("stringData", "harmless")),
        ("Deployment", ("spec", "containers", "x", "env", "LOG_LEVEL", "value")),
        ("Agent", ("spec", "declarative", "systemMessage")),
        ("Agent", ("metadata", "annotations", "note")),
        ("Agent", ("metadata", "labels", "kgen.dev/link-hash")),
        ("RemoteMCPServer", ("spec", "headers", "X-Api-Token")),
        ("Widget", ("spec", "apiKey")),
        ("Widget", ("spec", "args")),
    ],
)
def test_what_could_be_a_secret_is_never_shown_on_either_side(kind: str, path: tuple[str, ...]) -> None:
    assert not may_show(kind, path)
    for old, new in ((SECRET, "other-" + SECRET), (None, SECRET), (SECRET, None), (SECRET, {"sub": SECRET})):
        changes = field_changes(kind, _at(path, old), _at(path, new))
        assert changes
        assert SECRET not in str(changes)


def test_whole_subtrees_are_shown_on_one_line_only_without_a_secret_in_them() -> None:
    new = {"containers": [{"name": "x", "image": "i", "env": [{"name": "A", "value": SECRET}]}]}
    told = fields({"containers": []}, new)
    assert SECRET not in str(told)
    assert told == ["spec.containers.x.image: None -> i", "spec.containers.x.env.A.value: hidden"]


def test_names_of_secrets_are_shown() -> None:
    assert may_show("Agent", ("spec", "model", "apiKeySecretRef", "name"))
    assert may_show("Pod", ("spec", "containers", "x", "env", "TOKEN", "valueFrom", "secretKeyRef", "key"))


def _at(path: tuple[str, ...], value: object) -> dict[str, object]:
    made: object = value
    for step in reversed(path):
        made = {} if made is None and step == path[-1] else {step: made}
    return made  # type: ignore[return-value]

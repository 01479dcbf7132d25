"""Objects by identity; what has another name or another namespace is found again."""

from kgen.compare import compare
from kgen.manifests import Manifest
from tests.compare.build import manifests
from tests.proof.build import thing


def config(name: str, namespace: str = "x", **data: str) -> Manifest:
    return thing("ConfigMap", name, namespace, labels={"app": name, "tier": "one"}, data=data)


def changes(base: list[Manifest], head: list[Manifest]) -> list[tuple[str, str, str]]:
    found = compare(manifests(*base), manifests(*head))
    return [(one.change, str(one.identity), str(one.was or "")) for one in found.objects]


def test_added_removed_changed() -> None:
    base = [config("kept", a="1"), config("gone", a="1"), config("other", b="1")]
    head = [config("kept", a="2"), config("other", b="1"), thing("Service", "new", "x")]
    assert changes(base, head) == [
        ("removed", "ConfigMap x/gone", ""),
        ("changed", "ConfigMap x/kept", ""),
        ("added", "Service x/new", ""),
    ]


def test_another_version_of_the_api_is_the_same_object() -> None:
    old, new = (
        thing("Ingress", "i", "x", "networking.k8s.io/v1beta1"),
        thing("Ingress", "i", "x", "networking.k8s.io/v1"),
    )
    [found] = compare(manifests(old), manifests(new)).objects
    assert (found.change, found.fields[0].path) == ("changed", "apiVersion")


def test_a_rename_is_one_change_even_where_the_name_stands_inside() -> None:
    assert changes([config("old", a="1", b="2")], [config("new", a="1", b="2")]) == [
        ("renamed", "ConfigMap x/new", "ConfigMap x/old")
    ]


def test_a_move_to_another_namespace() -> None:
    assert changes([config("one", "x", a="1")], [config("one", "y", a="1")]) == [
        ("moved", "ConfigMap y/one", "ConfigMap x/one")
    ]


def test_what_has_little_in_common_was_not_renamed() -> None:
    assert [one[0] for one in changes([config("old", a="1", b="2", c="3")], [config("new", d="4", e="5", f="6")])] == [
        "added",
        "removed",
    ]


def test_each_object_is_renamed_once() -> None:
    found = changes([config("a", k="1")], [config("b", k="1"), config("c", k="1")])
    assert found == [("renamed", "ConfigMap x/b", "ConfigMap x/a"), ("added", "ConfigMap x/c", "")]

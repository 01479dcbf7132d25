"""Schemas: strict, without values in messages, and honest about what was not checked."""

import sys
from typing import Any

import pytest

from kgen.checks import Context

from .build import lint, manifest

CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {
        "group": "example.dev",
        "names": {"kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["size"],
                                "properties": {
                                    "size": {"type": "string", "enum": ["S", "L"]},
                                    "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}]},
                                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "none": {"type": "string", "nullable": True},
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}
GIVEN = Context(crds=(CRD,))


def widget(**spec: Any) -> dict[str, Any]:
    return manifest("Widget", "a/b", "example.dev/v1", spec=spec)


def test_a_built_in_kind_is_checked_strictly_and_the_nearest_field_is_named() -> None:
    pytest.importorskip("kubernetes_validate")
    policy = manifest("NetworkPolicy", "a/b", "networking.k8s.io/v1", spec={"podSelecter": {}})
    assert [(r.severity, r.field, r.message) for r in lint("schemas", policy)] == [
        ("error", "spec", "missing field podSelector"),
        ("error", "spec", "unknown field podSelecter; did you mean podSelector?"),
    ]
    good = manifest("NetworkPolicy", "a/b", "networking.k8s.io/v1", spec={"podSelector": {}})
    assert lint("schemas", good) == []


def test_a_message_never_shows_the_value() -> None:
    pytest.importorskip("kubernetes_validate")
    (found,) = lint("schemas", manifest("Secret", "a/b", data={"key": ["hunter2"]}))
    assert (found.field, found.message) == ("data.key", "expected string or null, found array")


@pytest.mark.parametrize(
    "spec, message",
    [
        ({"size": "M"}, "expected one of S, L"),
        ({}, "missing field size"),
        ({"size": "S", "prot": 1}, "unknown field prot; did you mean port?"),
        ({"size": "S", "port": []}, "expected integer or string, found array"),
    ],
)
def test_a_custom_resource_against_its_crd(spec: dict[str, Any], message: str) -> None:
    pytest.importorskip("jsonschema")
    assert [r.message for r in lint("schemas", widget(**spec), context=GIVEN)] == [message]


def test_what_the_crd_allows() -> None:
    pytest.importorskip("jsonschema")
    assert lint("schemas", widget(size="S", port="http", free={"any": 1}, none=None), context=GIVEN) == []


def test_kinds_without_a_schema_are_named_and_an_error_where_schemas_are_required() -> None:
    (found,) = lint("schemas", widget(), widget())
    assert found.severity == "warning"
    assert found.message.startswith("not checked against a schema: example.dev/v1 Widget (2); ")
    (found,) = lint("schemas", widget(), context=Context(schemas_required=True))
    assert found.severity == "error"


def test_without_the_extra_nothing_is_checked_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes_validate", None)
    monkeypatch.setattr("kgen.checks.schemas.find_spec", lambda name: None)
    (found,) = lint("schemas", manifest("Secret", "a/b", wrong=1))
    assert found.message == "not checked against a schema: v1 Secret (1); install kgen[schemas]"

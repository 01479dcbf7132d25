"""Property tests: the checker, the models, and the published schemas give one verdict and one value."""

import copy
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given, strategies as st
from jsonschema.validators import extend
from pydantic import BaseModel, ValidationError

from kgen import kinds
from kgen.kinds import explain
from kgen.kinds.checker import Checker, Mismatch
from kgen.kinds.generate import MODELS
from kgen.manifests import Manifest
from tests.kinds.documents import EVERYTHING, broken, document, of_kind

KINDS = list(MODELS)


def _whole(validator: Any, pattern: str, instance: Any, schema: Any) -> Any:
    """JSON Schema patterns by ECMA 262, where `$` is the end; Python's `$` also stands before a last newline."""
    if validator.is_type(instance, "string") and not re.fullmatch(pattern, instance):
        yield jsonschema.ValidationError("pattern")


STRICT = extend(
    jsonschema.Draft202012Validator,
    {"pattern": _whole},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)


def checked(kind: str, value: Manifest, fragment: bool = False) -> Manifest | None:
    try:
        result: Manifest = Checker(kinds.schema(kind), fragment).check(value)
        return result
    except Mismatch:
        return None


def modelled(kind: str, value: Manifest) -> Manifest | None:
    try:
        return plain(MODELS[kind].model_validate(value))
    except ValidationError:
        return None


def plain(value: Any) -> Any:
    """What a model holds, by the names that are written, absent fields left out."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        items = {
            name: getattr(value, name)
            for name in fields
            if name in value.model_fields_set or _has_default(fields[name])
        }
        return {str(fields[name].alias): plain(item) for name, item in items.items()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _has_default(field: Any) -> bool:
    return field.default_factory is None


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_fitting_document_is_taken_by_all_and_completed_alike(kind: str, data: st.DataObject) -> None:
    value = data.draw(of_kind(kind))
    before = copy.deepcopy(value)
    result = checked(kind, value)
    assert result is not None
    assert result == modelled(kind, value)
    assert STRICT(kinds.schema(kind)).is_valid(value)
    assert STRICT(kinds.schema()).is_valid(value)
    assert STRICT(kinds.schema(kind)).is_valid(result)
    assert value == before
    assert checked(kind, result) == result


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_broken_document_has_one_verdict(kind: str, data: st.DataObject) -> None:
    value = broken(data.draw(of_kind(kind)), data)
    result = checked(kind, value)
    assert result == modelled(kind, value)
    assert STRICT(kinds.schema(kind)).is_valid(value) == (result is not None)
    if value.get("kind") == kind and value.get("apiVersion") == kinds.API_VERSION:
        assert STRICT(kinds.schema()).is_valid(value) == (result is not None)
        taken, results = kinds.check(document(value), EVERYTHING)
        explained = explain.problems(kinds.schema(kind), value, fragment=False)
        assert bool(explained) == (result is None)
        assert taken is None or not results
        assert taken in (None, result)


@given(data=st.data())
def test_a_fragment_has_one_verdict(data: st.DataObject) -> None:
    value = data.draw(of_kind("Platform", whole=False))
    if data.draw(st.booleans()):
        value = broken(value, data)
    result = checked("Platform", value, fragment=True)
    assert STRICT(kinds.schema("overlay")).is_valid(value) == (result is not None)
    assert bool(explain.problems(kinds.schema("Platform"), value, fragment=True)) == (result is None)


@given(data=st.data())
def test_null_is_removal_in_every_mapping_of_a_fragment(data: st.DataObject) -> None:
    value = data.draw(of_kind("Platform", whole=False))
    place = value
    while True:
        names = sorted(name for name in place if name not in ("apiVersion", "kind"))
        if not names:
            return
        name = data.draw(st.sampled_from(names))
        if not isinstance(place[name], dict) or data.draw(st.booleans()):
            break
        place = place[name]
    place[name] = None
    assert checked("Platform", value, fragment=True) is not None
    assert STRICT(kinds.schema("overlay")).is_valid(value)


def test_the_patterns_of_a_name_end_where_the_text_ends() -> None:
    value = {"apiVersion": kinds.API_VERSION, "kind": "AgentLink", "metadata": {"name": "x"}, "spec": {"from": "a/b\n"}}
    assert checked("AgentLink", value) is None
    assert modelled("AgentLink", value) is None

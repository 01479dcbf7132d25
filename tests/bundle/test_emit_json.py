"""The JSON that kgen writes: one object a line, and the same values for readers of JSON and of YAML."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from kgen.bundle.emit_json import emit, emit_list
from kgen.load.yaml_read import parse
from kgen.manifests import Manifest
from kgen.results import Refused
from tests.bundle.texts import texts


def around(value: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "Test", "metadata": {"name": "test"}, "value": value}


def read_back(value: Any) -> None:
    for pretty in (False, True):
        text = emit(around(value), pretty=pretty)
        assert json.loads(text) == around(value)
        assert yaml.load(text, Loader=yaml.CSafeLoader) == around(value)
        assert parse(text.encode(), "test")[0][0].manifest == around(value)


def test_every_tricky_text_is_read_back(shared: Path) -> None:
    tricky = json.loads((shared / "data/yaml-tricky-strings.json").read_text())
    for text in tricky:  # each by itself: one that has to be escaped must not hide another
        read_back({"value": text, "keys": [{text: text}, {text: {text: [text, {}]}}]})


@given(texts())
def test_generated_texts_are_read_back(text: str) -> None:
    read_back([text, {text: text}])


def test_one_object_is_one_line() -> None:
    assert emit(around("é😀\n")) == ('{"apiVersion":"v1","kind":"Test","metadata":{"name":"test"},"value":"é😀\\n"}\n')


def test_pretty_is_for_people() -> None:
    assert emit({"a": [1, {}], "b": "<&>"}, pretty=True) == '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": "<&>"\n}\n'


@pytest.mark.parametrize(
    "character", ["\x7f", "\x85", "\xa0", "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", "\x00"]
)
def test_what_yaml_would_read_differently_is_escaped(character: str) -> None:
    assert emit({"a": character}) == f'{{"a":"\\u{ord(character):04x}"}}\n'


@pytest.mark.parametrize("number", [0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 1.5, 1e-7, 1.5e300])
def test_numbers_are_exact(number: float) -> None:
    found = json.loads(emit({"a": number}))["a"]
    assert (type(found), found) == (type(number), number)


def test_a_list_is_streamed_an_object_a_line() -> None:
    pieces = list(emit_list([around(1), around(2)]))
    assert len(pieces) == 3
    lines = "".join(pieces).splitlines()
    assert lines[0] == '{"apiVersion":"v1","kind":"List","items":['
    assert [json.loads(line.rstrip(",")) for line in lines[1:3]] == [around(1), around(2)]
    documents, _ = parse("".join(pieces).encode(), "test")
    assert [document.manifest for document in documents] == [around(1), around(2)]


def test_an_empty_list() -> None:
    assert json.loads("".join(emit_list([]))) == {"apiVersion": "v1", "kind": "List", "items": []}


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, float("nan"), float("inf"), 2**64, -(2**63) - 1, {1}])
def test_what_can_not_be_written(value: Any) -> None:
    with pytest.raises(Refused) as info:
        emit(around(value))
    assert info.value.results[0].field == "value"


def test_endless_objects_are_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Refused, match="is nested deeper than 200 levels: take levels out"):
        emit(around(endless))

"""What kgen reads and writes, held against the YAML readers of kubectl (sigs.k8s.io/yaml) and kustomize (kyaml)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from kgen.bundle import emit_json, emit_yaml
from kgen.load.yaml_read import parse
from kgen.manifests import Manifest
from tests.bundle.texts import texts
from tests.clients import yaml_readers

pytestmark = pytest.mark.clients


def around(value: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "Test", "metadata": {"name": "test"}, "value": value}


def test_the_table_of_scalars_is_what_the_readers_say() -> None:
    rows = yaml_readers.table()
    assert yaml_readers.measure([row["plain"] for row in rows]) == rows


def everywhere(text: str) -> Manifest:
    """A text as value, key, item, and nested in all of them."""
    return around({"value": text, "items": [text, [text, text]], "keys": [{text: text}, {text: {text: [text, {}]}}]})


FORMS = (emit_yaml.emit, emit_json.emit, lambda manifest: emit_json.emit(manifest, pretty=True))


def agree(manifests: list[Manifest], forms: tuple[Callable[[Manifest], str], ...] = FORMS) -> None:
    """All forms of all manifests are read back as themselves by both readers and by kgen."""
    written = [(manifest, form(manifest)) for manifest in manifests for form in forms]
    readings = yaml_readers.read([text for _, text in written])
    for (manifest, text), reading in zip(written, readings, strict=True):
        assert reading.sigs is not None, text
        assert json.loads(reading.sigs) == manifest
        assert reading.kyaml is not None, text
        assert json.loads(reading.kyaml) == manifest
        assert parse(text.encode(), "test")[0][0].manifest == manifest


def test_every_tricky_text_is_read_back(shared: Path) -> None:
    tricky = json.loads((shared / "data/yaml-tricky-strings.json").read_text())
    agree([everywhere(text) for text in tricky])
    agree([around({text: text for text in tricky})])


def test_every_character_is_read_back() -> None:
    characters = [chr(code) for code in [*range(0xD800), *range(0xE000, 0x10000), *range(0x10000, 0x110000, 61)]]
    few = [characters[i : i + 500] for i in range(0, len(characters), 500)]  # kyaml compares all keys with all
    agree([around([*some, *(f"a{one}\nb" for one in some), {f"a{one}": 1 for one in some}]) for some in few])


@pytest.mark.parametrize("length", [990, 1000, 1001, 1023, 1024, 1025, 1100, 5000, 100_000])
def test_long_keys_are_read_back(length: int) -> None:
    keys = ["k" * length, "é" * length, '"' * length, "a b " * (length // 4) + "c"]
    agree([everywhere(key) for key in keys], (emit_yaml.emit,))


@given(st.lists(texts(), min_size=100, max_size=200))
@settings(max_examples=20)
def test_generated_texts_are_read_back(found: list[str]) -> None:
    agree([everywhere(text) for text in found])


@given(
    st.lists(
        st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
        min_size=100,
    )
)
@settings(max_examples=20)
def test_numbers_are_read_back(numbers: list[Any]) -> None:
    """JSON has one kind of number, so that 1.0 comes back as 1."""
    manifest = around(numbers)
    forms = [form(manifest) for form in FORMS]
    found = [parse(text.encode(), "test")[0][0].manifest for text in forms]
    for reading in yaml_readers.read(forms):
        assert reading.sigs is not None
        assert reading.kyaml is not None
        found += [json.loads(reading.sigs), json.loads(reading.kyaml)]
    for one in found:
        for number, back in zip(numbers, one["value"], strict=True):
            assert (float(back) if isinstance(number, float) else back) == number

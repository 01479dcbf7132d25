"""The YAML that kgen writes: read back as itself by every reader, and pleasant to read in a diff."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st
from ruamel.yaml import YAML

from kgen.bundle import emit_yaml
from kgen.bundle.emit_yaml import emit, emit_stream, spell
from kgen.load.yaml_read import parse
from kgen.manifests import Manifest
from kgen.results import Refused
from tests.bundle.texts import texts


def around(value: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "Test", "metadata": {"name": "test"}, "value": value}


def everywhere(text: str) -> Manifest:
    """A text as value, key, item, and nested in all of them."""
    return around({"value": text, "items": [text, [text, text]], "keys": [{text: text}, {text: {text: [text, {}]}}]})


def read_back(manifest: Manifest, *, ruamel: bool = True) -> str:
    """Writes it, and has every reader that Python has read it. sigs.k8s.io/yaml and kyaml: tests/clients."""
    text = emit(manifest)
    documents, results = parse(text.encode(), "test", strict=True)
    assert results == []
    assert documents[0].manifest == manifest
    assert yaml.load(text, Loader=yaml.CSafeLoader) == manifest
    if ruamel:
        assert YAML(typ="safe", pure=True).load(text) == manifest  # YAML 1.2
    return text


def test_every_tricky_text_is_read_back(shared: Path) -> None:
    tricky = json.loads((shared / "data/yaml-tricky-strings.json").read_text())
    assert len(tricky) > 140
    read_back(around([everywhere(text) for text in tricky]))
    read_back(around({text: text for text in tricky}))


def test_every_scalar_of_the_table_is_read_back() -> None:
    table = json.loads((Path(__file__).parent.parent / "load/scalars.json").read_text())
    read_back(around([{row["plain"]: row["plain"]} for row in table]))


def test_every_character_is_read_back() -> None:
    codes = [*range(0x3000), *range(0xD7F0, 0xD800), *range(0xE000, 0xE010), *range(0xFD00, 0x10000), 0x1F600, 0x10FFFF]
    read_back(around([[chr(code), f"a{chr(code)}\nb", f"a {chr(code)} b"] for code in codes]), ruamel=False)
    read_back(around([[chr(code), f"a{chr(code)}\nb"] for code in codes[:0x300] + codes[-0x120:]]))


@given(texts())
def test_generated_texts_are_read_back(text: str) -> None:
    read_back(everywhere(text))


@given(st.lists(texts(), min_size=20, max_size=40))
def test_many_generated_texts_are_read_back(found: list[str]) -> None:
    read_back(around([everywhere(text) for text in found]), ruamel=False)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | texts(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4),
    max_leaves=25,
)


@given(values)
def test_generated_structures_are_read_back(value: Any) -> None:
    read_back(around(value))


@given(values)
def test_writing_what_was_read_gives_the_same_bytes(value: Any) -> None:
    text = emit(around(value))
    assert emit(parse(text.encode(), "test")[0][0].manifest) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_digit(number: float) -> None:
    text = emit(around(number))
    assert yaml.load(text, Loader=yaml.CSafeLoader)["value"] == number
    assert isinstance(yaml.load(text, Loader=yaml.CSafeLoader)["value"], float)
    assert float(parse(text.encode(), "test")[0][0].manifest["value"]) == number


@pytest.mark.parametrize("length", [1000, 1001, 1024, 1025, 50_000])
def test_long_keys_are_read_back(length: int) -> None:
    read_back(everywhere("k" * length))
    read_back(everywhere("é\n" * (length // 2)))


READABLE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: x
  annotations: {}
  labels:
    app.kubernetes.io/name: x
    version: "1.33"
spec:
  replicas: 2
  paused: false
  weight: 0.5
  strategy: null
  containers:
  - name: main
    image: registry.example/x:1.2@sha256:0123
    args:
    - --port=8080
    - -v
    - "8080:80"
    - "yes"
    - it's 50% off, "really"
    - ""
    - - nested
      - - deeper
    command: []
    env:
    - name: URL
      value: https://example.com/a?b=c#d
    script: |
      #!/bin/sh
      set -eu

      if true; then
      \techo "tab: $1"
      fi
    unended: |-
      a
      b
    ended: |+
      a

    started: |

      a
    cidr: 10.0.0.0/8
    pattern: "*.svc"
    template: "{{ .token }}"
    date: "2024-01-01"
    duration: 24h
    time: "22:22"
    unseen: "a\\u200bb"
    name with spaces: é 😀
"""


def test_what_people_see() -> None:
    assert emit(yaml.load(READABLE, Loader=yaml.CSafeLoader)) == READABLE


@pytest.mark.parametrize(
    "text",
    ["a", "a b", "a/b", "a.b", "a:b", "a#b", "a-b", "-a", "--a=b", "/a", "$a", "$(A)", "1.2.3", "10.0.0.0/8", "24h",
     "500m", "v1.33", "a, b", "a]b", "it's", 'a"b', "a\\b", "é", "日本", "😀", "example.com/x@sha256:0", "nan", "e1"],
)  # fmt: skip
def test_plain(text: str) -> None:
    assert spell(text) == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "a ", " a", "a: b", "a:", "a #b", "- a", "-", "--- a", "?", ":", "y", "No", "NULL", "~", "=", "<<", "1",
     "1.5", ".5", "1e3", "0x1", "0o7", "1_000", "2024-01-01", "2024-01-01T00:00:00Z", "1:30", ".inf", "{a}", "[a]",
     "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", "'a'", "#a", ",a"],
)  # fmt: skip
def test_quoted(text: str) -> None:
    assert spell(text) == f'"{text}"'


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("a\tb", '"a\\tb"'), ('"a"\\ ', '"\\"a\\"\\\\ "'), ("\x00", '"\\u0000"'), ("\x85", '"\\u0085"'),
        ("a\u202eb", '"a\\u202eb"'), ("\U000e0001", '"\\U000e0001"'), ("a\u00a0b", '"a\\u00a0b"'), ("\r\n", '"\\r\\n"'),
    ],
)  # fmt: skip
def test_what_is_not_seen_is_escaped(text: str, spelled: str) -> None:
    assert spell(text) == spelled


@pytest.mark.parametrize("text", ["\n", "\n\n", " a\nb", "\ta\nb", "a\n ", "a\n\t", "a\r\nb", "a\x07\nb", "\n a"])
def test_texts_that_no_block_can_hold_are_quoted(text: str) -> None:
    assert "\\n" in read_back(around(text))


def test_a_stream_has_separators_between_its_documents() -> None:
    manifests = [around("a\n\n"), around(1)]
    text = "".join(emit_stream(manifests))
    assert text == emit(manifests[0]) + "---\n" + emit(manifests[1])
    assert [document.manifest for document in parse(text.encode(), "test")[0]] == manifests
    assert list(emit_stream([])) == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("\ud800", "value.a[0] holds half of a surrogate pair, which is no character: write the whole one"),
        ("a\udfff\nb", "value.a[0] holds half of a surrogate pair, which is no character: write the whole one"),
        ({"\udc00": 1},
         "value.a[0] has a key with half of a surrogate pair, which is no character: write the whole one"),
        ({1: 2}, "value.a[0] has a key of the type int: a key has to be text, write it in quotes"),
        (float("nan"), "value.a[0] is a number that the API server can not take: write it in quotes"),
        (float("-inf"), "value.a[0] is a number that the API server can not take: write it in quotes"),
        (2**64, "value.a[0] is a number that the API server can not take: write it in quotes"),
        ({1}, "value.a[0] is of the type set, which no manifest holds"),
    ],
)  # fmt: skip
def test_what_can_not_be_written(value: Any, problem: str) -> None:
    with pytest.raises(Refused) as info:
        emit(around({"a": [value]}))
    (result,) = info.value.results
    assert (result.message, result.kind, result.name) == (problem, "Test", "test")


def test_endless_objects_are_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Refused, match="is nested deeper than 200 levels: take levels out"):
        emit(around(endless))


def test_an_error_never_shows_a_value() -> None:
    with pytest.raises(Refused) as info:
        emit(around({"password": "hunter2\ud800"}))
    assert "hunter2" not in repr(info.value.results)


def test_the_cache_stays_small() -> None:
    for i in range(3):
        emit(around([f"text-{i}-{j}" for j in range(20_000)]))
    assert len(emit_yaml._values) <= 1 << 14

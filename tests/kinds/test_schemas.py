"""The published schemas: fresh, self-contained, described throughout, and of the keywords the checker knows."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kgen import kinds
from kgen.kinds import availability, generate, patterns
from kgen.kinds.checker import KNOWN, Checker
from kgen.kinds.wording import json_type

NAMES = [*kinds.KINDS, "overlay", None]


def schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    yield schema
    for keyword in ("properties", "$defs"):
        for inner in schema.get(keyword, {}).values():
            yield from schemas(inner)
    for keyword in ("items", "additionalProperties", "propertyNames", "then"):
        if isinstance(schema.get(keyword), dict):
            yield from schemas(schema[keyword])
    for inner in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from schemas(inner)


def test_the_committed_schemas_are_made_from_the_models(root: Path) -> None:
    files = generate.files()
    assert sorted(path.name for path in (root / "schemas").iterdir()) == sorted(files)
    stale = [name for name, text in files.items() if (root / "schemas" / name).read_text(encoding="utf-8") != text]
    assert not stale, "run scripts/schemas.py"


def test_the_script_says_whether_they_are_fresh(root: Path) -> None:
    subprocess.run([sys.executable, root / "scripts/schemas.py", "--check"], check=True)


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_schemas_and_self_contained(name: str | None) -> None:
    schema = kinds.schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    for inner in schemas(schema):
        if "$ref" in inner:
            assert inner["$ref"].removeprefix("#/$defs/") in schema["$defs"]


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_the_checker_knows_every_keyword_and_refuses_others(kind: str) -> None:
    for inner in schemas(kinds.schema(kind)):
        assert inner.keys() <= KNOWN
    strange = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"a": {"type": "string", "format": "date"}},
    }
    with pytest.raises(RuntimeError, match="format"):
        Checker(strange).check({"a": "x"})
    with pytest.raises(RuntimeError, match="unknown fields"):
        Checker({"type": "object", "properties": {}})


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_described(name: str | None) -> None:
    for inner in schemas(kinds.schema(name)):
        for field, schema in inner.get("properties", {}).items():
            if name is not None or field not in ("apiVersion", "kind"):
                assert schema["description"].endswith("."), field
        if "properties" in inner and name is not None:
            assert inner["description"].endswith(".")


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_examples_and_defaults_fit(kind: str) -> None:
    whole = kinds.schema(kind)
    for inner in schemas(whole):
        for value in (*inner.get("examples", ()), *([inner["default"]] if "default" in inner else ())):
            assert jsonschema.Draft202012Validator({"$defs": whole["$defs"], **inner}).is_valid(value), value


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_union_is_told_apart_by_json_type(kind: str) -> None:
    whole = kinds.schema(kind)
    for inner in schemas(whole):
        branches = [whole["$defs"][b["$ref"][8:]] if "$ref" in b else b for b in inner.get("anyOf", ())]
        types = [branch["type"] for branch in branches]
        assert len(types) == len(set(types))


def test_patterns_mean_the_same_to_every_engine() -> None:
    for pattern, form in patterns.FORMS.items():
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        # no classes that differ (\d, \s, \w, \b); no look-around, named groups or possessive repeats
        assert not re.search(r"\\[^\[\]]", pattern), pattern
        assert not re.search(r"\(\?|[*+?}]\+", re.sub(r"\[(\\.|[^\]])+\]", "x", pattern)), pattern
        assert re.fullmatch(pattern, form.example)
        assert len(form.example) <= form.longest
    used = {inner["pattern"] for kind in kinds.KINDS for inner in schemas(kinds.schema(kind)) if "pattern" in inner}
    assert used == set(patterns.FORMS)


def test_patterns_are_quick_on_hostile_text() -> None:
    import time

    begin = time.process_time()
    for pattern, form in patterns.FORMS.items():
        for text in ("a" * 5000, "a." * 2500, "a-" * 2500, "1" * 5000, "a/" * 2500, ":" * 5000, "1h" * 2500 + "!"):
            re.fullmatch(pattern, text[: form.longest])
    assert time.process_time() - begin < 1


def test_kgen_json_holds_the_same_kinds() -> None:
    together = kinds.schema()
    for kind in kinds.KINDS:
        own = kinds.schema(kind)
        for name, schema in own["$defs"].items():
            assert together["$defs"][name] == schema
        assert together["$defs"][kind]["properties"] == own["properties"]


def test_nothing_but_json_is_in_the_schemas() -> None:
    for name in NAMES:
        assert json.loads(json.dumps(kinds.schema(name))) == kinds.schema(name)
    assert json_type(1.0) == "number"


def test_gates_name_fields_that_there_are() -> None:
    for kind, gates in availability.GATES.items():
        whole = kinds.schema(kind)
        for gate in gates:
            schema = whole
            for step in gate.path:
                schema = whole["$defs"][schema["$ref"][8:]] if "$ref" in schema else schema
                schema = schema["additionalProperties"] if step == "*" else schema["properties"][step]
            choices = schema.get("enum") or [schema.get("const")]
            assert set(gate.values) <= set(choices)

"""Text that is kept with shared values: the same as of copies that share nothing, wherever and however often."""

from typing import Any

from hypothesis import given, strategies as st

from kgen.bundle import emit_json
from kgen.bundle.emit_yaml import by_sight, emit, is_plain
from kgen.shared import Shared, own
from tests.bundle.texts import texts

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), texts())
KEYS = st.sampled_from(("a", "b", "yes", "1", "two words", "x: y", "lines\nof it"))


def _mappings(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(KEYS, values, max_size=3)


def _deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(_mappings(inner), _mappings(inner).map(Shared), st.lists(inner, max_size=3))


@st.composite
def manifests(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Objects that hold the same few values in many places."""
    values = st.recursive(SCALARS, _deeper, max_leaves=5)
    pool = draw(st.lists(_mappings(values).map(Shared), min_size=1, max_size=3))
    part = st.sampled_from(pool) | SCALARS
    tree = st.recursive(part, lambda inner: st.lists(inner, max_size=3) | _mappings(inner), max_leaves=6)
    return draw(st.lists(_mappings(tree), min_size=1, max_size=3))


@given(manifests())
def test_what_is_shared_is_written_as_its_copy(objects: list[dict[str, Any]]) -> None:
    for _ in range(3):  # the second time at one place the text is kept, the third it is used
        for one in objects:
            assert emit(one) == emit(own(one))
            assert emit_json.emit(one) == emit_json.emit(own(one))


def test_one_value_at_many_places() -> None:
    shared = Shared({"a": Shared({"b": "1\n2\n"}), "c": [Shared({})]})
    value = {"x": shared, "y": [shared, {"z": shared}, [[shared]]], "e": Shared({}), "w": shared}
    assert [emit(value) for _ in range(4)] == [emit(own(value))] * 4


@given(texts())
def test_what_is_seen_at_once_is_what_the_rules_say(text: str) -> None:
    assert by_sight(text) in (None, is_plain(text))


def test_the_usual_is_seen_at_once() -> None:
    plain = ("team-alpha", "Does what it says.", "kagent.dev/v1alpha2", "10.0.0.0/8", "fc00::/7", "https://a.b/c")
    quoted = ("-4", "12", "yes", "::/0", "a: b", "a #b", "ends ", "a:")
    assert [by_sight(text) for text in plain] == [True] * len(plain)
    assert [by_sight(text) for text in quoted] == [False] * len(quoted)

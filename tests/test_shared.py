"""What many objects hold alike: nobody can change it, and a copy of it is nobody else's."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from kgen.shared import Once, Shared, own


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.__setitem__("a", 2),
        lambda value: value.__delitem__("a"),
        lambda value: value.__ior__({"a": 2}),
        lambda value: value.update(a=2),
        lambda value: value.setdefault("b", 2),
        lambda value: value.pop("a"),
        lambda value: value.popitem(),
        lambda value: value.clear(),
    ],
)
def test_it_refuses_to_be_changed(change: Callable[[Any], Any]) -> None:
    value = Shared({"a": 1})
    with pytest.raises(TypeError, match="copy it before changing it"):
        change(value)
    assert value == {"a": 1}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, dict, own, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_is_a_plain_mapping(copied: Callable[[Any], Any]) -> None:
    value = Shared({"a": {"b": [1]}})
    made = copied(value)
    assert type(made) is dict
    assert made == value
    made["a"] = 2
    assert value == {"a": {"b": [1]}}
    assert json.dumps(value) == '{"a": {"b": [1]}}'


def test_own_shares_nothing_even_within_itself() -> None:
    part = Shared({"x": [1]})
    made = own({"one": part, "other": [part, part]})
    made["one"]["x"].append(2)
    made["other"][0]["x"].append(3)
    assert made == {"one": {"x": [1, 2]}, "other": [{"x": [1, 3]}, {"x": [1]}]}
    assert part == {"x": [1]}


def test_once_makes_one_mapping_for_each_value_however_equal() -> None:
    turns: list[Any] = []
    once = Once(lambda value: turns.append(value) or {"is": value})  # type: ignore[func-returns-value]
    one, equal = [1], [1]
    assert once(one, one) is once(one, one)
    assert once(equal, equal) is not once(one, one)
    assert len(turns) == 2


def test_once_is_right_for_values_that_do_not_live_on() -> None:
    """Their ids are given to others: what was made for one must not be found for the next."""
    once = Once(lambda value: {"is": value[0]})
    for number in range(2000):  # more than it keeps
        assert once([number], [number]) == {"is": number}
    assert len(once.made) <= 256

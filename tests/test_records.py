"""Typed tuples behave as typing.NamedTuple does, whatever way they are made."""

import typing

import pytest

from kgen.records import NamedTuple


class Ours(NamedTuple):
    """A point."""

    x: int
    label: str = "none"

    @property
    def double(self) -> int:
        return 2 * self.x


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    label: str = "none"

    @property
    def double(self) -> int:
        return 2 * self.x


class One(NamedTuple):
    only: str


@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_it_is_made_read_and_changed(kind: typing.Any) -> None:
    made = kind(3)
    assert made == (3, "none")
    assert kind(x=3, label="a") == kind(3, "a")
    assert (made.x, made.label, made.double) == (3, "none", 6)
    assert made._replace(label="b") == (3, "b")
    assert made._asdict() == {"x": 3, "label": "none"}
    assert repr(made) == f"{kind.__name__}(x=3, label='none')"
    assert kind._fields == ("x", "label")
    assert {kind(1): 1}[(1, "none")] == 1
    assert kind.__doc__ == "A point."
    match made:
        case kind(x, label):
            assert (x, label) == (3, "none")


@pytest.mark.parametrize("kind", [Ours, Theirs])
@pytest.mark.parametrize("arguments", [{}, {"x": 1, "other": 2}])
def test_wrong_arguments_are_refused(kind: typing.Any, arguments: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        kind(**arguments)


def test_a_field_can_not_be_set() -> None:
    with pytest.raises(AttributeError):
        Ours(1).x = 2  # type: ignore[misc]  # that it is refused is the point


def test_a_changed_field_must_exist() -> None:
    with pytest.raises(ValueError, match="unexpected field"):
        Ours(1)._replace(z=2)  # type: ignore[call-arg]  # that it is refused is the point


def test_one_field_is_a_tuple_of_one() -> None:
    assert One("a") == ("a",)


def test_a_field_without_a_default_may_not_follow_one_with() -> None:
    with pytest.raises(TypeError, match="without a default"):

        class Wrong(NamedTuple):
            a: int = 1
            b: int  # type: ignore[misc]  # that it is refused is the point

"""Each filter by itself, and that the table is what the reference says."""

import pytest

from kgen.expand import filters, values
from kgen.expand.filters import FILTERS


@pytest.mark.parametrize(
    "name, given, arguments, expected",
    [
        ("join", ["a", 1, True], ("-",), "a-1-true"),
        ("join", (), (",",), ""),
        ("sort", ("b", "a", "B"), (), ["B", "a", "b"]),
        ("sort", (3, 1, 2), (), [1, 2, 3]),
        ("unique", ("b", "a", "b"), (), ["b", "a"]),
        ("length", "abc", (), 3),
        ("length", {"a": 1}, (), 1),
        ("length", (), (), 0),
        ("text", 8083, (), "8083"),
        ("text", False, (), "false"),
        ("text", "x", (), "x"),
        ("text", 1.5, (), "1.5"),
        ("host", "https://api.example.com/v1", (), "api.example.com"),
        ("host", "https://User:pw@API.example.com:8443", (), "api.example.com"),
        ("host", "http://[::1]:80/", (), "::1"),
        ("host", "api.example.com", (), ""),
        ("host", "http://[::1", (), ""),
        ("host", "", (), ""),
    ],
)
def test_filters(name, given, arguments, expected):
    assert FILTERS[name].function(given, *arguments) == expected


@pytest.mark.parametrize(
    "name, given",
    [("join", "abc"), ("join", [None]), ("sort", None), ("length", None), ("length", 5), ("text", None), ("host", {})],
)
def test_what_they_do_not_take(name, given):
    arguments = (",",) if name == "join" else ()
    with pytest.raises(values.Missing):
        FILTERS[name].function(given, *arguments)


def test_every_filter_is_a_plain_function_with_a_word_about_it():
    for name, one in FILTERS.items():
        assert one.about
        assert f"| {name}" in one.example
        assert one.function in (getattr(filters, name, None), values.text)
    assert list(FILTERS) == sorted(FILTERS)

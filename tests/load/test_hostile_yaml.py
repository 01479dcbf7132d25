"""Input made to crash a reader, to fill its memory, or to run code."""

import tracemalloc
from collections.abc import Callable

import pytest

from kgen.load.compose import Limits
from kgen.load.yaml_read import parse
from kgen.results import Refused

HEAD = "apiVersion: v1\nkind: A\nmetadata: {name: x}\n"
SMALL = Limits(size=10_000, values=500, depth=10, copies=100)


def message(text: str, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as info:
        parse(text.encode(), "a.yaml", limits=limits or Limits())
    (result,) = info.value.results
    assert "\n" not in result.message
    return result.message


@pytest.mark.parametrize(
    "nested",
    [
        lambda n: "a: " + "[" * n,
        lambda n: "a: " + "[" * n + "]" * n,
        lambda n: "a: " + "{b: " * n,
        lambda n: "a:\n" + "- " * n + "b",
        lambda n: "? " * n + "b",
        lambda n: "\n".join(" " * i + "a:" for i in range(n)),
        lambda n: "a: " + "".join(f"&b{i} [" for i in range(n)),
    ],
)
@pytest.mark.parametrize("levels", [101, 1000, 20_000])
def test_deep_nesting_is_refused_where_the_c_parser_would_crash(nested: Callable[[int], str], levels: int) -> None:
    if nested(2).startswith("a:\n a") and levels > 1000:
        pytest.skip("a megabyte of spaces shows nothing new")
    assert message(nested(levels)) == "nested deeper than 100 levels, which no Kubernetes object is: take levels out"


@pytest.mark.parametrize("levels", [101, 1000, 100_000])
def test_deep_json_is_refused(levels: int) -> None:
    text = '{"a":' * levels + "1" + "}" * levels
    assert message(text) == "nested deeper than 100 levels, which no Kubernetes object is: take levels out"


def test_the_deepest_that_is_allowed() -> None:
    documents, _ = parse((HEAD + "a: " + "[" * 99 + "]" * 99).encode(), "a.yaml")
    assert len(documents) == 1


def lol(levels: int) -> str:
    lines = ["a0: &a0 [" + ",".join(["lol"] * 9) + "]"]
    lines += [f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 9) + "]" for i in range(1, levels)]
    return HEAD + "\n".join(lines) + "\n"


def test_alias_bombs_are_refused_before_they_fill_the_memory() -> None:
    tracemalloc.start()
    try:
        found = message(lol(40))
        assert tracemalloc.get_traced_memory()[1] < 30 * 2**20
    finally:
        tracemalloc.stop()
    assert found == "aliases multiply to more than 20000 further values: write the values out"


def test_alias_bombs_of_merges_are_refused() -> None:
    lines = ["a0: &a0 {" + ",".join(f"k{i}: 1" for i in range(200)) + "}"]
    lines += [f"a{i}: {{<<: *a0}}" for i in range(1, 200)]
    assert "aliases multiply" in message(HEAD + "\n".join(lines))


def test_moderate_use_of_aliases_is_fine() -> None:
    documents, _ = parse(lol(4).encode(), "a.yaml")
    assert len(documents) == 1


def test_an_alias_to_what_it_stands_in() -> None:
    assert message(HEAD + "a: &a {b: [*a]}") == "an anchor holds an alias to itself: write the value out"


@pytest.mark.parametrize(
    "tagged",
    [
        "!!python/object/apply:os.system ['touch /tmp/owned']",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/object/new:type [a, [], {}]",
        "!<tag:yaml.org,2002:python/object/apply:os.system> [a]",
        "!ruby/object:Gem::Installer {i: x}",
        "!!js/function 'function(){}'",
    ],
)
def test_planted_tags_are_refused(tagged: str) -> None:
    assert "has no meaning in a manifest" in message(HEAD + f"a: {tagged}\n")


def test_tag_directives_do_not_hide_a_tag() -> None:
    text = f"%TAG !e! tag:yaml.org,2002:python/\n---\n{HEAD}a: !e!name:os.system x\n"
    assert message(text).startswith("the tag !!python/name:os.system has no meaning")


def test_large_files_are_refused_unread() -> None:
    assert message("a" * 10_001, SMALL) == "10001 bytes, more than the 10000 that kgen reads at once: split the file"


def test_a_document_of_too_many_values() -> None:
    found = message(HEAD + "a: [" + "b," * 1000 + "]", SMALL)
    assert found == "more than 500 values in one document: split it into several, with lines of --- between"


def test_many_documents_together_may_have_more() -> None:
    documents, _ = parse(f"---\n{HEAD}".encode() * 200, "a.yaml", limits=SMALL)
    assert len(documents) == 200


def test_one_huge_text_is_just_a_text() -> None:
    text = "x" * 2_000_000
    documents, _ = parse(f'{HEAD}a: "{text}"\n'.encode(), "a.yaml")
    assert documents[0].manifest["a"] == text


def test_numbers_with_thousands_of_digits() -> None:
    documents, _ = parse(f"{HEAD}a: {'9' * 10_000}\nb: 1{'0' * 300}\n".encode(), "a.yaml")
    assert documents[0].manifest["a"] == "9" * 10_000  # too large for a float: kubectl takes it for text
    assert documents[0].manifest["b"] == 1e300


def test_keys_of_the_language_are_only_keys() -> None:
    documents, _ = parse(f"{HEAD}__class__: {{__init__: 1}}\n".encode(), "a.yaml")
    assert documents[0].manifest["__class__"] == {"__init__": 1}

"""The text of an explanation."""

from kgen.manifests import Identity
from kgen.present.explanation import Explanation, Field, leaves, shown, text


def test_text() -> None:
    explained = Explanation(
        Identity("v1", "ServiceAccount", "a", "b-sa"),
        "identity",
        "bases/identity/service-account.yaml:2",
        "agent a/b",
        "One ServiceAccount an agent.",
        "defined",
        -4,
        ("AC-6",),
        ("links.yaml:3: AgentLink l",),
        (Field(("metadata", "name"), "b-sa", "bases/identity/service-account.yaml:5"),),
    )
    assert text(explained) == (
        "object:    ServiceAccount a/b-sa (v1)\n"
        "made by:   bases/identity/service-account.yaml:2, for agent a/b\n"
        "layer:     identity: One ServiceAccount an agent.\n"
        "presence:  defined: kgen makes it\n"
        "wave:      -4\n"
        "asked by:  links.yaml:3: AgentLink l\n"
        "serves:    AC-6\n"
        "\n"
        "FIELD          VALUE  FROM\n"
        "metadata.name  b-sa   bases/identity/service-account.yaml:5\n"
    )


def test_values_stay_on_one_line() -> None:
    assert [shown(v) for v in ("a", "", " a", "a\nb", True, None, [], {})] == [
        "a",
        '""',
        '" a"',
        "a\\nb",
        "true",
        "null",
        "[]",
        "{}",
    ]
    assert shown("x" * 100) == "x" * 59 + "…"


def test_leaves_keep_the_order_and_show_what_is_empty() -> None:
    assert leaves({"b": [{"a": 1}, {}], "a": None}) == [(("b", 0, "a"), 1), (("b", 1), {}), (("a",), None)]

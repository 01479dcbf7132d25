"""What a hole is, and which expressions there are."""

import pytest

from kgen.expand.grammar import MAX_LENGTH, Hole, TemplateError, parse, parts


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", []),
        ("plain", ["plain"]),
        ("${a}", [Hole("a")]),
        ("${ a.b }-x", [Hole(" a.b "), "-x"]),
        ("x${a}${b}y", ["x", Hole("a"), Hole("b"), "y"]),
        ("$${a}", ["${a}"]),
        ("cost $5, ${a}", ["cost $5, ", Hole("a")]),
        ("$$${a}", ["$${a}"]),
        ("${a}$${b}${c}", [Hole("a"), "${b}", Hole("c")]),
        ("{{ .Values.x }} %s {a}", ["{{ .Values.x }} %s {a}"]),
        ("${'}'}", [Hole("'}'")]),
        ('${"\\"}"}!', [Hole('"\\"}"'), "!"]),
        ("${'${'}", [Hole("'${'")]),
        ("}${a}{", ["}", Hole("a"), "{"]),
    ],
)
def test_holes(text, expected):
    assert parts(text) == expected


@pytest.mark.parametrize(
    "text, missing",
    [
        ("${", "it has no closing }"),
        ("a ${b", "it has no closing }"),
        ("${a} ${b", "it has no closing }"),
        ("${'a}", "a string in it is not closed"),
        ('${"a\\"}', "a string in it is not closed"),
    ],
)
def test_incomplete_holes(text, missing):
    with pytest.raises(TemplateError) as caught:
        parts(text)
    assert caught.value.message == f"incomplete ${{ }}: {missing}; write $${{ where the text itself is meant"


@pytest.mark.parametrize(
    "source",
    [
        "agent.name",
        "agent['name']",
        'labels["a.b/c"]',
        "'a' + 'b'",
        "1 - 2",
        "[1, 2] + [3]",
        "a == 1 and b != 'x' or not c",
        "a in [1, 2]",
        "a not in b",
        "1 < a <= 3",
        "a if b else c",
        "a | join(',')",
        "(a or b) | length",
        "true and false or none == a",
        " a\n  .b ",
        "'}}' + '%}' + '{{' + '{% x %}' + '#}'",
    ],
)
def test_allowed(source):
    parse(source)


@pytest.mark.parametrize(
    "source, what",
    [
        ("a()", "a call is not allowed"),
        ("a.b.c(1)", "a call is not allowed"),
        ("().__class__", "`__class__` in `().__class__` is no field"),
        ("a.__class__", "`__class__` in `a.__class__` is no field: no field begins with _"),
        ("a._private", "no field begins with _"),
        ("__import__", "`__import__` in `__import__` is unknown: no name begins with _"),
        ("a[1:2]", "a slice is not allowed"),
        ("a[::2]", "a slice is not allowed"),
        ("{'a': 1}", "a mapping literal is not allowed"),
        ("(1, 2)", "a tuple (write a list: [a, b]) is not allowed"),
        ("a * 2", "`*` is not allowed"),
        ("2 ** 1000000000", "`**` is not allowed"),
        ("9 ** 9 ** 9 ** 9", "`**` is not allowed"),
        ("'%1000000000d' % 1", "`%` is not allowed"),
        ("a / b", "`/` is not allowed"),
        ("a // b", "`//` is not allowed"),
        ("a ~ b", "`~` (write the text around the holes: ${a}-${b}) is not allowed"),
        ("-a", "a leading `-` is not allowed"),
        ("+a", "a leading `+` is not allowed"),
        ("a is defined", "a test (`is`) is not allowed"),
        ("a if b", "has an if without else"),
        ("a | join(d=',')", "filter join in `a | join(d=',')` takes plain arguments only"),
        ("a | join(*b)", "takes plain arguments only"),
        ("a | map(b())", "a call is not allowed"),
        ("a b", "`a b` goes on after its end, at `b`: one hole is one expression"),
        ("a }} {{ b", "`a }} {{ b` goes on after its end"),
        ("a %} {% set b = 1", "is no expression"),
        ("a.", "is no expression"),
        ("a = 1", "goes on after its end, at `=`"),
        ("a, b", "goes on after its end, at `,`"),
        ("lambda: 1", "goes on after its end, at `:`"),
        ("", "${} is empty"),
        ("  ", "${} is empty"),
        ("#", "is no expression"),
        ("a; b", "goes on after its end"),
        ("9" * 499, None),
    ],
)
def test_refused(source, what):
    if what is None:  # long, but a literal like any other
        parse(source)
        return
    with pytest.raises(TemplateError) as caught:
        parse(source)
    assert what in caught.value.message


@pytest.mark.parametrize(
    "source",
    ["(" * 240 + "a" + ")" * 240, "not " * 120 + "a", "[" * 200 + "]" * 200, "a" + ".b" * 200, "a" + "+a" * 200],
)
def test_nesting_is_bounded(source):
    with pytest.raises(TemplateError) as caught:
        parse(source)
    assert "deep" in caught.value.message


def test_length_is_bounded():
    parse("a" * MAX_LENGTH)
    with pytest.raises(TemplateError) as caught:
        parse("a" * (MAX_LENGTH + 1))
    assert caught.value.message.startswith("an expression of 501 characters: at most 500 are allowed")

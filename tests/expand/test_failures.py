"""What only the run can tell: every message names layer, object, template and line, and no value."""

import pytest

from tests.expand.build import HEAD, QUOTES, agent, document, objects, problem, refused, source, topology
from tests.layers.build import definition, link

EXTERNAL = topology(agent("team-beta/quotes", "external"))


@pytest.mark.parametrize(
    "field, message",
    [
        (
            "x-${agent.definition.replicas}",
            "nothing (an absent value) stands inside a text: guard it with $if, or name a text or number",
        ),
        ("${agent.security_context['no']}", "the mapping has no key 'no' here: ask with in, or guard it with $if"),
        ("${agent.callers[7].caller.name}", "the list has fewer items than that: guard it with $if"),
        ("x-${agent.security_context['capabilities']}", "a mapping stands inside a text: guard it with $if, or name"),
        ("{'${agent.security_context[\"runAsNonRoot\"]}': 1}", "true or false stands where a key must be text"),
        ("{'${agent.name}': 1, 'quo${\"tes\"}': 2}", "the key 'quotes' comes up twice in one mapping"),
        ("{$for: 'i in [1, 1]', '${i}-': 2}", "the key '1-' comes up twice in one mapping"),
        ("[{$for: \"i in agent.security_context['runAsNonRoot']\", $value: 2}]", "stands where $for needs a list"),
        (
            "{$merge: \"${agent.security_context['runAsNonRoot']}\"}",
            "true or false stands where $merge needs a mapping",
        ),
        ("${[1, agent.name] | sort}", "'<' not supported between instances of"),
        ("${agent.security_context['runAsNonRoot'] + 'x'}", "unsupported operand type"),
        ("${agent.security_context['runAsNonRoot'] | length}", "length needs text, a list or a mapping"),
    ],
)
@pytest.mark.parametrize("shipped", [False, True])
def test_in_a_field(field, message, shipped):
    layer = document(f"data:\n  a: 1\n  list:\n  - b\n  - it: {field}\n")._replace(shipped=shipped)
    (found,) = refused(layer)
    assert found.message.startswith("layer sample, for agent team-beta/quotes: ")
    assert message in found.message
    assert (found.file, found.line, found.rule) == ("layers/sample/one.yaml", 11, "template")


def test_an_absent_record():
    found = problem("data:\n  a: ${agent.definition.description}\n", EXTERNAL)
    assert found.message == (
        "layer sample, for agent team-beta/quotes: the value whose field description is asked for is absent here:"
        " guard it with $if"
    )
    assert found.line == 8


def test_inside_nested_loops():
    body = """\
    data:
    - $for: link in agent.callers
      list:
      - $for: path in link.caller.paths
        name: x
        delegation: ${link.delegation.header}
    """
    found = problem(body)
    assert (found.line, "field header" in found.message) == (12, True)


@pytest.mark.parametrize(
    "head, line, message",
    [
        ("$if: ${agent.definition.byo}", 7, "field byo"),
        ("$wave: ${agent.definition.replicas}", 7, "stands where $wave needs a whole number"),
        ("$presence: ${agent.kind}", 7, "$presence must be one of defined, wired, external, proposed"),
        ("$presence: ${agent.definition.runtime}", 7, "field runtime"),
    ],
)
def test_in_the_head(head, line, message):
    of = topology(QUOTES._replace(definition=definition())) if "replicas" in head else EXTERNAL
    found = problem(head + "\n", of)
    assert message in found.message
    assert found.line == line


def test_in_the_identity():
    head = HEAD.replace("${agent.name}", "x-${agent.definition.image}")
    (found,) = refused(document("", head), EXTERNAL)
    assert (found.line, "field image" in found.message) == (5, True)


def test_every_document_that_fails_is_told():
    bad = "$presence: ${agent.kind}\n"
    found = refused(source({"a.yaml": HEAD + bad, "b.yaml": HEAD, "c.yaml": HEAD + "$wave: 1\n" + bad}))
    assert [(one.file, one.line) for one in found] == [("layers/sample/a.yaml", 7), ("layers/sample/c.yaml", 8)]


def test_who_it_failed_for():
    edge = link("team-alpha/planner", "team-beta/quotes")
    of = topology(agent("team-alpha/planner", callees=(edge,)))
    text = "$for: link\napiVersion: v1\nkind: X\nmetadata: {name: '${link.delegation.header}'}\n"
    (found,) = refused(source({"one.yaml": text}), of)
    assert found.message.startswith("layer sample, for link team-alpha/planner to team-beta/quotes: ")
    text = "$for: platform\napiVersion: v1\nkind: X\nmetadata: {name: '${platform.agents[9].name}'}\n"
    (found,) = refused(source({"one.yaml": text}), of)
    assert found.message.startswith("layer sample, for platform default: ")


def test_no_message_holds_a_value():
    secret = "hunter2-very-secret"
    of = topology(agent("team-beta/quotes", security_context={"secret": secret, "map": {secret: secret}}))
    for field in ("x-${agent.security_context['map']}", "${agent.security_context['secret'] + 1}"):
        assert secret not in problem(f"data: {field}\n", of).message


def test_a_fault_of_the_program_is_none_of_the_template(monkeypatch):
    def broken(_value):
        raise ZeroDivisionError

    layer = document("data: {x: '${agent.caller_namespaces | sort}'}\n")
    monkeypatch.setattr("kgen.expand.filters.sort", broken)
    with pytest.raises(ZeroDivisionError):
        objects(layer)

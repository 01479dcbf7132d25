"""Names, fields, operators and filters are checked when a layer is read, and every message says where and what else."""

import pytest

from tests.expand.build import problem

CASES = [
    ("agnet.name", "agnet is unknown here, in `agnet.name`: known are agent, platform", "agent"),
    ("link.caller.name", "link is unknown here, in `link.caller.name`: known are agent, platform", None),
    ("agent.nam", "an Agent has no field nam, in `agent.nam`; did you mean name?", "name"),
    ("agent.endpoint.prot", "an Endpoint has no field prot, in `agent.endpoint.prot`; did you mean port?", "port"),
    ("agent.count", "an Agent has no field count, in `agent.count`; it has byo, callee_namespaces, callees,", None),
    ("platform.index", "a Platform has no field index, in `platform.index`; did you mean nudge?", "nudge"),
    ("agent.name.upper", "text has no fields, .upper in `agent.name.upper`", None),
    ("agent.callers.name", "a list (a Link each) has no fields, .name in `agent.callers.name`", None),
    ("agent.security_context.x", 'a mapping has no fields, .x in `agent.security_context.x`: write ["x"]', None),
    (
        "agent.definition.env[0]['a'].b",
        "a value of unknown shape has no fields, .b in `agent.definition.env[0]['a'].b`: write [\"b\"]",
        None,
    ),
    ("agent['name']", "an Agent can not be asked with [ ], in `agent['name']`: write .name", None),
    ("agent.name[0]", "text can not be asked with [ ], in `agent.name[0]`", None),
    ("agent.callers['a']", "is asked with text, in `agent.callers['a']`: [ ] takes a number there", None),
    ("agent.security_context[1]", "a mapping is asked with a number, in `agent.security_context[1]`", None),
    ("agent", "an Agent is no value of a manifest: name one of its fields: byo, callee_namespaces, callees,", None),
    ("agent.callers", "a list (a Link each) is no value of a manifest: name one of its fields: callee, caller,", None),
    ("agent.name + 1", "text + a number, in `agent.name + 1`: + takes two texts, two numbers or two lists", None),
    ("agent.name - 1", "text in `agent.name - 1`: - takes numbers only", None),
    ("agent.port == '8080'", "a number is compared with text, in `agent.port == '8080'`", None),
    ("agent.name < 1", "text is compared with a number, in `agent.name < 1`", None),
    ("agent.enforced < true", "true or false is compared with true or false, in `agent.enforced < true`", None),
    ("agent.port in agent.caller_namespaces", "a number is compared with text", None),
    ("agent.name in agent.port", "in needs a list, a mapping or text on its right", None),
    ("agent == agent", "an Agent is compared in `agent == agent`: compare a field of it", None),
    ("agent.name | jion(',')", "there is no filter jion, in `agent.name | jion(',')`: there are host, join,", "join"),
    ("agent.name | upper", "there is no filter upper, in `agent.name | upper`: there are host, join, length,", None),
    ("agent.name | join(',')", "filter join is given text, in `agent.name | join(',')`: it takes a list of text", None),
    ("agent.callers | sort", "filter sort is given a list (a Link each), in `agent.callers | sort`", None),
    ("agent.caller_namespaces | join", "filter join takes text in its brackets", None),
    ("agent.caller_namespaces | join(1)", "filter join takes text in its brackets", None),
    (
        "agent.port | length",
        "filter length is given a number, in `agent.port | length`: it takes text, a list or",
        None,
    ),
    ("agent.caller_namespaces | text", "filter text is given a list (text each)", None),
    ("1e999", "a number too large, in `1e999`", None),
    ("agent.name.__class__", "`__class__` in `agent.name.__class__` is no field: no field begins with _", None),
]


@pytest.mark.parametrize("expression, message, nearest", CASES)
def test_refused(expression, message, nearest):
    found = problem(f"data:\n  a: x\n  # the field in question\n  b: ${{{expression}}}\n")
    assert found.message.startswith("layer sample: ")
    assert message in found.message
    assert (found.file, found.line, found.rule) == ("layers/sample/one.yaml", 10, "template")
    assert found.proposed == nearest


@pytest.mark.parametrize(
    "text, message",
    [
        ("x-${agent.caller_namespaces}", "a list (text each) stands inside a text: use the filter join"),
        ("x-${agent.security_context}", "a mapping stands inside a text"),
        ("x-${agent}", "an Agent stands inside a text"),
        ("x-${}", "${} is empty"),
        ("x-${agent.name", "incomplete ${ }: it has no closing }"),
    ],
)
def test_refused_inside_a_text(text, message):
    found = problem(f"data:\n  b: {text}\n")
    assert message in found.message
    assert found.line == 8


def test_all_problems_of_a_layer_are_told_at_once():
    from tests.expand.build import HEAD, refused, source

    found = refused(
        source({"a.yaml": HEAD + "data: ${agent.nam}\n---\n" + HEAD + "data: ${agnet}\n", "b.yaml": HEAD + "$x: 1\n"})
    )
    assert [(one.file.rpartition("/")[2], one.line) for one in found] == [("a.yaml", 7), ("a.yaml", 15), ("b.yaml", 7)]

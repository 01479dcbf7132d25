"""Whatever a value holds, it stays one value: the shape of an object is the template's alone."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kgen.expand import compile_layer, instantiate
from kgen.topology.types import Topology
from tests.expand.build import CALLS, document, topology
from tests.layers.build import agent, definition

NASTY = [
    "${agent.name}", "$${x}", "${", "}", "{{ x }}", "{% raw %}", "{# x #}", "%s", "%(x)s", "%", "{0.__class__}",
    "a: b", "- a", "&a", "*a", "<<: *a", "!!python/object:x", "---", "...", "\n---\nkind: Secret\n", "# x", "'", '"',
    "yes", "null", "~", "1e3", "0x10", "2026-01-01", "", " ", "\t", "\u2028", "\x85", "\U0001f600", "a\nb", "\\n",
    "__class__", "_LINES", "'''", '"""', "\\N{BULLET}", "f'{x}'", "__import__('os')", "], [", "}, {", "None", "True",
]  # fmt: skip

texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=20), st.lists(st.sampled_from(NASTY)).map("".join))
values = st.recursive(
    st.one_of(texts, st.integers(-(2**40), 2**40), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)

BODY = """\
spec:
  native: ${agent.definition.description}
  text: <${agent.definition.description}>${agent.definition.image}-${agent.port}
  "key of ${agent.definition.image}": here
  list:
  - $for: word in agent.definition.args
    word: ${word}
    text: x${word}
  all: ${agent.definition.args}
  joined: ${agent.definition.args | join("|")}
  sorted: ${agent.definition.args | unique | sort}
  merged:
    $merge: ${agent.definition.resources}
    fixed: 1
  whole: ${agent.definition.resources}
  json:
    $json: {it: "${agent.definition.resources}"}
  when:
    $if: ${agent.definition.description == agent.definition.image}
    $value: equal
  last: 1
"""
LAYER = document(BODY)
USERS = compile_layer(LAYER)
SHIPPED = compile_layer(LAYER._replace(shipped=True))


def topology_of(**changes: Any) -> Topology:
    return topology(agent("team-beta/quotes", callers=CALLS, definition=definition(**changes)))


@given(texts, texts, st.lists(texts, max_size=4), st.dictionaries(texts, values, max_size=4))
def test_values_never_change_the_structure(description, image, args, resources):
    of = topology_of(description=description, image=image, args=tuple(args), resources=resources)
    (one,), (other,) = instantiate([USERS], of), instantiate([SHIPPED], of)
    made = one.build()
    assert made == other.build()
    assert list(made) == ["apiVersion", "kind", "metadata", "spec"]
    spec = made["spec"]
    assert len(spec) == 11 + (description == image)
    assert spec["native"] == description
    assert spec["text"] == f"<{description}>{image}-8080"
    assert spec["key of " + image] == "here"
    assert spec["list"] == [{"word": word, "text": "x" + word} for word in args]
    assert spec["all"] == args
    assert spec["joined"] == "|".join(args)
    assert spec["sorted"] == sorted(set(args))
    assert spec["merged"] == {**resources, "fixed": 1}
    assert spec["whole"] == resources
    assert json.loads(spec["json"]) == {"it": resources}
    assert spec["last"] == 1


@given(texts, texts)
def test_an_identity_holds_a_value_as_it_is(namespace, name):
    of = topology(agent("x/y")._replace(endpoint=agent("x/y").endpoint._replace(namespace=namespace, name=name)))
    (one,) = instantiate([USERS], of)
    assert (one.identity.namespace, one.identity.name) == (namespace, name)
    assert one.build()["metadata"] == {"name": name, "namespace": namespace}


@pytest.mark.parametrize("word", NASTY)
def test_constants_of_a_template_are_taken_as_they_are(word):
    """The translator writes them into source: no quote, escape, brace or percent sign may get out."""
    literal = word.replace("${", "$${")
    escaped, mixed = (json.dumps(text, ensure_ascii=word < "\uffff") for text in (literal, literal + "${agent.name}"))
    body = f"spec:\n  value: {escaped}\n  {escaped}: key\n  mixed: {mixed}\n  list: [{escaped}]\n"
    (one,) = instantiate([compile_layer(document(body))], topology_of())
    assert one.build()["spec"] == {"value": word, word: "key", "mixed": word + "quotes", "list": [word]}

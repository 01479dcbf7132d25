"""What each structural key makes of a template."""

import pytest
import yaml

from kgen.expand import compile_layer, instantiate, use_emitter
from kgen.topology.types import Peer, Port
from tests.expand.build import HEAD, QUOTES, agent, data, document, objects, problem, refused, source, topology
from tests.layers.build import definition, link, namespace

VALUES = [
    ("x", "x"),
    ('""', ""),
    ("5", 5),
    ("1.5", 1.5),
    ("true", True),
    ("null", None),
    ("[]", []),
    ("{}", {}),
    ("[1, [2], {a: b}]", [1, [2], {"a": "b"}]),
    ("${agent.name}", "quotes"),
    ("${agent.port}", 8080),
    ("${agent.enforced}", True),
    ("${none}", None),
    ("${agent.definition.replicas}", None),
    ("${agent.endpoint.paths}", ["/"]),
    ("${agent.pod_selector}", {"matchLabels": {"app": "kagent", "kagent": "quotes"}}),
    ("${agent.pod_selector['matchLabels']['app']}", "kagent"),
    ("${agent.callers[1].caller.name}", "triage"),
    ('"${[agent.name, 1] + [true]}"', ["quotes", 1, True]),
    ("${agent.name}-${agent.port}-${agent.enforced}", "quotes-8080-true"),
    ("100%-${agent.name}-%s-{x}", "100%-quotes-%s-{x}"),
    ("$${agent.name}", "${agent.name}"),
    ("$${a}-${agent.name}", "${a}-quotes"),
    ("${agent.port + 1}", 8081),
    ("${agent.port - 80}", 8000),
    ("${'a' + agent.name}", "aquotes"),
    ("${agent.port | text}", "8080"),
    ("${agent.enforced | text}", "true"),
    ("${agent.callers | length}", 2),
    ("${['b', 'a', 'b'] | unique | sort | join('+')}", "a+b"),
    ("${'HTTPS://Api.Example.com:8443/x' | host}", "api.example.com"),
    ("${'a' if agent.callees else 'b'}", "b"),
    ("${agent.service_account or 'none'}", "quotes-sa"),
    ("${agent.name in ['quotes']}", True),
    ("${'app' in agent.pod_selector['matchLabels']}", True),
    ("${agent.kind != 'Agent' or not agent.enforced}", False),
    ("${1 < agent.port <= 8080}", True),
    ("{$value: '${agent.name}'}", "quotes"),
    ("{$value: {$value: [x]}}", ["x"]),
    ("[a, {$if: '${agent.enforced}', $value: b}, {$if: '${agent.callees}', $value: c}]", ["a", "b"]),
    ("[{$if: '${not agent.enforced}', a: b}]", []),
    ("[{$for: 'link in agent.callers', name: '${link.caller.name}'}]", [{"name": "planner"}, {"name": "triage"}]),
    ("[x, {$for: 'link in agent.callers', $value: '${link.caller.name}'}, z]", ["x", "planner", "triage", "z"]),
    (
        "[{$for: 'link in agent.callers', $if: \"${link.caller.name != 'triage'}\", $value: '${link.caller.name}'}]",
        ["planner"],
    ),
    (
        "[{$for: ['link in agent.callers', 'path in link.caller.paths'], $value: '${link.caller.name}${path}'}]",
        ["planner/", "triage/"],
    ),
    ("[{$for: 'key in agent.pod_selector[\"matchLabels\"]', $value: '${key}'}]", ["app", "kagent"]),
    ("[{$for: 'a in [1, 2]', $value: [{$for: 'b in [a, a + 10]', $value: '${b}'}]}]", [[1, 11], [2, 12]]),
    ("{$for: 'link in agent.callers', '${link.caller.name}': 1}", {"planner": 1, "triage": 1}),
    (
        "{$for: 'link in agent.callers', '${link.caller.name}': 1, 'x-${link.caller.name}': {$if: "
        "\"${link.caller.name == 'triage'}\", $value: 2}}",
        {"planner": 1, "triage": 1, "x-triage": 2},
    ),
    ("{$for: 'i in [1, 2, 3]', $if: '${i != 2}', 'k${i}': '${i}'}", {"k1": 1, "k3": 3}),
    ("{a: {$if: '${agent.callees}', b: c}, d: e}", {"d": "e"}),
    ("{a: {$if: '${agent.callers}', b: c}, d: e}", {"a": {"b": "c"}, "d": "e"}),
    ("{a: {$value: {$if: '${agent.callees}', b: c}}}", {}),
    ("{'${agent.name}': 1, x: 2}", {"quotes": 1, "x": 2}),
    ("{'a-${agent.port}': 1}", {"a-8080": 1}),
    ("{'${\"$schema\"}': 1, '$${x}': 2}", {"$schema": 1, "${x}": 2}),
    ("{$merge: \"${agent.pod_selector['matchLabels']}\", x: 1}", {"app": "kagent", "kagent": "quotes", "x": 1}),
    ("{$merge: \"${agent.pod_selector['matchLabels']}\", app: mine}", {"app": "mine", "kagent": "quotes"}),
    ("{app: mine, $merge: \"${agent.pod_selector['matchLabels']}\"}", {"app": "mine", "kagent": "quotes"}),
    (
        "{$merge: \"${agent.pod_selector['matchLabels']}\", app: {$if: '${agent.callees}', $value: no}}".replace(
            "no}", "'no'}"
        ),
        {"kagent": "quotes"},
    ),
    ("{$merge: '${agent.definition.env[0] if agent.definition.env else none}', x: 1}", {"x": 1}),
    ("{x: 1, $merge: {$if: '${agent.enforced}', v: 2, z: 3}}", {"x": 1, "v": 2, "z": 3}),
    ("{x: 1, $merge: {$if: '${agent.callees}', v: 2, z: 3}}", {"x": 1}),
    (
        "{$merge: [{$if: '${agent.callees}', v: 1}, {$if: '${agent.callers}', v: 2}, '${agent.security_context}'], "
        "capabilities: none, seccompProfile: none}",
        {
            "v": 2,
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "capabilities": "none",
            "seccompProfile": "none",
        },
    ),
    ("{$merge: {$for: 'i in [1, 2]', 'k${i}': '${i}'}, x: z}", {"k1": 1, "k2": 2, "x": "z"}),
    (
        "{'${agent.name}': 1, $merge: \"${agent.pod_selector['matchLabels']}\", app: 2}",
        {"quotes": 1, "kagent": "quotes", "app": 2},
    ),
    ("{$json: {a: ['${agent.name}', true], b: ä}}", '{\n  "a": [\n    "quotes",\n    true\n  ],\n  "b": "ä"\n}\n'),
    ("{$json: '${agent.endpoint.paths}'}", '[\n  "/"\n]\n'),
    ("{$if: '${agent.enforced}', $json: {}}", "{}\n"),
    ("{a: {$json: {$if: '${agent.callees}', b: c}}}", {}),
]  # fmt: skip


@pytest.mark.parametrize("written, expected", VALUES)
def test_values(written, expected):
    made = data(f"data:\n  it: {written}\n")["it"]
    assert made == expected
    assert type(made) is type(expected)
    if isinstance(expected, dict):
        assert set(made) == set(expected)


def test_fields_keep_the_order_of_the_template():
    made = data("data: {z: 1, a: {$if: '${agent.enforced}', $value: 2}, $merge: {m: 3, b: 4}, c: 5}\n")
    assert list(made) == ["z", "a", "m", "b", "c"]


def test_shared_values_are_never_changed_and_containers_are_fresh():
    body = "data: {$merge: '${agent.pod_selector}', x: [1]}\nspec: {paths: '${agent.endpoint.paths}'}\n"
    one, other = objects(document(body), topology(QUOTES, QUOTES))
    one["data"]["x"].append(2)
    one["spec"]["paths"].append("y")
    one["data"]["new"] = 1
    assert other["data"] == {**QUOTES.pod_selector, "x": [1]}
    assert other["spec"] == {"paths": ["/"]}
    assert "new" not in QUOTES.pod_selector


@pytest.mark.parametrize(
    "body, message, line",
    [
        ("data: {$iff: '${true}', a: b}", "$iff is no structural key here: there are $for, $if, $value, $merge,", 7),
        ("data:\n  $schema: x", '$schema is no structural key here: there are $for, $if,', 8),
        ("data: {$value: a, b: c}", "$value is the whole value of its mapping: nothing may stand beside it", 7),
        ("data: {$yaml: a, $json: b}", "$yaml is the whole value of its mapping", 7),
        ("data: {$if: yes-no, a: b}", "$if takes one expression: $if: ${...}", 7),
        ("data: {$if: true, a: b}", "$if takes one expression: $if: ${...}", 7),
        ("data: {$if: 'x${true}', a: b}", "$if takes one expression: $if: ${...}", 7),
        ("data:\n- $for: a agent.callers\n  b: c", "$for takes a name and what to go through: $for: caller in", 8),
        ("data:\n- $for: ${agent.callers}\n  b: c", "$for takes a name and what to go through", 8),
        ("data:\n- $for: agent in agent.callers\n  b: c", "the name agent is taken already: choose another", 8),
        ("data:\n- $for: platform in agent.callers\n  b: c", "the name platform is taken already", 8),
        ("data:\n- $for: class in agent.callers\n  b: c", "the name class is a reserved word", 8),
        ("data:\n- $for: _x in agent.callers\n  b: c", "the name _x begins with _", 8),
        ("data:\n- $for: x in agent.name\n  b: c", "$for goes through a list or a mapping's keys", 8),
        ("data:\n- $for: x in agent\n  b: c", "agent is an Agent", 8),
        ("data:\n- $for: x in agent.callers\n  b: ${x.nam}", "a Link has no field nam", 9),
        ("data:\n- $for: []\n  b: c", "$for takes 1 to 4 loops", 8),
        ("data:\n  $for: x in agent.callers\n  a: b", "$for in a mapping needs a key with ${...}", 8),
        ("data:\n  $for: x in agent.callers\n  $value: b", "$for with $value makes a list", 8),
        ("data: {$merge: '${agent.name}'}", "$merge takes a mapping: this is text", 7),
        ("data: {$merge: text}", "$merge takes one expression: $merge: ${...}", 7),
        ("data: {$merge: {a: 1}, a: 2}", "a is written beside $merge already", 7),
        ("data: {'${agent.port}': 1}", "a number is no key: use the filter text to make text of a number", 7),
        ("data: {$file: none.sh}", "$file names a file of the layer's own folder: 'none.sh' is none; there are", 7),
        ("data:\n  <<: {a: b}\n  c: d", "a merge key (<<) is not allowed in a template: use $merge", 8),
        ("data: .inf", "", 7),
        ("$lists: {spec.tools: name}", "$lists: a path and the keys of its items", 7),
        ("$lists: [a]", "$lists is a mapping: path of a list -> keys that tell its items apart", 7),
        ("$wave: soon", "$wave takes one expression: $wave: ${...}", 7),
        ("$wave: ${agent.name}", "$wave is a whole number: this is text", 7),
        ("$presence: definde", "$presence is one of defined, wired, external, proposed", 7),
        ("$value: x", "$value is the whole value of its mapping", 2),
    ],
)  # fmt: skip
def test_refused(body, message, line):
    found = problem(body + "\n")
    assert message in found.message
    assert (found.file, found.line) == ("layers/sample/one.yaml", line)


@pytest.mark.parametrize(
    "text, message",
    [
        ("apiVersion: v1\nkind: X\nmetadata: {name: a}\n", "a document begins with $for: what it is made for"),
        ("$for: agents\napiVersion: v1\nkind: X\nmetadata: {name: a}\n", "$for of a document is one of platform"),
        ("$for: agent\nkind: X\nmetadata: {name: a}\n", "a document needs apiVersion"),
        ("$for: agent\napiVersion: v1\nmetadata: {name: a}\n", "a document needs kind"),
        ("$for: agent\napiVersion: v1\nkind: X\n", "a document needs metadata, written as a mapping"),
        ("$for: agent\napiVersion: v1\nkind: X\nmetadata: {namespace: a}\n", "a document needs name"),
        ("$for: agent\napiVersion: v1\nkind: X\nmetadata: {name: 5}\n", "name is text here, with or without ${...}"),
        ("$for: agent\napiVersion: v1\nkind: X\nmetadata: {name: {$value: a}}\n", "name is text here"),
        ("$for: agent\napiVersion: v1\nkind: X\nmetadata: {name: '${agent.port}'}\n", "name is text: this is a number"),
        ("- a\n", "a template is a mapping"),
        ("just text\n", "a template is a mapping"),
        ('{"$for": "agent"}\n', ""),
    ],
)  # fmt: skip
def test_refused_documents(text, message):
    (found,) = refused(source({"one.yaml": text}))
    assert message in found.message
    assert found.file == "layers/sample/one.yaml"


REST = "apiVersion: v1\nkind: X\nmetadata: {name: x}\n"


def test_the_head_of_a_document():
    layer = compile_layer(
        source(
            {
                "one.yaml": HEAD
                + """\
$if: ${agent.name == 'quotes'}
$wave: ${agent.wave + 1}
$presence: ${agent.presence}
$lists: {spec.tools: [name, agent.namespace or metadata.namespace], "spec.x": [.]}
""",
                "two.yaml": "$for: platform\n$presence: proposed\n$wave: -7\n" + REST,
                "zero.txt": "no template",
            },
            about="controls: {one.yaml: [A 1, A 2], two.yaml#1: [B 1]}\n"
            "requires: [{apiVersion: v1, kind: X, when: now}]\n",
        )
    )
    assert (layer.name, layer.purpose, layer.profile, layer.wave) == ("sample", "For tests.", "Baseline", 3)
    assert [tuple(one) for one in layer.requires] == [("v1", "X", "now")]
    one, two = layer.documents
    assert one.lists == {"spec.tools": ("name", "agent.namespace or metadata.namespace"), "spec.x": (".",)}
    assert (one.file, one.line, one.controls) == ("layers/sample/one.yaml", 1, ("A 1", "A 2"))
    assert (two.each, two.wave, two.controls, two.when) == ("platform", -7, ("B 1",), None)
    found = instantiate([layer], topology(QUOTES._replace(wave=4), agent("team-alpha/planner", "wired")))
    assert [(str(i.identity), i.wave, i.presence, i.layer) for i in found] == [
        ("ConfigMap team-beta/quotes", 5, "defined", "sample"),
        ("X x", -7, "proposed", "sample"),
    ]
    assert found[1].build() == {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}}


def test_documents_stand_in_the_order_given():
    files = {name: HEAD.replace("ConfigMap", kind) for name, kind in (("a.yaml", "A"), ("b.yaml", "B"))}
    assert [one["kind"] for one in objects(source(files))] == ["A", "B"]
    assert [one["kind"] for one in objects(source(files, about="documents: [b.yaml, a.yaml]\n"))] == ["B", "A"]


@pytest.mark.parametrize(
    "each, of, name",
    [
        ("namespace", topology(namespaces=(namespace("team-alpha"),)), "${namespace.name}"),
        (
            "link",
            topology(agent("team-alpha/a", callees=(link("team-alpha/a", "team-beta/b"),))),
            "${link.callee.name}",
        ),
        ("platform", topology(), "${platform.name}"),
    ],
)
def test_every_scope_has_its_own_name(each, of, name):
    (made,) = objects(
        source({"one.yaml": f"$for: {each}\napiVersion: v1\nkind: X\nmetadata: {{name: '{name}'}}\n"}), of
    )
    assert made["metadata"]["name"] in ("team-alpha", "b", "default")


def test_yaml_text_is_the_emitters(monkeypatch):
    monkeypatch.setattr("kgen.expand.values._emit", None)
    body = "data: {config: {$yaml: {name: '${agent.name}', ports: ['${agent.port}']}}}\n"
    with pytest.raises(RuntimeError, match="no YAML emitter"):
        data(body)
    use_emitter(lambda value: yaml.safe_dump(value))
    assert yaml.safe_load(data(body)["config"]) == {"name": "quotes", "ports": [8080]}


def test_files_are_taken_over_verbatim():
    script = "#!/bin/sh\necho ${HOME} {{ x }} $${y}\n\ttab \\ 'quote'\n# ä\n"
    made = objects(source({"one.yaml": HEAD + "data: {run.sh: {$file: run.sh}}\n", "run.sh": script.encode()}))
    assert made[0]["data"]["run.sh"] == script


def test_a_file_that_is_no_text_is_refused():
    (found,) = refused(source({"one.yaml": HEAD + "data: {x: {$file: x.bin}}\n", "x.bin": b"\xff\xfe\x00"}))
    assert "$file: x.bin is not UTF-8 text" in found.message


def test_an_absent_record_is_false():
    of = topology(agent("team-beta/quotes", "external"))
    assert data("data: {a: {$if: '${agent.definition}', $value: '${agent.definition.description}'}}\n", of) == {}
    of = topology(agent("team-beta/quotes", definition=definition(replicas=3)))
    assert data("data: {a: '${agent.definition.replicas}'}\n", of) == {"a": 3}


def test_lists_of_records_become_values_by_for():
    flow = QUOTES.egress[0]._replace(
        peers=(Peer(cidr="10.0.0.0/8", excluded=("10.1.0.0/16",)),), ports=(Port(53, "UDP"),)
    )
    body = """\
    data:
    - $for: [flow in agent.egress, peer in flow.peers]
      ipBlock: {$if: "${peer.cidr}", cidr: "${peer.cidr}", except: "${peer.excluded}"}
      ports:
      - {$for: port in flow.ports, port: "${port.number}"}
    """
    assert data(body, topology(QUOTES._replace(egress=(flow,)))) == [
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}, "ports": [{"port": 53}]}
    ]

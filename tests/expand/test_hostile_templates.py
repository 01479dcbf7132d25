"""A user's layer is data: it runs nothing, reads nothing else, and is stopped where it would take long."""

import os
import subprocess
import sys
import time

import pytest

from kgen.expand import compile_layer, meter
from kgen.load import layers
from kgen.results import Refused
from tests.expand.build import HEAD, agent, data, document, objects, problem, refused, source, topology
from tests.layers.build import namespace

MANY = topology(
    *(agent(f"team-{i % 7}/agent-{i}") for i in range(300)), namespaces=tuple(namespace(f"n{i}") for i in range(300))
)
AGENTS = "a in platform.agents, b in platform.agents, c in platform.agents"


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "../../etc/passwd",
        "/etc/passwd",
        "./run.sh",
        "sub/../run.sh",
        "RUN.SH",
        "run.sh\\0",
        "",
        ".",
        "..",
        "~",
    ],
)
def test_file_reaches_only_the_layers_own_files(name):
    (found,) = refused(source({"one.yaml": HEAD + f'data: {{x: {{$file: "{name}"}}}}\n', "run.sh": "x"}))
    assert "$file names a file of the layer's own folder" in found.message or found.rule != "template"


def test_file_takes_no_expression():
    found = problem("data: {x: {$file: '${agent.name}'}}\n")
    assert "$file names a file of the layer's own folder" in found.message


@pytest.mark.parametrize(
    "expression",
    [
        "().__class__.__bases__[0].__subclasses__()",
        "agent.__class__",
        "agent.name.__class__.__mro__",
        "agent['__class__']",
        "agent.security_context.__init__",
        "agent._asdict",
        "agent._replace",
        "agent._fields",
        "_text",
        "_failed",
        "_LINES",
        "__builtins__",
        "open",
        "open('/etc/passwd')",
        "Exception",
        "bool",
        "Layer",
        "Template",
        "build_0",
        "self",
        "loop",
        "cycler",
        "lipsum",
        "namespace",
        "range(1000000000)",
        "agent.name.format(1)",
        "'{0.__class__}'.format(agent)",
        "2 ** 1000000000",
        "'a' * 1000000000",
        "[0] * 1000000000",
        "'%99999999d' % 1",
        "agent.name[::-1]",
        "agent | attr('__class__')",
        "agent.caller_namespaces | map(attribute='x')",
        "lambda: 1",
        "[x for x in agent.callers]",
        "(yield)",
        "await agent",
        "a := 1",
        "import os",
        "{}",
        "${agent.name}",
    ],
)
def test_no_expression_reaches_beyond_the_topology(expression):
    text = expression.replace("'", "''")
    found = problem(f"data: {{x: '${{{text}}}'}}\n")
    assert found.rule == "template"
    assert found.line == 7


def test_the_code_of_a_users_layer_has_no_builtins():
    function = compile_layer(document("data: 1\n")).documents[0].build
    assert set(function.__globals__["__builtins__"]) == {"bool", "Exception"}


@pytest.mark.parametrize(
    "body",
    [
        # loops within loops
        f"data:\n- $for: [{AGENTS}, d in platform.agents]\n  x: 1\n",
        "data:\n- $for: a in platform.agents\n  l:\n  - $for: b in platform.agents\n    l:\n"
        "    - $for: c in platform.agents\n      l:\n      - {$for: d in platform.agents, x: 1}\n",
        # nothing made, but long to go through
        f"data:\n- {{$for: [{AGENTS}], $if: '${{false}}', x: 1}}\n",
        f"data: {{$for: [{AGENTS}], $if: '${{false}}', '${{a.name}}': 1}}\n",
        # long text, long lists, deep values
        "data: {x: '${BIG}'}\n",
        "data:\n- {$for: a in platform.agents, x: 'x ${BIG}'}\n",
        "data:\n- {$for: a in platform.agents, $merge: '${agent.security_context}'}\n",
        "data:\n- {$for: a in platform.agents, x: '${agent.security_context}'}\n",
        "data:\n- {$for: a in platform.agents, $json: '${agent.security_context}'}\n",
        "data:\n- {$for: a in platform.agents, x: \"${agent.args | join('SEPARATOR')}\"}\n".replace(
            "SEPARATOR", "x" * 400
        ).replace("agent.args", "agent.caller_namespaces"),
        "data:\n- {$for: a in platform.agents, x: '${agent.caller_namespaces | unique | sort | length}'}\n",
        "data:\n- {$for: a in platform.agents, $if: \"${'zz' in agent.caller_namespaces}\", x: 1}\n",
        "data:\n- {$for: a in platform.agents, $if: '${agent.security_context == agent.pod_security_context}', x: 1}\n",
    ],
)
def test_what_would_take_long_is_stopped(body):
    text = "agent.definition.system_message"
    body = body.replace("BIG", "+".join([text] * 14))
    wide = {str(i): {"a": [i] * 10} for i in range(500)}
    one = agent(
        "team-beta/big",
        caller_namespaces=tuple(f"namespace-{i}" for i in range(2000)),
        security_context=wide,
        pod_security_context=dict(wide),
        definition=MANY.agents[0].definition._replace(system_message="x" * 1_000_000),
    )
    of = MANY._replace(agents=(one,))
    layer = compile_layer(document(body))
    start = time.process_time()
    with pytest.raises(Refused) as caught:
        objects(layer, of)
    assert time.process_time() - start < 2
    (found,) = caught.value.results
    assert "one object of more than 200000 values: make it smaller, or of several" in found.message
    assert found.line >= 7


def test_a_layer_as_a_whole_is_bounded(monkeypatch):
    monkeypatch.setattr(meter.Meter.__init__, "__defaults__", (meter.OBJECT_UNITS, 20_000))
    layer = document("data:\n- {$for: a in platform.agents, x: '${a.name}'}\n")
    (found,) = refused(layer, MANY)
    assert "the layer makes too much in one run: make fewer or smaller objects" in found.message


def test_what_a_layer_usually_makes_is_far_from_the_bounds():
    body = "data:\n- {$for: a in platform.agents, x: '${a.name}', sel: '${a.pod_selector}'}\n"
    assert len(objects(document(body), MANY._replace(agents=MANY.agents[:1]))[0]["data"]) == 300


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "data: " + "[" * 500 + "]" * 500 + "\n",
        "data: " + "{a: " * 500 + "x" + "}" * 500 + "\n",
        "data: &x [*x]\n",
        "data: !!python/object/apply:os.system [id]\n",
        "data: !!python/name:os.system\n",
        "data: {a: 1, a: 2}\n",
        "data: [" + "x, " * 30_000 + "x]\n",
        "data: \x00\n",
        "data: [1, 2\n",
        "data: yes\n",
    ],
)
def test_yaml_that_explodes_or_misleads(text):
    start = time.process_time()
    for found in refused(document(text)):
        assert found.file == "layers/sample/one.yaml"
    assert time.process_time() - start < 2


def test_nesting_that_python_could_not_take_is_refused():
    text = "data: " + "[" * 36 + "]" * 36 + "\n"
    assert objects(document(text))
    text = "data: " + "[" * 45 + "]" * 45 + "\n"
    assert "nested deeper than 40 levels" in refused(document(text))[0].message
    loops = [f"{'  ' * i}- $for: [v{i} in [1], w{i} in [1]]\n{'  ' * i}  l:\n" for i in range(6)]
    body = f"data:\n{''.join(loops)}{'  ' * 6}- x\n".replace("in [1]", "in agent.callers")
    assert "loops nested too deeply: more than 12 names" in problem(body).message


def test_much_is_refused():
    text = "---\n".join([HEAD] * 201)
    assert "more than 200 documents in one layer: make two" in refused(source({"one.yaml": text}))[-1].message
    many = HEAD + f"data: [{'x, ' * 19_000}x]\n"
    found = refused(source({f"{i}.yaml": many for i in range(3)}))
    assert [(one.file[-6:], one.message[:62]) for one in found] == [
        ("2.yaml", "layer sample: more than 40000 values in one layer: make two")
    ]
    found = refused(source({f"{i}.yaml": HEAD + f"data: {'x' * 100_000}\n" for i in range(3)}))
    assert [one.message for one in found] == [
        "layer sample: templates of 293 KiB: at most 256 are allowed; what is no YAML goes in by $file"
    ]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with a layer in which somebody planted code, as the working directory."""
    folder = tmp_path / "layers" / "sample"
    folder.mkdir(parents=True)
    for name, content in source({"one.yaml": HEAD + "data: {a: '${agent.name}'}\n"}).files.items():
        (folder / name).write_bytes(content)
    mark = tmp_path / "executed"
    code = f"open({str(mark)!r}, 'w')\nLAYER = None\nDIGEST = '{layers.own(['layers'], str(tmp_path))[0].digest}'\n"
    version = f"cpython-{sys.version_info.major}{sys.version_info.minor}"
    for place in (tmp_path, folder):
        for name in ("sample.py", "layer.py", "conftest.py", "sitecustomize.py", "compiled/sample.py",
                     "kgen/expand/compiled/sample.py", "kgen/__init__.py", "jinja2.py",
                     f"__pycache__/sample.{version}.pyc"):  # fmt: skip
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_planted_code_is_never_run_and_nothing_is_written(repository, root):
    """In a process of its own, as the command `kgen` starts: the folder it stands in is not on sys.path."""
    before = sorted(os.fspath(path) for path in repository.rglob("*"))
    code = (
        "from kgen.expand import compile_layer\nfrom kgen.load import layers\n"
        "for one in layers.own(['layers'], '.'): print(len(compile_layer(one).documents))\n"
    )
    path = os.pathsep.join([str(root), *(entry for entry in sys.path if entry)])
    environment = {**os.environ, "PYTHONPATH": path}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    run = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "1\n", "")
    assert sorted(os.fspath(path) for path in repository.rglob("*")) == before
    assert not (repository / "executed").exists()


def test_a_users_layer_never_takes_a_shipped_translation(monkeypatch):
    """Not even one of the same name and digest: only what comes with kgen is looked up there."""
    monkeypatch.setattr("kgen.expand.registry._shipped", lambda _source: pytest.fail("looked up"))
    (name, *_) = layers.shipped_names()
    compile_layer(layers.shipped(name)._replace(shipped=False))


def test_values_can_not_begin_a_hole():
    assert data("data: {x: '${\"${agent.port}\"}'}\n") == {"x": "${agent.port}"}

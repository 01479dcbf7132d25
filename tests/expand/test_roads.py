"""A shipped layer compiled when the package is built, translated in memory, metered or traced: the same objects."""

import os
import subprocess
import sys
from typing import NamedTuple
from zlib import crc32

import pytest

from kgen.expand import compile, compile_layer, instantiate, registry
from kgen.expand.layer import TRANSLATION, Layer, module_name
from kgen.expand.trace import trace
from kgen.load import layers
from kgen.manifests import parse_path
from kgen.topology.types import Access, Delegation, Model, Tool
from tests.expand import test_hostile_values
from tests.expand.build import document, objects, topology
from tests.layers.build import agent, definition, link, namespace, platform
from tests.layers.test_admission import ADMISSION, GUARD, LOCKS

TOKEN = Delegation("X-Agent-Token", "token", "token", "")
EDGES = (link("team-alpha/planner", "team-beta/quotes", TOKEN), link("team-alpha/planner", "team-beta/triage"))
OF = topology(
    agent("team-alpha/planner", callees=EDGES, link_hash="abc", wave=1,
          tools=(Tool("RemoteMCPServer", "tools", "orders", ("get",), ()),)),
    agent("team-beta/quotes", callers=EDGES[:1], caller_namespaces=("team-alpha",), definition=definition(replicas=2)),
    agent("team-beta/triage", "external", callers=EDGES[1:], caller_namespaces=("team-alpha",)),
    agent("team-beta/shop", "wired", kind="Deployment", enforced=False),
    namespaces=(namespace("team-alpha", team="a", labels={"x": "1"}), namespace("team-beta", enforced=False)),
    models=(Model("team-alpha", "default-model", "OpenAI", "m", "key", "key", "openAI", {"baseUrl": "https://x"}),),
    accesses=(Access("oncall", "viewer", "team-alpha", ({"kind": "Group", "name": "x"},), ({"verbs": ["get"]},)),),
    on=platform(managed=True, admission=ADMISSION),
)._replace(guards=(GUARD,), locks=LOCKS)  # fmt: skip
SHIPPED = layers.shipped_names()


def compiled(name: str) -> Layer:
    """The layer by the way of the text that the build writes."""
    text = compile.compiled_text(layers.shipped(name))
    names: dict[str, object] = {}
    exec(text, names)
    layer = names["LAYER"]
    assert isinstance(layer, Layer)
    return layer


def made(layer: Layer) -> list[tuple[object, ...]]:
    return [
        (one.identity, one.wave, one.presence, one.layer, one.template.lists, one.template.file, one.build())
        for one in instantiate([layer], OF)
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_all_roads_give_the_same(name):
    source = layers.shipped(name)
    expected = made(registry.in_memory(source))
    assert made(compiled(name)) == expected
    assert made(compile_layer(source)) == expected
    assert made(compile_layer(source._replace(shipped=False))) == expected


def test_there_is_something_to_compare():
    assert {"agents", "identity", "models", "namespaces", "network", "secrets"} <= set(SHIPPED)
    assert sum(len(made(registry.in_memory(layers.shipped(name)))) for name in SHIPPED) > 10


@pytest.mark.parametrize("name", SHIPPED)
def test_the_text_is_deterministic_and_names_its_digest_first(name):
    source = layers.shipped(name)
    text = compile.compiled_text(source)
    assert text.startswith(f"DIGEST = '{registry.digest(source)}'\n")
    assert source.digest in text.partition("\n")[0]
    shuffled = source._replace(files=dict(reversed(source.files.items())))
    assert compile.compiled_text(shuffled) == text
    assert os.getcwd() not in text
    assert text.isascii()


def test_the_text_does_not_depend_on_the_hash_seed():
    code = "from kgen.expand.compile import *\nfor n in layers.shipped_names(): print(compiled_text(layers.shipped(n)))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert runs[0]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_line_of_the_text_knows_its_line_of_the_template(name):
    text = compile.compiled_text(layers.shipped(name))
    lines = text.splitlines()
    origins = lines[-1].removeprefix("_LINES = '").removesuffix("'").split(" ")
    assert len(origins) == len(lines) - 1
    for line, origin in zip(lines, origins, strict=False):
        inside = line.startswith("  ") and not line.startswith("  raise _failed")
        assert (origin != "0") == inside, line


def test_writing_and_checking(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(compile, "FOLDER", str(tmp_path))
    (tmp_path / "left_over.py").write_text("old")
    assert compile.main(["--check"]) == 1
    assert "left_over.py" in capsys.readouterr().err
    assert compile.main([]) == 0
    assert compile.main(["--check"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{module_name(name)}.py" for name in SHIPPED)
    (tmp_path / "network.py").write_text("stale")
    assert compile.main(["--check"]) == 1


def test_a_changed_translator_counts_itself_up():
    """Else a checkout, or a wheel built over another, would go on with what the old one made."""
    text = compile.compiled_text(test_hostile_values.LAYER._replace(shipped=True))
    body = "".join(line for line in text.splitlines(True) if not line.startswith("DIGEST"))
    assert (TRANSLATION, f"{crc32(body.encode()):08x}") == (2, "66b609a9"), (
        "the translator makes other source than before: count TRANSLATION up in expand/layer.py and note both here"
    )


def test_a_translation_made_for_other_fields_is_stale(monkeypatch):
    before = registry.digest(layers.shipped("models"))
    monkeypatch.setattr("kgen.topology.types.Port", NamedTuple("Port", [("number", int), ("transport", str)]))
    assert registry.digest(layers.shipped("models")) != before


def test_a_stale_translation_is_not_used(monkeypatch):
    source = layers.shipped("models")
    calls = []
    monkeypatch.setattr(registry, "in_memory", lambda given: calls.append(given) or "in memory")
    changed = source._replace(digest="00000000")
    assert compile_layer(changed) == "in memory"
    assert calls == [changed]


def test_a_compiled_layer_needs_neither_jinja2_nor_yaml():
    folder = os.path.dirname(compile.FOLDER)
    if not os.path.exists(os.path.join(folder, "compiled", "network.py")):
        pytest.skip("nothing compiled in this checkout; run python -m kgen.expand.compile")
    if compile.main(["--check"]):
        pytest.skip("compiled layers are stale in this checkout; run python -m kgen.expand.compile")
    code = (
        "import sys\nfrom kgen.expand.registry import _shipped\nfrom kgen.load import layers\n"
        "for n in layers.shipped_names(): assert _shipped(layers.shipped(n)), n\n"
        "heavy = {'jinja2', 'pydantic', 'pathlib', 'dataclasses', 'difflib', 'json'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def leaves(value, path=()):
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for at, inner in enumerate(value) for leaf in leaves(inner, (*path, at))]
    return [path]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_trace_names_a_line_for_every_field(name, root):
    source = layers.shipped(name)
    for one in instantiate([compile_layer(source)], OF):
        fields = trace(source, one.template, one.scope, one.platform)
        assert [parse_path(field.path) for field in fields] == leaves(one.build())
        text = (root / one.template.file).read_text().splitlines()
        for field in fields:
            assert field.file == one.template.file
            assert text[field.line - 1].strip(), field
    kinds = {field.path: text[field.line - 1] for field in fields} if OF and name == "network" else {}
    assert not kinds or kinds["kind"].startswith("kind: ")


def test_a_trace_names_the_line_that_decides():
    source = document(
        """\
        data:
          plain: x
          loop:
          - $for: link in agent.callers
            $if: ${link.caller.name}
            name: ${link.caller.name}
          merge:
            $merge: ${agent.pod_selector['matchLabels']}
            $if: ${agent.enforced}
            own: 1
          groups:
            $merge:
            - {$if: "${agent.callees}", never: 1}
            - once: 2
          map:
            $for: i in [1, 2]
            k${i}: ${i}
          value:
            $if: ${agent.enforced}
            $value:
            - ${agent.name}
          text:
            $json:
              a: ${agent.name}
          empty: []
          shared: ${agent.pod_selector}
        """
    )
    of = topology(agent("team-beta/quotes", callers=(link("a/x", "team-beta/quotes"), link("b/z", "team-beta/quotes"))))
    (one,) = instantiate([compile_layer(source)], of)
    assert objects(source, of)[0]["data"]["loop"] == [{"name": "x"}, {"name": "z"}]
    found = {
        field.path.removeprefix("data."): field.line for field in trace(source, one.template, one.scope, one.platform)
    }
    assert found == {
        "apiVersion": 2,
        "kind": 3,
        "metadata.name": 5,
        "metadata.namespace": 6,
        "plain": 8,
        "loop[0].name": 12,
        "loop[1].name": 12,
        "merge.app": 14,
        "merge.kagent": 14,
        "merge.own": 16,
        "groups.once": 20,
        "map.k1": 23,
        "map.k2": 23,
        "value[0]": 27,
        "text": 29,
        "empty": 31,
        "shared.matchLabels.app": 32,
        "shared.matchLabels.kagent": 32,
    }


def test_a_trace_of_a_document_that_is_gone():
    source = document("data: 1\n")
    (one,) = instantiate([compile_layer(source)], topology(agent("team-beta/quotes")))
    with pytest.raises(KeyError, match="one.yaml:7"):
        trace(source, one.template._replace(line=7), one.scope, one.platform)

"""The KRM function: what comes in by role and client, what goes out, and that it fails closed."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kgen.entry import krm
from kgen.entry.cli import main as cli
from kgen.results import Result
from tests.entry.lists import (
    INDEX,
    KUSTOMIZE_ID,
    LOCAL,
    PATH,
    Manifest,
    agent,
    annotated,
    config_map,
    from_kpt,
    from_kustomize,
    link,
    platform,
    to_generator,
    written,
)


def run(data: bytes, **options: Any) -> tuple[list[Manifest], tuple[Result, ...]]:
    output, results = krm.respond(data, krm.Options(**options))
    answer = yaml.safe_load(output)
    assert answer["kind"] == "ResourceList"
    assert {each["message"] for each in answer.get("results", [])} == {result.message for result in results}
    return answer["items"], results


def refused(data: bytes, **options: Any) -> list[Result]:
    _, results = krm.respond(data, krm.Options(**options))
    errors = [result for result in results if result.severity == "error"]
    assert errors
    return errors


def names(items: list[Manifest]) -> set[str]:
    return {f"{each['kind']} {each['metadata']['name']}" for each in items}


ROOT = Path(__file__).resolve().parents[2]
ONE = {f"NetworkPolicy {name}-{way}" for name in ("orchestrator", "specialist") for way in ("ingress", "egress")}


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_a_transformer_drops_links_and_keeps_what_is_somebody_elses(version: str) -> None:
    other = config_map("other")
    data = from_kustomize(link(), other, config=platform(), version=version)
    output, _ = krm.respond(data)
    assert json.loads(output)["apiVersion"] == f"config.kubernetes.io/{version}"
    items, _ = run(data)
    assert names(items) == ONE | {"ConfigMap other"}
    came = yaml.safe_load(data)["items"][1]
    assert next(each for each in items if each["kind"] == "ConfigMap") == came


def test_a_transformer_completes_agents_and_keeps_the_clients_annotations_out_of_the_record() -> None:
    items, _ = run(from_kustomize(link(), agent(), config=platform()))
    wired = next(each for each in items if each["kind"] == "Agent")
    annotations = wired["metadata"]["annotations"]
    assert annotations[KUSTOMIZE_ID]
    assert annotations[INDEX] == "1"
    assert '"metadata.annotations"' in annotations["kgen.dev/wired"]
    assert "config.kubernetes.io" not in annotations["kgen.dev/wired"]


def test_local_items_and_tools_files_pass_by() -> None:
    local = config_map("local", **{LOCAL: "true"})
    tool = {"apiVersion": "kpt.dev/v1", "kind": "Kptfile", "metadata": {"name": "p"}, "info": {}}
    items, _ = run(from_kustomize(link(), local, tool, config=platform()))
    assert names(items) == ONE | {"ConfigMap local", "Kptfile p"}


def test_a_generator_has_its_links_in_the_platform() -> None:
    items, _ = run(to_generator(platform({"links": {"team-alpha/orchestrator": ["team-beta/specialist"]}})))
    assert names(items) == ONE


def test_a_generator_reads_files_below_the_kustomization(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "one.yaml").write_text(yaml.safe_dump(link()))
    (tmp_path / "links" / "kustomization.yaml").write_text("resources: []\n")
    monkeypatch.chdir(tmp_path)
    for pattern in ("links/*.yaml", "**/*.yaml", "links"):
        items, _ = run(to_generator(platform({"files": [pattern]})))
        assert names(items) == ONE, pattern


@pytest.mark.parametrize(
    "pattern, message",
    [
        ("../*.yaml", "../*.yaml leads out of the folder: name files below the kustomization or the Platform's file"),
        ("link/*.yaml", "link/*.yaml matches no file here: correct the pattern, or take it out"),
        ("out/*.yaml", "out/secret.yaml is outside ., and nothing outside it is read"),
    ],
)
def test_a_generator_reads_nothing_else(
    pattern: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.yaml").write_text(yaml.safe_dump(link()))
    (inside / "out").symlink_to(outside)
    monkeypatch.chdir(inside)
    assert message in [result.message for result in refused(to_generator(platform({"files": [pattern]})))]


def test_a_link_itself_may_be_the_configuration() -> None:
    items, _ = run(to_generator(link()))
    assert names(items) == ONE


@pytest.mark.parametrize("role", ["annotation", "option"])
def test_a_validator_answers_with_nothing(role: str) -> None:
    config = platform(**{"kgen.dev/role": "validator"}) if role == "annotation" else platform()
    items, results = run(from_kustomize(link(), config=config), role="validator" if role == "option" else "")
    assert items == []
    assert not [result for result in results if result.severity == "error"]


def test_a_validator_sees_what_kustomize_renamed() -> None:
    made, _ = run(from_kustomize(link(), config=platform()))
    moved = [
        annotated(
            {**each, "metadata": {**each["metadata"], "namespace": "forced"}},
            {"internal.config.kubernetes.io/previousNamespaces": "team-alpha"},
        )
        for each in made
    ]
    errors = refused(from_kustomize(*moved, config=platform(**{"kgen.dev/role": "validator"})))
    assert {error.rule for error in errors} == {"kustomize-rewrote"}
    assert "kustomize's namespace: renamed this object" in errors[0].message


def test_a_validator_checks_what_is_there_and_does_not_expand_the_platforms_namespaces_over_it() -> None:
    config = platform({"namespaces": {"team-alpha": {}}}, **{"kgen.dev/role": "validator"})
    made, _ = run(from_kustomize(link(), config=platform()))
    _, results = run(from_kustomize(*made, config=config))
    assert not [result for result in results if result.severity == "error"]


def test_renamed_links_are_refused_before_anything_else() -> None:
    renamed = annotated(link(), {"internal.config.kubernetes.io/prefixes": "pre-"})
    [error] = refused(from_kustomize(renamed, config=platform()))
    assert "kustomize's namePrefix: renamed this object" in error.message


def test_a_second_kgen_in_one_build_is_refused() -> None:
    made, _ = run(from_kustomize(link(), agent(), config=platform()))
    for each in (made[0], next(each for each in made if each["kind"] == "Agent")):
        [error] = refused(from_kustomize(each, link("two", "team-c/a", "team-d/b"), config=platform()))
        assert "and its links are not here any more: expand once, in the outermost kustomization" in error.message


def test_parameters_are_values_of_the_platform() -> None:
    parameters = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "function-input"}}
    data = {"links": '{"team-alpha/orchestrator": ["team-beta/specialist"]}', "kagent.version": "0.9"}
    items, _ = run(from_kustomize(config=parameters | {"data": data}))
    assert names(items) == ONE
    [error] = refused(from_kustomize(link(), config=parameters | {"data": {"kagent.version": "0.1"}}))
    assert error.field == "spec.kagent.version"


def test_overlays_by_annotation_and_by_option() -> None:
    plain, _ = run(from_kustomize(link(), config=platform()))
    wrong = refused(from_kustomize(link(), config=platform(**{"kgen.dev/overlays": "prodction"})))
    assert wrong[0].message == (
        "there is no overlay prodction: neither one of kgen's nor a folder; did you mean production?"
    )
    assert refused(from_kustomize(link(), config=platform()), overlays=("prodction",)) == wrong
    assert names(plain) == ONE


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "expected a ResourceList on standard input, as kustomize and kpt give it, found nothing"),
        (b"kind: Pod\n", "found kind Pod: use `kgen render` for plain manifests"),
        (b"a: [", "not valid YAML"),
        (from_kustomize(config=platform()), "there is nothing to expand: no AgentLink or AgentGrant in the input"),
        (from_kustomize(config_map("a"), config=platform()), "there is nothing to expand"),
        (
            from_kustomize(link(), config={"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}),
            "functionConfig is v1 Secret: give a Platform or an AgentLink of kgen.dev/v1alpha1",
        ),
        (from_kustomize(link(), config=platform() | {"kind": "Platfrom"}), "Platfrom"),
        (from_kustomize(link(), config=platform() | {"apiVersion": "kgen.dev/v1"}), "kgen.dev/v1alpha1"),
        (from_kustomize(link(), config=platform(**{"kgen.dev/role": "x"})), "the role x does not exist"),
        (from_kustomize(link(), config=platform({"profil": "Mesh"})), "profil"),
    ],
)
def test_it_fails_closed(
    data: bytes, message: str, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert message in "\n".join(result.message for result in refused(data))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert cli(["fn"]) == 1
    out, err = capfdbinary.readouterr()
    assert err.startswith(b"kgen: ")
    assert all(line.startswith(b"kgen: ") for line in err.splitlines())
    if out:  # what came, and why not
        answer = yaml.safe_load(out)
        assert answer["items"] == (yaml.safe_load(data)["items"] or [])
        assert "error" in {each["severity"] for each in answer["results"]}


def test_notes_are_results_and_no_lines(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(from_kustomize(link(), config=platform()))))
    assert cli(["fn"]) == 0
    out, err = capfd.readouterr()
    severities = [each["severity"] for each in json.loads(out)["results"]]
    assert "info" in severities
    assert len(err.splitlines()) == severities.count("warning")
    assert "kgen: note" not in err


def test_kpt_keeps_links_and_gets_files() -> None:
    tools = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "metadata": {}}
    package = {"links/l.yaml": [link()], "platform.yaml": [platform()], "other.yaml": [config_map("mine")]}
    items, _ = run(from_kpt({**package, "kustomization.yaml": [tools]}, config=platform()))
    files = written(items)
    assert set(files) == {
        *package,
        "kustomization.yaml",
        "generated/team-alpha/network.yaml",
        "generated/team-beta/network.yaml",
    }
    [kept] = files["links/l.yaml"]
    assert kept == annotated(link(), {LOCAL: "true"})
    assert files["other.yaml"] == [config_map("mine")]
    assert names(files["generated/team-beta/network.yaml"]) == {n for n in ONE if "specialist" in n}


def test_a_second_run_changes_nothing_and_what_is_stale_goes() -> None:
    package = {"links.yaml": [link(), link("two", "team-c/a", "team-d/b")], "agents.yaml": [agent()]}
    first = written(run(from_kpt(package))[0])
    second = written(run(from_kpt(first))[0])
    assert second == first
    assert list(second) == list(written(run(from_kpt(second))[0]))
    mine = config_map("mine", "team-c")
    second["generated/team-c/network.yaml"].append(mine)
    second["links.yaml"].pop()
    third = written(run(from_kpt(second))[0])
    assert third["generated/team-c/network.yaml"] == [mine]
    assert "generated/team-d/network.yaml" not in third
    assert third["generated/team-beta/network.yaml"] == first["generated/team-beta/network.yaml"]
    second["links.yaml"] = [link("two", "team-c/a", "team-d/b")]
    fourth = written(run(from_kpt(second))[0])
    assert fourth["agents.yaml"] == [agent()], "what was merged is taken out again"


def test_kpts_files_keep_their_letters() -> None:
    text = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
# before
- apiVersion: v1 # behind
  kind: ConfigMap
  metadata:
    name: mine
    annotations:
      internal.config.kubernetes.io/path: 'a.yaml'
      internal.config.kubernetes.io/index: '0'
  data: {flow: "style", "b": 'c'}
- apiVersion: kgen.dev/v1alpha1
  kind: AgentLink
  metadata: {name: l, annotations: {internal.config.kubernetes.io/path: l, internal.config.kubernetes.io/index: '0'}}
  # why
  spec: {from: team-alpha/orchestrator, to: team-beta/specialist}
"""
    output, _ = krm.respond(text.encode())
    assert "- apiVersion: v1 # behind\n  kind: ConfigMap\n" in output
    assert """  data: {flow: "style", "b": 'c'}\n""" in output
    assert f'metadata: {{name: l, annotations: {{{LOCAL}: "true", internal' in output
    assert "  # why\n  spec: {from: team-alpha/orchestrator, to: team-beta/specialist}\n" in output
    again, _ = krm.respond(output.encode())
    assert yaml.safe_load(again) == yaml.safe_load(output)


def test_a_validator_of_kpt_hands_back_every_file() -> None:
    package = {"links.yaml": [link()], "other.yaml": [config_map("mine")]}
    data = from_kpt(package)
    items, _ = run(data, role="validator")
    assert items == yaml.safe_load(data)["items"]


def test_kustomize_tells_no_file_and_kpt_does() -> None:
    broken = {**link(), "spec": {"from": "team-alpha/orchestrator", "two": "x"}}
    [error] = refused(from_kustomize(broken, config=platform()))
    assert (error.file, error.name) == ("", "one")
    [error] = refused(from_kpt({"links/l.yaml": [broken]}))
    assert (error.file, error.name) == ("links/l.yaml", "one")


def test_without_options_no_parser_is_built(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(from_kustomize(link(), config=platform()))))
    monkeypatch.setitem(sys.modules, "argparse", None)
    assert cli(["fn"]) == 0
    assert json.loads(capfd.readouterr().out)["items"]


@pytest.mark.parametrize("arguments, count", [((), 4), (("--role", "validator"), 0)])
def test_the_program_of_its_own(arguments: tuple[str, ...], count: int) -> None:
    call = "import sys; from kgen.entry.program import function; sys.exit(function())"
    done = subprocess.run(
        [sys.executable, "-c", call, *arguments],
        input=from_kustomize(link(), config=platform()),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["items"]) == count
    assert done.stderr.startswith(b"kgen: warning: ")
    refused_too = subprocess.run([sys.executable, "-c", call], input=b"", cwd=ROOT, capture_output=True, check=False)
    assert (refused_too.returncode, refused_too.stdout) == (1, b"")


def test_path_and_index_are_those_of_new_objects_only() -> None:
    items, _ = run(from_kpt({"links.yaml": [link()], "agents.yaml": [agent()]}))
    wired = next(each for each in items if each["kind"] == "Agent")
    assert wired["metadata"]["annotations"][PATH] == "agents.yaml"

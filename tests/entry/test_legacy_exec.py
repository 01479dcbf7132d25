"""The first protocol for plugins: a configuration file, plain YAML in and out."""

import io
import sys
from pathlib import Path

import pytest
import yaml

from kgen.entry import legacy_exec
from kgen.entry.cli import main as cli
from tests.entry.lists import KUSTOMIZE_ID, Manifest, agent, annotated, config_map, link, platform


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]  # a closure over three fixtures
    def run(config: Manifest, *items: Manifest, arguments: tuple[str, ...] = (), through_cli: bool = False):  # type: ignore[no-untyped-def]  # see above
        file = tmp_path / "kust-plugin-config-123"
        file.write_text(yaml.safe_dump(config))
        marked = [annotated(item, {KUSTOMIZE_ID: f"name: {item['metadata']['name']}\n"}) for item in items]
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(yaml.safe_dump_all(marked).encode())))
        code = (cli if through_cli else legacy_exec.main)([str(file), *arguments])
        out, err = capfd.readouterr()
        return code, [each for each in yaml.safe_load_all(out) if each], err

    return run


PLAIN = platform()
PLAIN["metadata"].pop("annotations")


@pytest.mark.parametrize("through_cli", [False, True])
def test_a_transformer(call, through_cli: bool) -> None:  # type: ignore[no-untyped-def]  # the fixture's type
    code, items, err = call(PLAIN, link(), agent(), config_map("other"), through_cli=through_cli)
    assert code == 0, err
    assert sorted(each["kind"] for each in items) == sorted(
        ["ConfigMap", "Agent", "ServiceAccount", *["NetworkPolicy"] * 4]
    )
    assert next(each for each in items if each["kind"] == "ConfigMap")["metadata"]["annotations"][KUSTOMIZE_ID]


def test_a_generator(call) -> None:  # type: ignore[no-untyped-def]  # the fixture's type
    code, items, _ = call(link())
    assert (code, len(items)) == (0, 4)


def test_options_of_the_configuration(call) -> None:  # type: ignore[no-untyped-def]  # the fixture's type
    assert call(PLAIN, link(), arguments=("--role", "validator"))[:2] == (0, [])
    code, items, err = call(PLAIN, link(), arguments=("--rol", "validator"))
    assert (code, items) == (1, [])
    assert err.startswith("kgen: error: argsOneLiner: kgen fn has no option or argument --rol; did you mean --role?")


def test_nothing_is_written_when_it_is_refused(call) -> None:  # type: ignore[no-untyped-def]  # the fixture's type
    code, items, err = call(PLAIN, config_map("other"))
    assert (code, items) == (1, [])
    assert err.startswith("kgen: error: ")


def test_the_environment_holds_the_configuration_too(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    monkeypatch.setenv("KUSTOMIZE_PLUGIN_CONFIG_STRING", yaml.safe_dump(link()))
    assert legacy_exec.main(["/nowhere/kust-plugin-config-1"]) == 0
    assert capfd.readouterr().out.count("---\n") == 4
    monkeypatch.delenv("KUSTOMIZE_PLUGIN_CONFIG_STRING")
    assert legacy_exec.main([]) == 1
    assert "no configuration: this program is started by kustomize and kubectl" in capfd.readouterr().err

"""Files that a Platform names by `spec.files`: whoever says it last, from the folder of the file that says so."""

import json
from pathlib import Path

import pytest

from kgen.entry.cli import main
from kgen.entry.krm import respond

FRAGMENT = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\n"
LINK = "apiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata: {name: %s}\nspec: {from: a/%s, to: b/two}\n"
PLATFORM = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: %s}\nspec: {namespaces: {a: {}}%s}\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Platform and an overlay, each with a folder of links beside it."""
    for folder, name in ((".", "base"), ("env", "env")):
        (tmp_path / folder / "links").mkdir(parents=True)
        (tmp_path / folder / "links" / f"{name}.yaml").write_text(LINK % (name, name))
    (tmp_path / "platform.yaml").write_text(PLATFORM % ("base", ""))
    (tmp_path / "env" / "platform.yaml").write_text(FRAGMENT + "spec: {files: [links/*.yaml]}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def callers(output: str) -> set[str]:
    """Whose egress there is."""
    return {name for name in ("base", "env") if f"{name}-egress" in output}


def rendered(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code = main(["render", "platform.yaml", *words])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out


def test_an_overlay_names_files_of_its_own_folder(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert callers(rendered(capsys, "--overlay", "./env")) == {"env"}


def test_a_list_of_the_overlay_replaces_that_of_the_platform(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (package / "platform.yaml").write_text(PLATFORM % ("base", ", files: [links/*.yaml]"))
    assert callers(rendered(capsys)) == {"base"}
    assert callers(rendered(capsys, "--overlay", "./env")) == {"env"}
    (package / "env" / "platform.yaml").write_text(FRAGMENT + "spec: {files: null}\n")
    assert callers(rendered(capsys, "--overlay", "./env")) == set()


def test_a_pattern_of_an_overlay_that_matches_nothing_is_refused(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (package / "env" / "platform.yaml").write_text(FRAGMENT + "spec: {files: [lniks/*.yaml]}\n")
    assert main(["render", "platform.yaml", "--overlay", "./env"]) == 1
    assert "lniks/*.yaml matches no file in ./env: correct the pattern" in capsys.readouterr().err


def test_inside_kustomize_too(package: Path) -> None:
    config = {
        "apiVersion": "kgen.dev/v1alpha1",
        "kind": "Platform",
        "metadata": {"name": "base", "annotations": {"kgen.dev/overlays": "./env"}},
        "spec": {"namespaces": {"a": {}}},
    }
    call = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [], "functionConfig": config}
    output, _ = respond(json.dumps(call).encode())
    assert callers(output) == {"env"}

"""Where the legacy plugin is put, and that nothing of other people's is touched."""

import subprocess
from pathlib import Path

import pytest

from kgen.entry import plugin_home
from kgen.entry.cli import main
from kgen.results import Refused


def test_the_first_folder_that_exists_counts_else_the_first_is_made(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "xdg"), "KUSTOMIZE_PLUGIN_HOME": ""}
    assert plugin_home.home(environment) == str(tmp_path / "xdg/kustomize/plugin")
    (tmp_path / "kustomize/plugin").mkdir(parents=True)
    assert plugin_home.home(environment) == str(tmp_path / "kustomize/plugin")
    (tmp_path / ".config/kustomize/plugin").mkdir(parents=True)
    assert plugin_home.home(environment) == str(tmp_path / ".config/kustomize/plugin")
    environment["KUSTOMIZE_PLUGIN_HOME"] = str(tmp_path)
    assert plugin_home.home(environment) == str(tmp_path)


def test_install_again_and_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUSTOMIZE_PLUGIN_HOME", str(tmp_path))
    program = tmp_path / "kgen.dev/v1alpha1/platform/Platform"
    assert main(["install", "kustomize-plugin", "--dry-run"]) == 0
    assert f"would be written: {program}\n" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    assert main(["install", "kustomize-plugin"]) == 0
    assert f"written: {program}\n" in capsys.readouterr().out
    assert program.stat().st_mode & 0o111
    assert (tmp_path / "kgen.dev/v1alpha1/agentlink/AgentLink").exists()
    assert main(["install", "kustomize-plugin"]) == 0
    assert f"is there: {program}\n" in capsys.readouterr().out
    (tmp_path / "kgen.dev/other").touch()
    assert main(["install", "kustomize-plugin", "--uninstall"]) == 0
    assert f"removed: {program}\n" in capsys.readouterr().out
    assert [path.name for path in tmp_path.rglob("*")] == ["kgen.dev", "other"] or sorted(
        path.name for path in tmp_path.rglob("*")
    ) == ["kgen.dev", "other"]
    assert main(["install", "kustomize-plugin", "--uninstall"]) == 0
    assert f"is not there: {program}\n" in capsys.readouterr().out


def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "kgen.dev/v1alpha1/agentlink/AgentLink"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("#!/bin/sh\n")
    for act in (plugin_home.install, plugin_home.uninstall):
        with pytest.raises(Refused, match="this file is not kgen's, and is left alone: move it away first"):
            act(str(tmp_path))
    assert foreign.read_text() == "#!/bin/sh\n"
    assert not (tmp_path / "kgen.dev/v1alpha1/platform").exists()


def test_the_program_never_imports_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs in whatever repository is built: a planted package there must not become code."""
    monkeypatch.delenv("PYTHONPATH", raising=False)  # with "." in it, the caller himself asks for that folder
    plugin_home.install(str(tmp_path))
    planted = tmp_path / "repository"
    (planted / "kgen").mkdir(parents=True)
    (planted / "kgen" / "__init__.py").write_text("raise SystemExit('planted')\n")
    (planted / "yaml.py").write_text("raise SystemExit('planted')\n")
    program = tmp_path / "kgen.dev/v1alpha1/platform/Platform"
    done = subprocess.run([program], cwd=planted, capture_output=True, text=True, check=False, input="")
    assert done.returncode == 1
    assert "planted" not in done.stderr


def test_the_component_is_copied_and_then_the_users(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind, options in (("function", []), ("legacy", ["--legacy"])):
        folder = tmp_path / kind
        assert main(["install", "kustomize-component", str(folder), *options, "--dry-run"]) == 0
        assert f"would be written: {folder}/platform.yaml\n" in capsys.readouterr().out
        assert not folder.exists()
        assert main(["install", "kustomize-component", str(folder), *options]) == 0
        shipped = root / "plugins/kustomize" / kind
        assert {f.name: f.read_text() for f in folder.iterdir()} == {
            f.name: f.read_text() for f in shipped.glob("*.yaml")
        }
        assert main(["install", "kustomize-component", str(folder), *options]) == 0
        (folder / "platform.yaml").write_text("mine\n")
        assert main(["install", "kustomize-component", str(folder), *options]) == 1
        assert f"{folder}/platform.yaml: is there already, and differs" in capsys.readouterr().err
        assert (folder / "platform.yaml").read_text() == "mine\n"


@pytest.mark.parametrize(
    "words", [["kustomize-component"], ["kustomize-plugin", "x"], ["kustomize-plugin", "--legacy"], ["plugin"]]
)
def test_what_can_not_be_installed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", *words]) == 2
    assert "kgen: error: " in capsys.readouterr().err


def test_an_option_may_stand_before_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As docs/hosts/kustomize.md has it; argparse before Python 3.13 takes no optional argument after an option."""
    folder = tmp_path / "component"
    assert main(["install", "kustomize-component", "--legacy", str(folder)]) == 0
    assert f"written: {folder}/platform.yaml\n" in capsys.readouterr().out

"""What kgen doctor makes of clients that work, fail, or fail without a word: played by small scripts."""

import os
import sys
from pathlib import Path

import pytest

from kgen.entry import clinic
from kgen.entry.cli import main


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of its own, with the folder where clients are put."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return tmp_path


def put(machine: Path, name: str, does: str) -> None:
    program = machine / name
    program.write_text(f'#!/bin/sh\ncase "$1" in version) echo v9; exit 0;; esac\n{does}\n')
    program.chmod(0o755)


def find(machine: Path):  # type: ignore[no-untyped-def]  # a closure
    return lambda name: str(machine / name) if (machine / name).exists() else None


def test_one_that_is_not_here(machine: Path) -> None:
    finding = clinic.examine("kpt", os.environ, find(machine))
    assert (finding.version, finding.works, finding.fix) == ("", False, "")


def test_one_that_works(machine: Path) -> None:
    objects = machine / "objects.yaml"
    from kgen.bundle.emit_yaml import emit_stream

    objects.write_text("".join(emit_stream(clinic.expected().values())))
    put(machine, "kustomize", f"cat {objects}")
    finding = clinic.examine("kustomize", os.environ, find(machine))
    assert finding == clinic.Finding(
        "kustomize", "v9", True, "kustomize build --enable-alpha-plugins --enable-exec DIR"
    )
    assert len(clinic.expected()) == 4


def test_one_that_leaves_the_function_out_without_a_word(machine: Path) -> None:
    put(machine, "kustomize", 'cat "$4/link.yaml"')
    finding = clinic.examine("kustomize", os.environ, find(machine))
    assert not finding.works
    assert finding.fix.startswith("the link comes out as it went in: the client left the function out without a word")


@pytest.mark.parametrize(
    "said, fix",
    [
        (
            'exec: "kgen-fn": executable file not found in $PATH',
            f"put the folder of kgen and kgen-fn on the PATH of whoever runs it: {os.path.dirname(sys.executable)}",
        ),
        ("Error: unable to find plugin root - tried: a, b", "run kgen install kustomize-plugin"),
        ("expected file with Go object code at: /x/Platform.so", "run kgen install kustomize-plugin"),
        ("unknown flag: --enable-exec", "update to kustomize 5.4 or newer"),
        ("never seen before", "it said: never seen before"),
    ],
)
def test_the_exact_fix(said: str, fix: str, machine: Path) -> None:
    put(machine, "kubectl", f"echo '{said}' >&2; exit 1")
    assert clinic.examine("kubectl", os.environ, find(machine)).fix == fix


def test_the_command_ends_with_1_where_something_does_not_work(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = {
        "kustomize": clinic.Finding("kustomize", "v5", True, "kustomize build DIR"),
        "kubectl": clinic.Finding("kubectl", "v1", False, "kubectl kustomize DIR", "do this"),
        "kpt": clinic.Finding("kpt", "", False, "kpt fn render DIR"),
    }
    monkeypatch.setattr(clinic, "examine", lambda name, environment: findings[name])
    assert main(["doctor"]) == 1
    assert capsys.readouterr().out == (
        "kustomize v5: works: kustomize build DIR\n"
        "kubectl v1: does not work: kubectl kustomize DIR\n  fix: do this\n"
        "kpt: is not on PATH\n"
    )
    assert main(["doctor", "kustomize"]) == 0
    assert main(["doctor", "kpt"]) == 1
    assert main(["doctor", "kutomize"]) == 2
    assert "did you mean kustomize?" in capsys.readouterr().err

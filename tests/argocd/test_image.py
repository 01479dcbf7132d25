"""The sidecar's Dockerfile: its steps run in a plain directory, then the plugin in it where nothing may be written."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.argocd.cmp_server import ROOT, Server
from tests.test_dockerfiles import instructions

FILE = ROOT / "plugins/argocd/Dockerfile"
GO = "go install"


def test_kustomize_is_one_that_the_tests_run() -> None:
    [step] = [rest for word, rest in instructions(FILE) if word == "RUN" and GO in rest]
    module = step.split()[-1]
    assert f" {module}\n" in (ROOT / "scripts/clients.txt").read_text()


@pytest.mark.slow
def test_its_steps_and_a_read_only_root(tmp_path: Path) -> None:
    """As `docker build` would run them, with /opt and /source below a folder; kustomize's own build is left out."""
    source, opt = tmp_path / "source", tmp_path / "opt"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    opt.mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(getattr(sys, "_base_executable", sys.executable))
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}
    environment |= {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    for word, rest in instructions(FILE):
        if word == "RUN" and GO not in rest:
            command = ["/bin/sh", "-ec", rest.replace("/opt/", f"{opt}/")]
            done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    shutil.rmtree(opt / "build")
    shutil.rmtree(source)
    compiled = list((opt / "kgen").rglob("kgen/entry/__pycache__/argocd.*.pyc"))
    assert compiled, "a read-only root would compile at every call"
    writable = [path for path in (opt / "kgen").rglob("*") if not path.is_symlink()]
    for path in writable:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    before = _state(opt)
    server = Server(tmp_path / "sidecar")
    shutil.rmtree(tmp_path / "sidecar/bin")
    server.environment["PATH"] = f"{opt}/kgen/bin"
    reply = server.generate(ROOT / "examples/02-worked-example")
    assert len(reply.objects) == 14
    announced = {each["name"] for each in server.announce(ROOT / "examples/02-worked-example")}
    assert {"profile", "prove"} <= announced
    assert [each.name for each in server.work.iterdir()] == ["_cmp_server"]
    assert _state(opt) == before
    for path in writable:
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def _state(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}

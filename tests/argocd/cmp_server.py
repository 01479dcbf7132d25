"""Calls the plugin as argocd-cmp-server does (Argo CD 3.6.1, cmpserver/plugin/plugin.go), from plugin.yaml as written.

A private copy of the repository below a folder of random name: regular files with mode 0644, folders 0755, symbolic
links, no .git. The command is executed without a shell in the application's folder; its environment is the
container's with the request's over it; it ends in a group of its own with the request's deadline.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = yaml.safe_load((ROOT / "plugins/argocd/plugin.yaml").read_text())


class Reply(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def objects(self) -> list[dict[str, Any]]:
        """What Argo CD would take; only for a command that ended well."""
        assert self.code == 0, self.stderr
        return [each for each in yaml.load_all(self.stdout, yaml.CSafeLoader) if each is not None]

    @property
    def cause(self) -> str:
        """What the UI shows first of a command that did not."""
        assert self.code != 0, self.stdout
        assert self.stdout == ""
        return self.stderr.splitlines()[0]


class Server:
    """One sidecar: its work folder, and its own environment."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.work = folder / "tmp"
        (self.work / "_cmp_server").mkdir(parents=True)
        programs = folder / "bin"
        programs.mkdir()
        (programs / "kgen").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m kgen "$@"\n')
        (programs / "kgen").chmod(0o755)
        self.environment = {"PATH": str(programs), "HOME": str(self.work), "TMPDIR": str(self.work)}
        self.environment |= {"PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}

    def generate(self, repository: Path, path: str = ".", **request: Any) -> Reply:
        """`parameters`: of the Application's plugin; `env`: its plugin.env; `seconds`: the time limit."""
        return self._call("generate", repository, path, **request)

    def announce(self, repository: Path, path: str = ".", **request: Any) -> list[dict[str, Any]]:
        """The parameters of the UI: the dynamic ones, then the static ones."""
        found: list[dict[str, Any]] = json.loads(self._call("parameters", repository, path, **request).stdout)
        assert isinstance(found, list)
        return found + PLUGIN["spec"]["parameters"].get("static", [])

    def _call(
        self,
        command: str,
        repository: Path,
        path: str,
        parameters: list[dict[str, Any]] | None = None,
        env: dict[str, str] | None = None,
        seconds: float = 60,
    ) -> Reply:
        copy = self.work / "_cmp_server" / str(uuid.uuid4())
        _send(repository, copy)
        request = {"ARGOCD_APP_NAME": "agents", "ARGOCD_APP_SOURCE_REPO_URL": "https://git.example/agents.git"}
        request |= {"ARGOCD_APP_SOURCE_PATH": path, "ARGOCD_APP_SOURCE_TARGET_REVISION": "main"}
        request |= {f"ARGOCD_ENV_{name}": value for name, value in (env or {}).items()}
        request["ARGOCD_APP_PARAMETERS"] = json.dumps(parameters)
        if command == "generate":
            request |= {"ARGOCD_APP_NAMESPACE": "kgen-system", "ARGOCD_APP_PROJECT_NAME": "default"}
            request |= {"ARGOCD_APP_REVISION": uuid.uuid4().hex, "KUBE_VERSION": "1.34.2", "KUBE_API_VERSIONS": "v1"}
            words = PLUGIN["spec"]["generate"]
        else:
            words = PLUGIN["spec"]["parameters"]["dynamic"]
        try:
            return _run(
                [*words["command"], *words.get("args", [])], copy / path, {**self.environment, **request}, seconds
            )
        finally:
            shutil.rmtree(copy)


def _send(repository: Path, copy: Path) -> None:
    """As the tar stream leaves it."""
    shutil.copytree(repository, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", "__pycache__"))
    for place, folders, files in os.walk(copy):
        for name in [*folders, *files]:
            entry = Path(place, name)
            if not entry.is_symlink():
                entry.chmod(0o755 if entry.is_dir() else 0o644)


def _run(words: list[str], folder: Path, environment: dict[str, str], seconds: float) -> Reply:
    program = shutil.which(words[0], path=environment["PATH"])
    assert program, f"{words[0]} is not in the PATH of the sidecar"
    started = time.monotonic()
    child = subprocess.Popen(
        [program, *words[1:]],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGTERM)
        out, err = child.communicate(timeout=5)
    return Reply(child.returncode, out.decode(), err.decode(), time.monotonic() - started)

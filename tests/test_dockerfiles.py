"""Dockerfiles: the rules that a linter would hold, and their steps run in a plain directory."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "plugins").rglob("Dockerfile"))
LINK = {
    "apiVersion": "kgen.dev/v1alpha1",
    "kind": "AgentLink",
    "metadata": {"name": "l"},
    "spec": {"from": "team-a/x", "to": "team-b/y"},
}


def instructions(file: Path) -> list[tuple[str, str]]:
    """(instruction, the rest), with continued lines joined and comments left out."""
    text = "\n".join(line for line in file.read_text().splitlines() if not line.lstrip().startswith("#"))
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split(None, 1)[0].upper(), line.split(None, 1)[1]) for line in lines]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_rules(file: Path) -> None:
    found = instructions(file)
    arguments = dict(rest.split("=", 1) for word, rest in found if word == "ARG" and "=" in rest)
    for word, rest in found:
        assert word in {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "LABEL", "USER", "ENTRYPOINT"}, word
        if word == "FROM":
            image = re.sub(r"\$\{(\w+)\}", lambda match: arguments[match[1]], rest.split()[0])
            assert re.search(r"@sha256:|:\d+\.\d+\.\d+", image), f"{image} is not pinned"
        if word == "RUN":
            assert not re.search(r"\bsudo\b|curl|wget|apt-get|\bpip install (?!.*--no-cache-dir)", rest), rest
            if "pip install" in rest and "-r " in rest:
                assert "--require-hashes" in rest
        if word == "ENV":
            assert not re.search("TOKEN|PASSWORD|SECRET|KEY", rest)
        if word == "WORKDIR":
            assert rest.startswith("/")
        if word == "ENTRYPOINT":
            assert isinstance(json.loads(rest), list), "a shell would swallow signals and arguments"
    last = [index for index, (word, _) in enumerate(found) if word == "FROM"][-1]
    users = [rest for word, rest in found[last:] if word == "USER"]
    assert users, "the image would run as root"
    assert re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", users[-1]), "a number, so that runAsNonRoot can be checked"
    assert found[-1][0] in ("ENTRYPOINT", "USER")


@pytest.mark.slow
def test_the_steps_of_the_functions_image_in_a_plain_directory(tmp_path: Path) -> None:
    """As `docker build` would run them, with /opt and /source below a folder; then without any right to write."""
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
    words = ROOT / "plugins/kustomize/Dockerfile"
    for word, rest in instructions(words):
        if word == "RUN":
            command = rest.replace("/opt/", f"{opt}/")
            done = subprocess.run(
                ["/bin/sh", "-ec", command], cwd=source, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    shutil.rmtree(opt / "build")
    shutil.rmtree(source)
    for path in (opt / "kgen").rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    entry = json.loads(next(rest for word, rest in instructions(words) if word == "ENTRYPOINT"))
    program = [entry[0].replace("/opt/", f"{opt}/"), *entry[1:]]
    empty = tmp_path / "empty"
    empty.mkdir()
    call = yaml.safe_dump({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [LINK]})
    done = subprocess.run(
        program,
        input=call,
        cwd=empty,
        env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["items"]) == 4
    assert not list(empty.iterdir())
    for path in (opt / "kgen").rglob("*"):
        if not path.is_symlink() and path.is_dir():
            path.chmod(0o755)

"""Whether kustomize, kubectl and kpt of this machine run kgen: each on a sample of one link, against `kgen render`.

What a client does wrong without a word (kustomize without --enable-exec leaves links as they are and ends with 0) shows
in the comparison alone; the fix for what is known to go wrong is in FIXES.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import which
from typing import Any, NamedTuple

import yaml

from kgen import render
from kgen.entry.request import settle
from kgen.load import yaml_read

LINK = """\
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {name: sample}
spec: {from: team-alpha/orchestrator, to: team-beta/specialist}
"""
PLATFORM = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: default%s}\n"
FUNCTION = ', annotations: {config.kubernetes.io/function: "exec: {path: kgen-fn}"}'
KPTFILE = """\
apiVersion: kpt.dev/v1
kind: Kptfile
metadata: {name: sample}
pipeline: {mutators: [{exec: kgen-fn, configPath: platform.yaml}]}
"""
FIXES = (  # what a client says, and what helps
    ("executable file not found", "put the folder of kgen and kgen-fn on the PATH of whoever runs it: {bin}"),
    ("unable to find plugin root", "run kgen install kustomize-plugin"),
    ("expected file with Go object code", "run kgen install kustomize-plugin"),
    ("unknown flag: --enable-exec", "update to kustomize 5.4 or newer"),
    ("unknown flag: --allow-exec", "update to kpt 1.0.0-beta.56 or newer"),
    ("external plugins disabled", "add --enable-alpha-plugins"),
    ("No module named", "run kgen install kustomize-plugin again, with the kgen that is to be used"),
    ("cannot execute", "run kgen install kustomize-plugin again, with the kgen that is to be used"),
    ("not found", "run kgen install kustomize-plugin again, with the kgen that is to be used"),
)
SECONDS = 120


class Finding(NamedTuple):
    """One client. `fix` is "" where it works, and where it is not here at all."""

    client: str
    version: str  # "" where it is not installed
    works: bool
    command: str
    fix: str = ""


class Client(NamedTuple):
    """How one client is asked for its version and to expand the sample, whose folder is the last argument."""

    version: tuple[str, ...]
    command: tuple[str, ...]
    function: bool  # by annotation, else the legacy layout
    kpt: bool = False


CLIENTS: dict[str, Client] = {
    "kustomize": Client(("version",), ("build", "--enable-alpha-plugins", "--enable-exec"), True),
    "kubectl": Client(("version", "--client"), ("kustomize", "--enable-alpha-plugins"), False),
    "kpt": Client(("version",), ("fn", "render", "--allow-exec"), True, True),
}


def examine(name: str, environment: Mapping[str, str], find: Callable[[str], str | None] = which) -> Finding:
    """Runs one client on the sample."""
    client = CLIENTS[name]
    shown = " ".join((name, *client.command, "DIR"))
    program = find(name)
    if program is None:
        return Finding(name, "", False, shown)
    code, out, _ = _run([program, *client.version], environment)
    version = (out.splitlines() or ["unknown"])[0].removeprefix("Client Version: ") if not code else "unknown"
    with tempfile.TemporaryDirectory(prefix="kgen-doctor-") as folder:
        _write_sample(Path(folder), client)
        code, out, err = _run([program, *client.command, folder], environment)
        if code:
            return Finding(name, version, False, shown, _fix(err))
        text = _files(Path(folder)) if client.kpt else out
        made = _objects(text)
    if made == expected():
        return Finding(name, version, True, shown)
    left = sum(1 for item in made.values() if item.get("kind") == "AgentLink")
    message = "the result differs from that of kgen render: is the kgen-fn on the PATH of the same version?"
    if left:
        message = "the link comes out as it went in: the client left the function out without a word; use its flags"
    return Finding(name, version, False, shown, message)


def expected() -> dict[str, Any]:
    """What kgen makes of the sample, by identity."""
    documents, _ = yaml_read.parse((LINK + "---\n" + PLATFORM % "").encode(), "")
    request = settle(documents)
    bundle = render(request.documents, request.platform, layers=request.layers, as_of="2000-01-01")
    return {_key(manifest): manifest for manifest in (entry.build() for entry in bundle.entries)}


def _write_sample(folder: Path, client: Client) -> None:
    (folder / "link.yaml").write_text(LINK)
    (folder / "platform.yaml").write_text(PLATFORM % (FUNCTION if client.function and not client.kpt else ""))
    if client.kpt:
        (folder / "Kptfile").write_text(KPTFILE)
    else:
        (folder / "kustomization.yaml").write_text("resources: [link.yaml]\ntransformers: [platform.yaml]\n")


def _run(command: list[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, "", f"did not end within {SECONDS} seconds"
    except OSError as error:
        return 1, "", f"can not be started: {error.strerror}"
    return done.returncode, done.stdout, done.stderr


def _fix(said: str) -> str:
    for part, fix in FIXES:
        if part in said:
            return fix.format(bin=os.path.dirname(sys.executable))
    return "it said: " + (" ".join(said.split())[-300:] or "nothing")


def _files(folder: Path) -> str:
    files = [file for file in sorted(folder.rglob("*.yaml")) if file.name not in ("link.yaml", "platform.yaml")]
    return "---\n".join(file.read_text() for file in files)


def _objects(text: str) -> dict[str, Any]:
    return {_key(item): item for item in yaml.safe_load_all(text) if isinstance(item, dict)}


def _key(manifest: dict[str, Any]) -> str:
    metadata = manifest.get("metadata") or {}
    return f"{manifest.get('kind')} {metadata.get('namespace', '')}/{metadata.get('name')}"

"""Runs the kustomize of this machine over a folder, so that nothing of the repository is executed or fetched."""

import os
from collections.abc import Mapping

from kgen.load import kustomizations
from kgen.load.compose import RESOURCE_LIST
from kgen.load.files import Input
from kgen.load.yaml_read import parse
from kgen.manifests import Document, Origin
from kgen.results import ERROR, Refused, Result

_NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody answers
_LONGEST = 500
_ADVICE = {
    "external plugins disabled": "nothing of a repository is executed here: keep functions other than kgen's out of "
    "what Argo CD builds",
    "must specify --enable-helm": "charts are not rendered here: commit what the chart gives",
}


def build(folder: str, root: str, environment: Mapping[str, str]) -> Input:
    """The objects that `kustomize build` gives. Raises Refused. Where they stood in a file, nobody says.

    Nothing of the repository is executed, and nothing outside `root` is read or fetched. Where kgen itself is a
    function of the kustomization, kustomize is let to leave it out, and its configuration comes with the objects.
    There is no time limit: whoever calls has one, and ends children with the caller.
    """
    from shutil import which
    from subprocess import DEVNULL, run

    found = kustomizations.survey(folder, root)
    program = which("kustomize", path=environment.get("PATH") or os.defpath)
    if program is None:
        message = (
            "the folder has a kustomization, and there is no kustomize in the PATH of the plugin: put it into the "
            "image (see plugins/argocd/Dockerfile), or remove kustomization.yaml, so that the files are read"
        )
        raise Refused([Result(message, ERROR, "kustomize")])
    clean = dict.fromkeys(("PATH", "HOME", "KUSTOMIZE_PLUGIN_HOME", "XDG_CONFIG_HOME"), "/nonexistent")
    clean |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
    clean |= {"NO_PROXY": "", "TMPDIR": environment.get("TMPDIR") or "/tmp"}
    # without --enable-exec this runs nothing: functions are left out, and the survey has found only kgen's
    flags = ["--enable-alpha-plugins"] if found.functions else []
    done = run([program, "build", *flags, folder], env=clean, stdin=DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise Refused([Result(_cause(done.stderr, root), ERROR, "kustomize")])
    documents, notes = parse(done.stdout, "", limits=RESOURCE_LIST)
    return Input(
        [*found.configs, *(Document(document.manifest, Origin()) for document in documents)],
        [note._replace(file="", line=0) for note in notes],
        found.sources,
    )


def _cause(stderr: bytes, root: str) -> str:
    """kustomize's own words, without the folder of this call and without what it quotes of the files."""
    import re

    text = stderr.decode("utf-8", "replace").strip()
    text = text.removeprefix("Error: ").replace(os.path.realpath(root), ".") or "no reason given"
    text = re.sub(r"`[^`]*`|\[patch: .*|\"(?:[^\"\\]|\\.){60,}\"", "...", " ".join(text.split()))
    advice = next((f"; {advice}" for words, advice in _ADVICE.items() if words in text), "")
    return f"kustomize build: {text[:_LONGEST]}{advice}"

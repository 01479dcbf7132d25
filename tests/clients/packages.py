"""Each example as a kustomization and as a kpt package, made of the very files that its README renders."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from kgen.load import files
from tests.clients.rendering import ROOT, Rendering

FUNCTION = "config.kubernetes.io/function"
LOCAL = "config.kubernetes.io/local-config"
Objects = dict[tuple[str, str, str, str], dict[str, Any]]


def programs(folder: Path) -> None:
    """kgen and kgen-fn as an installation has them, of this checkout."""
    folder.mkdir()
    for name, call in (("kgen", "kgen.entry.cli:main"), ("kgen-fn", "kgen.entry.program:function")):
        module, _, function = call.partition(":")
        script = folder / name
        script.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(1, {str(ROOT)!r})\n"
            f"from {module} import {function}\nsys.exit({function}())\n"
        )
        script.chmod(0o755)


def environment(folder: Path) -> dict[str, str]:
    """What clients are started with: the programs on the PATH, nothing of the tester's configuration."""
    return {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "KUSTOMIZE_PLUGIN_HOME": str(folder / "plugins"),
        "PYTHONPATH": str(ROOT),
        "SOURCE_DATE_EPOCH": "1781481600",
        "LC_ALL": "C.UTF-8",
    }


def expected(way: Rendering, env: dict[str, str]) -> Objects:
    """What `kgen render` says."""
    return objects(run(["kgen", "render", *way.arguments], ROOT, env).stdout)


def kustomization(way: Rendering, folder: Path, function: bool, role: str = "transformers") -> Path:
    """The example's files and the Platform as a function, or as a legacy plugin's configuration."""
    target = folder / "kustomization"
    resources, config = _copied(way, target, target)
    if function:
        config["metadata"].setdefault("annotations", {})[FUNCTION] = "exec: {path: kgen-fn}"
    else:
        config["metadata"].get("annotations", {}).pop(FUNCTION, None)
    (target / "platform-of-the-function.yaml").write_text(yaml.safe_dump(config))
    whole = {"resources": resources, role: ["platform-of-the-function.yaml"]}
    (target / "kustomization.yaml").write_text(yaml.safe_dump(whole))
    return target


def package(way: Rendering, folder: Path) -> Path:
    """The example's files with a Kptfile, to be run from the folder above: kpt refuses patches inside a package."""
    target = folder / "package"
    _, config = _copied(way, target, folder)
    (target / "platform-of-the-function.yaml").write_text(yaml.safe_dump(config))
    pipeline = {"mutators": [{"exec": "kgen-fn", "configPath": "platform-of-the-function.yaml"}]}
    kptfile = {"apiVersion": "kpt.dev/v1", "kind": "Kptfile", "metadata": {"name": "example"}, "pipeline": pipeline}
    (target / "Kptfile").write_text(yaml.safe_dump(kptfile))
    return target


def package_objects(folder: Path) -> Objects:
    """What is to be applied of a package."""
    texts = [file.read_text() for file in sorted(folder.rglob("*.yaml"))]
    return {
        key: each
        for key, each in objects("\n---\n".join(texts)).items()
        if each["metadata"].get("annotations", {}).get(LOCAL) != "true"
    }


def objects(text: str) -> Objects:
    """A stream by identity."""
    found: Objects = {}
    for each in yaml.safe_load_all(text):
        if each:
            metadata = each["metadata"]
            key = (each["apiVersion"], each["kind"], metadata.get("namespace", ""), metadata["name"])
            assert key not in found, key
            found[key] = each
    return found


def run(command: list[str], cwd: Path, env: dict[str, str], code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """A client, which has to end as expected; None for any way."""
    program = shutil.which(command[0], path=env["PATH"]) or command[0]
    done = subprocess.run(
        [program, *command[1:]], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert code is None or done.returncode == code, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


def _copied(way: Rendering, target: Path, beside: Path) -> tuple[list[str], dict[str, Any]]:
    """Copies what an example's README renders, its overlays `beside`. Names of the files, and its Platform."""
    words = list(way.arguments)
    given, overlays = None, []
    while "--platform" in words:
        at = words.index("--platform")
        given = words[at + 1]
        del words[at : at + 2]
    while "--overlay" in words:
        at = words.index("--overlay")
        overlays.append(words[at + 1])
        del words[at : at + 2]
    config: dict[str, Any] = {"apiVersion": "kgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "default"}}
    if given:
        config = yaml.safe_load((ROOT / given).read_text())
    resources = []
    here = os.getcwd()
    os.chdir(ROOT)
    try:
        read = files.read(words)
    finally:
        os.chdir(here)
    [top] = words
    for file, content in sorted(read.sources.items()):
        documents = [each for each in yaml.safe_load_all(content) if each]
        if any(each["kind"] == "Platform" for each in documents):
            [found] = documents
            validates = found["metadata"].get("annotations", {}).get("kgen.dev/role") == "validator"
            if not given and not validates:
                config = found
            continue
        # in its folders, because these say who may speak for whom
        place = target / (os.path.relpath(file, top) if file != top else Path(file).name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        resources.append(str(place.relative_to(target)))
    for position, overlay in enumerate(overlays):
        if (ROOT / overlay).is_dir():
            overlays[position] = f"overlay-of/{Path(overlay).name}"
            shutil.copytree(ROOT / overlay, beside / overlays[position])
    if overlays:
        config["metadata"].setdefault("annotations", {})["kgen.dev/overlays"] = ", ".join(overlays)
    return resources, config

"""Folders with a kustomization, built by real kustomize: nothing of the repository runs, nothing else is read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.argocd.cmp_server import Server
from tests.argocd.conftest import LINK, Repository

PLAIN = "resources: [link.yaml]\n"
FUNCTION = """\
apiVersion: %s
kind: Platform
metadata:
  name: p
  annotations:
    config.kubernetes.io/function: |
      exec: {path: %s}
"""


def test_without_kustomize_it_says_what_to_do(server: Server, repository: Repository) -> None:
    cause = server.generate(repository({"link.yaml": LINK, "kustomization.yaml": PLAIN})).cause
    assert "there is no kustomize in the PATH of the plugin: put it into the image" in cause


@pytest.fixture(params=["kustomize@5.4.3", "kustomize@5.6.0", "kustomize@5.8.1"])
def sidecar(request: pytest.FixtureRequest, client: Callable[[str], Path], tmp_path: Path) -> Server:
    server = Server(tmp_path / "with-kustomize", {"KGEN_SOMETHING": "hunter2", "SECRET": "hunter2"})
    server.environment["PATH"] += f"{os.pathsep}{client(request.param).parent}"
    return server


@pytest.mark.clients
def test_links_of_the_result_are_expanded_with_the_patches_of_the_kustomization(
    sidecar: Server, repository: Repository
) -> None:
    patch = "- target: {kind: AgentLink}\n  patch: |-\n    - {op: replace, path: /spec/to, value: b/z}\n"
    files = {
        "base/link.yaml": LINK,
        "base/kustomization.yaml": PLAIN,
        "app/kustomization.yaml": f"resources: [../base, cm.yaml]\npatches:\n{patch}",
        "app/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: a}\ndata: {a: 'yes'}\n",
    }
    objects = sidecar.generate(repository(files), "app").objects
    assert {each["metadata"]["name"] for each in objects} == {"c", "x-egress", "x-ingress", "z-egress", "z-ingress"}
    assert next(each for each in objects if each["kind"] == "ConfigMap")["data"] == {"a": "yes"}


@pytest.mark.clients
@pytest.mark.parametrize("version", ["kgen.dev/v1alpha1", "example.com/v1"])
def test_no_function_of_the_repository_runs(version: str, sidecar: Server, repository: Repository) -> None:
    marker = sidecar.work / "ran"
    program = f"#!/bin/sh\ntouch {marker}\ncat\n"
    files = {
        "link.yaml": LINK,
        "evil": program,
        "kustomization.yaml": "resources: [link.yaml]\ntransformers: [f.yaml]\n",
        "f.yaml": FUNCTION % (version, "./evil"),
    }
    reply = sidecar.generate(repository(files))
    assert not marker.exists()
    if version == "kgen.dev/v1alpha1":
        assert len(reply.objects) == 4, "kgen's own is expanded here"
    else:
        assert "nothing of a repository is executed here" in reply.cause


@pytest.mark.clients
@pytest.mark.parametrize(
    "kustomization",
    [
        "configMapGenerator: [{name: c, files: [/etc/hostname]}]",
        "configMapGenerator: [{name: c, files: [../../outside.txt]}]",
        "configMapGenerator: [{name: c, files: [link.txt]}]",
        "resources: [link.yaml, ../../../../etc]",
        "resources: ['https://git.example/x.yaml']",
        "resources: ['http://127.0.0.1:9/x.yaml']",
        "helmCharts: [{name: x, repo: 'https://charts.example'}]",
        "transformers: ['https://git.example/x.yaml']",
        "openapi: {path: ../../outside.txt}",
        "patches: [{path: /etc/hostname}]",
        "crds: [../../outside.txt]",
        "replacements: [{path: ../../outside.txt}]",
    ],
)
def test_nothing_but_the_repository_is_read(kustomization: str, sidecar: Server, repository: Repository) -> None:
    (sidecar.work / "_cmp_server/outside.txt").write_text("hunter2: hunter2\n")
    folder = repository({"link.yaml": LINK, "kustomization.yaml": kustomization + "\n"})
    (folder / "link.txt").symlink_to("../outside.txt")
    reply = sidecar.generate(folder)
    assert reply.cause.startswith("kgen: error: ")
    assert "hunter2" not in reply.stderr
    assert str(sidecar.work / "_cmp_server") not in reply.stderr


@pytest.mark.clients
def test_the_environment_of_the_sidecar_does_not_reach_a_kustomization(sidecar: Server, repository: Repository) -> None:
    files = {
        "link.yaml": LINK,
        "x.env": "SECRET\nKGEN_SOMETHING\nARGOCD_APP_NAME\n",
        "kustomization.yaml": "resources: [link.yaml]\nconfigMapGenerator: [{name: c, namespace: a, envs: [x.env]}]\n",
    }
    reply = sidecar.generate(repository(files))
    assert "hunter2" not in reply.stdout
    assert "ConfigMap" in reply.stdout


@pytest.mark.clients
def test_overlays_of_the_functions_configuration_count_unless_they_are_locked(
    sidecar: Server, repository: Repository
) -> None:
    config = FUNCTION % ("kgen.dev/v1alpha1", "kgen-fn") + "    kgen.dev/overlays: overlays/low\n"
    low = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nspec: {namespaces: {a: {}}}\n"
    files = {
        "link.yaml": LINK,
        "kustomization.yaml": "resources: [link.yaml]\ntransformers: [f.yaml]\n",
        "f.yaml": config,
        "overlays/low/platform.yaml": low,
    }
    folder = repository(files)
    assert sidecar.generate(folder).objects[0]["kind"] == "Namespace"
    sidecar.environment["KGEN_LOCKED_PARAMETERS"] = "overlay"
    assert "kgen.dev/overlays is locked by KGEN_LOCKED_PARAMETERS" in sidecar.generate(folder).cause


@pytest.mark.clients
def test_a_broken_kustomization_is_told_in_one_line(sidecar: Server, repository: Repository) -> None:
    cause = sidecar.generate(repository({"kustomization.yaml": "resources: [nowhere.yaml]\n"})).cause
    assert cause.startswith("kgen: error: kustomize build: ")
    assert "nowhere.yaml" in cause
    assert len(cause) < 800


@pytest.mark.clients
def test_what_kustomize_quotes_of_a_file_is_not_repeated(sidecar: Server, repository: Repository) -> None:
    patch = "patches: [{target: {kind: Secret}, patch: '[{op: add, path: /stringData, value: {a: hunter2}}]'}]\n"
    reply = sidecar.generate(repository({"link.yaml": LINK, "kustomization.yaml": f"resources: [link.yaml]\n{patch}"}))
    assert reply.cause.startswith("kgen: error: kustomize build: ")
    assert "hunter2" not in reply.stderr


@pytest.mark.clients
def test_an_empty_result_is_an_error(sidecar: Server, repository: Repository) -> None:
    cm = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: a}\n"
    cause = sidecar.generate(repository({"cm.yaml": cm, "kustomization.yaml": "resources: [cm.yaml]\n"})).cause
    assert "there is nothing to expand" in cause

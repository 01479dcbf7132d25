"""What Argo CD needs in the objects, over every example: places, waves, options; no marks, nulls, duplicates."""

import re
from pathlib import Path
from typing import Any

import pytest

from kgen.bundle.argo_cd import fitted, marks, unfit
from tests.argocd.cmp_server import Server
from tests.argocd.conftest import Repository
from tests.argocd.test_examples import DIRECT, EPOCH, application
from tests.clients.rendering import Rendering

OPTIONS, WAVE = "argocd.argoproj.io/sync-options", "argocd.argoproj.io/sync-wave"
SKIP = "SkipDryRunOnMissingResource=true"
LINKS = """\
apiVersion: kgen.dev/v1alpha1
kind: Platform
metadata: {name: p}
spec:
  namespaces: {a: {}, b: {}}
  defaults: {model: {provider: Anthropic, model: m, apiKeySecretRef: {name: s, key: k}}}
---
apiVersion: kgen.dev/v1alpha1
kind: AgentLink
metadata: {name: l, namespace: a}
spec:
  from: {name: x, define: {description: D., systemMessage: S.}}
  to: {namespace: b, name: z, define: {description: D., systemMessage: S.}}
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: agents.kagent.dev}
spec: {group: kagent.dev, names: {kind: Agent, plural: agents}}
"""


def annotations(manifest: dict[str, Any]) -> dict[str, str]:
    return manifest["metadata"].get("annotations") or {}


def nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(nulls, value.values()))
    return any(map(nulls, value)) if isinstance(value, list) else value is None


@pytest.mark.parametrize("way", DIRECT, ids=str)
def test_every_object_of_every_example(way: Rendering, tmp_path: Path) -> None:
    repository, path, parameters = application(way)
    objects = Server(tmp_path, EPOCH).generate(repository, path, parameters=parameters).objects
    assert not [each for each in objects if unfit(each) or marks(each) or fitted(each) != each]
    assert not [each for each in objects if nulls(each) or each["apiVersion"].startswith("kgen.dev/")]
    keys = [
        (
            each["apiVersion"].rpartition("/")[0],
            each["kind"],
            each["metadata"].get("namespace"),
            each["metadata"]["name"],
        )
        for each in objects
    ]
    assert len(keys) == len(set(keys))
    alone = [each for each in objects if "namespace" not in each["metadata"] and each["kind"] != "Namespace"]
    assert {each["metadata"]["labels"]["kgen.dev/layer"] for each in alone} <= {
        "admission",
        "certificates",
        "secrets",
        "workload-identity",
    }
    for each in objects:
        assert re.fullmatch(r"-?[1-9]\d*", annotations(each).get(WAVE, "1"))
        if each["kind"] == "Namespace":
            assert {"Prune=false", "Delete=false"} <= set(annotations(each)[OPTIONS].split(","))


def test_a_callee_comes_before_its_caller_and_a_namespace_before_all(server: Server, repository: Repository) -> None:
    objects = server.generate(repository({"l.yaml": LINKS})).objects
    wave = {(each["kind"], each["metadata"]["name"]): int(annotations(each).get(WAVE, "0")) for each in objects}
    assert wave["Agent", "x"] > wave["Agent", "z"] > wave["ModelConfig", "default-model"]
    assert min(wave.values()) == wave["Namespace", "a"] == wave["Namespace", "b"]


def test_kinds_that_the_run_itself_brings_do_not_stop_a_sync(server: Server, repository: Repository) -> None:
    without = server.generate(repository({"l.yaml": LINKS})).objects
    assert not [each for each in without if SKIP in annotations(each).get(OPTIONS, "")]
    crd, *objects = server.generate(repository({"crd.yaml": CRD})).objects[2:]
    found = {each["kind"] for each in objects if SKIP in annotations(each).get(OPTIONS, "").split(",")}
    assert found == {"Agent"}
    off = [{"name": "argocd.syncWaves", "string": "false"}]
    assert SKIP not in server.generate(repository({}), parameters=off).stdout
    team = server.generate(repository({}), parameters=[{"name": "namespace", "string": "a"}]).objects
    assert [each["kind"] for each in team if SKIP in annotations(each).get(OPTIONS, "")] == ["Agent"]


def test_marks_of_another_life_are_taken_off_and_told(server: Server, repository: Repository) -> None:
    marked = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: a\n  creationTimestamp: null\n"
        "  labels: {app.kubernetes.io/instance: other}\n  annotations: {argocd.argoproj.io/tracking-id: 'o:/C:a/c'}\n"
    )
    reply = server.generate(repository({"l.yaml": LINKS, "c.yaml": marked}))
    [config] = [each for each in reply.objects if each["kind"] == "ConfigMap"]
    assert config["metadata"] == {"name": "c", "namespace": "a"}
    assert "taken off, because Argo CD writes it itself" in reply.stderr


@pytest.mark.parametrize(
    "manifest, message",
    [
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
            "c.yaml:3: ConfigMap c: metadata.namespace is missing",
        ),
        ("apiVersion: audit.k8s.io/v1\nkind: Policy\nmetadata: {name: c}\n", "no object of a cluster"),
    ],
)
def test_what_could_not_be_applied_as_meant_is_refused(
    manifest: str, message: str, server: Server, repository: Repository
) -> None:
    assert message in server.generate(repository({"l.yaml": LINKS, "c.yaml": manifest})).cause

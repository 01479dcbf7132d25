"""The sidecar's Component over a repo-server of Argo CD 3.x's shape: built by kustomize, on a real API server."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clients.api import Api
from tests.clients.pods import pod_of_template
from tests.clients.rendering import ROOT

pytestmark = pytest.mark.clients

CLOSED = {
    "runAsNonRoot": True,
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
LABELS = {"app.kubernetes.io/name": "argocd-repo-server"}
REPO_SERVER: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "argocd-repo-server", "labels": {**LABELS, "app.kubernetes.io/part-of": "argocd"}},
    "spec": {
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                "serviceAccountName": "argocd-repo-server",
                "automountServiceAccountToken": False,
                "initContainers": [
                    {
                        "name": "copyutil",
                        "image": "registry.example/argocd:v3.6.1",
                        "command": ["sh", "-c"],
                        "args": ["cp /usr/local/bin/argocd /var/run/argocd/argocd"],
                        "securityContext": CLOSED,
                        "volumeMounts": [{"name": "var-files", "mountPath": "/var/run/argocd"}],
                    }
                ],
                "containers": [
                    {
                        "name": "argocd-repo-server",
                        "image": "registry.example/argocd:v3.6.1",
                        "args": ["/usr/local/bin/argocd-repo-server"],
                        "ports": [{"containerPort": 8081}, {"containerPort": 8084}],
                        "securityContext": CLOSED,
                        "volumeMounts": [
                            {"name": "tls-certs", "mountPath": "/app/config/tls"},
                            {"name": "tmp", "mountPath": "/tmp"},
                            {"name": "plugins", "mountPath": "/home/argocd/cmp-server/plugins"},
                        ],
                    }
                ],
                "volumes": [
                    {"name": "tls-certs", "configMap": {"name": "argocd-tls-certs-cm"}},
                    {"name": "tmp", "emptyDir": {}},
                    {"name": "var-files", "emptyDir": {}},
                    {"name": "plugins", "emptyDir": {}},
                ],
            },
        },
    },
}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "argocd-cm", "labels": {"app.kubernetes.io/part-of": "argocd"}},
    "data": {"resource.exclusions": "x"},
}


@pytest.fixture(params=["kustomize@5.4.3", "kustomize@5.6.0", "kustomize@5.8.1"])
def built(request: pytest.FixtureRequest, client: Callable[[str], Path], tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The objects by kind, of a kustomization as the Component's head says."""
    for name in ("sidecar", "health"):
        shutil.copytree(ROOT / "plugins/argocd" / name, tmp_path / name)
    (tmp_path / "install.yaml").write_text(yaml.safe_dump_all([REPO_SERVER, CONFIG]))
    whole = {
        "namespace": "argocd",
        "resources": ["install.yaml"],
        "components": ["sidecar", "health"],
        "images": [{"name": "kgen-argocd", "newName": "registry.example/kgen-argocd", "newTag": "0.1.0"}],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(whole))
    command = [client(request.param), "build", tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {each["kind"]: each for each in yaml.safe_load_all(run.stdout)}


def test_a_container_and_a_volume_are_added_and_nothing_else(built: dict[str, dict[str, Any]]) -> None:
    deployment = built["Deployment"]
    pod, before = deployment["spec"]["template"]["spec"], REPO_SERVER["spec"]["template"]["spec"]
    containers = {each["name"]: each for each in pod["containers"]}
    assert set(containers) == {"argocd-repo-server", "kgen"}
    assert containers["argocd-repo-server"] == before["containers"][0]
    assert containers["kgen"]["image"] == "registry.example/kgen-argocd:0.1.0"
    volumes = {each["name"]: each for each in pod["volumes"]}
    assert set(volumes) == {each["name"] for each in before["volumes"]} | {"kgen-tmp"}
    assert {each["name"] for each in containers["kgen"]["volumeMounts"]} <= set(volumes)
    kept = {key: value for key, value in pod.items() if key not in ("containers", "volumes")}
    assert kept == {key: value for key, value in before.items() if key not in ("containers", "volumes")}


def test_the_api_server_takes_it_and_its_pod_is_restricted(
    built: dict[str, dict[str, Any]], api_server: Callable[[str], Api]
) -> None:
    api = api_server("0.10")
    api.make_namespace("argocd", {"pod-security.kubernetes.io/enforce": "restricted"})
    api.make_account("argocd", "argocd-repo-server")
    answer = api.apply(built["Deployment"])
    assert answer.admitted, answer.message
    assert not answer.warnings
    pod = api.try_create(pod_of_template(built["Deployment"]))
    assert pod.admitted, pod.message


def test_without_its_security_context_the_pod_would_be_refused(
    built: dict[str, dict[str, Any]], api_server: Callable[[str], Api]
) -> None:
    api = api_server("0.10")
    api.make_namespace("argocd", {"pod-security.kubernetes.io/enforce": "restricted"})
    api.make_account("argocd", "argocd-repo-server")
    pod = pod_of_template(built["Deployment"])
    next(each for each in pod["spec"]["containers"] if each["name"] == "kgen").pop("securityContext")
    assert 'violates PodSecurity "restricted' in api.try_create(pod).message


def test_the_health_checks_go_into_argo_cds_own_configuration(built: dict[str, dict[str, Any]]) -> None:
    config = built["ConfigMap"]
    assert config["metadata"]["name"] == "argocd-cm"
    assert config["data"]["resource.exclusions"] == "x"
    for kind in ("Agent", "ModelConfig"):
        script = (ROOT / f"plugins/argocd/health/{kind.lower()}.lua").read_text()
        assert config["data"][f"resource.customizations.health.kagent.dev_{kind}"] == script

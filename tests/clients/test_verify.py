"""The script of verification with the real kubectl at a real API server, as far as it goes without kubelets."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.api import Api
from tests.clients.crds import definitions
from tests.clients.rendering import render
from tests.verify.cluster import Ended

pytestmark = pytest.mark.clients

EXAMPLE = "examples/19-verify"
NAME = "kgen-verify-example"
JOB = f"system:serviceaccount:kgen-system:{NAME}"
AGENTS = (("billing", "refunds"), ("support", "survey"), ("support", "triage"))
NOW = "2026-01-01T00:00:00Z"
Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return render((EXAMPLE,))


@pytest.fixture(scope="module")
def server(api_server: Callable[[str], Api], shared: Path, bundle: list[dict[str, Any]]) -> Iterator[Api]:
    api = api_server("0.10")
    kinds = {(each["apiVersion"].rpartition("/")[0], each["kind"]) for each in bundle}
    api.establish(definitions(shared / "crds", kinds, "0.10"))
    for each in bundle:
        answer = api.apply(each)
        assert answer.admitted, answer.message
    for namespace, name in AGENTS:  # as kagent makes it
        labels = {"app": "kagent", "kagent": name}
        container = {"name": "kagent", "image": "registry.example/agent:1"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        metadata = {"name": name, "namespace": namespace}
        spec = {"selector": {"matchLabels": labels}, "template": template}
        assert api.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}).admitted
    yield api
    for namespace, name in AGENTS:
        api.delete({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}})
    for each in reversed(bundle):
        api.delete(each)


@pytest.fixture
def run(server: Api, bundle: list[dict[str, Any]], client: Callable[[str], Path], tmp_path: Path) -> Run:
    """The script out of the ConfigMap, as the administrator or with the Job's own token."""
    [config] = [each for each in bundle if each["kind"] == "ConfigMap"]
    for name, text in config["data"].items():
        (tmp_path / name).write_text(text)

    def started(*options: str, token: str = server.token, before: str = "") -> Ended:
        kubectl = tmp_path / "kubectl"
        flags = f'--server="{server.server}" --insecure-skip-tls-verify --token="{token}"'
        kubectl.write_text(
            f'#!/bin/sh\necho "kubectl $*" >>{tmp_path}/log\n{before}\nexec {client("kubectl")} {flags} "$@"\n'
        )
        kubectl.chmod(0o755)
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECTL": str(kubectl)}
        done = subprocess.run(
            ["sh", str(tmp_path / "verify.sh"), "-t", "1", "-w", "0", *options],
            env=environment, capture_output=True, text=True, check=False, timeout=100,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr, (tmp_path / "log").read_text())

    return started


def status(server: Api, accepted: str = "True", available: str = "True", generation: int | None = None) -> None:
    """What kagent and the Deployment controller would say of each agent."""
    for namespace, name in AGENTS:
        for path, kind, state in (
            ("/apis/kagent.dev/v1alpha2", "agents", accepted),
            ("/apis/apps/v1", "deployments", available),
        ):
            place = f"{path}/namespaces/{namespace}/{kind}/{name}"
            seen = server.request("GET", place).body["metadata"]["generation"] if generation is None else generation
            condition = {
                "type": "Accepted" if kind == "agents" else "Available", "status": state, "reason": "Tested",
                "message": f"said by\nthe {kind} test", "lastTransitionTime": NOW,
            }  # fmt: skip
            body = {"status": {"observedGeneration": seen, "conditions": [condition]}}
            answer = server.request("PATCH", f"{place}/status", body, "application/merge-patch+json")
            assert answer.admitted, answer.message


def test_what_the_server_says_of_agents_decides(server: Api, run: Run) -> None:
    status(server, accepted="False")
    verdict, why = run("-n").verdict("agent", "support/triage")
    assert verdict == "refuted"
    assert why.startswith(
        "agents.kagent.dev triage is not Accepted: said by the agents test (kagent does not try again"
    )
    status(server, available="False")
    assert (
        run("-n").verdict("agent", "support/triage")[1].startswith("deployments.apps triage is not Available: said by")
    )
    status(server, generation=0)
    assert (
        run("-n").verdict("agent", "support/triage")[1]
        == "agents.kagent.dev triage: its status is about an earlier generation"
    )


def test_without_pods_the_rest_is_inconclusive(server: Api, run: Run) -> None:
    status(server)
    ended = run()
    assert (ended.code, ended.err) == (3, "")
    assert ended.verdict("agent", "support/triage") == ("shown", "accepted, and its pods are available")
    why = "no pod of it runs, or pods may not be listed"
    assert ended.verdict("link", "support/triage -> billing/refunds") == ("inconclusive", why)
    assert ended.verdict("undeclared", "support/survey -> billing/refunds") == ("inconclusive", why)


def test_the_job_reads_what_it_needs_with_its_own_token(server: Api, run: Run) -> None:
    status(server)
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/kgen-system/serviceaccounts/{NAME}/token"
    answer = server.request("POST", path, review)
    assert answer.admitted, answer.message
    ended = run("-j", token=answer.body["status"]["token"])
    assert (ended.code, ended.err) == (0, "")
    for namespace, name in AGENTS:
        assert ended.verdict("agent", f"{namespace}/{name}")[0] == "shown"
    assert {line.split()[1] for line in ended.calls.splitlines() if line.startswith("kubectl")} == {"get"}


def test_it_can_neither_list_nor_exec_nor_read_secrets_nor_make_pods(server: Api) -> None:
    own = "/apis/apps/v1/namespaces/support/deployments/triage"
    assert server.request("GET", own, user=JOB).status == 200
    for verb, path in (
        ("GET", "/api/v1/namespaces/support/pods"),
        ("GET", "/api/v1/namespaces/support/secrets"),
        ("GET", "/apis/kagent.dev/v1alpha2/namespaces/support/agents"),
        ("GET", "/apis/apps/v1/namespaces/support/deployments/another"),
        ("POST", "/api/v1/namespaces/support/pods/triage/exec?command=id"),
        ("GET", "/api/v1/namespaces/support/pods/triage/exec?command=id"),
        ("PATCH", "/api/v1/namespaces/support/pods/triage/ephemeralcontainers"),
        ("POST", "/api/v1/namespaces/support/pods"),
        ("POST", "/api/v1/namespaces/kgen-system/pods"),
        ("GET", "/api/v1/namespaces/kgen-system/configmaps"),
    ):
        assert server.request(verb, path, {} if verb == "POST" else None, user=JOB).status == 403, f"{verb} {path}"


def test_its_own_pods_are_admitted_under_restricted_and_taken_away(server: Api, run: Run) -> None:
    """The server admits them; nothing starts them here, so the waiting is cut short."""
    status(server)
    ended = run("-i", "busybox:1.36", before="case $1 in wait) exit 1 ;; esac")
    assert ended.verdict("enforcement", "network policies") == (
        "inconclusive",
        "the pods of image busybox:1.36 did not start",
    )
    assert ended.verdict("stranger", "all 3 of them")[0] == "inconclusive"
    [space] = {word for word in ended.calls.split() if word.startswith(("kgen-verify-1", "kgen-verify-2"))}
    left = server.request("GET", f"/api/v1/namespaces/{space}")
    assert left.status == 404 or left.body["status"]["phase"] == "Terminating"
    if left.admitted:
        server.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})

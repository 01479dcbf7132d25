"""The layers secrets and admission together, at a real API server: the nudge works, and can do no more than before."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clients.api import Answer, Api
from tests.clients.crds import definitions
from tests.clients.rendering import render

pytestmark = pytest.mark.clients

WRITER = "system:serviceaccount:argocd:argocd-application-controller"
MASTERS = "system:masters"  # with every right, so that admission decides
NUDGE = "system:serviceaccount:support:kgen-nudge"
CONTROLLERS = "system:serviceaccount:kube-system:"
SPEC = {"layers": {"admission": "Enabled"}, "admission": {"trustedWriters": [WRITER]}}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("nudge")
    (folder / "guarded").mkdir()
    (folder / "guarded" / "platform.yaml").write_text(
        yaml.safe_dump({"apiVersion": "kgen.dev/v1alpha1", "kind": "Platform", "spec": SPEC})
    )
    return render(("examples/12-external-secrets", "--overlay", str(folder / "guarded")))


@pytest.fixture(scope="module")
def server(api_server: Callable[[str], Api], shared: Path, bundle: list[dict[str, Any]]) -> Iterator[Api]:
    api = api_server("0.10")
    kinds = {(each["apiVersion"].rpartition("/")[0], each["kind"]) for each in bundle}
    api.establish(definitions(shared / "crds", kinds, "0.10"))
    for each in bundle:
        answer = patience(lambda each=each: api.apply(each, WRITER, MASTERS), lambda got: got.admitted)
        assert answer.admitted, answer.message
    refused = patience(lambda: label(api, "kgen.dev/link-hash", "ann", MASTERS), lambda got: not got.admitted)
    assert "agent-writer: ann" in refused.message  # the policies are in force
    yield api
    for each in reversed(bundle):
        api.delete(each)
    time.sleep(1)  # until the server has forgotten the policies


def patience(ask: Callable[[], Answer], done: Callable[[Answer], bool]) -> Answer:
    end = time.monotonic() + 20
    answer = ask()
    while not done(answer) and time.monotonic() < end:
        time.sleep(0.2)
        answer = ask()
    return answer


def label(server: Api, key: str, user: str, group: str = "") -> Answer:
    path = "/apis/kagent.dev/v1alpha2/namespaces/support/agents/triage?dryRun=All"
    patch = {"metadata": {"labels": {key: "new"}}}
    return server.request("PATCH", path, patch, "application/merge-patch+json", user=user, group=group)


def test_the_nudge_is_let_through_with_its_label_and_no_other(server: Api) -> None:
    answer = label(server, "kgen.dev/nudged", NUDGE)
    assert answer.admitted, answer.message
    assert not label(server, "kgen.dev/link-hash", NUDGE).admitted
    assert "agent-writer" in label(server, "kgen.dev/nudged", NUDGE.replace("support", "billing"), MASTERS).message


def test_its_job_and_its_pod_are_admitted_and_nobody_elses(server: Api, bundle: list[dict[str, Any]]) -> None:
    """Their labels are protected ones: a job label of kgen's, and the way out of the mesh."""
    [cron] = [each for each in bundle if each["kind"] == "CronJob"]
    spec = cron["spec"]["jobTemplate"]["spec"]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "n", "namespace": "support"}, "spec": spec}
    template = spec["template"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": "n", "namespace": "support"},
        "spec": template["spec"],
    }
    for manifest, controller in ((job, "cronjob-controller"), (pod, "job-controller")):
        answer = server.try_create(manifest, CONTROLLERS + controller, MASTERS)
        assert answer.admitted, answer.message
        assert "agent-identity" in server.try_create(manifest, "ann", MASTERS).message

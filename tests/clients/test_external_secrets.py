"""What the layer secrets makes, at a real API server: served versions, and what the nudge can and can not do."""

import copy
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.api import Api
from tests.clients.crds import definitions
from tests.clients.rendering import render

pytestmark = pytest.mark.clients

EXAMPLE = "examples/12-external-secrets"
SPACES = ("support", "billing")
NUDGE = "system:serviceaccount:support:kgen-nudge"


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
    yield api
    for each in reversed(bundle):
        api.delete(each)


def one(bundle: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    [found] = [each for each in bundle if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return copy.deepcopy(found)


def test_v1beta1_external_secrets(server: Api, bundle: list[dict[str, Any]]) -> None:
    old = one(bundle, "ExternalSecret", "refunds-token")
    answer = server.request(
        "POST",
        "/apis/external-secrets.io/v1beta1/namespaces/support/externalsecrets",
        {**old, "apiVersion": "external-secrets.io/v1beta1"},
    )
    assert answer.status == 404


def patched(server: Api, patch: Any, *, name: str = "triage", user: str = NUDGE) -> tuple[int, str]:
    path = f"/apis/kagent.dev/v1alpha2/namespaces/support/agents/{name}"
    answer = server.request("PATCH", path + "?dryRun=All", patch, "application/merge-patch+json", user=user)
    return answer.status, answer.message


def eventually(server: Api, patch: Any) -> tuple[int, str]:
    """What is answered once the server has taken the policy up, which takes it a moment."""
    answer = patched(server, patch)
    for _ in range(50):
        if answer[0] >= 400:
            break
        time.sleep(0.1)
        answer = patched(server, patch)
    return answer


LABEL_ONLY = "kgen-nudge may only change the label kgen.dev/nudged of an Agent"


@pytest.mark.parametrize(
    "patch",
    [
        {"spec": {"description": "Taken over."}},
        {"spec": {"declarative": {"deployment": {"imageRegistry": "evil.example"}}}},
        {"metadata": {"labels": {"kgen.dev/link-hash": "0"}}},
        {"metadata": {"labels": {"kgen.dev/link-hash": None}}},
        {"metadata": {"labels": {"another": "x"}}},
        {"metadata": {"annotations": {"a": "b"}}},
        {"metadata": {"finalizers": ["example.com/stay"]}},
        {"metadata": {"labels": {"kgen.dev/nudged": "x"}}, "spec": {"description": "Taken over."}},
    ],
    ids=str,
)
def test_the_nudge_can_change_nothing_but_its_label(server: Api, patch: dict[str, Any]) -> None:
    status, message = eventually(server, patch)
    assert (status, LABEL_ONLY in message) == (422, True), message


def test_the_nudge_changes_its_label_and_others_change_what_they_may(server: Api) -> None:
    assert patched(server, {"metadata": {"labels": {"kgen.dev/nudged": "x"}}})[0] == 200
    assert patched(server, {"spec": {"description": "Plans."}}, user="")[0] == 200


def test_the_nudge_reaches_no_other_agent_and_no_secret(server: Api, bundle: list[dict[str, Any]]) -> None:
    other = one(bundle, "Agent", "triage")
    other["metadata"]["name"] = "other"
    assert server.apply(other).admitted
    status, message = patched(server, {"metadata": {"labels": {"kgen.dev/nudged": "x"}}}, name="other")
    assert status == 403, message
    server.delete(other)
    for path in ("/api/v1/namespaces/support/secrets", "/apis/kagent.dev/v1alpha2/namespaces/support/agents"):
        assert server.request("GET", path, user=NUDGE).status == 403
    beyond = "/apis/kagent.dev/v1alpha2/namespaces/billing/agents/refunds"
    assert server.request("GET", beyond, user=NUDGE).status == 403


def test_the_nudges_pod_is_admitted_under_restricted(server: Api, bundle: list[dict[str, Any]]) -> None:
    template = one(bundle, "CronJob", "kgen-nudge")["spec"]["jobTemplate"]["spec"]["template"]
    metadata = {**template["metadata"], "name": "nudge", "namespace": "support"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    answer = server.try_create(pod)
    assert answer.admitted, answer.message
    assert not answer.warnings


def test_the_nudges_own_command_works_with_its_own_token(
    server: Api, bundle: list[dict[str, Any]], client: Callable[[str], Path], tmp_path: Path
) -> None:
    account = "/api/v1/namespaces/support/serviceaccounts/kgen-nudge/token"
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = server.request("POST", account, review).body["status"]["token"]
    template = one(bundle, "CronJob", "kgen-nudge")["spec"]["jobTemplate"]["spec"]["template"]
    args = template["spec"]["containers"][0]["args"]
    command = [client("kubectl"), f"--server={server.server}", "--insecure-skip-tls-verify", f"--token={token}"]
    for value in ("first", "second"):
        words = [word.replace("$(POD)", value) for word in args]
        run = subprocess.run(
            [*command, *words], env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        agent = server.request("GET", "/apis/kagent.dev/v1alpha2/namespaces/support/agents/triage").body
        assert agent["metadata"]["labels"]["kgen.dev/nudged"] == value
    assert agent["metadata"]["labels"]["kgen.dev/link-hash"]

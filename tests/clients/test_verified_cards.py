"""Verified cards at a real API server, with admission on: who may put the operator's verdict on a workload."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.api import Answer, Api, Manifest
from tests.clients.crds import definitions
from tests.clients.pods import pod_of_template
from tests.clients.rendering import render

pytestmark = pytest.mark.clients

MASTERS = "system:masters"
ARGO = "system:serviceaccount:argocd:argocd-application-controller"
OPERATOR = "system:serviceaccount:kagenti-system:controller-manager"
REPLICAS = "system:serviceaccount:kube-system:replicaset-controller"
LABEL = "agent.kagenti.dev/signature-verified"
MERGE = "application/merge-patch+json"
VERDICT = {"spec": {"template": {"metadata": {"labels": {LABEL: "true"}}}}}
CARD = {
    "apiVersion": "agent.kagenti.dev/v1alpha1",
    "kind": "AgentCard",
    "metadata": {"name": "probe", "namespace": "risk"},
    "spec": {"targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "screener"}},
}


@pytest.fixture(scope="module")
def server(
    api_server: Callable[[str], Api], shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Api, list[Manifest]]]:
    """With the example as it is rendered."""
    bundle = render(("examples/16-verified-cards",))
    api = api_server("0.10")
    api.establish(
        definitions(shared / "crds", {(m["apiVersion"].rpartition("/")[0], m["kind"]) for m in bundle}, "0.10")
    )
    try:
        for each in bundle:
            answer = settled(lambda each=each: api.apply(each, ARGO, MASTERS))  # type: ignore[misc]
            assert answer.admitted, answer.message
        yield api, bundle
    finally:
        for each in reversed(bundle):
            api.delete(each)
        time.sleep(1)  # until the server has forgotten the policies


def settled(ask: Callable[[], Answer]) -> Answer:
    """An answer of the server once it knows the parameters of the policies that it has just been given."""
    end = time.monotonic() + 20
    while True:
        answer = ask()
        if "no params found" not in answer.message or time.monotonic() > end:
            return answer
        time.sleep(0.2)


def screener(bundle: list[Manifest]) -> Manifest:
    [found] = [each for each in bundle if each["kind"] == "Deployment" and each["metadata"]["name"] == "screener"]
    return found


def verdict_by(user: str, server: tuple[Api, list[Manifest]]) -> Answer:
    api, bundle = server
    path = api.path(screener(bundle)) + "?dryRun=All"
    return settled(lambda: api.request("PATCH", path, VERDICT, MERGE, user, MASTERS))


def test_the_operator_puts_its_verdict_on_the_workload(server: tuple[Api, list[Manifest]]) -> None:
    answer = verdict_by(OPERATOR, server)
    assert answer.admitted, answer.message
    assert answer.body["spec"]["template"]["metadata"]["labels"][LABEL] == "true"


@pytest.mark.parametrize(
    "user", ["somebody", "system:serviceaccount:risk:screener", "system:serviceaccount:kagenti-system:default"]
)
def test_nobody_else_does(user: str, server: tuple[Api, list[Manifest]]) -> None:
    end = time.monotonic() + 20
    while (answer := verdict_by(user, server)).admitted and time.monotonic() < end:
        time.sleep(0.2)  # the server learns of policies after a moment
    assert "agent-identity" in answer.message


def test_pods_of_a_verified_workload_start_and_a_forged_one_does_not(server: tuple[Api, list[Manifest]]) -> None:
    """Under restricted, with the CSI volume; and somebody else's pod under the agent's labels is refused."""
    api, bundle = server
    pod = pod_of_template(screener(bundle))
    pod["metadata"]["labels"] = {**pod["metadata"]["labels"], LABEL: "true"}
    answer = settled(lambda: api.try_create(pod, REPLICAS, MASTERS))
    assert answer.admitted, answer.message
    forged = settled(lambda: api.try_create(pod, "somebody", MASTERS))
    assert "agent-identity" in forged.message


@pytest.mark.parametrize("domain", ["", "_x", "spiffe://example.org", "example.org."])
def test_what_kgen_refuses_as_a_trust_domain_the_server_refuses_too(
    domain: str, server: tuple[Api, list[Manifest]]
) -> None:
    """At apply time, in a cluster that has the CRD; kgen says it before."""
    spec: dict[str, Any] = {**CARD["spec"], "identityBinding": {"trustDomain": domain}}  # type: ignore[dict-item]
    answer = server[0].try_create({**CARD, "spec": spec})
    assert not answer.admitted
    assert "identityBinding.trustDomain" in answer.message

"""The layer admission with ValidatingAdmissionPolicy, at a real API server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.admission.cases import CASES, Case, Manifest, agent, consent, pod
from tests.clients.admission.requests import MASTERS, send
from tests.clients.admission.world import (
    ALPHA,
    ANN,
    ARGO,
    BETA,
    ELSEWHERE,
    HOME,
    PLATFORM,
    SHARED,
    WATCHED,
    admission_objects,
)
from tests.clients.api import Answer, Api
from tests.clients.crds import definitions

pytestmark = pytest.mark.clients

KINDS = [("kagent.dev", kind) for kind in ("Agent", "SandboxAgent", "ModelConfig")]
ACCOUNTS = [(ALPHA, "orchestrator-sa"), (ALPHA, "storefront"), (SHARED, "helper")]
REFUSED_FIRST = sorted(CASES, key=lambda case: case.rule == "")  # by then the policies are in force


def patience(ask: Callable[[], Answer], done: Callable[[Answer], bool]) -> Answer:
    """The answer once it is as it should be, or the last one: the server learns of policies after a moment."""
    end = time.monotonic() + 20
    answer = ask()
    while not done(answer) and time.monotonic() < end:
        time.sleep(0.2)
        answer = ask()
    return answer


@pytest.fixture(scope="module")
def server(api_server: Callable[[str], Api], shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """With the namespaces, what is there before, and then the layer."""
    api = api_server("0.10")
    api.establish(definitions(shared / "crds", KINDS, "0.10"))
    for name in (ALPHA, BETA, SHARED, WATCHED, ELSEWHERE):
        level = "restricted" if name in (ALPHA, BETA) else "privileged"
        api.make_namespace(name, {"pod-security.kubernetes.io/enforce": level})
    for account in ACCOUNTS:
        api.make_account(*account)
    layer: list[Manifest] = []
    before = {str(case.old): case.old for case in CASES if case.old and case.old["kind"] != "Namespace"}
    try:
        for old in before.values():
            answer = api.request("POST", api.path(old, named=False), old)
            assert answer.admitted, answer.message
        layer = admission_objects("ValidatingAdmissionPolicy", tmp_path_factory.mktemp("layer"))
        for each in layer:
            answer = api.apply(each)
            assert answer.admitted, answer.message
            assert not answer.warnings, answer.warnings
        yield api
    finally:
        for each in reversed(layer):
            api.delete(each)
        time.sleep(1)  # until the server has forgotten the policies
        for old in before.values():
            path = api.path(old)
            api.request("PATCH", path, {"metadata": {"finalizers": None}}, "application/merge-patch+json")
            api.request("DELETE", path + "?gracePeriodSeconds=0")
        for name in (ALPHA, BETA, SHARED, WATCHED, ELSEWHERE):
            api.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


@pytest.mark.parametrize("case", REFUSED_FIRST, ids=lambda case: case.name)
def test_each_case(server: Api, case: Case) -> None:
    if case.warned:
        answer = patience(lambda: send(server, case), lambda got: bool(got.warnings))
        assert answer.admitted, answer.message
        assert any(f"{case.rule}: " in warning for warning in answer.warnings), answer.warnings
    elif case.rule:
        answer = patience(lambda: send(server, case), lambda got: not got.admitted)
        assert answer.status in (403, 422), answer
        assert any(f"{rule}: " in answer.message for rule in (case.rule, case.also) if rule), answer.message
    else:
        answer = send(server, case)
        assert answer.admitted, answer.message
        assert not answer.warnings, answer.warnings


def test_there_are_enough_of_both() -> None:
    assert sum(case.rule == "" for case in CASES) >= 25
    assert sum(case.rule != "" for case in CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


# ---- data

DECLARED = agent(ALPHA, "orchestrator", f"{BETA}/specialist")
PLAIN = Case("", "", ANN, pod(ALPHA, "p", {"app": "web"}))


def parameters(server: Api, space: str) -> Manifest:
    path = f"/api/v1/namespaces/{HOME}/configmaps/admission.{space}.{PLATFORM}"
    return server.request("GET", path).body


def put(server: Api, manifest: Manifest) -> None:
    """The object anew, whatever is there."""
    kept = {key: value for key, value in manifest["metadata"].items() if key in ("name", "namespace", "labels")}
    made = {**manifest, "apiVersion": "v1", "kind": "ConfigMap", "metadata": kept}
    path = server.path(made)
    server.request("DELETE", path)
    answer = server.request("POST", server.path(made, named=False), made)
    assert answer.admitted, answer.message


@pytest.fixture
def kept(server: Api) -> Iterator[dict[str, Manifest]]:
    """The parameters of each namespace, put back afterwards."""
    found = {space: parameters(server, space) for space in (ALPHA, BETA, WATCHED)}
    yield found
    for each in found.values():
        put(server, each)
    answer = patience(lambda: send(server, Case("", "", ARGO, DECLARED)), lambda got: got.admitted)
    assert answer.admitted, answer.message
    assert patience(lambda: send(server, PLAIN), lambda got: got.admitted).admitted


def test_without_its_parameters_a_namespace_is_closed(server: Api, kept: dict[str, Manifest]) -> None:
    server.request("DELETE", f"/api/v1/namespaces/{HOME}/configmaps/admission.{ALPHA}.{PLATFORM}")
    for case in (Case("", "", ARGO, DECLARED), PLAIN):
        answer = patience(lambda case=case: send(server, case), lambda got: not got.admitted)
        assert not answer.admitted
        assert "no params found" in answer.message
    elsewhere = send(server, Case("", "", ANN, pod(ELSEWHERE, "p")))
    assert elsewhere.admitted, elsewhere.message


@pytest.mark.parametrize("key", ["agents", "callees", "accounts", "writers", "podSecurity", "verdicts"])
def test_without_one_of_them_too(server: Api, kept: dict[str, Manifest], key: str) -> None:
    put(server, {**kept[ALPHA], "data": {name: value for name, value in kept[ALPHA]["data"].items() if name != key}})
    for case in (Case("", "", ARGO, DECLARED), PLAIN):
        answer = patience(lambda case=case: send(server, case), lambda got: not got.admitted)
        assert not answer.admitted
        assert "data-missing: " in answer.message


def test_a_callees_parameters_are_missed_everywhere(server: Api, kept: dict[str, Manifest]) -> None:
    server.request("DELETE", f"/api/v1/namespaces/{HOME}/configmaps/admission.{BETA}.{PLATFORM}")
    case = Case("", "", ANN, agent(ELSEWHERE, "x", f"{BETA}/specialist"))
    answer = patience(lambda: send(server, case), lambda got: "no params found" in got.message)
    assert not answer.admitted
    assert "no params found" in answer.message


def test_a_watched_namespace_stays_open_without_them(server: Api, kept: dict[str, Manifest]) -> None:
    case = Case("", "", ANN, agent(WATCHED, "a", spec=consent(**{"from": "All"})))
    server.request("DELETE", f"/api/v1/namespaces/{HOME}/configmaps/admission.{WATCHED}.{PLATFORM}")
    answer = patience(lambda: send(server, case), lambda got: not got.warnings)
    assert answer.admitted, answer.message
    assert answer.warnings == ()


def test_parameters_of_the_requesters_own_namespace_are_not_asked(server: Api, kept: dict[str, Manifest]) -> None:
    """What the writer of a namespace puts into it under the same name changes nothing."""
    mine = {**kept[ALPHA]["data"], "writers": ANN, "callees": f"rogue {BETA}/specialist"}
    forged = {**kept[ALPHA], "metadata": {"name": f"admission.{ALPHA}.{PLATFORM}", "namespace": ALPHA}, "data": mine}
    put(server, forged)
    try:
        time.sleep(1)
        answer = send(server, Case("", "", ANN, agent(ALPHA, "rogue")))
        assert not answer.admitted
        assert "agent-writer: " in answer.message
    finally:
        server.request("DELETE", server.path(forged | {"apiVersion": "v1", "kind": "ConfigMap"}))


def test_an_agent_needs_a_namespace_that_enforces_pod_security(server: Api) -> None:
    case = Case("", "", ARGO, DECLARED)
    path = f"/api/v1/namespaces/{ALPHA}"
    try:
        for level in ("baseline", None):
            patch = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}}
            changed = server.request("PATCH", path, patch, "application/merge-patch+json", user=ARGO, group=MASTERS)
            assert changed.admitted, changed.message
            answer = patience(lambda: send(server, case), lambda got: not got.admitted)
            assert "agent-pod-security: " in answer.message
    finally:
        patch = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
        server.request("PATCH", path, patch, "application/merge-patch+json", user=ARGO, group=MASTERS)
        assert patience(lambda: send(server, case), lambda got: got.admitted).admitted

"""The harness itself: that the server refuses what it should, so that its acceptance means something."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.api import Api
from tests.clients.crds import definitions
from tests.clients.pods import image_user, kubelet_refusal, pod_of

pytestmark = pytest.mark.clients
KAGENT = ("0.9", "0.10")

# facts of kagent §7: what Pod Security restricted needs
RESTRICTED = {
    "serviceAccountName": "default",
    "podSecurityContext": {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    },
}


def agent(**declarative: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kagent.dev/v1alpha2",
        "kind": "Agent",
        "metadata": {"name": "planner", "namespace": "harness"},
        "spec": {
            "type": "Declarative",
            "description": "Plans.",
            "declarative": {"runtime": "python", "systemMessage": "Plan.", "modelConfig": "default", **declarative},
        },
    }


@pytest.fixture(params=KAGENT)
def server(request: pytest.FixtureRequest, api_server: Callable[[str], Api], shared: Path) -> Api:
    api = api_server(request.param)
    api.establish(definitions(shared / "crds", [("kagent.dev", "Agent")], request.param))
    api.make_namespace("harness", {"pod-security.kubernetes.io/enforce": "restricted"})
    return api


def test_the_second_apply_of_the_same_object_changes_nothing(server: Api) -> None:
    first, second = server.apply(agent()), server.apply(agent())
    assert first.admitted, first.message
    assert first.version == second.version
    changed = server.apply(agent(stream=True))
    assert changed.version != first.version
    server.delete(agent())


def test_an_unknown_field_is_refused(server: Api) -> None:
    answer = server.apply(agent(descripton="misspelt"))
    assert answer.status in (400, 500), answer
    assert "descripton" in answer.message


def test_a_pod_as_kagent_makes_it_by_default_is_refused_and_a_restricted_one_is_admitted(server: Api) -> None:
    bare = server.try_create(pod_of(agent(deployment={"serviceAccountName": "default"}), "0.10"))
    assert bare.status == 403
    assert 'violates PodSecurity "restricted' in bare.message
    safe = server.try_create(pod_of(agent(deployment=RESTRICTED), "0.10"))
    assert safe.admitted, safe.message


def test_skills_make_a_pod_privileged_unless_escalation_is_forbidden(server: Api) -> None:
    skilled = agent(deployment={**RESTRICTED, "securityContext": {"capabilities": {"drop": ["ALL"]}}})
    skilled["spec"]["skills"] = {"refs": ["registry.example/skill:1"]}
    assert "privileged" in server.try_create(pod_of(skilled, "0.10")).message
    skilled["spec"]["declarative"]["deployment"] = RESTRICTED
    answer = server.try_create(pod_of(skilled, "0.10"))
    assert answer.admitted, answer.message


def test_a_named_user_without_a_number_is_what_the_kubelet_refuses() -> None:
    context = {"runAsNonRoot": True}
    unnumbered = agent(deployment={"podSecurityContext": context})
    pod = pod_of(unnumbered, "0.9")
    assert "python is not a number" in kubelet_refusal(pod, image_user(unnumbered, "0.9"))
    assert kubelet_refusal(pod, image_user(unnumbered, "0.10")) == ""
    assert kubelet_refusal(pod_of(agent(deployment=RESTRICTED), "0.9"), image_user(unnumbered, "0.9")) == ""


def test_rights_are_what_roles_give_and_nothing_more(server: Api) -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader", "namespace": "harness"},
        "rules": [{"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"], "resourceNames": ["one"]}],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "reader", "namespace": "harness"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "User", "name": "ann", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    assert server.apply(role).admitted
    assert server.apply(binding).admitted
    everybody = server.rights("harness", "somebody-else")
    assert server.rights("harness", "ann") - everybody == {("get", "", "pods/log:one")}
    account = "system:serviceaccount:harness:default"
    assert server.rights("harness", account) - everybody == frozenset()
    server.delete(binding)
    server.delete(role)


def test_a_cilium_policy_is_checked_against_ciliums_schema(server: Api, shared: Path) -> None:
    server.establish(definitions(shared / "crds", [("cilium.io", "CiliumNetworkPolicy")], "0.10"))
    policy: dict[str, Any] = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "model", "namespace": "harness"},
        "spec": {
            "endpointSelector": {"matchLabels": {"kagent": "planner"}},
            "egress": [{"toFQDNs": [{"matchName": "api.example.com"}]}],
        },
    }
    answer = server.try_create(policy)
    assert answer.admitted, answer.message
    policy["spec"]["egress"] = [{"toFQDN": []}]
    assert "toFQDN" in server.try_create(policy).message

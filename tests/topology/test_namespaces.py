"""Namespaces: who owns them, how far kgen goes there, and who gets in."""

import pytest

from kgen.topology.types import Access, Namespace, PodSecurity
from tests.topology.build import build, call, define
from tests.topology.refusals_platform import access
from tests.topology.samples import plain

CALL = call("alpha/planner", "beta/writer")


def namespace(text: str, platform: str = "", name: str = "alpha") -> Namespace:
    [found] = [space for space in build(text, platform).namespaces if space.name == name]
    return found


STANDINGS = [
    (CALL, "", "External", True, False),
    (define("alpha/planner"), "", "Owned", True, False),
    (CALL, "namespaces: {alpha: {}}", "Owned", True, True),
    (CALL, "namespaces: {alpha: {management: Shared}}", "Shared", True, True),
    (define("alpha/planner"), "namespaces: {alpha: {management: External}}", "External", True, True),
    (define("alpha/planner"), "namespaces: {alpha: {enforcement: Observe}}", "Owned", False, True),
]


@pytest.mark.parametrize("text, platform, management, enforced, listed", STANDINGS)
def test_what_a_namespace_is(text: str, platform: str, management: str, enforced: bool, listed: bool) -> None:
    found = namespace(text, platform)
    assert (found.management, found.enforced, found.listed) == (management, enforced, listed)


def test_a_listed_namespace_is_there_without_agents() -> None:
    found = namespace("", "namespaces: {alpha: {team: red, labels: {a: b}}}")
    assert (found.agents, found.team, found.labels, found.presence) == ((), "red", {"a": "b"}, "defined")


def test_a_namespace_of_the_input_is_wired() -> None:
    text = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: alpha}\n"
    assert namespace(text, "namespaces: {alpha: {}}").presence == "wired"


def test_pod_security_is_restricted_and_pinned() -> None:
    pinned = namespace("", 'kubernetesVersion: "1.31"\nnamespaces: {alpha: {}}').pod_security
    assert pinned == PodSecurity("restricted", "restricted", "restricted", "v1.31")
    given = namespace("", "namespaces: {alpha: {podSecurity: {enforce: baseline, version: latest}}}").pod_security
    assert given == PodSecurity("baseline", "restricted", "restricted", "latest")


def test_a_workload_of_a_shared_namespace_may_be_as_it_is() -> None:
    pod = plain("Pod", "legacy") + "spec: {hostNetwork: true}\n"
    assert build(pod + CALL, "namespaces: {alpha: {management: Shared}}").agents


def test_a_lower_level_takes_a_workload_that_keeps_it() -> None:
    pod = plain("Pod", "legacy") + "spec: {containers: [{name: c}]}\n"
    assert build(pod + CALL, "namespaces: {alpha: {podSecurity: {enforce: baseline}}}").agents


def granted(given: str) -> tuple[Access, ...]:
    return build(CALL, access(given)).accesses


def test_viewers_read_and_never_secrets() -> None:
    [found] = granted("viewers: {dev: {namespaces: [alpha, alpha], subjects: ME}}")
    assert (found.name, found.purpose, found.namespace) == ("dev", "viewer", "alpha")
    assert found.subjects == ({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "me"},)
    assert {verb for rule in found.rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    resources = {resource for rule in found.rules for resource in rule["resources"]}
    assert "pods/log" in resources
    assert not {"secrets", "configmaps", "pods/exec", "*"} & resources


def test_debuggers_exec_by_both_verbs() -> None:
    [found] = granted("debuggers: {dev: {namespaces: [alpha], subjects: ME}}")
    assert {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]} in found.rules


def test_automation_gets_what_it_names_group_by_group() -> None:
    resources = "[pods/log, deployments.apps, agents.kagent.dev, pods]"
    [found] = granted(
        f"automation: {{bot: {{namespaces: [alpha], subjects: ME, verbs: [list, get], resources: {resources}}}}}"
    )
    assert found.rules == (
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
        {"apiGroups": ["kagent.dev"], "resources": ["agents"], "verbs": ["get", "list"]},
    )


def test_a_service_account_is_named_with_its_namespace() -> None:
    subject = "[{kind: ServiceAccount, name: bot, namespace: ops}]"
    [found] = granted(f"viewers: {{dev: {{namespaces: [alpha], subjects: {subject}}}}}")
    assert found.subjects == ({"kind": "ServiceAccount", "name": "bot", "namespace": "ops"},)

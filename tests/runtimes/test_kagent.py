"""kagent's conventions: names of the release, what an Agent says, and what restricted needs on top."""

from typing import Any

import pytest

from kgen.runtimes import kagent
from kgen.runtimes.pod_security import violations

PLATFORM = {"namespace": "kagent", "releaseName": "kagent"}


def test_names_of_the_default_release() -> None:
    release = kagent.release(PLATFORM)
    parts = {"app.kubernetes.io/name": "kagent", "app.kubernetes.io/instance": "kagent"}
    assert release.controller == "kagent-controller"
    assert release.controller_pods == {"matchLabels": {**parts, "app.kubernetes.io/component": "controller"}}
    assert release.ui_pods == {"matchLabels": {**parts, "app.kubernetes.io/component": "ui"}}
    assert (release.tools, release.tools_pods["matchLabels"]["app.kubernetes.io/name"]) == ("kagent-tools",) * 2


def test_names_of_a_release_of_its_own() -> None:
    release = kagent.release({"namespace": "ai", "releaseName": "prod", "fullnameOverride": "agents"})
    assert (release.namespace, release.controller, release.tools) == ("ai", "agents-controller", "prod-tools")
    assert release.controller_pods["matchLabels"]["app.kubernetes.io/instance"] == "prod"


def test_pods_are_selected_by_the_two_labels_that_nothing_overrides() -> None:
    assert kagent.pod_selector("planner") == {"matchLabels": {"app": "kagent", "kagent": "planner"}}


def test_the_name_that_a_model_sees() -> None:
    assert kagent.tool_name("team-beta", "fact-checker") == "team_beta__NS__fact_checker"


TOOLS: list[tuple[dict[str, Any], object, object]] = [
    ({"type": "Agent", "agent": {"name": "a", "namespace": "beta"}}, ("beta", "a"), None),
    ({"type": "Agent", "agent": {"name": "a"}}, ("alpha", "a"), None),
    (
        {"type": "McpServer", "mcpServer": {"kind": "RemoteMCPServer", "name": "t", "namespace": "tools"}},
        None,
        ("RemoteMCPServer", "tools", "t"),
    ),
    ({"type": "McpServer", "mcpServer": {"name": "t"}}, None, ("MCPServer", "alpha", "t")),
    # without type the CRD refuses it; what it would call is known all the same
    ({"agent": {"name": "a"}}, ("alpha", "a"), None),
    ({"mcpServer": {"name": "t"}}, None, ("MCPServer", "alpha", "t")),
    ({}, None, None),
]


@pytest.mark.parametrize("tool, callee, server", TOOLS)
def test_what_a_tool_names(tool: dict[str, Any], callee: object, server: object) -> None:
    assert kagent.callee_of(tool, "alpha") == callee
    assert kagent.server_of(tool, "alpha") == server


UIDS = [
    ("0.9", "python", False, 1001),
    ("0.9", "go", False, 65532),
    ("0.10", "python", False, 65532),
    ("0.10", "go", False, 65532),
    ("0.10", "python", True, 1001),
    ("0.10", "go", True, 1001),
]


@pytest.mark.parametrize("version, runtime, full, uid", UIDS)
def test_the_user_is_that_of_the_image(version: str, runtime: str, full: bool, uid: int) -> None:
    pod, _ = kagent.security_contexts(version, runtime, False, full, {})
    assert (pod["runAsUser"], pod["runAsGroup"], pod["fsGroup"]) == (uid, uid, uid)


@pytest.mark.parametrize("version", kagent.VERSIONS)
@pytest.mark.parametrize("runtime", ["python", "go"])
@pytest.mark.parametrize("byo", [True, False])
def test_a_pod_with_these_contexts_keeps_restricted(version: str, runtime: str, byo: bool) -> None:
    pod, container = kagent.security_contexts(version, runtime, byo, False, {})
    spec = {"securityContext": pod, "containers": [{"name": "kagent", "securityContext": container}]}
    assert violations(spec, "restricted") == []


def test_an_image_of_the_users_own_keeps_its_user() -> None:
    pod, container = kagent.security_contexts("0.10", "", True, False, {})
    assert "runAsUser" not in pod
    assert "runAsUser" not in container


def test_what_is_there_and_good_enough_is_left_alone() -> None:
    existing = {
        "podSecurityContext": {"runAsUser": 2000, "seccompProfile": {"type": "Localhost"}},
        "securityContext": {"capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "Localhost"}},
    }
    pod, container = kagent.security_contexts("0.10", "go", False, False, existing)
    assert pod == {"runAsNonRoot": True}
    assert container == {"allowPrivilegeEscalation": False, "runAsNonRoot": True}


def test_a_group_that_is_there_stays() -> None:
    pod, _ = kagent.security_contexts("0.10", "go", False, False, {"podSecurityContext": {"fsGroup": 3000}})
    assert "fsGroup" not in pod
    assert pod["runAsUser"] == 65532


@pytest.mark.parametrize("section", [None, "x", [], {"deployment": 1}])
def test_an_agent_of_an_odd_shape_says_nothing(section: object) -> None:
    manifest = {"spec": {"type": "Declarative", "declarative": section}}
    assert kagent.deployment_of(manifest) == {}
    assert kagent.service_account(manifest) == ""
    assert kagent.tools_of(manifest) == []

"""What is given by name: tools, consent, rights in the API server."""

from typing import Any

from kgen.manifests import Manifest
from tests.compare.build import closed, manifests, opened
from tests.proof.build import agent, thing

RBAC = "rbac.authorization.k8s.io/v1"
OUTSIDE = "[x] tool x/bot > RemoteMCPServer tools/orders"


def bot(*tools: dict[str, Any], **spec: Any) -> Manifest:
    made = agent("bot", "x", **spec)
    made["spec"]["declarative"]["tools"] = [
        {"type": "McpServer", "mcpServer": {"kind": "RemoteMCPServer", "name": "orders", "namespace": "tools", **tool}}
        for tool in tools
    ]
    return made


def role(*rules: tuple[str, str, str]) -> Manifest:
    made = [{"apiGroups": [group], "resources": [resource], "verbs": [verb]} for group, resource, verb in rules]
    return thing("Role", "r", "x", RBAC, rules=made)


def bound(*users: str) -> Manifest:
    subjects = [{"kind": "User", "name": user} for user in users]
    return thing("RoleBinding", "r", "x", RBAC, subjects=subjects, roleRef={"kind": "Role", "name": "r"})


def test_a_tool_that_is_given_and_taken() -> None:
    assert opened(manifests(bot()), manifests(bot({"toolNames": ["a"]}))) == [f"{OUTSIDE} (a)"]
    assert closed(manifests(bot({"toolNames": ["a"]})), manifests(bot())) == [f"{OUTSIDE} (a)"]


def test_one_more_tool_of_a_server_and_then_all_of_them() -> None:
    one, two, every = ({"toolNames": ["a"]}, {"toolNames": ["a", "b"]}, {"toolNames": []})
    assert opened(manifests(bot(one)), manifests(bot(two))) == [f"{OUTSIDE} (b)"]
    assert opened(manifests(bot(two)), manifests(bot(every))) == [f"{OUTSIDE} (all its tools, was a, b)"]
    assert opened(manifests(bot(every)), manifests(bot(one))) == []


def test_a_persons_approval_that_is_no_longer_needed() -> None:
    held, free = {"toolNames": ["a"], "requireApproval": ["a"]}, {"toolNames": ["a"]}
    assert opened(manifests(bot(held)), manifests(bot(free))) == [f"{OUTSIDE} (without a person's approval: a)"]


def test_consent_to_another_namespace() -> None:
    def consenting(*names: str) -> Manifest:
        match = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(names)}
        return bot(allowedNamespaces={"from": "Selector", "selector": {"matchExpressions": [match]}})

    assert opened(manifests(consenting("a")), manifests(consenting("a", "b"))) == [
        "[x] consent b/* > x/bot (may refer to it as a tool)"
    ]
    everybody = bot(allowedNamespaces={"from": "All"})
    assert opened(manifests(consenting("a")), manifests(everybody)) == [
        "[x] consent every namespace > x/bot (may refer to it as a tool)"
    ]


def test_a_right_that_a_role_gains_and_a_subject_that_is_bound() -> None:
    base = manifests(role(("", "pods", "get")), bound("ann"))
    assert opened(base, manifests(role(("", "pods", "get"), ("", "secrets", "get")), bound("ann"))) == [
        "[x] right User ann > x (get secrets)",
        "[x] right User ann > x (read Secrets)",
    ]
    assert opened(base, manifests(role(("", "pods", "get")), bound("ann", "ben"))) == [
        "[x] right User ben > x (get pods)"
    ]
    assert opened(manifests(role(("", "pods", "get")), bound("ann", "ben")), base) == []

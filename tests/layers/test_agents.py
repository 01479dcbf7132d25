"""The layer agents: one template for Agents that kgen makes, completes, or proposes a patch for."""

import pytest

from kgen.patch.merge import merge
from kgen.topology.types import Delegation, Tool
from tests.layers.build import (
    RESTRICTED_CONTAINER,
    RESTRICTED_POD,
    agent,
    built,
    definition,
    endpoint,
    instances,
    link,
    manifest,
    objects,
    topology,
)

TOKEN = Delegation("X-Agent-Token", "specialist-token", "token", "")
CALL = link("team-alpha/orchestrator", "team-beta/specialist", TOKEN)
ORDERS = Tool("RemoteMCPServer", "tools", "orders", ("get_order", "list_orders"), ("get_order",))


def made(one):
    found = objects("agents", topology(one))
    assert list(found) == [f"Agent {one.namespace}/{one.name}"]
    return found[f"Agent {one.namespace}/{one.name}"]


def test_a_defined_caller(kagent_problems):
    one = made(agent("team-alpha/orchestrator", callees=(CALL,), tools=(ORDERS,), link_hash="4be1c4d2", wave=1))
    assert one == manifest(
        """
        apiVersion: kagent.dev/v1alpha2
        kind: Agent
        metadata:
          name: orchestrator
          namespace: team-alpha
          labels:
            kgen.dev/link-hash: 4be1c4d2
        spec:
          description: Does one thing well.
          type: Declarative
          declarative:
            runtime: python
            systemMessage: You do one thing.
            modelConfig: default-model
            tools:
            - type: Agent
              agent:
                apiGroup: kagent.dev
                kind: Agent
                name: specialist
                namespace: team-beta
              headersFrom:
              - name: X-Agent-Token
                valueFrom:
                  type: Secret
                  name: specialist-token
                  key: token
            - type: McpServer
              mcpServer:
                apiGroup: kagent.dev
                kind: RemoteMCPServer
                name: orders
                namespace: tools
                toolNames: [get_order, list_orders]
                requireApproval: [get_order]
            deployment:
              serviceAccountName: orchestrator-sa
              podSecurityContext:
                runAsNonRoot: true
                runAsUser: 65532
                runAsGroup: 65532
                fsGroup: 65532
                seccompProfile: {type: RuntimeDefault}
              securityContext:
                allowPrivilegeEscalation: false
                runAsNonRoot: true
                capabilities: {drop: [ALL]}
                seccompProfile: {type: RuntimeDefault}
          allowedNamespaces:
            from: Same
        """
    )
    assert kagent_problems(one) == []


def test_a_defined_callee_consents_to_its_callers_namespaces(kagent_problems):
    one = made(agent("team-beta/specialist", callers=(CALL,), caller_namespaces=("ops", "team-alpha")))
    assert one["spec"]["allowedNamespaces"] == manifest(
        """
        from: Selector
        selector:
          matchExpressions:
          - key: kubernetes.io/metadata.name
            operator: In
            values: [ops, team-alpha]
        """
    )
    assert kagent_problems(one) == []


def test_everything_that_a_definition_can_say(kagent_problems):
    skill = {"id": "plan", "name": "Plan", "description": "Plans.", "tags": ["a"], "examples": ["Plan it."]}
    told = definition(
        runtime="go",
        system_message="",
        system_message_from={"type": "ConfigMap", "name": "prompts", "key": "plan"},
        env=({"name": "LOG_LEVEL", "value": "debug"},),
        skills=(skill,),
        replicas=0,
        resources={"limits": {"memory": "1Gi"}},
        labels={"cost-center": "42"},
        image_pull_secrets=("registry",),
    )
    one = made(agent("team-alpha/orchestrator", definition=told))
    declarative = one["spec"]["declarative"]
    assert (declarative["runtime"], "systemMessage" in declarative) == ("go", False)
    assert declarative["systemMessageFrom"] == {"type": "ConfigMap", "name": "prompts", "key": "plan"}
    assert declarative["a2aConfig"] == {"skills": [skill]}
    assert declarative["deployment"] == {
        "env": [{"name": "LOG_LEVEL", "value": "debug"}],
        "imagePullSecrets": [{"name": "registry"}],
        "replicas": 0,
        "resources": {"limits": {"memory": "1Gi"}},
        "labels": {"cost-center": "42"},
        "serviceAccountName": "orchestrator-sa",
        "podSecurityContext": RESTRICTED_POD,
        "securityContext": RESTRICTED_CONTAINER,
    }
    assert kagent_problems(one) == []


def test_an_image_of_the_users_own(kagent_problems):
    told = definition(
        byo=True, runtime="", system_message="", image="registry.example/a:1", command="run", args=("-v",)
    )
    one = made(agent("team-alpha/orchestrator", definition=told, byo=True, model_config="", callees=(CALL,)))
    assert one["spec"] == {
        "description": "Does one thing well.",
        "type": "BYO",
        "byo": {
            "deployment": {
                "image": "registry.example/a:1",
                "cmd": "run",
                "args": ["-v"],
                "serviceAccountName": "orchestrator-sa",
                "podSecurityContext": RESTRICTED_POD,
                "securityContext": RESTRICTED_CONTAINER,
            }
        },
        "allowedNamespaces": {"from": "Same"},
    }
    assert kagent_problems(one) == []


def test_an_account_that_the_definition_names_is_used_and_not_made():
    one = agent("team-alpha/orchestrator", makes_service_account=False)
    one = one._replace(endpoint=one.endpoint._replace(service_account="chosen"))
    assert made(one)["spec"]["declarative"]["deployment"]["serviceAccountName"] == "chosen"


# Mistakes of hand-written bundles (kagent PR 1908, files 01, 05 and 06)


def test_the_schema_would_tell_a_misplaced_description(kagent_problems):
    one = made(agent("team-alpha/orchestrator"))
    one["spec"]["declarative"]["description"] = one["spec"].pop("description")
    assert len(kagent_problems(one)) == 1


def test_the_description_stands_on_spec():
    one = made(agent("team-alpha/orchestrator"))
    assert "description" in one["spec"]
    assert "description" not in one["spec"]["declarative"]


def test_every_tool_has_its_type_and_kind():
    tools = made(agent("team-alpha/orchestrator", callees=(CALL,), tools=(ORDERS,)))["spec"]["declarative"]["tools"]
    assert [tool["type"] for tool in tools] == ["Agent", "McpServer"]
    assert [tool[key]["kind"] for tool, key in zip(tools, ("agent", "mcpServer"), strict=True)] == [
        "Agent",
        "RemoteMCPServer",
    ]


def test_no_account_is_named_like_its_agent():
    one = made(agent("team-alpha/orchestrator"))
    assert one["spec"]["declarative"]["deployment"]["serviceAccountName"] != one["metadata"]["name"]


@pytest.mark.parametrize("namespaces", [(), ("team-alpha",)])
@pytest.mark.parametrize("presence", ["defined", "wired", "external"])
def test_no_namespace_is_admitted_that_is_not_named(presence, namespaces):
    one = agent("team-beta/specialist", presence, callers=(CALL,), caller_namespaces=namespaces)
    for instance in instances("agents", topology(one)).values():
        allowed = built(instance)["spec"].get("allowedNamespaces", {"from": "Same"})
        assert allowed["from"] in ("Same", "Selector")
        if allowed["from"] == "Selector":
            (expression,) = allowed["selector"]["matchExpressions"]
            assert expression["values"] == list(namespaces) != []
            assert expression["operator"] == "In"


def test_no_callee_that_is_no_agent_becomes_a_tool():
    storefront = endpoint("shop/storefront", "wired", "Deployment")
    one = made(agent("team-alpha/orchestrator", callees=(link("team-alpha/orchestrator", storefront),)))
    assert "tools" not in one["spec"]["declarative"]


# Wired


def wired(**changes):
    # what the topology finds missing in the Agent below
    return agent(
        "team-alpha/orchestrator",
        "wired",
        makes_service_account=True,
        pod_security_context={"runAsNonRoot": True},
        security_context={"capabilities": {"drop": ["ALL"]}},
        callees=(CALL,),
        link_hash="4be1c4d2",
        **changes,
    )


EXISTING = """
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata:
  name: orchestrator
  namespace: team-alpha
spec:
  type: Declarative
  description: Mine.
  declarative:
    systemMessage: Mine.
    tools:
    - type: McpServer
      mcpServer: {kind: MCPServer, apiGroup: kagent.dev, name: notes, toolNames: [read]}
    - type: Agent
      agent: {name: helper}
    deployment:
      securityContext:
        capabilities: {drop: [NET_RAW]}
"""


def test_a_wired_agent_gets_tools_identity_and_contexts_and_nothing_else():
    one = instances("agents", topology(wired()))["Agent team-alpha/orchestrator"]
    assert one.presence == "wired"
    addition = built(one)
    assert set(addition["spec"]) == {"declarative"}
    assert set(addition["spec"]["declarative"]) == {"tools", "deployment"}
    assert set(addition["spec"]["declarative"]["deployment"]) == {
        "serviceAccountName",
        "podSecurityContext",
        "securityContext",
    }


def test_merged_into_an_agent_the_rest_of_it_stays(kagent_problems):
    helper = link("team-alpha/orchestrator", "team-alpha/helper")
    one = instances("agents", topology(wired()._replace(callees=(CALL, helper))))["Agent team-alpha/orchestrator"]
    whole, conflicts = merge(manifest(EXISTING), built(one), one.template.lists)
    assert conflicts == []
    assert whole["spec"]["description"] == "Mine."
    declarative = whole["spec"]["declarative"]
    assert [(tool.get("agent") or tool["mcpServer"])["name"] for tool in declarative["tools"]] == [
        "notes",
        "helper",
        "specialist",
    ]
    assert declarative["deployment"]["securityContext"]["capabilities"]["drop"] == ["NET_RAW", "ALL"]
    assert whole["metadata"]["labels"]["kgen.dev/link-hash"] == "4be1c4d2"
    assert kagent_problems(whole) == []


def test_merging_twice_changes_nothing():
    one = instances("agents", topology(wired()))["Agent team-alpha/orchestrator"]
    once, _ = merge(manifest(EXISTING), built(one), one.template.lists)
    twice, conflicts = merge(once, built(one), one.template.lists)
    assert conflicts == []
    assert twice == once


def test_a_header_that_says_something_else_is_a_conflict():
    existing = manifest(EXISTING)
    existing["spec"]["declarative"]["tools"].append(
        {
            "type": "Agent",
            "agent": {"name": "specialist", "namespace": "team-beta"},
            "headersFrom": [
                {"name": "X-Agent-Token", "valueFrom": {"type": "Secret", "name": "other", "key": "token"}}
            ],
        }
    )
    one = instances("agents", topology(wired()))["Agent team-alpha/orchestrator"]
    _, conflicts = merge(existing, built(one), one.template.lists)
    assert [conflict.reason for conflict in conflicts] == ["differs"]
    assert conflicts[0].path.endswith("valueFrom.name")


def test_a_wired_image_of_the_users_own_gets_no_tools():
    one = agent("team-alpha/orchestrator", "wired", byo=True, callees=(CALL,), tools=(ORDERS,))
    addition = made(one)
    assert set(addition["spec"]) == {"byo"}
    assert set(addition["spec"]["byo"]) == {"deployment"}


@pytest.mark.parametrize("presence", ["wired", "external"])
def test_observe_merges_nothing(presence):
    one = agent("team-alpha/orchestrator", presence, enforced=False, callees=(CALL,), caller_namespaces=("ops",))
    assert objects("agents", topology(one)) == {}


# External


def test_an_external_agent_gets_a_patch_with_tools_and_consent_only():
    one = agent("team-beta/specialist", "external", callees=(link("team-beta/specialist", "ops/db"),))
    instance = instances("agents", topology(one._replace(caller_namespaces=("team-alpha",), link_hash="1")))
    patch = instance["Agent team-beta/specialist"]
    assert patch.presence == "external"
    assert set(built(patch)["spec"]) == {"declarative", "allowedNamespaces"}
    assert set(built(patch)["spec"]["declarative"]) == {"tools"}
    assert built(patch)["metadata"] == {"name": "specialist", "namespace": "team-beta"}


def test_an_external_agent_that_needs_nothing_gets_no_patch():
    assert objects("agents", topology(agent("team-beta/specialist", "external", callers=(CALL,)))) == {}


def test_an_external_callee_is_asked_for_its_consent_only():
    one = agent("team-beta/specialist", "external", caller_namespaces=("team-alpha",))
    assert set(made(one)["spec"]) == {"allowedNamespaces"}


def test_only_agents_of_kagent():
    workload = agent("shop/storefront", "wired", "Deployment", callers=(CALL,))
    assert objects("agents", topology(workload)) == {}


def test_a_callee_comes_before_its_callers():
    found = instances("agents", topology(agent("a/b", wave=0), agent("a/c", wave=1), agent("a/d", wave=2)))
    assert {name: one.wave for name, one in found.items()} == {"Agent a/b": 0, "Agent a/c": 1, "Agent a/d": 2}

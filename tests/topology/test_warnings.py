"""What a run that goes through has to say, with the whole message."""

from typing import NamedTuple

import pytest

from tests.topology.build import build, call, link, platform_of
from tests.topology.refusals_platform import access
from tests.topology.samples import REMOTE_SERVER, STORE, TOOL, agent

OBSERVE = "namespaces: {alpha: {enforcement: Observe}}"
BUNDLED = (
    REMOTE_SERVER.replace("name: t, namespace: tools", "name: kagent-tool-server, namespace: kagent")
    .replace("http://t.tools:80/mcp", "http://kagent-tools.kagent:8084/mcp")
    .replace("description: Reads.", "description: Acts., allowedNamespaces: {from: All}")
)
DATABASE = "{peer: {namespace: alpha, podSelector: {matchLabels: {app: db}}, ports: [5432]}}"
DATABASE_POLICY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: alpha}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}
"""


class Said(NamedTuple):
    rule: str
    severity: str
    where: str
    message: str
    text: str
    platform: str = ""


CASES = (
    Said(
        "residual-8083",
        "warning",
        "Platform spec.profile",
        "every agent has to reach the kagent controller (kagent:8083), and whoever reaches it can call any agent and "
        "write Agents there: no network policy can tell these calls apart. This stays open at profile Baseline",
        call("alpha/planner", "beta/writer"),
    ),
    Said(
        "pod-security",
        "warning",
        "Agent spec.declarative.deployment",
        "breaks Pod Security restricted, which namespace alpha (Owned) enforces: container kagent needs "
        "allowPrivilegeEscalation: false; container kagent needs capabilities: {drop: [ALL]}; container kagent needs "
        "runAsNonRoot: true; container kagent needs seccompProfile: {type: RuntimeDefault}. No link names it, so kgen "
        "leaves it as it is: name it in one (`from` alone is enough)",
        agent() + call("beta/writer", "gamma/reader"),
        "namespaces: {alpha: {}}",
    ),
    Said(
        "unnamed-agent",
        "warning",
        "Agent metadata.name",
        "no link or grant names alpha/planner, so the default-deny of alpha (Owned) cuts it off: no DNS, no model, no "
        "kagent controller, and nobody calls it. If it is meant to run, name it in a link, which opens nothing to "
        "other agents by itself; else take it out:\napiVersion: kgen.dev/v1alpha1\nkind: AgentLink\nmetadata:\n"
        "  name: planner\n  namespace: alpha\nspec:\n  from: planner",
        agent() + call("beta/writer", "gamma/reader"),
        "namespaces: {alpha: {}}",
    ),
    Said(
        "no-description",
        "warning",
        "Agent spec.description",
        "is missing: it is all that the models of its callers are told of this agent, and without it they choose "
        "blindly; say in a sentence what it does",
        agent() + call("beta/writer", "alpha/planner"),
    ),
    Said(
        "tool-type",
        "warning",
        "Agent spec.declarative.tools[0].type",
        "is missing, and the API server refuses a tool without it: write type: McpServer",
        agent(declarative="tools: [{mcpServer: {name: t}}]") + call("alpha/planner", "beta/writer"),
    ),
    Said(
        "private-networks",
        "warning",
        "Platform spec.network.privateCIDRs",
        "does not hold 169.254.0.0/16, fc00::/7, fe80::/10, which then count as public: this list replaces the default "
        "one, and where a policy opens public addresses it opens these: the cluster's own, or the clouds' metadata "
        "service; add them",
        call("alpha/planner", "beta/writer"),
        "network: {privateCIDRs: [10.0.0.0/7, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10]}",
    ),
    Said(
        "auth-mode",
        "info",
        "Platform spec.kagent.authMode",
        "TrustedProxy does not verify the tokens it is given: it keeps nobody out who reaches port 8083",
        call("alpha/planner", "beta/writer"),
        "kagent: {authMode: TrustedProxy}",
    ),
    Said(
        "external",
        "info",
        "AgentLink spec.to",
        "Agent beta/writer is external: kgen only selects its pods (app=kagent, kagent=writer); give its manifest as "
        "input, or `define` it, to have it wired",
        agent() + call("alpha/planner", "beta/writer"),
    ),
    Said(
        "egress-widened",
        "warning",
        "AgentLink spec.egress[0].host",
        "api.example.com is declared, but without Cilium no policy can tell hosts apart: port 443, 8443 is open to "
        "every public address; give a cidr, or set network.cni: Cilium where it is",
        link("from: alpha/planner\negress: [{host: api.example.com, ports: [443, 8443]}]"),
    ),
    Said(
        "expired",
        "warning",
        "AgentLink spec.validUntil",
        "expired on 2026-06-14 (today is 2026-06-15): what it asks for is left out; renew or delete the link",
        link('from: alpha/planner\nto: beta/writer\nvalidUntil: "2026-06-14"'),
    ),
    Said(
        "suspended",
        "warning",
        'Platform spec.suspended["gamma/*"]',
        "no agent of this run is in gamma yet: it will hold for those that come",
        call("alpha/planner", "beta/writer"),
        "{suspended: {gamma/*: INC-1}, namespaces: {gamma: {}}}",
    ),
    Said(
        "bundled-tools",
        "warning",
        "AgentLink spec.tools[0]",
        "kagent-tool-server is kagent's bundled tool server: by default it acts on the cluster with every right, "
        "without authentication; an agent that reaches it is as good as cluster-admin (kagent-dev/tools "
        "clusterrole.yaml)",
        BUNDLED + link(f"{TOOL}{{kind: RemoteMCPServer, name: kagent-tool-server, namespace: kagent}}"),
    ),
    Said(
        "allows-all",
        "warning",
        "Agent spec.allowedNamespaces.from",
        "found All: every namespace of the cluster could refer to it; remove it, links say who may",
        agent("allowedNamespaces: {from: All}") + call("alpha/planner", "beta/writer"),
        OBSERVE,
    ),
    Said(
        "undeclared-call",
        "warning",
        "Agent spec.declarative.tools[0]",
        "calls beta/editor, which no link asks for: add it to `to` of the link of alpha/planner (in.yaml:7), or remove "
        "the tool; Enforce refuses it",
        agent(declarative="tools: [{type: Agent, agent: {name: editor, namespace: beta}}]")
        + call("alpha/planner", "beta/writer"),
        OBSERVE,
    ),
    Said(
        "undeclared-tool",
        "warning",
        "Agent spec.declarative.tools[0]",
        "uses MCPServer alpha/t, which no link declares: egress to it will be blocked; add it to `tools` of a link",
        agent(declarative="tools: [{type: McpServer, mcpServer: {name: t}}]") + call("alpha/planner", "beta/writer"),
    ),
    Said(
        "withheld-call",
        "warning",
        "Agent spec.declarative.tools[0]",
        "calls beta/writer, whose link is suspended or expired: policies block the call, but kagent keeps offering the "
        "tool until it is removed here",
        agent(declarative="tools: [{type: Agent, agent: {name: writer, namespace: beta}}]")
        + call("alpha/planner", "beta/writer"),
        "suspended: {beta/writer: INC-1}",
    ),
    Said(
        "access-secrets",
        "warning",
        'Platform spec.access.automation["bot"].resources[0]',
        "lets automation read every Secret of the namespace, delegated headers included",
        call("alpha/planner", "beta/writer"),
        access("automation: {bot: {namespaces: [alpha], subjects: ME, verbs: [get], resources: [secrets]}}"),
    ),
    Said(
        "closed-peer",
        "info",
        "AgentLink spec.from",
        "alpha/planner is let in to the pods app=db in alpha (egress alpha); that namespace is Owned, so these pods "
        "reach nothing themselves, not even DNS: add a NetworkPolicy with their egress to the input, or list alpha "
        "as Shared",
        link(f"from: alpha/planner\negress: [{DATABASE}]"),
        "namespaces: {alpha: {}}",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_it_is_said(case: Said) -> None:
    [result] = [result for result in build(case.text, case.platform).results if result.rule == case.rule]
    assert (result.severity, f"{result.kind} {result.field}") == (case.severity, case.where)
    assert result.message == case.message


def test_a_tool_without_a_type_counts_as_undeclared() -> None:
    text = agent(declarative="tools: [{agent: {name: editor, namespace: beta}}]") + call("alpha/planner", "beta/writer")
    [said] = [r.message for r in build(text, OBSERVE).results if r.rule == "undeclared-call"]
    assert said.startswith("calls beta/editor, which no link asks for")


OPEN = (
    "",
    "namespaces: {alpha: {management: Shared}}",
    "{namespaces: {alpha: {}}, layers: {network: Disabled}}",
)


@pytest.mark.parametrize("platform", OPEN)
def test_an_agent_without_a_link_is_not_cut_off_where_nothing_is_closed(platform: str) -> None:
    built = build(agent() + call("beta/writer", "gamma/reader"), platform)
    assert not [r for r in built.results if r.rule == "unnamed-agent"]


def test_under_observe_it_is_said_what_enforce_would_do() -> None:
    [said] = [
        r for r in build(agent() + call("beta/writer", "gamma/reader"), OBSERVE).results if r.rule == "unnamed-agent"
    ]
    assert said.severity == "warning"
    assert "so under Enforce the default-deny of alpha (Owned) would cut it off: no DNS" in said.message


def test_what_enforce_would_refuse_to_run_is_said_under_observe() -> None:
    privileged = agent(declarative="deployment: {securityContext: {privileged: true}}")
    watched = "namespaces: {alpha: {enforcement: Observe}, shop: {enforcement: Observe}}"
    built = build(STORE + privileged + call("alpha/planner", "beta/writer"), watched)
    said = {f"{r.kind} {r.severity}": r.message for r in built.results if r.rule == "pod-security"}
    assert set(said) == {"Agent warning", "Deployment warning"}
    assert all("which namespace" in message and message.endswith(". Enforce refuses it") for message in said.values())


def test_a_call_into_a_namespace_under_enforce_is_blocked_already() -> None:
    calls = agent(declarative="tools: [{type: Agent, agent: {name: writer, namespace: beta}}]")
    platform = "namespaces: {alpha: {enforcement: Observe}, beta: {}}"
    built = build(calls + call("alpha/planner", "beta/editor") + link("from: beta/writer", "writer"), platform)
    [said] = [r for r in built.results if r.rule == "undeclared-call"]
    assert said.severity == "warning"
    assert said.message.endswith("; beta is under Enforce and blocks it already")


def test_nothing_is_said_where_a_policy_of_the_input_speaks_of_their_egress() -> None:
    text = DATABASE_POLICY + link(f"from: alpha/planner\negress: [{DATABASE}]")
    assert not [r for r in build(text, "namespaces: {alpha: {}}").results if r.rule == "closed-peer"]


def test_nothing_is_said_of_the_controller_where_no_agent_is_kagents() -> None:
    link_of_others = link(
        "from: {namespace: shop, name: web, kind: Deployment, podSelector: {matchLabels: {app: web}}}\n"
        "to: {namespace: shop, name: api, kind: Deployment, podSelector: {matchLabels: {app: api}}}"
    )
    built = build(link_of_others)
    assert {result.rule for result in built.results} == {"external"}
    assert not built.platform.runs_kagent


def test_the_default_list_of_private_networks_is_that_of_the_rule() -> None:
    from kgen.topology.rules.private_networks import DEFAULT

    built = build(call("alpha/planner", "beta/writer"))
    assert not [r for r in built.results if r.rule == "private-networks"]
    assert tuple(platform_of("").manifest["spec"]["network"]["privateCIDRs"]) == DEFAULT

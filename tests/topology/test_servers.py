"""Servers that stand behind a namespace's default-deny: who is let in, and under which name."""

import re

from kgen.topology.types import Peer, Port
from tests.topology.build import build, link

ORDERS = "{kind: RemoteMCPServer, name: orders, peer: {namespace: tools, podSelector: %s, ports: [8084]}}"
NAMED = "{matchLabels: {app.kubernetes.io/name: orders}}"
OWNED = "namespaces: {tools: {}}"


def tool(caller: str, selector: str = NAMED) -> str:
    return link(f"from: {caller}\ntools: [{ORDERS % selector}]", caller.replace("/", "-"))


def test_agents_and_the_controller_come_in_to_a_tool_server() -> None:
    [server] = build(tool("alpha/planner") + tool("beta/writer"), OWNED).servers
    assert (server.namespace, server.name) == ("tools", "orders")
    assert [flow.name for flow in server.ingress] == ["agent alpha/planner", "agent beta/writer", "controller"]
    assert {flow.ports for flow in server.ingress} == {(Port(8084),)}
    assert server.ingress[0].peers == (Peer("alpha", {"matchLabels": {"app": "kagent", "kagent": "planner"}}),)


def test_the_controller_does_not_come_in_to_a_database() -> None:
    database = "{peer: {namespace: data, podSelector: {matchLabels: {app.kubernetes.io/name: db}}, ports: [5432]}}"
    [server] = build(link(f"from: alpha/planner\negress: [{database}]"), "namespaces: {data: {}}").servers
    assert [flow.name for flow in server.ingress] == ["agent alpha/planner"]


def test_only_a_namespace_that_kgen_closes_needs_it() -> None:
    assert build(tool("alpha/planner")).servers == ()
    assert build(tool("alpha/planner"), "namespaces: {tools: {management: Shared}}").servers == ()
    assert build(tool("alpha/planner"), "namespaces: {tools: {enforcement: Observe}}").servers == ()


def test_an_agent_is_no_server() -> None:
    agent = "{peer: {namespace: beta, podSelector: {matchLabels: {app: kagent, kagent: writer}}, ports: [8080]}}"
    text = link(f"from: alpha/planner\nto: beta/writer\negress: [{agent}]")
    assert build(text, "namespaces: {beta: {}}").servers == ()


def test_the_name_is_made_of_the_whole_selector() -> None:
    one, other = "{matchLabels: {app: orders, tier: a}}", "{matchLabels: {app: orders, tier: b}}"
    names = [build(tool("alpha/planner", selector), OWNED).servers[0].name for selector in (one, other)]
    assert names[0] != names[1]
    assert all(name.startswith("orders-") for name in names)


def test_labels_of_any_spelling_give_names_and_each_its_own() -> None:
    values = ["my_db", "My_DB", "my-db", "my.db", "", "x" * 63]
    names = []
    for value in values:
        selector = f'{{matchLabels: {{app.kubernetes.io/name: "{value}"}}}}'
        [server] = build(tool("alpha/planner", selector), OWNED).servers
        names.append(server.name)
        assert server.pod_selector == {"matchLabels": {"app.kubernetes.io/name": value}}
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", server.name)
    assert len(set(names)) == len(values)
    assert names[2] == "my-db"

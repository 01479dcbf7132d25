"""Flows: the named traffic of an agent, each with its peers; and the tools and models behind some of them."""

import pytest

from kgen.topology.addresses import service_of, url
from kgen.topology.types import Flow, Peer, Port
from tests.topology.build import agent_of, build, call, define, link
from tests.topology.samples import REMOTE_SERVER, STORE, TOOL, planner, service

CALL = call("alpha/planner", "beta/writer")
PUBLIC = ("0.0.0.0/0", "::/0")
DNS = Peer("kube-system", {"matchLabels": {"k8s-app": "kube-dns"}})
OURS = REMOTE_SERVER.replace("namespace: tools", "namespace: alpha")


def egress(text: str, platform: str = "", agent: str = "alpha/planner") -> dict[str, Flow]:
    return {flow.name: flow for flow in agent_of(build(text, platform), agent).egress}


def cidrs(flow: Flow) -> tuple[str, ...]:
    return tuple(peer.cidr for peer in flow.peers)


def test_what_every_kagent_agent_needs() -> None:
    flows = egress(CALL)
    assert list(flows) == ["dns", "controller", "model"]
    assert flows["dns"] == Flow("dns", (DNS,), (Port(53, "UDP"), Port(53)))
    assert (flows["controller"].peers[0].namespace, flows["controller"].ports) == ("kagent", (Port(8083),))
    assert (cidrs(flows["model"]), flows["model"].ports) == (PUBLIC, (Port(443),))


def test_public_never_means_private_addresses() -> None:
    v4, v6 = egress(CALL)["model"].peers
    assert {"10.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"} < set(v4.excluded)
    assert set(v6.excluded) == {"fc00::/7", "fe80::/10"}


def test_a_workload_has_no_controller_and_no_model() -> None:
    assert list(egress(STORE + call("shop/store", "beta/writer"), agent="shop/store")) == ["dns"]


def test_an_image_of_its_own_has_no_model_of_kagents() -> None:
    assert list(egress(planner("image: i"))) == ["dns", "controller"]


DNS_FLAVORS = [
    ("{flavor: KubeDNS}", (DNS,), 53),
    ("{flavor: KubeDNS, clusterIP: 10.96.0.10}", (DNS, Peer(cidr="10.96.0.10/32")), 53),
    ("{flavor: NodeLocal}", (DNS, Peer(cidr="169.254.20.10/32")), 53),
    ("{flavor: NodeLocal, localIP: 'fd00::10'}", (DNS, Peer(cidr="fd00::10/128")), 53),
]


@pytest.mark.parametrize("dns, peers, port", DNS_FLAVORS)
def test_dns_has_peers(dns: str, peers: tuple[Peer, ...], port: int) -> None:
    flow = egress(CALL, f"network: {{dns: {dns}}}")["dns"]
    assert flow.peers == peers
    assert flow.ports[0].number == port


def test_openshifts_dns_pods_listen_on_5353() -> None:
    flow = egress(CALL, "network: {dns: {flavor: OpenShift}}")["dns"]
    assert flow.peers[0].namespace == "openshift-dns"
    assert Port(5353, "UDP") in flow.ports


def test_egress_by_address_and_by_pods() -> None:
    peer = "{peer: {namespace: data, podSelector: {matchLabels: {app: db}}, ports: [5432]}}"
    flows = egress(link(f"from: alpha/planner\negress: [{{cidr: 203.0.113.0/24, ports: [8443]}}, {peer}]"))
    assert flows["egress 203.0.113.0/24"] == Flow(
        "egress 203.0.113.0/24", (Peer(cidr="203.0.113.0/24"),), (Port(8443),)
    )
    assert flows["egress data"].peers == (Peer("data", {"matchLabels": {"app": "db"}}),)
    assert flows["egress data"].ports == (Port(5432),)


def test_a_host_is_enforced_by_name_with_cilium_and_widened_without() -> None:
    text = link("from: alpha/planner\negress: [{host: API.example.com}]".lower())
    assert cidrs(egress(text)["egress api.example.com"]) == PUBLIC
    named = egress(text, "network: {cni: Cilium}")["egress api.example.com"]
    assert (named.hosts, named.peers) == (("api.example.com",), ())


MODELS = [
    ("{mode: CIDR, cidrs: [192.0.2.0/24]}", ("192.0.2.0/24",), (), 443),
    ("{mode: PublicInternet}", PUBLIC, (), 443),
    ("{mode: FQDN, hosts: [b.example, a.example]}", (), ("a.example", "b.example"), 443),
    ("{mode: Peer, peer: {namespace: ai, podSelector: {}, ports: [8000]}}", ("",), (), 8000),
]


@pytest.mark.parametrize("how, addresses, hosts, port", MODELS)
def test_how_models_are_reached(how: str, addresses: tuple[str, ...], hosts: tuple[str, ...], port: int) -> None:
    flow = egress(CALL, f"network: {{cni: Cilium, modelEgress: {how}}}")["model"]
    assert (cidrs(flow), flow.hosts, flow.ports) == (addresses, hosts, (Port(port),))


def test_the_port_and_host_of_a_base_url_count() -> None:
    text = planner("systemMessage: S., model: {provider: OpenAI, model: m, baseUrl: 'https://llm.example:8443/v1'}")
    flow = egress(text, "network: {cni: Cilium, modelEgress: {mode: FQDN}}")["model"]
    assert (flow.hosts, flow.ports) == (("llm.example",), (Port(8443),))


def test_a_model_of_another_agent_is_found_by_its_reference() -> None:
    owner = link(
        "from: {namespace: alpha, name: owner, define: {description: O., systemMessage: S., "
        "model: {provider: OpenAI, model: m, baseUrl: 'https://llm.example:8443/v1'}}}",
        "owner",
    )
    text = owner + define("alpha/planner", modelConfigRef="{name: owner-model}")
    assert egress(text)["model"].ports == (Port(8443),)


def test_one_default_model_a_namespace_and_one_for_each_of_its_own() -> None:
    own = "{provider: Ollama, model: m}"
    built = build(
        define("alpha/a", modelConfigRef="") + define("alpha/b", modelConfigRef="", model=own) + define("beta/c"),
        "defaults: {model: {provider: Anthropic, model: c, apiKeySecretRef: {name: s, key: k}, parameters: {topK: 1}}}",
    )
    assert [(model.namespace, model.name, model.block, model.secret) for model in built.models] == [
        ("alpha", "b-model", "ollama", ""),
        ("alpha", "default-model", "anthropic", "s"),
    ]
    assert built.models[1].parameters == {"topK": 1}
    assert agent_of(built, "beta/c").model_config == "m"


def test_infrastructure_has_the_ports_of_the_agent_where_none_are_given() -> None:
    platform = """
    network:
      infrastructure:
        gateway: {direction: Ingress, peer: {namespace: gw, podSelector: {}}, agents: [shop/store]}
        otel: {direction: Egress, cidr: 192.0.2.1/32, ports: [4317], agents: ["shop/*"]}
    """
    built = build(STORE + service() + call("alpha/planner", "shop/store"), platform)
    store = agent_of(built, "shop/store")
    assert store.ingress == (Flow("infrastructure gateway", (Peer("gw", {}),), (Port(9000),)),)
    assert store.egress[-1] == Flow("infrastructure otel", (Peer(cidr="192.0.2.1/32"),), (Port(4317),))
    assert [flow.name for flow in agent_of(built, "alpha/planner").ingress] == ["controller"]


def test_a_listed_namespace_may_have_no_agents_yet() -> None:
    platform = """
    namespaces: {gamma: {}}
    network: {infrastructure: {otel: {direction: Egress, cidr: 192.0.2.1/32, ports: [1], agents: ["gamma/*"]}}}
    """
    assert list(egress(CALL, platform)) == ["dns", "controller", "model"]


def test_a_tool_is_where_its_service_leads() -> None:
    back = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: server, namespace: tools}\nspec:\n"
    back += "  template:\n    metadata: {labels: {app: server}}\n"
    back += "    spec: {containers: [{name: c, image: i, ports: [{name: mcp, containerPort: 3000}]}]}\n"
    front = "---\napiVersion: v1\nkind: Service\nmetadata: {name: t, namespace: tools}\n"
    front += "spec: {selector: {app: server}, ports: [{port: 80, targetPort: mcp}]}\n"
    flow = egress(OURS + front + back + link(f"{TOOL}{{kind: RemoteMCPServer, name: t}}"))["tool alpha/t"]
    assert flow == Flow("tool alpha/t", (Peer("tools", {"matchLabels": {"app": "server"}}),), (Port(3000),))


def test_a_tool_outside_is_reached_by_its_host() -> None:
    outside = OURS.replace("http://t.tools:80/mcp", "https://mcp.example.com/v1")
    flows = egress(outside + link(f"{TOOL}{{kind: RemoteMCPServer, name: t}}"), "network: {cni: Cilium}")
    assert flows["tool alpha/t at mcp.example.com"].hosts == ("mcp.example.com",)


def test_an_mcp_server_is_reached_at_its_pods() -> None:
    server = (
        "---\napiVersion: kagent.dev/v1alpha1\nkind: MCPServer\nmetadata: {name: sql, namespace: alpha}\nspec: %s\n"
    )
    flows = [
        egress(server % spec + link(f"{TOOL}{{kind: MCPServer, name: sql}}"))
        for spec in ("{}", "{deployment: {port: 7}}")
    ]
    assert [flow["tool alpha/sql"].ports for flow in flows] == [(Port(3000),), (Port(7),)]
    assert flows[0]["tool alpha/sql"].peers[0].pod_selector["matchLabels"]["app.kubernetes.io/managed-by"] == "kmcp"


def test_the_bundled_tools_let_in_whom_a_link_names() -> None:
    bundled = OURS.replace("http://t.tools:80/mcp", "http://kagent-tools.kagent:8084/mcp")
    control = build(bundled + link(f"{TOOL}{{kind: RemoteMCPServer, name: t}}") + CALL).platform.kagent
    assert control.tools_callers[1:] == (Peer("alpha", {"matchLabels": {"app": "kagent", "kagent": "planner"}}),)
    assert [peer.namespace for peer in control.controller_callers] == ["kagent", "alpha", "beta"]


def test_the_controller_lets_in_declared_clients() -> None:
    control = build(CALL, "kagent: {clients: {cli: {peer: {namespace: ops, podSelector: {}}}}}").platform.kagent
    assert Peer("ops", {}) in control.controller_callers


URLS = [
    ("http://a.b:80/mcp", ("http", "a.b", 80)),
    ("https://A.example/mcp", ("https", "a.example", 443)),
    ("http://user:secret@a.example/", ("http", "a.example", 80)),
    ("http://[fd00::1]:8080/", ("http", "fd00::1", 8080)),
    ("a.example", ("https", "a.example", 443)),
    ("", ("https", "", 443)),
]


@pytest.mark.parametrize("text, parts", URLS)
def test_parts_of_a_url(text: str, parts: tuple[str, str, int]) -> None:
    assert tuple(url(text)) == parts


SERVICES = [
    ("http://orders", ("home", "orders")),
    ("http://orders.tools", ("tools", "orders")),
    ("https://orders.tools", None),  # a public domain as well
    ("https://orders.tools.svc", ("tools", "orders")),
    ("http://orders.tools.svc.cluster.local:80", ("tools", "orders")),
    ("http://api.example.com", None),
    ("http://a..b", None),
]


@pytest.mark.parametrize("text, expected", SERVICES)
def test_which_urls_name_a_service(text: str, expected: tuple[str, str] | None) -> None:
    assert service_of(url(text), "home", "cluster.local") == expected

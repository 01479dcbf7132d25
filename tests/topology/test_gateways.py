"""Egress gateways: which flows go through one, what agents are told, and where the gateway may go."""

from typing import Any

import pytest

from kgen.topology.types import HBONE, Flow, Gateway, Peer, Port, Topology
from tests.topology.build import agent_of, build, call, define, link, messages
from tests.topology.refusals_mesh import AMBIENT, IN_MESH

GATEWAY = "egressGateway: {image: registry.example/authbridge:0.7%s}\n"
ON = "layers: {certificates: Enabled, egress-gateway: Enabled}\n"
NAMESPACES = "namespaces: {alpha: {}, beta: {}}\n"
CILIUM = "network: {cni: Cilium, modelEgress: {mode: FQDN, hosts: [api.anthropic.com]}}\n"
TWO = (
    define("alpha/planner")
    + define("beta/writer")
    + link("from: alpha/planner\nto: beta/writer\negress: [{host: api.example.com}]", "planner")
)
PUBLIC = (Peer(cidr="0.0.0.0/0"), Peer(cidr="::/0"))


def platform(extra: str = "", network: str = CILIUM, rest: str = "") -> str:
    return ON + NAMESPACES + network + GATEWAY % extra + rest


def made(text: str = TWO, *arguments: Any, **changes: str) -> Topology:
    return build(text, platform(*arguments, **changes))


def names(flows: tuple[Flow, ...]) -> list[str]:
    return [flow.name for flow in flows]


def gateway(of: Topology, namespace: str, name: str = "egress-gateway") -> Gateway:
    [found] = [one for one in of.gateways if (one.namespace, one.name) == (namespace, name)]
    return found


def variables(of: Topology, agent: str) -> dict[str, str]:
    return {one["name"]: one["value"] for one in agent_of(of, agent).environment}


def test_what_goes_out_goes_through_the_gateway_and_the_rest_stays():
    planner = agent_of(made(), "alpha/planner")
    assert names(planner.egress) == ["dns", "controller", "gateway"]
    pods = {"matchLabels": {"kgen.dev/egress-gateway": "egress-gateway"}}
    assert planner.egress[-1] == Flow("gateway", (Peer("alpha", pods),), (Port(8081),))
    assert not planner.named_egress
    found = gateway(made(), "alpha")
    assert names(found.egress) == ["dns", "egress api.example.com", "model"]
    assert found.pod_selector == pods
    assert found.agents == ("alpha/planner",)


def test_without_the_layer_nothing_changes():
    off = build(TWO, NAMESPACES + CILIUM + GATEWAY % "")
    [unused] = messages(off, "gateway-unused")
    assert unused.startswith("is not used: the layer egress-gateway is off")
    assert not off.gateways
    assert names(agent_of(off, "alpha/planner").egress) == ["dns", "controller", "model", "egress api.example.com"]
    assert agent_of(off, "alpha/planner").proxy is None


@pytest.mark.parametrize(
    "scope, expected",
    [
        ("Agent", {"alpha/planner-egress-gateway": ("alpha/planner",), "beta/writer-egress-gateway": ("beta/writer",)}),
        ("Namespace", {"alpha/egress-gateway": ("alpha/planner",), "beta/egress-gateway": ("beta/writer",)}),
        ("Shared", {"agent-egress/egress-gateway": ("alpha/planner", "beta/writer")}),
    ],
)
def test_there_is_one_an_agent_a_namespace_or_for_all(scope, expected):
    of = made(TWO, f", scope: {scope}")
    assert {f"{one.namespace}/{one.name}": one.agents for one in of.gateways} == expected
    for one in of.gateways:
        for agent in one.agents:
            assert f"http://{one.name}.{one.namespace}.svc.cluster.local:8081" == variables(of, agent)["HTTP_PROXY"]


def test_the_namespace_of_a_shared_gateway_is_owned_unless_the_platform_says_otherwise():
    [space] = [one for one in made(TWO, ", scope: Shared").namespaces if one.name == "agent-egress"]
    assert (space.management, space.enforced, space.listed) == ("Owned", True, False)
    listed = platform(", scope: Shared").replace("alpha: {}", "alpha: {}, agent-egress: {management: Shared}")
    [space] = [one for one in build(TWO, listed).namespaces if one.name == "agent-egress"]
    assert (space.management, space.listed) == ("Shared", True)


def test_an_agent_that_asks_nothing_outside_has_none():
    own = link("from: {namespace: beta, name: own, define: {description: W., image: 'registry.example/own:1'}}", "own")
    of = made(TWO + own)
    assert agent_of(of, "beta/own").proxy is None
    assert "beta/own" not in gateway(of, "beta").agents


THREE = define("alpha/helper") + link("from: alpha/helper\negress: [{host: other.example.com}]", "helper")


@pytest.mark.parametrize("scope", ["Namespace", "Shared"])
def test_a_suspended_agent_is_shut_out_of_a_gateway_that_it_shares(scope: str):
    """Behind it are the hosts of others, which it could not ask for before it was suspended either."""
    of = made(TWO + THREE, f", scope: {scope}", rest="suspended: {alpha/planner: INC-1}\n")
    planner = agent_of(of, "alpha/planner")
    assert names(planner.egress) == ["dns", "controller"]
    assert planner.proxy  # its pods stay as they are: what is in them is evidence
    found = gateway(of, "agent-egress" if scope == "Shared" else "alpha")
    assert "alpha/planner" in found.agents
    assert "agent alpha/planner" not in names(found.ingress)
    assert "agent alpha/helper" in names(found.ingress)
    assert "planner-sa" not in {account.name for account in found.accounts}
    assert "egress api.example.com" not in names(found.egress)


def test_a_suspended_agent_keeps_its_own_gateway_for_its_model_alone():
    of = made(TWO, ", scope: Agent", rest="suspended: {alpha/planner: INC-1}\n")
    assert names(gateway(of, "alpha", "planner-egress-gateway").egress) == ["dns", "model"]
    assert names(agent_of(of, "alpha/planner").egress) == ["dns", "controller", "gateway"]


def test_volumes_of_secrets_have_names_that_volumes_may_have():
    secrets = gateway(made(TWO, ", secrets: [idp, opa.bundle]"), "alpha").secrets
    assert [secret.name for secret in secrets] == ["idp", "opa.bundle"]
    assert secrets[0].volume == "secret-idp"
    assert all(len(secret.volume) <= 63 and "." not in secret.volume for secret in secrets)


def test_a_namespace_names_its_gateways():
    def named(of: Topology) -> dict[str, int]:
        return {space.name: len(space.gateways) for space in of.namespaces if space.gateways}

    assert named(made(TWO, ", scope: Shared")) == {"agent-egress": 1}
    assert named(made(TWO)) == {"alpha": 1, "beta": 1}


def test_under_observe_an_agent_keeps_its_own_way():
    of = build(TWO, platform().replace("alpha: {}", "alpha: {enforcement: Observe}"))
    assert [one.namespace for one in of.gateways] == ["beta"]
    assert agent_of(of, "alpha/planner").proxy is None
    assert "egress api.example.com" in names(agent_of(of, "alpha/planner").egress)


BLOCKS = """
from: alpha/planner
egress:
- {cidr: 203.0.113.0/24}
- {cidr: 10.1.0.0/16, ports: [8443]}
- {cidr: 8.0.0.0/6}
- {peer: {namespace: data, podSelector: {matchLabels: {app: db}}, ports: [5432]}}
"""


def test_address_blocks_go_through_it_but_never_into_private_ranges():
    of = made(define("alpha/planner") + link(BLOCKS, "planner"))
    planner, found = agent_of(of, "alpha/planner"), gateway(of, "alpha")
    assert names(planner.egress) == ["dns", "controller", "egress 10.1.0.0/16", "egress data", "gateway"]
    outside = {flow.name: flow.peers for flow in found.egress}
    assert outside["egress 203.0.113.0/24"] == (Peer(cidr="203.0.113.0/24"),)
    assert outside["egress 8.0.0.0/6"] == (Peer(cidr="8.0.0.0/6", excluded=("10.0.0.0/8",)),)
    assert "10.1.0.0/16" in variables(of, "alpha/planner")["NO_PROXY"].split(",")


def test_trap_port_only_egress():
    """Neither side has a rule without a destination; the gateway's public ones leave the private ranges out."""
    of = made(TWO, network="network: {cni: Generic}\n")
    for flow in (*gateway(of, "alpha").egress, *agent_of(of, "alpha/planner").egress):
        assert flow.peers or flow.hosts
        for peer in flow.peers:
            assert peer.namespace or peer.excluded, flow.name
            if peer.cidr == "0.0.0.0/0":
                assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(peer.excluded)


def test_trap_default_deny_that_starves_the_proxy():
    """Its namespace is closed, so what the gateway needs is named: DNS, the hosts, its plugins' peers, the mesh."""
    peer = "peer: {namespace: keycloak, podSelector: {matchLabels: {app: keycloak}}, ports: [8443]}"
    of = made(TWO, f", infrastructure: {{keycloak: {{{peer}}}}}", rest=IN_MESH)
    found = gateway(of, "beta")
    assert names(found.egress) == ["dns", "model", "infrastructure keycloak", "istiod"]
    assert found.egress[2].ports == (Port(8443),)
    assert names(found.ingress) == ["agent beta/writer", "proxy metrics"]
    assert found.dns.peers


def test_nobody_but_its_agents_gets_in_and_only_to_the_proxy():
    for flow in gateway(made(), "alpha").ingress:
        assert flow.ports == (Port(8081),)
    ambient = gateway(made(rest=AMBIENT), "alpha")
    assert ambient.ingress == (
        Flow(
            "agent alpha/planner",
            (Peer("alpha", {"matchLabels": {"app": "kagent", "kagent": "planner"}}),),
            (Port(8081), Port(HBONE)),
        ),
        Flow("probes", (Peer(cidr="169.254.7.127/32"),), (Port(9091),)),
    )


def test_in_ambient_mode_the_waypoint_is_no_road_to_it():
    planner = agent_of(made(rest=AMBIENT), "alpha/planner")
    [flow] = [flow for flow in planner.egress if flow.name == "gateway"]
    assert flow.ports == (Port(8081), Port(HBONE))
    assert [peer.pod_selector for peer in flow.peers] == [gateway(made(), "alpha").pod_selector]


def test_variables_stand_in_both_cases_and_name_what_goes_direct():
    found = variables(made(), "alpha/planner")
    assert found["HTTP_PROXY"] == found["HTTPS_PROXY"] == found["http_proxy"] == found["https_proxy"]
    assert found["NO_PROXY"] == found["no_proxy"]
    assert found["NO_PROXY"] == "localhost,127.0.0.1,.svc,.cluster.local,kagent-controller.kagent,writer.beta"
    trusted = {name for name, value in found.items() if value == "/etc/egress-gateway/trust/ca-certificates.crt"}
    assert trusted == {
        "NODE_EXTRA_CA_CERTS",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "AWS_CA_BUNDLE",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    }


TOOLS = """---
apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: {name: orders, namespace: alpha}
spec: {description: Reads., url: 'http://orders.tools:8084/mcp'}
"""


def test_tools_and_models_inside_the_cluster_go_direct_under_the_names_that_kagent_dials():
    tool = "tools: [{kind: RemoteMCPServer, name: orders, peer: {namespace: tools, podSelector: {}, ports: [8084]}}]"
    of = made(
        define("alpha/planner") + link(f"from: alpha/planner\n{tool}\negress: [{{host: a.example.com}}]", "t") + TOOLS
    )
    assert "orders.tools" in variables(of, "alpha/planner")["NO_PROXY"].split(",")
    assert "tool alpha/orders" in names(agent_of(of, "alpha/planner").egress)


def test_without_the_bridge_there_is_nothing_to_trust():
    of = made(TWO, ", tlsBridge: Disabled")
    assert gateway(of, "alpha").authority is None
    found = agent_of(of, "alpha/planner").proxy
    assert found is not None
    assert found.bundle == ""
    assert "SSL_CERT_FILE" not in variables(of, "alpha/planner")


def test_each_gateway_has_a_root_of_its_own_and_only_its_agents_trust_it():
    of = made()
    alpha, beta = gateway(of, "alpha").authority, gateway(of, "beta").authority
    assert alpha is not None
    assert beta is not None
    assert alpha.root == "egress-root.alpha.egress-gateway.example" != beta.root
    assert (alpha.issuer, alpha.issuer_kind) == ("egress-ca.alpha.egress-gateway.example", "ClusterIssuer")
    assert alpha.namespaces == ("alpha",)
    proxy = agent_of(of, "alpha/planner").proxy
    assert proxy is not None
    assert proxy.bundle == alpha.bundle == "egress-trust.alpha.egress-gateway.example"
    shared = gateway(made(TWO, ", scope: Shared"), "agent-egress").authority
    assert shared is not None
    assert shared.namespaces == ("alpha", "beta")


def test_a_config_map_of_the_users_own_is_what_agents_mount():
    own = ", trustBundle: ConfigMap, trustConfigMap: {name: corporate, key: all.crt}"
    of = made(TWO, own)
    proxy, authority = agent_of(of, "alpha/planner").proxy, gateway(of, "alpha").authority
    assert proxy is not None
    assert proxy.bundle == "corporate"
    assert authority is not None
    assert authority.bundle == ""
    assert variables(of, "alpha/planner")["SSL_CERT_FILE"] == "/etc/egress-gateway/trust/all.crt"


def test_another_issuer_signs_under_a_root_that_the_platform_names():
    root = "root: {name: corporate-root}"
    existing = f"certificates: {{issuer: Existing, issuerRef: {{name: ca, kind: ClusterIssuer}}, {root}}}"
    found = gateway(made(rest=existing), "alpha").authority
    assert found is not None
    assert (found.root, found.issuer, found.issuer_kind) == ("", "ca", "ClusterIssuer")
    assert (found.source_kind, found.source, found.source_key) == ("ConfigMap", "corporate-root", "ca.crt")
    vault = "vault: {server: 'https://vault.example', path: pki/root/sign-intermediate, role: kgen}"
    scoped = TWO + define("alpha/second")
    signed = made(scoped, ", scope: Agent", rest=f"certificates: {{issuer: VaultPKI, {vault}, {root}}}")
    made_accounts = [
        (one.name, one.authority.vault.makes_service_account)
        for one in signed.gateways
        if one.namespace == "alpha" and one.authority and one.authority.vault
    ]
    assert made_accounts == [("planner-egress-gateway", True), ("second-egress-gateway", False)]


def test_the_hash_follows_the_configuration_and_nothing_else():
    before = gateway(made(), "alpha").config_hash
    assert before == gateway(made(TWO + define("alpha/second")), "alpha").config_hash
    assert before == gateway(made(TWO, ", replicas: 5"), "alpha").config_hash
    assert before != gateway(made(TWO, ", passthroughHosts: [api.example.com]"), "alpha").config_hash
    assert before != gateway(made(TWO, ", plugins: [{name: a2a-parser}]"), "alpha").config_hash
    assert len(before) == 32
    assert int(before, 16)


def test_version_0_6_stands_before_the_service_of_its_agent():
    of = made(TWO, ', scope: Agent, version: "0.6"')
    found = gateway(of, "beta", "writer-egress-gateway").config
    assert found["listener"]["reverse_proxy_backend"] == "http://writer.beta.svc:8080"
    assert "roles" not in found["listener"]


DEPLOYMENT = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: store, namespace: alpha}
spec:
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      containers:
      - {name: web, image: registry.example/store:1, ports: [{name: http, containerPort: 9000}]}
"""
STORE_LINK = link("from: {namespace: alpha, name: store, kind: Deployment}\negress: [{host: api.example.com}]", "store")
SECOND = "      - {name: log, image: registry.example/log:1}\n"
MARKED = (
    "      - name: log\n        image: registry.example/log:1\n"
    "        env: [{name: HTTPS_PROXY, value: 'http://egress-gateway.alpha.svc.cluster.local:8081'}]\n"
)


def built(text: str) -> Topology:
    """Where the pods of DEPLOYMENT may run."""
    return build(text, platform().replace("alpha: {}", "alpha: {podSecurity: {enforce: privileged}}"))


def test_the_only_container_of_a_workload_goes_through_it_or_those_that_say_so():
    proxy = agent_of(built(DEPLOYMENT + STORE_LINK), "alpha/store").proxy
    assert proxy is not None
    assert proxy.containers == ("web",)
    marked = agent_of(built(DEPLOYMENT + MARKED + STORE_LINK), "alpha/store").proxy
    assert marked is not None
    assert marked.containers == ("log",)


def test_the_owner_of_an_external_workload_is_told_what_it_needs():
    outside = link(
        "from: {namespace: alpha, name: store, kind: Deployment, podSelector: {matchLabels: {app: store}}}\n"
        "egress: [{host: api.example.com}]",
        "store",
    )
    [message] = messages(made(outside), "gateway-external")
    assert "HTTPS_PROXY and the same in small letters to http://egress-gateway.alpha.svc.cluster.local:8081" in message
    assert "mount ConfigMap egress-trust.alpha.egress-gateway.example at /etc/egress-gateway/trust" in message


def test_agents_that_share_a_gateway_share_its_hosts_and_that_is_said():
    other = define("alpha/second") + link("from: alpha/second\negress: [{host: other.example.com}]", "second")
    [message] = messages(made(TWO + other), "gateway-shared-hosts")
    assert "alpha/planner, alpha/second share the gateway alpha/egress-gateway" in message
    assert "api.anthropic.com, api.example.com, other.example.com" in message
    assert not messages(made(TWO + other, ", scope: Agent"), "gateway-shared-hosts")


MESH = IN_MESH.replace("profile: Mesh\n", "")
HARDENED = "profile: Hardened\nadmission: {trustedWriters: [argo]}\nconsent: NotRequired\n"
OPA = ", plugins: [{name: opa, config: {bundle_url: 'https://policies.example/bundle.tar.gz'}}]"


def test_declared_is_not_enforced_but_by_cilium_or_a_denying_gateway():
    generic = "network: {cni: Generic}\n"
    [widened] = messages(made(TWO, network=generic), "egress-widened")
    assert "the egress gateway reaches port 443 of every public address" in widened
    [denied] = messages(made(TWO, OPA, network=generic), "egress-widened")
    assert "the gateway's plugin opa is what decides on hosts" in denied
    assert not messages(made(), "egress-widened")


def test_a_public_model_is_allowed_from_hardened_on_and_said():
    of = made(TWO, OPA, network="network: {cni: Generic}\n", rest=HARDENED + MESH)
    [result] = [one for one in of.results if one.rule == "model-widened"]
    assert result.severity == "info"
    of = made(TWO, network="network: {cni: Cilium}\n", rest=HARDENED + MESH)
    [result] = [one for one in of.results if one.rule == "model-widened"]
    assert result.severity == "warning"
    assert "through the gateway; name the providers: mode FQDN with hosts (Cilium), or CIDR" in result.message
    assert not messages(made(rest=HARDENED + MESH), "model-widened")


def test_a_plugin_that_the_image_does_not_have_is_said_with_the_nearest_that_it_has():
    [result] = [one for one in made(TWO, ", plugins: [{name: token-exchang}]").results if one.rule == "gateway-plugin"]
    assert (result.severity, result.proposed) == ("warning", "token-exchange")
    assert result.message.startswith("token-exchang is no plugin of the image authbridge")


def test_lookups_past_ciliums_proxy_are_said_of_a_gateway_too():
    node_local = CILIUM.replace("cni: Cilium", "cni: Cilium, dns: {flavor: NodeLocal}")
    assert messages(made(TWO, network=node_local), "names-past-the-proxy")


def test_what_nothing_reads_is_said():
    given = "certificates: {issuerRef: {name: ca}, vault: {server: 'https://v.example', path: p, role: r}}\n"
    of = made(rest=given)
    assert [(one.field, one.message) for one in of.results if one.rule == "certificates-unused"] == [
        ("spec.certificates.issuerRef", "is not used: issuer is SelfSignedCA; it is for Existing"),
        ("spec.certificates.vault", "is not used: issuer is SelfSignedCA; it is for VaultPKI"),
    ]
    [idle] = messages(build(TWO, "layers: {certificates: Enabled}\n" + NAMESPACES), "certificates-unused")
    assert idle.startswith("has nothing to do: certificates are made only where something loads them")


def test_a_callee_stays_reachable_beside_its_gateway():
    """Its pods are no server of somebody's: their own policy lets their agents in."""
    assert not made(TWO + call("alpha/planner", "beta/other") + define("beta/other")).servers


@pytest.mark.parametrize("bridge", ["Enabled", "Disabled"])
def test_an_image_that_can_change_is_told(bridge: str) -> None:
    """Who may push the tag is who holds the key: a warning, at every profile."""
    given = (
        "layers: {certificates: Enabled, egress-gateway: Enabled}\n"
        "network: {cni: Cilium, modelEgress: {mode: FQDN, hosts: [api.anthropic.com]}}\n"
        f"egressGateway: {{image: IMAGE, tlsBridge: {bridge}}}\n"
    )
    [message] = messages(
        build(define("alpha/planner"), given.replace("IMAGE", "registry.example/a:0.7")), "gateway-image"
    )
    assert "found registry.example/a:0.7, whose content can change, and it holds " in message
    assert ("the key of an authority" in message) is (bridge == "Enabled")
    pinned = f"registry.example/a@sha256:{'0f' * 32}"
    assert messages(build(define("alpha/planner"), given.replace("IMAGE", pinned)), "gateway-image") == []

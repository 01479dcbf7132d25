"""The layer egress-gateway, and what it puts into agents."""

from typing import Any

import pytest
import yaml

from kgen.bundle.emit_yaml import emit
from kgen.checks import selectors
from kgen.expand import use_emitter
from kgen.manifests import Manifest, get
from kgen.runtimes import authbridge
from kgen.runtimes.pod_security import violations
from kgen.topology.gateway_types import Authority, GatewaySecret
from kgen.topology.types import Account, Flow, Gateway, Mesh, Namespace, Peer, Platform, Port, Proxy
from tests.layers.build import DNS, agent, built, instances, manifest, namespace, objects, platform, topology

PODS = {"matchLabels": {"kgen.dev/egress-gateway": "egress-gateway"}}
PUBLIC = (Peer(cidr="0.0.0.0/0", excluded=("10.0.0.0/8", "169.254.0.0/16")),)
AGENT = Flow("agent team-alpha/planner", (Peer("team-alpha", {"matchLabels": {"kagent": "planner"}}),), (Port(8081),))
KEYCLOAK = GatewaySecret("keycloak", "secret-keycloak")
AUTHORITY = Authority(
    secret="egress-gateway-ca",
    duration="2160h",
    renew_before="360h",
    issuer="egress-ca.team-alpha.egress-gateway.default",
    issuer_kind="ClusterIssuer",
    issuer_group="cert-manager.io",
    root="egress-root.team-alpha.egress-gateway.default",
    vault=None,
    home="cert-manager",
    manager="system:serviceaccount:cert-manager:cert-manager",
    manager_account=Account("cert-manager", "cert-manager"),
    bundle="egress-trust.team-alpha.egress-gateway.default",
    bundle_key="ca-certificates.crt",
    source_kind="Secret",
    source="egress-root.team-alpha.egress-gateway.default",
    source_key="tls.crt",
    namespaces=("team-alpha", "team-beta"),
)
GATEWAY = Gateway(
    namespace="team-alpha",
    name="egress-gateway",
    management="Owned",
    kind="Deployment",
    image="registry.example/authbridge:0.7",
    replicas=2,
    pod_selector=PODS,
    port=8081,
    health_port=9091,
    uid=1001,
    config=authbridge.config(authbridge.Settings("0.7", True, (), (), "")),
    config_hash="0123456789abcdef",
    spiffe=False,
    secrets=(),
    agents=("team-alpha/planner",),
    accounts=(Account("team-alpha", "planner-sa"),),
    ingress=(AGENT,),
    egress=(DNS, Flow("model", PUBLIC, (Port(443),))),
    authority=AUTHORITY,
)
PROXY = Proxy(
    "team-alpha/egress-gateway",
    ({"name": "HTTPS_PROXY", "value": "http://egress-gateway.team-alpha.svc.cluster.local:8081"},),
    "egress-trust.team-alpha.egress-gateway.default",
    "/etc/egress-gateway/trust",
    ("web",),
)
SIDECAR = Mesh("Sidecar", True, "", "", {}, 15008)


def made(one: Gateway = GATEWAY, layer: str = "egress-gateway", on: Platform | None = None) -> dict[str, Manifest]:
    whole = topology(namespaces=_spaces(), on=(on or platform(certificates=True))._replace(gateways=(one,)))
    return objects(layer, whole._replace(gateways=(one,)))


@pytest.fixture(autouse=True)
def emitter() -> None:
    """As kgen.render() sets it."""
    use_emitter(emit)


def _spaces() -> tuple[Namespace, ...]:
    return (namespace("team-alpha"),)


def test_it_makes_these_objects_and_no_others():
    assert set(made()) == {
        f"{kind} team-alpha/egress-gateway"
        for kind in ("ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "ServiceAccount")
    } | {"NetworkPolicy team-alpha/egress-gateway-traffic"}
    assert "StatefulSet team-alpha/egress-gateway" in made(GATEWAY._replace(kind="StatefulSet"))
    assert "Deployment team-alpha/egress-gateway" not in made(GATEWAY._replace(kind="StatefulSet"))


def test_the_schemas_of_kubernetes_take_them(built_in_problems):
    assert not built_in_problems(*made().values())
    rich = GATEWAY._replace(
        kind="StatefulSet", spiffe=True, secrets=(KEYCLOAK, GatewaySecret("opa.bundle", "secret-0a1b"))
    )
    assert not built_in_problems(*made(rich).values())


def test_the_configuration_is_read_back_as_it_was_meant():
    data = made()["ConfigMap team-alpha/egress-gateway"]["data"]
    assert list(data) == ["config.yaml"]
    assert yaml.safe_load(data["config.yaml"]) == GATEWAY.config


def pod(one: Gateway = GATEWAY) -> dict[str, Any]:
    template: dict[str, Any] = made(one)[f"{one.kind} team-alpha/egress-gateway"]["spec"]["template"]
    return template


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_its_pods_hold_under_restricted_without_a_token(kind):
    found = pod(GATEWAY._replace(kind=kind, spiffe=True, secrets=(KEYCLOAK,)))
    assert violations(found["spec"], "restricted") == []
    assert found["spec"]["automountServiceAccountToken"] is False
    assert found["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert found["metadata"]["annotations"] == {"kgen.dev/config-hash": "0123456789abcdef"}


def test_only_the_proxy_has_a_port_in_the_service():
    service = made()["Service team-alpha/egress-gateway"]
    assert service["spec"]["ports"] == [
        {"name": "tcp-proxy", "appProtocol": "tcp", "port": 8081, "protocol": "TCP", "targetPort": 8081}
    ]
    assert "labels" not in service["metadata"]
    ambient = made(on=platform(mesh=Mesh("Ambient", True, "", "waypoint", {}, 15008)))
    assert ambient["Service team-alpha/egress-gateway"]["metadata"]["labels"] == {"istio.io/use-waypoint": "none"}


def test_trap_an_ephemeral_authority():
    """The pods wait for the Secret of cert-manager: nothing else is where AuthBridge looks for its authority."""
    spec = pod()["spec"]
    [mount] = [one for one in spec["containers"][0]["volumeMounts"] if one["mountPath"] == authbridge.CA_DIR]
    [volume] = [one for one in spec["volumes"] if one["name"] == mount["name"]]
    assert volume["secret"]["secretName"] == "egress-gateway-ca"
    assert "optional" not in volume["secret"]
    assert mount["readOnly"]
    closed = pod(GATEWAY._replace(authority=None))["spec"]
    assert all("secret" not in one for one in closed["volumes"])


def test_secrets_of_plugins_are_files():
    spec = pod(GATEWAY._replace(secrets=(KEYCLOAK,)))["spec"]
    assert {"name": "secret-keycloak", "mountPath": "/etc/authbridge/secrets/keycloak", "readOnly": True} in spec[
        "containers"
    ][0]["volumeMounts"]
    assert {"name": "secret-keycloak", "secret": {"secretName": "keycloak"}} in spec["volumes"]


def test_trap_selectors_that_match_no_pod():
    """Every selector of the layer is the labels that its pods have."""
    found = made(on=platform(mesh=SIDECAR))
    labels = pod()["metadata"]["labels"]
    assert labels == PODS["matchLabels"]
    paths = {
        "NetworkPolicy": ("spec", "podSelector"),
        "PodDisruptionBudget": ("spec", "selector"),
        "AuthorizationPolicy": ("spec", "selector"),
        "Deployment": ("spec", "selector"),
    }
    for one in found.values():
        if one["kind"] in paths:
            assert selectors.matches(get(one, *paths[one["kind"]]), labels), one["kind"]
    assert found["Service team-alpha/egress-gateway"]["spec"]["selector"] == labels


def test_trap_port_only_egress():
    policy = made()["NetworkPolicy team-alpha/egress-gateway-traffic"]
    for rule in policy["spec"]["egress"]:
        assert rule["to"]
        assert rule["ports"]
    assert policy["spec"]["egress"][-1] == manifest(
        """
        to:
        - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 169.254.0.0/16]}
        ports:
        - {protocol: TCP, port: 443}
        """
    )


def test_it_lets_in_its_agents_on_the_proxys_port_alone():
    policy = made()["NetworkPolicy team-alpha/egress-gateway-traffic"]
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert [port for rule in policy["spec"]["ingress"] for port in rule["ports"]] == [{"protocol": "TCP", "port": 8081}]


def test_hosts_are_cilium_s_to_enforce(cilium_problems):
    hosts = GATEWAY._replace(egress=(DNS, Flow("egress a.example.com", (), (Port(443),), ("a.example.com",))))
    assert "CiliumNetworkPolicy team-alpha/egress-gateway-traffic-fqdn" not in made(hosts)
    policy = made(hosts, on=platform(cni="Cilium"))["CiliumNetworkPolicy team-alpha/egress-gateway-traffic-fqdn"]
    assert policy["spec"]["endpointSelector"] == PODS
    assert policy["spec"]["egress"][-1]["toFQDNs"] == [{"matchName": "a.example.com"}]
    assert not cilium_problems(policy)


def test_in_the_mesh_its_agents_are_known_by_identity(istio_problems):
    found = made(on=platform(mesh=SIDECAR))
    policy = found["AuthorizationPolicy team-alpha/egress-gateway-callers"]
    assert policy["spec"]["rules"] == manifest(
        """
        - from:
          - source: {principals: [cluster.local/ns/team-alpha/sa/planner-sa]}
          to:
          - operation: {ports: ["8081"]}
        """
    )
    assert "PeerAuthentication team-alpha/egress-gateway-mtls" not in found
    shared = made(GATEWAY._replace(management="Shared"), on=platform(mesh=SIDECAR))
    strict = shared["PeerAuthentication team-alpha/egress-gateway-mtls"]
    assert strict["spec"]["mtls"] == {"mode": "STRICT"}
    assert not istio_problems(policy, strict)
    nobody = made(GATEWAY._replace(accounts=()), on=platform(mesh=SIDECAR))
    assert "rules" not in nobody["AuthorizationPolicy team-alpha/egress-gateway-callers"]["spec"], "refuses all"


def test_an_agent_of_kagent_gets_variables_and_certificates_and_never_a_key(kagent_problems):
    found = objects("agents", topology(agent("team-alpha/planner", proxy=PROXY)))["Agent team-alpha/planner"]
    deployment = found["spec"]["declarative"]["deployment"]
    assert deployment["env"] == list(PROXY.variables)
    assert deployment["volumes"] == [{"name": "egress-trust", "configMap": {"name": PROXY.bundle}}]
    assert deployment["volumeMounts"] == [
        {"name": "egress-trust", "mountPath": "/etc/egress-gateway/trust", "readOnly": True}
    ]
    assert "secret" not in str(deployment).lower().replace("securitycontext", "")
    assert not kagent_problems(found)


def test_an_external_agent_gets_it_as_a_proposal():
    whole = topology(agent("team-alpha/planner", "external", proxy=PROXY, enforced=True))
    one = instances("agents", whole)["Agent team-alpha/planner"]
    assert one.presence == "external"
    assert built(one)["spec"]["declarative"]["deployment"]["env"] == list(PROXY.variables)


def test_a_workload_of_the_input_gets_it_in_its_container(built_in_problems):
    store = agent("team-alpha/store", "wired", "Deployment", proxy=PROXY)
    one = instances("egress-gateway", topology(store))["Deployment team-alpha/store"]
    assert one.presence == "wired"
    spec = built(one)["spec"]["template"]["spec"]
    assert [container["name"] for container in spec["containers"]] == ["web"]
    assert spec["containers"][0]["env"] == list(PROXY.variables)
    assert one.template.lists["spec.template.spec.containers.env"] == ("name",)
    external = agent("team-alpha/store", "external", "Deployment", proxy=PROXY)
    assert not instances("egress-gateway", topology(external))

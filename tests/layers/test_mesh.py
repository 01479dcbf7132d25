"""The layer mesh: who is let in by identity, in both modes, and the mistakes of hand-written policies."""

import json
from typing import Any

import pytest

from kgen.topology.types import Account, Claim, Flow, Limits, Mesh, Peer, Port, Route, Server, Token, Waypoint
from tests.layers.build import agent, built, endpoint, instances, link, manifest, namespace, objects, platform, topology

CALL = link("team-alpha/orchestrator", "team-beta/specialist")
PODS = {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "waypoint"}}
SIDECAR = Mesh("Sidecar", True, "", "", {}, 15008)
AMBIENT = Mesh("Ambient", True, "", "waypoint", PODS, 15008)
TOKEN = Token(
    "https://idp.example.com",
    ("specialist",),
    "https://idp.example.com/keys",
    {},
    "Authorization",
    "Bearer ",
    (Claim("roles", ("delegate", "admin")),),
)
SPECIALIST = agent("team-beta/specialist", callers=(CALL,))
WITH_WAYPOINT = namespace("team-beta", waypoint=Waypoint((), ()))
ROUTES = (Route("/api/sessions", ("GET", "POST")), Route("/api/sessions/{*}", ("GET",)))


def on(mesh: Mesh, managed: bool = True, agents: tuple[str, ...] = ("orchestrator",), **kagent: Any):
    base = platform(mesh=mesh, managed=managed)
    made = base.kagent._replace(
        service="kagent-controller",
        account=Account("kagent", "kagent-controller"),
        client_accounts=(Account("kagent", "kagent-ui"),),
        agent_routes=ROUTES,
        agent_accounts=tuple(Account("team-alpha", f"{name}-sa") for name in agents),
        **kagent,
    )
    return base._replace(kagent=made)


def made(*agents, mesh=SIDECAR, namespaces=(), **rest):
    return objects("mesh", topology(*agents, namespaces=namespaces, on=on(mesh, **rest)))


def one(name, **rest):
    return made(rest.pop("agent", SPECIALIST), **rest)[name]


def test_a_callee_lets_in_its_callers_and_the_controller_for_a2a_and_the_card(istio_problems):
    policy = one("AuthorizationPolicy team-beta/specialist-callers")
    assert policy == manifest(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: specialist-callers, namespace: team-beta}
        spec:
          selector: {matchLabels: {app: kagent, kagent: specialist}}
          action: ALLOW
          rules:
          - from:
            - source: {principals: [cluster.local/ns/team-alpha/sa/orchestrator-sa]}
            to:
            - operation: {ports: ["8080"], methods: [POST], paths: [/]}
            - operation: {ports: ["8080"], methods: [GET], paths: [/.well-known/agent-card.json]}
          - from:
            - source: {principals: [cluster.local/ns/kagent/sa/kagent-controller]}
            to:
            - operation: {ports: ["8080"], methods: [POST], paths: [/]}
            - operation: {ports: ["8080"], methods: [GET], paths: [/.well-known/agent-card.json]}
        """
    )
    assert istio_problems(policy) == []


def test_in_ambient_mode_the_service_has_the_policy_and_the_pods_take_only_the_waypoint(istio_problems):
    found = made(SPECIALIST, mesh=AMBIENT)
    asked = found["AuthorizationPolicy team-beta/specialist-callers"]["spec"]
    sidecar = one("AuthorizationPolicy team-beta/specialist-callers")["spec"]
    assert asked["targetRefs"] == [{"group": "", "kind": "Service", "name": "specialist"}]
    assert "selector" not in asked
    for rule in sidecar["rules"]:  # at the waypoint ports would be the Service's
        for operation in rule["to"]:
            assert operation["operation"].pop("ports") == ["8080"]
    assert asked["rules"] == sidecar["rules"]
    assert found["AuthorizationPolicy team-beta/specialist-waypoint"]["spec"] == manifest(
        """
        selector: {matchLabels: {app: kagent, kagent: specialist}}
        action: ALLOW
        rules:
        - from:
          - source: {principals: [cluster.local/ns/team-beta/sa/waypoint]}
          to:
          - operation: {ports: ["8080"]}
        """
    )
    assert istio_problems(*found.values()) == []


def test_a_token_is_asked_of_callers_and_not_of_the_controller(istio_problems):
    found = made(SPECIALIST._replace(token=TOKEN))
    callers, controller = found["AuthorizationPolicy team-beta/specialist-callers"]["spec"]["rules"]
    assert callers["from"] == [
        {
            "source": {
                "principals": ["cluster.local/ns/team-alpha/sa/orchestrator-sa"],
                "requestPrincipals": ["https://idp.example.com/*"],
            }
        }
    ]
    assert callers["when"] == [{"key": "request.auth.claims[roles]", "values": ["delegate", "admin"]}]
    assert "requestPrincipals" not in controller["from"][0]["source"]
    assert "when" not in controller
    assert found["RequestAuthentication team-beta/specialist-token"]["spec"] == manifest(
        """
        selector: {matchLabels: {app: kagent, kagent: specialist}}
        jwtRules:
        - issuer: https://idp.example.com
          audiences: [specialist]
          jwksUri: https://idp.example.com/keys
          fromHeaders: [{name: Authorization, prefix: "Bearer "}]
        """
    )
    assert istio_problems(*found.values()) == []


def test_keys_may_be_given_instead_of_fetched():
    token = TOKEN._replace(jwks_uri="", jwks={"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}]}, prefix="", claims=())
    found = made(SPECIALIST._replace(token=token), mesh=AMBIENT)
    [rule] = found["RequestAuthentication team-beta/specialist-token"]["spec"]["jwtRules"]
    assert json.loads(rule["jwks"]) == token.jwks
    assert "jwksUri" not in rule
    assert rule["fromHeaders"] == [{"name": "Authorization"}]
    assert "when" not in found["AuthorizationPolicy team-beta/specialist-callers"]["spec"]["rules"][0]


def test_a_token_is_verified_by_the_waypoint_in_ambient_mode():
    spec = one("RequestAuthentication team-beta/specialist-token", agent=SPECIALIST._replace(token=TOKEN), mesh=AMBIENT)
    assert spec["spec"]["targetRefs"] == [{"group": "", "kind": "Service", "name": "specialist"}]


def test_limits_are_switched_on_and_stand_behind_authorization(istio_problems):
    found = made(SPECIALIST._replace(limits=Limits(10, 20, 5)))
    [patch] = found["EnvoyFilter team-beta/specialist-rate-limit"]["spec"]["configPatches"]
    config = patch["patch"]["value"]["typed_config"]["value"]
    assert config["token_bucket"] == {"max_tokens": 20, "tokens_per_fill": 10, "fill_interval": "1s"}
    for switch in ("filter_enabled", "filter_enforced"):
        assert config[switch]["default_value"] == {"numerator": 100, "denominator": "HUNDRED"}
    assert patch["match"]["context"] == "SIDECAR_INBOUND"
    assert patch["match"]["listener"]["filterChain"]["filter"]["subFilter"] == {"name": "envoy.filters.http.router"}
    rule = found["DestinationRule team-beta/specialist-connections"]["spec"]
    assert rule == manifest(
        """
        host: specialist.team-beta.svc.cluster.local
        trafficPolicy: {connectionPool: {tcp: {maxConnections: 5}}}
        """
    )
    assert istio_problems(*found.values()) == []


def test_an_owned_namespace_is_closed_to_all_that_is_not_said(istio_problems):
    found = made(namespaces=(namespace("team-alpha"),), agents=())
    assert found["PeerAuthentication team-alpha/default"]["spec"] == {"mtls": {"mode": "STRICT"}}
    assert found["AuthorizationPolicy team-alpha/allow-nothing"]["spec"] == {}
    for name in ("PeerAuthentication team-alpha/default", "AuthorizationPolicy team-alpha/allow-nothing"):
        assert found[name]["metadata"]["annotations"] == {"argocd.argoproj.io/sync-options": "Prune=false"}
    assert istio_problems(*found.values()) == []


def test_observe_takes_both_and_refuses_nothing():
    found = made(
        SPECIALIST._replace(enforced=False, token=TOKEN, limits=Limits(1, 1, 1)),
        namespaces=(namespace("team-beta", enforced=False),),
        agents=(),
        observed_accounts=(Account("team-beta", "specialist-sa"),),
    )
    assert found["PeerAuthentication team-beta/default"]["spec"] == {"mtls": {"mode": "PERMISSIVE"}}
    assert set(found) == {"PeerAuthentication team-beta/default", "Telemetry team-beta/access-log"}


def test_elsewhere_only_the_agents_own_pods_are_closed():
    shared = SPECIALIST._replace(management="Shared")
    found = made(shared, namespaces=(namespace("team-beta", management="Shared"),), agents=())
    assert found["PeerAuthentication team-beta/specialist-mtls"]["spec"] == {
        "selector": {"matchLabels": {"app": "kagent", "kagent": "specialist"}},
        "mtls": {"mode": "STRICT"},
    }
    assert set(found) == {
        "PeerAuthentication team-beta/specialist-mtls",
        "AuthorizationPolicy team-beta/specialist-callers",
    }


def test_the_guard_of_the_controller_refuses_all_but_what_agents_need(istio_problems):
    found = made(SPECIALIST)
    guard = found["AuthorizationPolicy kagent/controller-guard-default"]["spec"]
    assert guard["action"] == "DENY"
    assert guard["rules"] == manifest(
        """
        - from:
          - source: {principals: [cluster.local/ns/team-alpha/sa/orchestrator-sa]}
          to:
          - operation: {notPaths: [/api/sessions, "/api/sessions/{*}"]}
        """
    )
    callers = found["AuthorizationPolicy kagent/controller-callers-default"]["spec"]
    assert callers["action"] == "ALLOW"
    assert callers["rules"] == manifest(
        """
        - from:
          - source: {principals: [cluster.local/ns/kagent/sa/kagent-ui]}
          to:
          - operation: {ports: ["8083"]}
        - from:
          - source: {principals: [cluster.local/ns/team-alpha/sa/orchestrator-sa]}
          to:
          - operation: {ports: ["8083"], methods: [GET, POST], paths: [/api/sessions]}
          - operation: {ports: ["8083"], methods: [GET], paths: ["/api/sessions/{*}"]}
        """
    )
    assert istio_problems(*found.values()) == []


def test_the_guard_stands_at_the_waypoint_in_ambient_mode_and_can_not_be_walked_around(istio_problems):
    found = made(SPECIALIST, mesh=AMBIENT)
    for name in ("guard", "callers"):
        spec = found[f"AuthorizationPolicy kagent/controller-{name}-default"]["spec"]
        assert spec["targetRefs"] == [{"group": "", "kind": "Service", "name": "kagent-controller"}]
    only = found["AuthorizationPolicy kagent/controller-waypoint-default"]["spec"]
    assert only["rules"][0]["from"] == [{"source": {"principals": ["cluster.local/ns/kagent/sa/waypoint"]}}]
    assert istio_problems(*found.values()) == []


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_the_guard_is_printed_for_kagents_owner_who_manages_its_namespace(mesh):
    found = instances("mesh", topology(SPECIALIST, on=on(mesh, managed=False)))
    of_kagent = {name: one.presence for name, one in found.items() if " kagent/" in name}
    assert of_kagent
    assert set(of_kagent.values()) == {"proposed"}


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_an_agent_under_observe_is_not_cut_off_by_the_guard(mesh):
    watched = (Account("team-beta", "specialist-sa"),)
    found = made(SPECIALIST, mesh=mesh, observed_accounts=watched)
    assert {name for name in found if " kagent/" in name} == {"AuthorizationPolicy kagent/controller-guard-default"}
    assert "specialist-sa" not in str(found["AuthorizationPolicy kagent/controller-guard-default"])


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_a_suspended_agent_is_refused_everywhere(mesh, istio_problems):
    off = SPECIALIST._replace(suspended=True, callers=())
    found = made(off, mesh=mesh, suspended_accounts=(Account("team-beta", "specialist-sa"),))
    deny = found["AuthorizationPolicy team-beta/specialist-suspended"]["spec"]
    assert (deny["action"], deny["rules"]) == ("DENY", [{}])
    assert deny["selector"] == {"matchLabels": {"app": "kagent", "kagent": "specialist"}}
    rules = found["AuthorizationPolicy kagent/controller-guard-default"]["spec"]["rules"]
    assert rules[-1] == {"from": [{"source": {"principals": ["cluster.local/ns/team-beta/sa/specialist-sa"]}}]}
    assert istio_problems(*found.values()) == []


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_the_caller_of_a_suspended_link_is_refused_by_name(mesh):
    cut = SPECIALIST._replace(callers=(), cut_callers=(endpoint("team-alpha/orchestrator"),))
    deny = made(cut, mesh=mesh)["AuthorizationPolicy team-beta/specialist-suspended"]["spec"]
    assert deny["action"] == "DENY"
    assert deny["rules"] == [{"from": [{"source": {"principals": ["cluster.local/ns/team-alpha/sa/orchestrator-sa"]}}]}]
    # ztunnel sees the waypoint's identity, so there it would refuse nobody
    assert ("targetRefs" in deny) == (mesh is AMBIENT)


def test_declared_infrastructure_is_let_in_by_its_namespace(istio_problems):
    flow = Flow("infrastructure front", (Peer("web", {"matchLabels": {"app": "front"}}),), (Port(9090), Port(8080)))
    one_more = SPECIALIST._replace(ingress=(*SPECIALIST.ingress, flow))
    rule = made(one_more)["AuthorizationPolicy team-beta/specialist-callers"]["spec"]["rules"][-1]
    expected = {"from": [{"source": {"namespaces": ["web"]}}]}
    assert rule == {**expected, "to": [{"operation": {"ports": ["9090", "8080"]}}]}
    tunnelled = flow._replace(ports=(*flow.ports, Port(15008)))
    found = made(SPECIALIST._replace(ingress=(tunnelled,)), mesh=AMBIENT)
    assert found["AuthorizationPolicy team-beta/specialist-callers"]["spec"]["rules"][-1] == expected
    pods = found["AuthorizationPolicy team-beta/specialist-waypoint"]["spec"]["rules"][-1]
    assert pods == {**expected, "to": [{"operation": {"ports": ["9090"]}}]}
    assert istio_problems(*found.values()) == []


def test_an_agent_that_nobody_calls_takes_nothing():
    found = made(agent("shop/store", "wired", "Deployment"))
    assert found["AuthorizationPolicy shop/store-callers"]["spec"] == {
        "selector": {"matchLabels": {"app": "store"}},
        "action": "ALLOW",
    }


def test_a_namespace_in_ambient_mode_gets_its_waypoint(istio_problems):
    found = made(SPECIALIST, mesh=AMBIENT._replace(revision="stable"), namespaces=(WITH_WAYPOINT,))
    gateway = found["Gateway team-beta/waypoint"]
    assert gateway["metadata"]["labels"] == {"istio.io/waypoint-for": "service", "istio.io/rev": "stable"}
    assert gateway["spec"] == {
        "gatewayClassName": "istio-waypoint",
        "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
    }
    assert istio_problems(*found.values()) == []


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_a_server_behind_allow_nothing_lets_in_who_is_linked_to_it(mesh, istio_problems):
    who = Account("team-alpha", "orchestrator-sa")
    flow = Flow("agent team-alpha/orchestrator", (Peer("team-alpha", {}),), (Port(5432), Port(15008)), (), (who,))
    server = Server("data", "db", {"matchLabels": {"app": "db"}}, (flow,), ("db",))
    found = objects("mesh", topology(on=on(mesh, agents=()))._replace(servers=(server,)))
    pods = found["AuthorizationPolicy data/db-server-callers"]["spec"]
    expected = ["cluster.local/ns/team-alpha/sa/orchestrator-sa"]
    through = ["cluster.local/ns/data/sa/waypoint"] if mesh is AMBIENT else []
    assert pods["rules"] == [
        {"from": [{"source": {"principals": expected + through}}], "to": [{"operation": {"ports": ["5432"]}}]}
    ]
    clients = found.get("AuthorizationPolicy data/db-server-clients")
    assert (clients is not None) == (mesh is AMBIENT)
    if clients:
        assert clients["spec"]["targetRefs"] == [{"group": "", "kind": "Service", "name": "db"}]
        assert clients["spec"]["rules"] == [{"from": [{"source": {"principals": expected}}]}]
    assert istio_problems(*found.values()) == []


def test_every_call_is_logged_where_it_is_decided():
    sidecar = made(namespaces=(WITH_WAYPOINT._replace(waypoint=None),))["Telemetry team-beta/access-log"]["spec"]
    ambient = made(mesh=AMBIENT, namespaces=(WITH_WAYPOINT,))["Telemetry team-beta/access-log"]["spec"]
    assert sidecar == {"accessLogging": [{"providers": [{"name": "envoy"}]}]}
    assert ambient["targetRefs"] == [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "waypoint"}]


# Mistakes of hand-written policies (kagent PR 1908, file 08; istio.io)


def everything(mesh):
    return made(
        SPECIALIST._replace(token=TOKEN, limits=Limits(1, 1, 1), cut_callers=(endpoint("ops/other"),)),
        agent("team-beta/off", suspended=True),
        mesh=mesh,
        namespaces=(WITH_WAYPOINT if mesh is AMBIENT else namespace("team-beta"),),
        suspended_accounts=(Account("team-beta", "off-sa"),),
    )


def principals(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from inner if key == "principals" else principals(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from principals(inner)


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_principals_have_no_scheme_and_no_wildcard(mesh):
    found = list(principals(list(everything(mesh).values())))
    assert found
    assert all(one.startswith("cluster.local/ns/") and "*" not in one for one in found)


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_the_controller_is_its_own_account_not_kagents_name(mesh):
    found = list(principals(made(SPECIALIST, mesh=mesh)["AuthorizationPolicy team-beta/specialist-callers"]))
    assert "cluster.local/ns/kagent/sa/kagent-controller" in found
    assert "cluster.local/ns/kagent/sa/kagent" not in found


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_nobody_is_refused_by_a_list_of_who_is_not_meant(mesh):
    """A DENY with notPrincipals leaves no way to add a caller."""
    assert "notPrincipals" not in str(everything(mesh))


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_no_rule_allows_everybody(mesh):
    for policy in everything(mesh).values():
        if policy["kind"] == "AuthorizationPolicy" and policy["spec"].get("action") == "ALLOW":
            for rule in policy["spec"].get("rules", []):
                assert rule["from"], policy["metadata"]["name"]
                for given in rule["from"]:
                    source = given["source"]
                    assert source.get("principals") or source.get("namespaces")


def test_in_ambient_mode_nothing_at_the_pods_asks_for_more_than_ztunnel_reads():
    """Methods, paths or tokens on a policy with a selector make ztunnel refuse every connection."""
    for policy in everything(AMBIENT).values():
        if "selector" in policy["spec"]:
            text = str(policy["spec"])
            assert not any(word in text for word in ("methods", "paths", "Paths", "requestPrincipals", "'when'"))


def test_in_ambient_mode_no_second_service_leads_to_the_pods():
    found = everything(AMBIENT)
    closed = found["AuthorizationPolicy team-beta/allow-nothing-through-waypoint"]["spec"]
    assert closed == {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "waypoint"}],
        "action": "ALLOW",
    }


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_a_policy_names_pods_or_what_is_in_front_of_them_never_both(mesh):
    for policy in everything(mesh).values():
        assert not {"selector", "targetRefs"} <= set(policy["spec"])
        if mesh is SIDECAR:
            assert "targetRefs" not in policy["spec"]


def test_in_ambient_mode_there_is_no_filter_that_a_waypoint_ignores():
    assert not [name for name in everything(AMBIENT) if name.startswith(("EnvoyFilter", "DestinationRule"))]


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_nothing_is_named_like_an_agent(mesh):
    assert not {"specialist", "off"} & {name.rpartition("/")[2] for name in everything(mesh)}


def test_the_trust_domain_is_the_platforms():
    found = instances("mesh", topology(SPECIALIST, on=on(SIDECAR)._replace(trust_domain="prod.example")))
    policy = built(found["AuthorizationPolicy team-beta/specialist-callers"])
    assert all(one.startswith("prod.example/ns/") for one in principals(policy))


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_the_tool_server_takes_the_controller_and_the_agents_that_a_link_gives_it(mesh, istio_problems):
    accounts = (Account("kagent", "kagent-controller"), Account("team-alpha", "orchestrator-sa"))
    found = made(SPECIALIST, mesh=mesh, tools_accounts=accounts)
    assert found["AuthorizationPolicy kagent/tools-callers-default"]["spec"] == manifest(
        """
        selector: {matchLabels: {app.kubernetes.io/name: kagent-tools}}
        action: ALLOW
        rules:
        - from:
          - source:
              principals:
              - cluster.local/ns/kagent/sa/kagent-controller
              - cluster.local/ns/team-alpha/sa/orchestrator-sa
          to:
          - operation: {ports: ["8084"]}
        """
    )
    assert istio_problems(*found.values()) == []


@pytest.mark.parametrize("mesh", [SIDECAR, AMBIENT])
def test_port_8083_stays_closed_to_others_where_every_agent_is_suspended(mesh, istio_problems):
    off = SPECIALIST._replace(suspended=True, callers=())
    found = made(off, mesh=mesh, agents=(), suspended_accounts=(Account("team-beta", "specialist-sa"),))
    callers = found["AuthorizationPolicy kagent/controller-callers-default"]["spec"]
    assert [rule["from"][0]["source"]["principals"] for rule in callers["rules"]] == [
        ["cluster.local/ns/kagent/sa/kagent-ui"]
    ]
    assert ("AuthorizationPolicy kagent/controller-waypoint-default" in found) == (mesh is AMBIENT)
    assert istio_problems(*found.values()) == []


def test_the_controllers_waypoint_is_made_and_its_service_gets_the_label():
    on_it = on(AMBIENT, waypoint_presence="defined", service_presence="external")
    found = instances("mesh", topology(SPECIALIST, on=on_it))
    gateway, service = found["Gateway kagent/waypoint"], found["Service kagent/kagent-controller"]
    assert (gateway.presence, service.presence) == ("defined", "external")
    assert built(gateway)["spec"] == manifest(
        "{gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}"
    )
    assert built(service)["metadata"]["labels"] == {"istio.io/use-waypoint": "waypoint"}

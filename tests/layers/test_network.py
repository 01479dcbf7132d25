"""The layer network: what is open, to whom, and the mistakes that open or close too much."""

import pytest

from kgen.topology.types import Flow, Peer, Port, Server
from tests.layers.build import (
    CONTROLLER_PODS,
    DNS,
    TO_CONTROLLER,
    TOOLS_PODS,
    UI_PODS,
    agent,
    endpoint,
    instances,
    link,
    manifest,
    namespace,
    objects,
    platform,
    topology,
)

CALL = link("team-alpha/orchestrator", "team-beta/specialist")


def policies(*agents, **rest):
    return objects("network", topology(*agents, on=platform(runs_kagent=False, **rest)))


def rules(policy, direction):
    return policy["spec"][direction]


def test_a_callee_lets_in_its_callers_and_the_controller(built_in_problems):
    made = policies(agent("team-beta/specialist", callers=(CALL,)))
    assert made["NetworkPolicy team-beta/specialist-ingress"] == manifest(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: specialist-ingress
          namespace: team-beta
        spec:
          podSelector:
            matchLabels: {app: kagent, kagent: specialist}
          policyTypes: [Ingress]
          ingress:
          - from:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: team-alpha}
              podSelector:
                matchLabels: {app: kagent, kagent: orchestrator}
            ports:
            - {protocol: TCP, port: 8080}
          - from:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: kagent}
              podSelector:
                matchLabels: {app.kubernetes.io/name: kagent, app.kubernetes.io/component: controller}
            ports:
            - {protocol: TCP, port: 8080}
        """
    )
    assert built_in_problems(*made.values()) == []


def test_a_caller_reaches_its_callees_dns_and_the_controller(built_in_problems):
    made = policies(agent("team-alpha/orchestrator", callees=(CALL,)))
    assert made["NetworkPolicy team-alpha/orchestrator-egress"] == manifest(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: orchestrator-egress
          namespace: team-alpha
        spec:
          podSelector:
            matchLabels: {app: kagent, kagent: orchestrator}
          policyTypes: [Egress]
          egress:
          - to:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: team-beta}
              podSelector:
                matchLabels: {app: kagent, kagent: specialist}
            ports:
            - {protocol: TCP, port: 8080}
          - to:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: kube-system}
              podSelector:
                matchLabels: {k8s-app: kube-dns}
            ports:
            - {protocol: UDP, port: 53}
            - {protocol: TCP, port: 53}
          - to:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: kagent}
              podSelector:
                matchLabels: {app.kubernetes.io/name: kagent, app.kubernetes.io/component: controller}
            ports:
            - {protocol: TCP, port: 8083}
        """
    )
    assert built_in_problems(*made.values()) == []


def test_an_owned_namespace_denies_by_default(built_in_problems):
    made = objects("network", topology(namespaces=(namespace("team-alpha"),), on=platform(runs_kagent=False)))
    assert made == {
        "NetworkPolicy team-alpha/default-deny": manifest(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: default-deny
              namespace: team-alpha
              annotations:
                argocd.argoproj.io/sync-options: Prune=false
            spec:
              podSelector: {}
              policyTypes: [Ingress, Egress]
            """
        )
    }
    assert built_in_problems(*made.values()) == []


@pytest.mark.parametrize("change", [{"management": "Shared"}, {"management": "External"}, {"enforced": False}])
def test_nobody_elses_pods_are_denied_anything(change):
    spaces = (namespace("team-alpha", **change),)
    assert objects("network", topology(namespaces=spaces, on=platform(runs_kagent=False))) == {}


@pytest.mark.parametrize("change, on", [({"listed": False}, {}), ({}, {"prune_guardrails": True})])
def test_a_default_deny_that_may_be_pruned(change, on):
    spaces = (namespace("team-alpha", **change),)
    made = objects("network", topology(namespaces=spaces, on=platform(runs_kagent=False, **on)))
    assert "annotations" not in made["NetworkPolicy team-alpha/default-deny"]["metadata"]


def test_observe_emits_nothing_that_denies():
    assert policies(agent("team-alpha/orchestrator", enforced=False, callees=(CALL,))) == {}


@pytest.mark.parametrize("presence", ["defined", "wired", "external"])
@pytest.mark.parametrize("management", ["Owned", "Shared", "External"])
def test_policies_of_an_agent_are_kgens_own_whoever_owns_it(presence, management):
    one = agent("team-beta/specialist", presence, management=management)
    made = instances("network", topology(one, on=platform(runs_kagent=False)))
    assert {name: instance.presence for name, instance in made.items()} == {
        "NetworkPolicy team-beta/specialist-ingress": "defined",
        "NetworkPolicy team-beta/specialist-egress": "defined",
    }


# Mistakes of hand-written bundles (kagent PR 1908, file 02)


def every_rule(made):
    for name, policy in made.items():
        if policy["kind"] == "NetworkPolicy":
            for direction, peers in (("ingress", "from"), ("egress", "to")):
                for rule in policy["spec"].get(direction, []):
                    yield name, peers, rule


def test_no_rule_is_without_peers_or_ports():
    one = agent("team-beta/specialist", callers=(CALL,), callees=(link("team-beta/specialist", "ops/db"),))
    made = objects("network", topology(one))
    found = list(every_rule(made))
    assert len(found) == 7
    for name, peers, rule in found:
        assert rule[peers], f"{name}: a rule without peers is open to everybody"
        assert rule["ports"], f"{name}: a rule without ports opens all of them"


def test_dns_has_a_peer_and_not_the_whole_namespace():
    made = policies(agent("team-alpha/orchestrator"))
    rule = rules(made["NetworkPolicy team-alpha/orchestrator-egress"], "egress")[0]
    assert {port["port"] for port in rule["ports"]} == {53}
    assert rule["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]


@pytest.mark.parametrize(
    "flow",
    [
        Flow("model", (), (Port(443),)),
        Flow("model", (Peer(cidr="203.0.113.0/24"),), ()),
        Flow("model", (), (Port(443),), ("api.example.com",)),
    ],
)
def test_a_flow_without_peers_or_ports_opens_nothing(flow):
    made = policies(agent("team-alpha/orchestrator", egress=(flow,)))
    assert made["NetworkPolicy team-alpha/orchestrator-egress"]["spec"] == {
        "podSelector": {"matchLabels": {"app": "kagent", "kagent": "orchestrator"}},
        "policyTypes": ["Egress"],
    }


def test_an_agent_that_nobody_calls_is_closed():
    made = policies(agent("team-alpha/orchestrator", ingress=(), egress=()))
    ingress, egress = (made[f"NetworkPolicy team-alpha/orchestrator-{way}"]["spec"] for way in ("ingress", "egress"))
    # no rule at all, and no empty list of them: the API server drops it, so that every apply would change something
    assert (ingress["policyTypes"], "ingress" in ingress) == (["Ingress"], False)
    assert (egress["policyTypes"], "egress" in egress) == (["Egress"], False)


def test_pods_are_not_selected_by_labels_that_can_be_overridden():
    made = policies(agent("team-beta/specialist", callers=(CALL,)))
    for policy in made.values():
        assert "app.kubernetes.io/name" not in policy["spec"]["podSelector"]["matchLabels"]


def test_the_controller_is_told_apart_from_the_ui_and_the_database():
    made = objects("network", topology(agent("team-beta/specialist")))
    told = [
        peer["podSelector"]["matchLabels"]
        for _, peers, rule in every_rule(made)
        for peer in rule[peers]
        if peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kagent"}
    ]
    assert told
    assert all("app.kubernetes.io/component" in labels for labels in told)


def test_namespaces_are_selected_by_the_label_that_nobody_can_put_on():
    made = objects("network", topology(agent("team-beta/specialist", callers=(CALL,))))
    keys = {
        key
        for _, peers, rule in every_rule(made)
        for peer in rule[peers]
        for key in peer["namespaceSelector"]["matchLabels"]
    }
    assert keys == {"kubernetes.io/metadata.name"}


def test_ports_are_the_pods_not_the_services():
    storefront = endpoint("shop/storefront", "wired", "Deployment", port=9000)
    assert storefront.service_port == 80
    call = link("team-alpha/orchestrator", storefront)
    caller = agent("team-alpha/orchestrator", callees=(call,), egress=())
    callee = agent("shop/storefront", "wired", "Deployment", 9000, callers=(call,))
    made = policies(caller, callee)
    egress = rules(made["NetworkPolicy team-alpha/orchestrator-egress"], "egress")
    ingress = rules(made["NetworkPolicy shop/storefront-ingress"], "ingress")
    assert [rule["ports"] for rule in egress + ingress] == [[{"protocol": "TCP", "port": 9000}]] * 2


def test_addresses_with_their_exceptions(built_in_problems):
    public = Flow("model", (Peer(cidr="0.0.0.0/0", excluded=("10.0.0.0/8",)), Peer(cidr="2000::/3")), (Port(443),))
    made = policies(agent("team-alpha/orchestrator", egress=(public,)))
    assert rules(made["NetworkPolicy team-alpha/orchestrator-egress"], "egress") == [
        {
            "to": [
                {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}},
                {"ipBlock": {"cidr": "2000::/3"}},
            ],
            "ports": [{"protocol": "TCP", "port": 443}],
        }
    ]
    assert built_in_problems(*made.values()) == []


def test_a_peer_may_be_every_pod_of_one_namespace():
    flow = Flow("infrastructure otel", (Peer("telemetry"),), (Port(4317),))
    made = policies(agent("team-alpha/orchestrator", egress=(flow,)))
    assert rules(made["NetworkPolicy team-alpha/orchestrator-egress"], "egress")[0]["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "telemetry"}},
            "podSelector": {},
        }
    ]


# Cilium

NAMED = Flow("egress api.example.com", (), (Port(443),), ("api.example.com",))


def test_hosts_go_by_name_where_cilium_enforces_it(cilium_problems):
    made = policies(agent("team-alpha/orchestrator", egress=(DNS, NAMED)), cni="Cilium")
    one = made["CiliumNetworkPolicy team-alpha/orchestrator-egress-fqdn"]
    assert one == manifest(
        """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata:
          name: orchestrator-egress-fqdn
          namespace: team-alpha
        spec:
          endpointSelector:
            matchLabels: {app: kagent, kagent: orchestrator}
          egress:
          - toEndpoints:
            - matchLabels:
                k8s:io.kubernetes.pod.namespace: kube-system
                k8s-app: kube-dns
            toPorts:
            - ports:
              - {port: "53", protocol: UDP}
              - {port: "53", protocol: TCP}
              rules:
                dns:
                - matchPattern: "*"
          - toFQDNs:
            - matchName: api.example.com
            toPorts:
            - ports:
              - {port: "443", protocol: TCP}
        """
    )
    assert cilium_problems(one) == []


def test_the_schema_of_cilium_would_tell_a_misspelt_field(cilium_problems):
    wrong = manifest(
        """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: a, namespace: b}
        spec: {endpointSelector: {}, egress: [{toFqdns: [{matchName: a.example}]}]}
        """
    )
    assert cilium_problems(wrong) != []


@pytest.mark.parametrize("egress, cni", [((DNS, NAMED), "Calico"), ((DNS, TO_CONTROLLER), "Cilium")])
def test_no_cilium_policy_without_cilium_or_without_hosts(egress, cni):
    made = policies(agent("team-alpha/orchestrator", egress=egress), cni=cni)
    assert {name.split()[0] for name in made} == {"NetworkPolicy"}


# kagent's own pods


def test_the_controller_and_the_tools_let_in_only_who_is_named(built_in_problems):
    orchestrator = Peer("team-alpha", {"matchLabels": {"app": "kagent", "kagent": "orchestrator"}})
    on = platform(managed=True, controller_callers=(Peer("kagent", UI_PODS), orchestrator))
    made = objects("network", topology(on=on))
    assert made == {
        "NetworkPolicy kagent/controller-ingress-default": manifest(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: controller-ingress-default
              namespace: kagent
            spec:
              podSelector:
                matchLabels: {app.kubernetes.io/name: kagent, app.kubernetes.io/component: controller}
              policyTypes: [Ingress]
              ingress:
              - from:
                - namespaceSelector:
                    matchLabels: {kubernetes.io/metadata.name: kagent}
                  podSelector:
                    matchLabels: {app.kubernetes.io/name: kagent, app.kubernetes.io/component: ui}
                - namespaceSelector:
                    matchLabels: {kubernetes.io/metadata.name: team-alpha}
                  podSelector:
                    matchLabels: {app: kagent, kagent: orchestrator}
                ports:
                - {protocol: TCP, port: 8083}
            """
        ),
        "NetworkPolicy kagent/tools-ingress-default": manifest(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: tools-ingress-default
              namespace: kagent
            spec:
              podSelector:
                matchLabels: {app.kubernetes.io/name: kagent-tools}
              policyTypes: [Ingress]
              ingress:
              - from:
                - namespaceSelector:
                    matchLabels: {kubernetes.io/metadata.name: kagent}
                  podSelector:
                    matchLabels: {app.kubernetes.io/name: kagent, app.kubernetes.io/component: controller}
                ports:
                - {protocol: TCP, port: 8084}
            """
        ),
    }
    assert built_in_problems(*made.values()) == []


@pytest.mark.parametrize("managed, presence", [(True, "defined"), (False, "proposed")])
def test_policies_for_kagents_namespace_are_proposed_unless_kgen_manages_them(managed, presence):
    made = instances("network", topology(on=platform(managed=managed)))
    assert {one.presence for one in made.values()} == {presence}
    assert len(made) == 2


def test_a_controller_that_nobody_may_call_is_closed():
    made = objects("network", topology(on=platform(controller_callers=(), tools_callers=())))
    assert [policy["spec"] for policy in made.values()] == [
        {"podSelector": pods, "policyTypes": ["Ingress"]} for pods in (CONTROLLER_PODS, TOOLS_PODS)
    ]


def test_nothing_for_kagent_where_no_agent_is_kagents():
    assert objects("network", topology(on=platform(runs_kagent=False))) == {}


def test_wave():
    made = instances("network", topology(agent("team-alpha/orchestrator")))
    assert {one.wave for one in made.values()} == {-4}


def test_a_server_behind_the_default_deny_lets_in_who_is_linked_to_it(built_in_problems):
    agents = Flow("agent team-alpha/orchestrator", (Peer("team-alpha", {"matchLabels": {"app": "x"}}),), (Port(5432),))
    server = Server("data", "db", {"matchLabels": {"app.kubernetes.io/name": "db"}}, (agents,))
    made = objects("network", topology(on=platform(runs_kagent=False))._replace(servers=(server,)))
    assert made["NetworkPolicy data/db-server-ingress"] == manifest(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: db-server-ingress
          namespace: data
        spec:
          podSelector: {matchLabels: {app.kubernetes.io/name: db}}
          policyTypes: [Ingress]
          ingress:
          - from:
            - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: team-alpha}}
              podSelector: {matchLabels: {app: x}}
            ports:
            - {protocol: TCP, port: 5432}
        """
    )
    assert not built_in_problems(made["NetworkPolicy data/db-server-ingress"])

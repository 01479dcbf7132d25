"""Each layer by itself: pods, Cilium, kagent's references, rights, selectors, somebody else's policies."""

from typing import Any

import pytest

from kgen.manifests import Document, Manifest, Origin
from kgen.proof.pods import pods
from kgen.results import ERROR
from tests.proof.build import agent, documents, policy, proof, thing, told

ALL_FROM = {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "red"}}}
PAIR = [agent("one", "red", calls=[("blue", "two")]), agent("two", "blue", allowedNamespaces=ALL_FROM)]
RBAC = "rbac.authorization.k8s.io/v1"


def template(labels: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "m"}], **spec}}


@pytest.mark.parametrize(
    "kind, version, spec",
    [
        ("Deployment", "apps/v1", {"template": template({"a": "b"})}),
        ("StatefulSet", "apps/v1", {"template": template({"a": "b"})}),
        ("DaemonSet", "apps/v1", {"template": template({"a": "b"})}),
        ("ReplicaSet", "apps/v1", {"template": template({"a": "b"})}),
        ("Job", "batch/v1", {"template": template({"a": "b"})}),
        ("CronJob", "batch/v1", {"jobTemplate": {"spec": {"template": template({"a": "b"})}}}),
    ],
)
def test_every_workload_makes_pods(kind: str, version: str, spec: Manifest) -> None:
    [pod] = pods([Document(thing(kind, "x", "n", version, spec=spec), Origin())])
    assert (pod.namespace, pod.labels, pod.service_account) == ("n", {"a": "b"}, "default")
    assert not list(pods([Document(thing(kind, "x", "n", "example.com/v1", spec=spec), Origin())]))


def test_an_agent_is_the_pods_that_kagent_makes_of_it() -> None:
    own = {"labels": {"app.kubernetes.io/name": "other", "app": "mine"}, "serviceAccountName": "one-sa"}
    one = agent("one", "red")
    one["spec"]["declarative"]["deployment"] = own
    [pod] = pods(documents([one]))
    assert pod.labels == {
        "app": "kagent",
        "kagent": "one",
        "app.kubernetes.io/name": "other",
        "app.kubernetes.io/managed-by": "kagent",
        "app.kubernetes.io/part-of": "kagent",
    }
    assert pod.service_account == "one-sa"
    assert pod.ports[0][:2] == ("http", 8080)


def test_without_policies_each_side_is_said_to_be_open() -> None:
    made = proof(PAIR)
    assert made.verdict == "refuted"
    found = told(made, "excess")
    assert any("no policy isolates the ingress side" in one for one in found)
    assert any("no policy isolates the egress side" in one for one in found)
    assert len(found) < 40  # one a cause, not one a pair


def test_somebody_else_s_policy_re_opens_what_kgen_s_default_deny_closed() -> None:
    ours = {"app.kubernetes.io/managed-by": "kgen", "kgen.dev/layer": "network"}
    deny = policy("default-deny", "blue", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, labels=ours)
    leak = policy("handy", "blue", {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}]}]})
    found = next(one for one in proof([*PAIR, deny, leak]).findings if one.kind == "union-leak")
    assert "re-opens what NetworkPolicy blue/default-deny closed, because policies add up" in found.message
    assert [str(cause.identity) for cause in found.causes] == [
        "NetworkPolicy blue/handy",
        "NetworkPolicy blue/default-deny",
    ]


def test_fields_of_a_policy_that_do_not_exist_are_reported() -> None:
    typo = policy("typo", "blue", {"podSelector": {}, "ingress": [{"form": [{"podSelector": {}}]}]})
    made = proof([*PAIR, typo])
    assert told(made, "not-understood") == ["NetworkPolicy has no field form here, and drops it: there are from, ports"]


@pytest.mark.parametrize(
    "rule, message",
    [
        ({"from": [{}]}, "names no peer, which the API server refuses: lets nobody through"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/99"}}]}, "is no block of addresses: lets nobody through"),
        (
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]},
            "has ipBlock beside a selector, which the API server refuses: lets nobody through",
        ),
        (
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]},
            "holds what is no block inside the cidr, which the API server refuses",
        ),
        ({"ports": [{"endPort": 80}]}, "needs port beside it: lets nothing through"),
        ({"ports": [{"port": "http", "endPort": 80}]}, "does not go with a named port: lets nothing through"),
        ({"ports": [{"port": 80, "endPort": 79}]}, "is no port, and no range of ports: lets nothing through"),
        ({"ports": [{"protocol": "ICMP"}]}, "is none of TCP, UDP, SCTP: lets nothing through"),
    ],
)
def test_what_the_api_server_refuses_opens_nothing_and_is_said(rule: Manifest, message: str) -> None:
    made = proof([*PAIR, policy("odd", "blue", {"podSelector": {}, "ingress": [rule]})])
    assert told(made, "not-understood") == [message]
    links = [flow for flow in made.flows if flow.name == "link"]
    assert links[0].ingress == "blocked"


def test_other_kinds_of_policy_make_a_proof_incomplete_not_wrong() -> None:
    for version, kind in (
        ("policy.networking.k8s.io/v1", "ClusterNetworkPolicy"),
        ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"),
        ("extensions/v1beta1", "NetworkPolicy"),
    ):
        [message] = told(proof([*PAIR, thing(kind, "x", "blue", version, spec={})]), "not-understood")
        assert message.startswith(f"{kind} is not evaluated, and it ")


def tiered(priority: int, tier: str = "Admin", **sides: Any) -> Manifest:
    spec = {"tier": tier, "priority": priority, "subject": {"namespaces": {}}, **sides}
    return thing("ClusterNetworkPolicy", f"cnp-{priority}", "", "policy.networking.k8s.io/v1alpha2", spec=spec)


EVERYBODY = {"namespaces": {}}


def test_a_rule_of_the_admin_tier_that_blocks_a_link_is_named() -> None:
    deny = tiered(1, ingress=[{"action": "Deny", "from": [EVERYBODY]}])
    made = proof([*PAIR, deny])
    found = [one for one in made.findings if one.kind == "deficit" and one.target == "blue/two" and one.causes]
    assert "ClusterNetworkPolicy cnp-1 denies it or may do so" in found[0].message
    assert found[0].causes[0].path == ("spec", "ingress", 0)
    assert "put a rule before it" in found[0].mend


def test_a_rule_of_the_admin_tier_re_opens_what_kgen_s_default_deny_closed() -> None:
    ours = {"app.kubernetes.io/managed-by": "kgen", "kgen.dev/layer": "network"}
    deny = policy("default-deny", "blue", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, labels=ours)
    made = proof([*PAIR, deny, tiered(1, ingress=[{"action": "Accept", "from": [EVERYBODY]}])])
    [leak] = [one for one in made.findings if one.kind == "union-leak"][:1]
    assert "because it comes before every NetworkPolicy" in leak.message
    assert leak.causes[0].text == "ClusterNetworkPolicy cnp-1, spec.ingress[0] (in.yaml:4)"


def test_why_names_the_rule_of_a_tier() -> None:
    from kgen.proof.terms import PortTerm
    from kgen.proof.why import find, why

    made = proof([*PAIR, tiered(1, "Baseline", egress=[{"action": "Deny", "to": [EVERYBODY]}])])
    answer = why(made, find(made.world, "red/one"), find(made.world, "blue/two"), PortTerm("TCP", 8080, 8080))
    assert answer.verdict == "blocked"
    assert [cause.path for side in answer.sides for cause in side.causes] == [("spec", "egress", 0)]


def test_an_order_that_the_api_leaves_open_is_said() -> None:
    rule = {"action": "Accept", "from": [EVERYBODY]}
    one, other = tiered(7, ingress=[rule]), tiered(7, ingress=[rule | {"action": "Deny"}])
    other["metadata"]["name"] = "another"
    [message] = told(proof([*PAIR, one, other]), "not-understood")
    assert message.endswith("which is asked first is not defined")
    assert not told(proof([*PAIR, one]), "not-understood")


def cilium(spec: dict[str, Any]) -> Manifest:
    return thing("CiliumNetworkPolicy", "fqdn", "blue", "cilium.io/v2", spec=spec)


def test_cilium_opens_hosts_by_name_and_says_what_else_it_does_not_read() -> None:
    selector = {"matchLabels": {"k8s:app": "kagent", "kagent": "two"}}
    rule = {
        "toFQDNs": [{"matchName": "api.example.com"}],
        "toPorts": [{"ports": [{"port": "8443", "protocol": "TCP"}]}],
    }
    ports = [{"port": "53", "protocol": "UDP"}, {"port": "53", "protocol": "TCP"}]
    pods = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns"}}
    dns = {"toEndpoints": [pods], "toPorts": [{"ports": ports, "rules": {"dns": [{"matchPattern": "*"}]}}]}
    made = proof([*PAIR, cilium({"endpointSelector": selector, "egress": [dns, rule]})])
    assert not told(made, "not-understood")
    assert any(one.startswith("blue/two to api.example.com, TCP 8443: possible") for one in told(made, "excess"))
    for other in (
        {"toEntities": ["world"]},
        {"toCIDR": ["10.0.0.0/8"]},
        {"toFQDNs": [{"matchPattern": "*.example.com"}]},  # no name that could be held against a question
        {"toPorts": [{"ports": [{"port": "80"}], "rules": {"http": [{}]}}]},
    ):
        [message] = told(proof([*PAIR, cilium({"endpointSelector": selector, "egress": [other]})]), "not-understood")
        assert message.startswith("kgen does not evaluate ")
    [message] = told(proof([*PAIR, cilium({"endpointSelector": selector, "egress": [rule]})]), "not-understood")
    assert message == (
        "toFQDNs without a rule beside it that sends lookups by UDP and TCP to Cilium's proxy (rules.dns) "
        "lets nothing through"
    )
    [message] = told(proof([*PAIR, cilium({"endpointSelector": {}, "ingress": [{}]})]), "not-understood")
    assert message == "kgen does not evaluate ingress of a CiliumNetworkPolicy"


def test_a_callee_that_does_not_consent() -> None:
    made = proof([PAIR[0], agent("two", "blue")])
    assert told(made, "deficit") == [
        "red/one to blue/two: kagent refuses it, because the callee does not consent to that namespace"
    ]
    assert next(flow for flow in made.flows if flow.name == "link").kagent == "refused"


@pytest.mark.parametrize("allowed", [{"from": "All"}, {"from": "Selector", "selector": {}}])
def test_consent_to_everybody_is_a_layer_that_says_nothing(allowed: Manifest) -> None:
    made = proof([PAIR[0], agent("two", "blue", allowedNamespaces=allowed)])
    assert told(made, "disagreement") == [
        "blue/two consents to agents of every namespace; only the network tells them apart"
    ]


def test_consent_wider_than_the_links() -> None:
    wide = {
        "from": "Selector",
        "selector": {
            "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["red", "grey"]}]
        },
    }
    made = proof([PAIR[0], agent("two", "blue", allowedNamespaces=wide)])
    assert told(made, "disagreement") == ["blue/two consents to agents of grey, and no link comes from there"]


def test_a_tool_that_is_nowhere() -> None:
    made = proof([agent("one", "red", calls=[("red", "gone")]), *PAIR[1:]])
    assert made.verdict == "refuted"


def role(rules: list[Manifest]) -> list[Manifest]:
    subject = {"kind": "ServiceAccount", "name": "two", "namespace": "blue"}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    return [
        thing("Role", "r", "blue", RBAC, rules=rules),
        thing("RoleBinding", "r", "blue", RBAC, roleRef=ref, subjects=[subject]),
    ]


@pytest.mark.parametrize(
    "rule, can",
    [
        ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}, "read Secrets in blue"),
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, "do everything in blue"),
        ({"apiGroups": [""], "resources": ["*"], "verbs": ["list"]}, "read Secrets in blue"),
        ({"apiGroups": ["kagent.dev"], "resources": ["agents"], "verbs": ["patch"]}, "write Agents in blue"),
        ({"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}, "run commands in pods in blue"),
        ({"apiGroups": [""], "resources": ["*/exec"], "verbs": ["create"]}, "run commands in pods in blue"),
        (
            {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["escalate"]},
            "give rights in blue",
        ),
        (
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["a"]},
            "read Secrets in blue (a only)",
        ),
        (
            {"apiGroups": [""], "resources": ["services/proxy"], "verbs": ["get"]},
            "call pods past the network policies in blue",
        ),
        ({"apiGroups": [""], "resources": ["pods/*"], "verbs": ["create"]}, "run commands in pods in blue"),
        ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}, "write Secrets in blue"),
        (
            {"apiGroups": ["security.istio.io"], "resources": ["*"], "verbs": ["delete"]},
            "change the mesh's policies in blue",
        ),
        (
            {"apiGroups": ["constraints.gatekeeper.sh"], "resources": ["kgenlock-p"], "verbs": ["delete"]},
            "change admission in blue",
        ),
        (
            {
                "apiGroups": ["kagent.dev"],
                "resources": ["agents"],
                "verbs": ["create", "patch"],
                "resourceNames": ["a"],
            },
            "write Agents in blue (a only)",
        ),
    ],
)
def test_rights_of_an_agent_s_account(rule: Manifest, can: str) -> None:
    made = proof([*PAIR, *role([rule])])
    told_of = f"ServiceAccount blue/two, the account of an agent, can {can}: agents need no right there"
    assert told_of in told(made, "power")


@pytest.mark.parametrize(
    "rule",
    [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
        {"apiGroups": ["example.com"], "resources": ["secrets"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        # a request that creates names nothing
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"], "resourceNames": ["a"]},
    ],
)
def test_rights_that_are_no_danger(rule: Manifest) -> None:
    assert not told(proof([*PAIR, *role([rule])]), "power")


def test_built_in_roles_and_everybody() -> None:
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    everybody = {"kind": "Group", "name": "system:authenticated"}
    made = proof([*PAIR, thing("ClusterRoleBinding", "all", "", RBAC, roleRef=ref, subjects=[everybody])])
    expected = (
        "Group system:authenticated can read Secrets in every namespace: that is everybody, each agent's account "
        "included"
    )
    assert expected in told(made, "power")


@pytest.mark.parametrize("group", ["system:serviceaccounts", "system:serviceaccounts:blue"])
def test_groups_that_agents_accounts_are_in(group: str) -> None:
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    binding = thing("RoleBinding", "all", "blue", RBAC, roleRef=ref, subjects=[{"kind": "Group", "name": group}])
    found = told(proof([*PAIR, binding]), "power")
    assert f"Group {group} can read Secrets in blue: agents' accounts are in it, and need no right there" in found
    binding["subjects"][0]["name"] = "system:serviceaccounts:elsewhere"
    assert not told(proof([*PAIR, binding]), "power")


def test_an_account_by_its_user_name() -> None:
    binding = role([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}])
    binding[1]["subjects"] = [{"kind": "User", "name": "system:serviceaccount:blue:two"}]
    assert told(proof([*PAIR, *binding]), "power")


def test_roles_that_are_made_of_others() -> None:
    agents = [{"apiGroups": ["kagent.dev"], "resources": ["agents"], "verbs": ["*"]}]
    labels = {"rbac.authorization.k8s.io/aggregate-to-edit": "true", "team": "x"}
    part = thing("ClusterRole", "kagent-edit", "", RBAC, rules=agents, labels=labels)
    whole = thing(
        "ClusterRole", "mine", "", RBAC, aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"team": "x"}}]}
    )
    for name, expected in (("edit", True), ("admin", True), ("view", False), ("mine", True)):
        ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
        subject = {"kind": "Group", "name": "dev"}
        binding = thing("RoleBinding", "dev", "blue", RBAC, roleRef=ref, subjects=[subject])
        made = proof([*PAIR, part, whole, binding])
        assert ("write Agents" in {power.what for power in made.powers}) is expected, name


def test_a_peer_that_is_nobody() -> None:
    wrong = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "red"}},
        "podSelector": {"matchLabels": {"app": "one"}},
    }
    made = proof([*PAIR, policy("in", "blue", {"podSelector": {}, "ingress": [{"from": [wrong]}]})])
    assert told(made, "dangling") == [
        "names a peer that is no known pod of red: it lets nobody through, unless somebody takes its labels"
    ]
    assert [one.result().severity for one in made.findings if one.kind == "deficit"].count(ERROR) >= 1


def test_nothing_of_a_secret_is_told() -> None:
    secret = thing("Secret", "s", "blue", stringData={"key": "aHVudGVyMg"})
    from kgen.present.proofs import as_json, markdown, text

    made = proof([*PAIR, secret])
    assert not [form for form in (text, markdown, as_json) if "aHVudGVyMg" in form(made)]

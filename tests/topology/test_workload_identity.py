"""Workload identity: who gets one, who can be verified, and who is let in to verify it."""

import pytest

from kgen.topology.types import Account, Flow, Identity, Peer, Port
from tests.topology.build import agent_of, build, call, define, link, messages, refused
from tests.topology.identities import (
    ASKS,
    BOTH,
    CLERK,
    HTTP,
    PORT,
    STORE,
    TLS,
    TLS_PORT,
    external,
    platform,
    service,
    workload,
)

OPERATOR = Peer("kagenti-system", {"matchLabels": {"control-plane": "controller-manager"}})
VERIFIED = "agent.kagenti.dev/signature-verified"
PLAIN = workload("store", HTTP) + service("store")


def identity(text: str, on: str = "", agent: str = "shop/store") -> Identity | None:
    return agent_of(build(text, on or platform()), agent).identity


def operator(text: str, on: str, agent: str = "shop/store") -> list[Flow]:
    return [flow for flow in agent_of(build(text, on), agent).ingress if flow.name == "operator"]


def test_without_the_layer_nobody_has_one():
    built = build(BOTH)
    assert [agent.identity for agent in built.agents] == [None, None]
    assert built.platform.workload_identity is None


def test_profile_zero_trust_brings_the_layer():
    from kgen.topology.switches import is_on

    assert is_on({"profile": "ZeroTrust", "layers": {}}, "workload-identity")
    assert not is_on({"profile": "ZeroTrust", "layers": {"workload-identity": "Disabled"}}, "workload-identity")
    assert not is_on({"profile": "Hardened", "layers": {}}, "workload-identity")


def test_a_section_for_a_layer_that_is_off_is_said():
    built = build(BOTH, "workloadIdentity: {className: c}")
    assert messages(built, "identity-unused") == [
        "is not used: the layer is off; set layers: {workload-identity: Enabled}, or take it out"
    ]


@pytest.mark.parametrize(
    "text, expected",
    [
        (BOTH, Identity("agent", True, 8443, 8443)),
        (CLERK + workload("store") + service("store", f"{PORT}, {TLS_PORT}") + ASKS, Identity("agent", True, 8443, 0)),
        (CLERK + PLAIN + ASKS, Identity("agent", True, 0, 0)),
        # nobody calls it, and it serves nothing by TLS: an identity to show, no card to verify
        (PLAIN + call("shop/store", "shop/clerk") + CLERK, Identity("agent", False, 0, 0)),
        (STORE + call("shop/store", "shop/clerk") + CLERK, Identity("agent", True, 8443, 8443)),
        (
            CLERK + PLAIN + link("from: shop/clerk\nto: {namespace: shop, name: store, service: {tlsPort: 9443}}"),
            Identity("agent", True, 9443, 9443),
        ),
    ],
)
def test_what_serves_agent_tls_can_be_verified(text, expected):
    assert identity(text) == expected


def test_the_container_that_serves_gets_the_socket():
    proxy = "      - {name: proxy, image: registry.example/p:1, ports: [{name: admin, containerPort: 9901}], "
    proxy += "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}\n"
    found = identity(CLERK + workload("store", further=proxy) + service("store") + ASKS)
    assert found
    assert found.container == "agent"


def test_a_stateful_set_is_one_as_well():
    found = identity(CLERK + workload("store", kind="StatefulSet") + service("store") + ASKS)
    assert found == Identity("agent", True, 8443, 8443)


def test_what_a_link_says_of_an_external_workload_counts():
    text = external(", service: {tlsPort: 8443}")
    assert identity(text, agent="far/store") == Identity("", True, 8443, 8443)


def test_kagent_agents_have_none():
    text = CLERK + define("shop/advisor") + call("shop/clerk", "shop/advisor")
    built = build(text, platform())
    assert agent_of(built, "shop/advisor").identity is None
    assert messages(built, "unverifiable") == [
        "shop/advisor is a kagent Agent and can not be verified: its Service is kagent's, which takes agent-tls off"
    ]
    assert not operator(text, platform(), "shop/advisor")


def test_under_observe_nothing_is_verified():
    observed = platform().replace("shop: {}", "shop: {enforcement: Observe}")
    built = build(BOTH, observed)
    assert [agent.identity for agent in built.agents] == [None, None]
    assert not operator(BOTH, observed)


def test_a_silent_http_fallback_is_said_or_refused():
    """Upstream it is an event that nobody reads: the fetch goes on in clear, and the agent is never verified."""
    text = CLERK + PLAIN + ASKS
    [said] = messages(build(text, platform()), "unverifiable")
    assert said.endswith("call that so: the operator fetches its card by HTTP, and it stays unverified")
    mesh = "profile: Mesh\nmesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}\n"
    [said] = messages(build(text, platform(rest=mesh)), "unverifiable")
    assert said.endswith("call that so: it stays unverified, and in the mesh no fetch by HTTP gets through either")
    [refusal] = refused(text, platform("verification: Required"))
    assert refusal.rule == "unverifiable"


@pytest.mark.parametrize("domain", ["''", "spiffe://", "spiffe:///", "' '"])
def test_an_empty_trust_domain_is_refused(domain):
    """With one, every `spiffe://` would be bound, or none."""
    own = f"layers: {{workload-identity: Enabled}}\nworkloadIdentity: {{className: c, trustDomain: {domain}}}"
    [refusal] = refused(BOTH, own)
    assert refusal.field == "spec.workloadIdentity.trustDomain"
    assert "expected a SPIFFE trust domain" in refusal.message


def test_a_scheme_is_taken_off_the_trust_domain():
    own = "layers: {workload-identity: Enabled}\nworkloadIdentity: {className: c, trustDomain: 'spiffe://example.org'}"
    found = build(BOTH, own).platform.workload_identity
    assert found
    assert found.trust_domain == "example.org"


def test_the_meshs_default_is_doubted_as_spires_trust_domain():
    built = build(BOTH, "layers: {workload-identity: Enabled}\nworkloadIdentity: {className: c}")
    assert "is Istio's default" in messages(built, "trust-domain")[0]
    assert not messages(build(BOTH, platform()), "trust-domain")


def test_the_operator_is_let_in_to_what_it_fetches():
    accounts = (Account("kagenti-system", "controller-manager"),)
    tls, http = (Port(8443),), (Port(8080),)
    assert operator(BOTH, platform("verification: Required")) == [Flow("operator", (OPERATOR,), tls, (), accounts)]
    assert operator(BOTH, platform()) == [Flow("operator", (OPERATOR,), http + tls, (), accounts)]
    assert operator(CLERK + PLAIN + ASKS, platform()) == [Flow("operator", (OPERATOR,), http, (), accounts)]


def test_the_operator_is_where_its_flavor_or_the_platform_says():
    [flow] = operator(BOTH, platform("flavor: rossoctl"))
    assert flow.peers[0].namespace == "rossoctl-system"
    own = platform("operatorNamespace: verifiers, operatorServiceAccountName: verifier")
    [flow] = operator(BOTH, own)
    assert (flow.peers[0].namespace, flow.accounts) == ("verifiers", (Account("verifiers", "verifier"),))


def test_the_gate_is_in_the_peers_and_never_in_the_agents_own_selector():
    [found] = build(BOTH, platform("gate: true")).links
    for end, name in ((found.caller, "clerk"), (found.callee, "store")):
        assert end.pod_selector == {"matchLabels": {"app": name}}
        assert end.peer_selector == {"matchLabels": {"app": name, VERIFIED: "true"}}
    [found] = build(BOTH, platform()).links
    assert found.caller.peer_selector == found.caller.pod_selector


def test_who_can_not_be_verified_stays_out_of_the_gate_and_that_is_said():
    built = build(STORE + define("shop/advisor") + call("shop/advisor", "shop/store"), platform("gate: true"))
    [found] = built.links
    assert (found.caller.verified_by, found.callee.verified_by) == ("", VERIFIED)
    [said] = messages(built, "unverifiable")
    assert said.endswith("takes agent-tls off; the gate does not ask it for the label")
    [said] = messages(build(CLERK + PLAIN + ASKS, platform("gate: true")), "unverifiable")
    assert said.endswith("it stays unverified; the gate does not ask it for the label")


def test_the_operators_policies_are_no_matter_where_nothing_is_closed():
    own = platform("operatorEnforcesNetworkPolicies: true", layers="workload-identity: Enabled, network: Disabled")
    assert build(BOTH, own)


def test_an_operator_that_admission_trusts_is_fine():
    trusted = "[argocd, 'system:serviceaccount:kagenti-system:controller-manager']"
    layers = "workload-identity: Enabled, admission: Enabled"
    assert build(BOTH, platform(rest=f"admission: {{trustedWriters: {trusted}}}", layers=layers))


def test_the_operators_values_are_printed():
    [said] = messages(build(BOTH, platform()), "operator-values")
    assert said.splitlines()[1:] == [
        "verifiedFetch: {enabled: true, spiffeEndpointSocket: 'unix:///spiffe-workload-api/spire-agent.sock'}",
        "signatureVerification: {enabled: false, spireTrustDomain: example.org}",
        "enforceNetworkPolicies: false",
    ]


def test_a_namespace_of_agent_runtimes_is_kept_out_of_ambient_mode():
    """rossoctl's operator labels it for Istio's ambient mode otherwise, whatever mesh there is."""
    [shop] = [space for space in build(BOTH, platform("flavor: rossoctl")).namespaces if space.name == "shop"]
    assert shop.annotations == {"rossoctl.io/istio-mesh": "disabled"}
    shared = platform("flavor: rossoctl").replace("shop: {}", "shop: {management: Shared}")
    assert "rossoctl.io/istio-mesh: disabled" in messages(build(BOTH, shared), "operator-mesh")[0]
    assert all(not space.annotations for space in build(BOTH, platform()).namespaces)


def test_an_image_to_sign_with_is_named_by_digest():
    cards = "".join(
        f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}-agent-card, namespace: shop}}\n"
        "data: {agent.json: '{}'}\n"
        for name in ("clerk", "store")
    )
    own = "signer: InitContainer, signerImage: 'registry.example/signer:1'"
    assert "name it by digest" in messages(build(BOTH + cards, platform(own)), "signer-image")[0]
    [refusal] = refused(BOTH + cards, platform(f"{own}, verification: Required"))
    assert refusal.rule == "signer-image"


def test_the_port_of_the_calls_is_still_told_apart():
    """A Service with agent-tls written out has two ports; the other one is A2A's, whatever it is called."""
    ports = f"{{name: a2a, port: 80, targetPort: http}}, {TLS_PORT}"
    built = build(CLERK + workload("store", f"{HTTP}, {TLS}") + service("store", ports) + ASKS, platform())
    assert agent_of(built, "shop/store").port == 8080


def test_everybodys_account_is_told_once() -> None:
    """With a mesh, that one refuses it."""
    text = CLERK + workload("store", account="default") + service("store") + ASKS
    for rest, rule in (
        ("", "shared-identity"),
        ("mesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}", "mesh-identity"),
    ):
        layers = "workload-identity: Enabled" + (", mesh: Enabled" if rest else "")
        told = refused(text, platform("verification: Required", rest, layers))
        assert [one.rule for one in told if "ServiceAccount default" in one.message] == [rule]

"""What closes, and went or got weaker: always a widening; the other way round never."""

from pathlib import Path
from typing import Any

import pytest

from kgen.compare import compare
from kgen.manifests import Manifest
from tests.compare.build import closed, links, manifests, opened
from tests.proof.build import policy, thing

ISTIO = "security.istio.io/v1"
VAP = "admissionregistration.k8s.io/v1"
PSA = "pod-security.kubernetes.io/enforce"
POD = thing("Pod", "p", "x", labels={"app": "p"}, spec={"containers": [], "serviceAccountName": "p"})


def mesh(kind: str, name: str, **spec: Any) -> Manifest:
    return thing(kind, name, "x", ISTIO, spec=spec)


def denying(*principals: str, **more: Any) -> Manifest:
    rule = {"from": [{"source": {"principals": list(principals)}}], **more}
    return mesh("AuthorizationPolicy", "guard", action="DENY", rules=[rule])


def allowing(*callers: str, **more: Any) -> Manifest:
    rule = {"from": [{"source": {"principals": list(callers)}}], **more}
    return mesh("AuthorizationPolicy", "callers", selector={"matchLabels": {"app": "p"}}, rules=[rule])


def namespace(**labels: str) -> Manifest:
    return thing("Namespace", "x", labels=labels)


def binding(*actions: str, **ref: str) -> Manifest:
    spec: dict[str, Any] = {"policyName": "p", "validationActions": list(actions)}
    return thing("ValidatingAdmissionPolicyBinding", "b", "", VAP, spec=spec | ({"paramRef": ref} if ref else {}))


def admission(*expressions: str, failing: str = "Fail") -> Manifest:
    spec = {"failurePolicy": failing, "validations": [{"expression": one} for one in expressions]}
    return thing("ValidatingAdmissionPolicy", "p", "", VAP, spec=spec)


TOKEN = {"when": [{"key": "request.auth.claims[roles]", "values": ["delegate"]}]}

# (before, after, what is said of it)
WEAKENED: dict[str, tuple[list[Manifest], list[Manifest], str]] = {
    "default-deny": (
        [policy("deny", "x", {"podSelector": {}, "policyTypes": ["Ingress"]})],
        [],
        "default-deny of ingress is gone",
    ),
    "a default-deny that lets something through": (
        [policy("deny", "x", {"podSelector": {}, "policyTypes": ["Egress"]})],
        [policy("deny", "x", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 1}]}]})],
        "default-deny of egress is gone",
    ),
    "allow-nothing": ([mesh("AuthorizationPolicy", "none")], [], "allow-nothing of the mesh is gone"),
    "STRICT": (
        [mesh("PeerAuthentication", "d", mtls={"mode": "STRICT"})],
        [mesh("PeerAuthentication", "d", mtls={"mode": "PERMISSIVE"})],
        "mutual TLS: PERMISSIVE, was STRICT",
    ),
    "STRICT of one port": (
        [mesh("PeerAuthentication", "d", mtls={"mode": "STRICT"})],
        [mesh("PeerAuthentication", "d", mtls={"mode": "STRICT"}, portLevelMtls={"80": {"mode": "DISABLE"}})],
        "mutual TLS, port 80: DISABLE",
    ),
    "Pod Security": (
        [namespace(**{PSA: "restricted"})],
        [namespace(**{PSA: "baseline"})],
        "Pod Security: baseline, was restricted",
    ),
    "the mesh": ([namespace(**{"istio-injection": "enabled"})], [namespace()], "the mesh is gone"),
    "a binding": ([binding("Deny")], [], "ValidatingAdmissionPolicyBinding b is gone"),
    "Deny to Audit": (
        [binding("Deny")],
        [binding("Audit")],
        "ValidatingAdmissionPolicyBinding b: Audit, was Deny",
    ),
    "parameters that may be missing": (
        [binding("Deny", name="n", parameterNotFoundAction="Deny")],
        [binding("Deny", name="n", parameterNotFoundAction="Allow")],
        "without parameters: parameterNotFoundAction Allow",
    ),
    "a policy that fails open": ([admission("a")], [admission("a", failing="Ignore")], "failurePolicy Ignore"),
    "a policy that refuses something else": (
        [admission("a", "b")],
        [admission("a")],
        "guardrail changed, not judged (validations): read it",
    ),
    "a DENY": ([denying("cluster.local/ns/x/sa/p"), POD], [POD], "DENY of AuthorizationPolicy guard is gone"),
    "a DENY of fewer": (
        [denying("cluster.local/ns/x/sa/p", "cluster.local/ns/x/sa/q")],
        [denying("cluster.local/ns/x/sa/p")],
        "denies less: cluster.local/ns/x/sa/q",
    ),
    "a DENY with an exception": (
        [denying("*")],
        [denying("*", to=[{"operation": {"notPaths": ["/health"]}}])],
        "denies less: /health",
    ),
    "an ALLOW of more": (
        [allowing("cluster.local/ns/x/sa/p"), POD],
        [allowing("cluster.local/ns/x/sa/p", "cluster.local/ns/x/sa/q"), POD],
        "whoever runs as x/q > x/p",
    ),
    "an ALLOW that asks for no token": (
        [allowing("cluster.local/ns/x/sa/q", **TOKEN), POD],
        [allowing("cluster.local/ns/x/sa/q"), POD],
        "whoever runs as x/q > x/p",
    ),
    "an ALLOW": ([allowing("a"), POD], [POD], "callers by AuthorizationPolicy callers: no longer limited"),
    "a token": (
        [mesh("RequestAuthentication", "t", selector={"matchLabels": {"app": "p"}}), POD],
        [POD],
        "RequestAuthentication t is gone",
    ),
    "a mounted token": (
        [thing("ServiceAccount", "s", "x", automountServiceAccountToken=False)],
        [thing("ServiceAccount", "s", "x")],
        "ServiceAccount s: no longer no token in its pods",
    ),
}


@pytest.mark.parametrize("name", WEAKENED)
def test_what_went_or_got_weaker_widens(name: str) -> None:
    before, after, words = WEAKENED[name]
    told = opened(manifests(*before), manifests(*after))
    assert [one for one in told if words in one], told


@pytest.mark.parametrize("name", sorted(set(WEAKENED) - {"a policy that refuses something else", "STRICT of one port"}))
def test_the_other_way_round_it_does_not(name: str) -> None:
    before, after, _ = WEAKENED[name]
    assert not [one for one in opened(manifests(*after), manifests(*before)) if "guardrail" in one]


def test_what_goes_with_the_pods_it_was_about_is_no_widening() -> None:
    other = thing("Pod", "other", "x", labels={"app": "other"}, spec={"containers": []})
    token = mesh("RequestAuthentication", "t", selector={"matchLabels": {"app": "p"}})
    found = compare(manifests(token, allowing("a"), POD, other), manifests(other))
    assert not [one for one in found.access if one.widens]


def test_a_principal_that_went_with_its_account_is_not_missed() -> None:
    account = thing("ServiceAccount", "q", "x")
    before = manifests(denying("cluster.local/ns/x/sa/p", "cluster.local/ns/x/sa/q"), account)
    assert opened(before, manifests(denying("cluster.local/ns/x/sa/p"))) == []


def test_enforcement_consent_and_management_are_guardrails(tmp_path: Path) -> None:
    strict = "  consent: NotRequired\n  namespaces: {b: {team: beta}, a: {}}\n"
    loose = "  namespaces: {b: {team: beta, enforcement: Observe}, a: {management: Shared}}\n"
    base = links(tmp_path / "1", "a/one > b/two", platform=strict)
    told = opened(base, links(tmp_path / "2", "a/one > b/two", platform=loose))
    assert "[beta] guardrail b (enforcement: Observe, was Enforce)" in told
    assert "[a] guardrail a (management: Shared, was Owned)" in told


GRANT = """\
apiVersion: kgen.dev/v1alpha1
kind: AgentGrant
metadata: {name: two, namespace: b}
spec:
  from: [a/one]
  to: two
"""
MESH = "  profile: Mesh\n  mesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}\n"


def test_terms_of_a_callee_that_get_easier_widen(tmp_path: Path) -> None:
    def side(name: str, terms: str) -> Any:
        return links(tmp_path / name, "a/one > b/two", GRANT + terms, platform=MESH)

    few = "  limits: {requestsPerSecond: 10, burst: 20, maxConnections: 10}\n"
    many = "  limits: {requestsPerSecond: 10, burst: 30, maxConnections: 10}\n"
    token = "  jwt: {issuer: https://idp.example.com, audiences: [two], jwksUri: https://idp.example.com/keys}\n"
    told = opened(side("1", few), side("2", many))
    assert told == [
        "[b] terms its callers > b/two (limits: 10 requests a second, bursts of 30, 10 connections, were 10 requests a "
        "second, bursts of 20, 10 connections)"
    ]
    assert opened(side("3", many), side("4", few)) == []
    assert "[b] terms its callers > b/two (no token is asked for any more)" in opened(side("5", token), side("6", ""))
    assert [one for one in closed(side("7", ""), side("8", token)) if "a token of https://idp.example.com" in one]

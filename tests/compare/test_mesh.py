"""What opens inside of connections: callers, requests, tokens; told once, as traffic or as a guardrail that went."""

from pathlib import Path
from typing import Any

import pytest

from kgen.compare import compare
from kgen.compare.sides import Side
from kgen.manifests import Manifest
from tests.compare.build import closed, line, links, manifests, opened
from tests.proof.build import policy, thing

ISTIO = "security.istio.io/v1"
MESH = (
    "  profile: Mesh\n  mesh: {{mode: {0}, istioCNI: true, kagentInMesh: true}}\n  kagent: {{managePolicies: true}}\n"
)
ONE, TWO = "cluster.local/ns/x/sa/one", "cluster.local/ns/x/sa/two"


def of_mesh(kind: str, name: str, **spec: Any) -> Manifest:
    return thing(kind, name, "x", ISTIO, spec=spec)


def pod(name: str) -> Manifest:
    return thing("Pod", name, "x", labels={"app": name}, spec={"containers": [], "serviceAccountName": name})


def allow(*rules: dict[str, Any], name: str = "callers", action: str = "ALLOW") -> Manifest:
    return of_mesh("AuthorizationPolicy", name, action=action, selector={"matchLabels": {"app": "p"}}, rules=[*rules])


def rule(*principals: str, source: dict[str, Any] | None = None, **operation: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"from": [{"source": {"principals": [*principals], **(source or {})}}]}
    return made | ({"to": [{"operation": operation}]} if operation else {})


STRICT = of_mesh("PeerAuthentication", "default", mtls={"mode": "STRICT"})
NONE = of_mesh("AuthorizationPolicy", "allow-nothing")
TOKENS = of_mesh("RequestAuthentication", "t", jwtRules=[{"issuer": "https://idp.example.com", "jwksUri": "https://k"}])
BEARER = {"requestPrincipals": ["https://idp.example.com/*"]}
PODS = [pod("p"), pod("one"), pod("two"), STRICT, NONE]
POST = {"ports": ["80"], "methods": ["POST"], "paths": ["/"]}
SHUT = policy("shut", "x", {"podSelector": {"matchLabels": {"app": "p"}}, "policyTypes": ["Ingress"]})

# (before, after, all that opens)
LOOSENED: dict[str, tuple[list[Manifest], list[Manifest], list[str]]] = {
    "a principal": (
        [allow(rule(ONE, **POST))],
        [allow(rule(ONE, TWO, **POST))],
        ["[x] flow x/two > x/p TCP 80 (nothing asks for it: POST /)"],
    ),
    "a path": (
        [allow(rule(ONE, **POST))],
        [allow(rule(ONE, **{**POST, "paths": ["/", "/admin"]}))],
        ["[x] flow x/one > x/p TCP 80 (nothing asks for it: POST /admin)"],
    ),
    "a method": (
        [allow(rule(ONE, **POST))],
        [allow(rule(ONE, **{**POST, "methods": ["POST", "DELETE"]}))],
        ["[x] flow x/one > x/p TCP 80 (nothing asks for it: DELETE /)"],
    ),
    "a token that is asked for no more": (
        [TOKENS, allow(rule(ONE, source=BEARER, **POST))],
        [TOKENS, allow(rule(ONE, **POST))],
        ["[x] flow x/one > x/p TCP 80 (nothing asks for it: POST / without a token)"],
    ),
    "a path that was denied": (
        [allow(rule(ONE)), allow(rule(ONE, paths=["/admin", "/x"]), name="guard", action="DENY")],
        [allow(rule(ONE)), allow(rule(ONE, paths=["/x"]), name="guard", action="DENY")],
        ["[x] flow x/one > x/p every TCP port but the proxy's own (nothing asks for it: any method /admin)"],
    ),
    "a DENY behind which an ALLOW still refuses": (
        [allow(rule(ONE, **POST)), allow(rule(ONE, notPaths=["/"]), name="guard", action="DENY")],
        [allow(rule(ONE, **POST)), allow(rule(ONE, notPaths=["/", "/admin"]), name="guard", action="DENY")],
        [
            "[x] guardrail x (AuthorizationPolicy x/guard: denies less: /admin; as all else stands, it opens nothing "
            "more)"
        ],
    ),
    "a DENY that is gone": (
        [allow(rule(ONE, **POST)), allow(rule(ONE, notPaths=["/"]), name="guard", action="DENY")],
        [allow(rule(ONE, **POST))],
        ["[x] guardrail x (DENY of AuthorizationPolicy guard is gone)"],
    ),
    "a principal that the network keeps out": (
        [allow(rule(ONE)), SHUT],
        [allow(rule(ONE, TWO)), SHUT],
        [
            f"[x] guardrail x (AuthorizationPolicy x/callers: allows more: {TWO}; as all else stands, it opens nothing "
            "more)"
        ],
    ),
    "an ALLOW of somebody else's that the network keeps out": (
        [allow(rule(ONE)), SHUT],
        [allow(rule(ONE)), allow(rule(TWO), name="more"), SHUT],
        [
            "[x] guardrail x (AuthorizationPolicy x/more: new, and lets in what the mesh kept out; as all else stands, "
            "it opens nothing more)"
        ],
    ),
    "a rule that moves to another policy": (
        [allow(rule(ONE), rule(TWO))],
        [allow(rule(ONE)), allow(rule(TWO), name="more")],
        [],
    ),
}


@pytest.mark.parametrize("name", LOOSENED)
def test_what_a_policy_opens_is_told_once(name: str) -> None:
    before, after, told = LOOSENED[name]
    assert opened(manifests(*PODS, *before), manifests(*PODS, *after)) == told


@pytest.mark.parametrize("name", LOOSENED)
def test_the_other_way_round_nothing_opens(name: str) -> None:
    before, after, _ = LOOSENED[name]
    assert opened(manifests(*PODS, *after), manifests(*PODS, *before)) == []


def test_a_foreign_key_is_not_taken_for_the_same_token() -> None:
    other = of_mesh(
        "RequestAuthentication", "t", jwtRules=[{"issuer": "https://idp.example.com", "jwksUri": "https://other"}]
    )
    assert opened(manifests(*PODS, TOKENS), manifests(*PODS, other)) == [
        "[x] guardrail x (RequestAuthentication x/t: guardrail changed, not judged (jwtRules): read it)"
    ]


@pytest.fixture(params=["Sidecar", "Ambient"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def meshed(folder: Path, mode: str, *given: str) -> Side:
    return links(folder, "a/one > b/two", "a/one > c/three", *given, platform=MESH.format(mode))


FOREIGN = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: foreign, namespace: b}}
spec:
  {0}
  rules: [{{from: [{{source: {{principals: [cluster.local/ns/a/sa/one-sa]}}}}]}}]
"""
AT = {
    "Sidecar": "selector: {matchLabels: {kagent: two}}",
    "Ambient": "targetRefs: [{kind: Service, group: '', name: two}]",
}


def test_a_link_is_one_line_in_a_mesh(tmp_path: Path, mode: str) -> None:
    base, head = meshed(tmp_path / "1", mode), meshed(tmp_path / "2", mode, "b/two > c/three")
    assert [one for one in opened(base, head) if "call" in one] == ["[c] call b/two > c/three TCP 8080 (link)"]
    assert [one for one in closed(head, base) if "call" in one] == ["[c] call b/two > c/three TCP 8080 (link)"]
    assert opened(head, base) == []


def test_more_requests_of_a_caller_that_is_linked_are_told(tmp_path: Path, mode: str) -> None:
    base, head = meshed(tmp_path / "1", mode), meshed(tmp_path / "2", mode, FOREIGN.format(AT[mode]))
    told = opened(base, head)
    assert told
    assert told[0].startswith("[b] call a/one > b/two TCP 8080 (nothing asks for it: ")
    assert all("a/one > b/two" in one for one in told)


def test_a_guard_of_the_controller_that_is_patched_away_is_told(tmp_path: Path) -> None:
    base = meshed(tmp_path / "1", "Sidecar")
    key = next(key for key in base.items if key[1] == "AuthorizationPolicy" and key[3].startswith("controller-guard"))
    head = base._replace(items={one: item for one, item in base.items.items() if one != key})
    assert [line(one) for one in compare(base, head).access] == [
        f"[kagent] guardrail kagent (DENY of AuthorizationPolicy {key[3]} is gone)"
    ]


TIER = "policy.networking.k8s.io/v1alpha1"
EVERYBODY = {"namespaces": {}}


def tier(kind: str, *ingress: dict[str, Any], **spec: Any) -> Manifest:
    return thing(kind, "default", "", TIER, spec={"subject": EVERYBODY, "ingress": [*ingress], **spec})


def test_what_a_tier_lets_through_or_denied_is_traffic() -> None:
    one = thing("Pod", "p", "x", spec={"containers": []})
    deny = policy("deny", "x", {"podSelector": {}, "policyTypes": ["Ingress"]})
    ports = [{"portNumber": {"protocol": "TCP", "port": 80}}]
    let = tier("AdminNetworkPolicy", {"action": "Allow", "from": [EVERYBODY], "ports": ports}, priority=1)
    told = opened(manifests(one, deny), manifests(one, deny, let))
    assert told
    assert all("TCP 80 " in text for text in told)
    refused = tier("BaselineAdminNetworkPolicy", {"action": "Deny", "from": [EVERYBODY]})
    assert opened(manifests(one, refused), manifests(one))
    assert opened(manifests(one), manifests(one, refused)) == []

"""Corner cases of Istio's documentation, by name: the reference and kgen decide as it says."""

from typing import Any

import pytest

from tests.oracle.istio_asking import OUTSIDE, Evaluator
from tests.oracle.istio_reference import ROOT, Mesh, Request, Token, Workload, allows

WEB = Workload("red", "web", {"app": "x"}, "a", "sidecar", "10.0.0.1")
DB = Workload("red", "db", {"app": "y"}, "b", "sidecar", "10.0.0.2")
NODE = Workload("red", "node", {"app": "y"}, "b", "ambient", "10.0.0.3")
OUT = Workload("blue", "out", {"app": "z"}, "a", "", "10.0.0.4")
ALL = [WEB, DB, NODE, OUT]
GET, ADMIN = Request("GET", "/a"), Request("GET", "/admin")
WEB_PRINCIPAL = "cluster.local/ns/red/sa/a"
STRICT: dict[str, Any] = {"mtls": {"mode": "STRICT"}}
PATHS: dict[str, Any] = {"to": [{"operation": {"paths": ["/admin"]}}]}


def source(**given: list[str]) -> dict[str, Any]:
    return {"rules": [{"from": [{"source": given}]}]}


def operation(**given: list[str]) -> dict[str, Any]:
    return {"rules": [{"to": [{"operation": given}]}]}


# name: (AuthorizationPolicies, PeerAuthentications, caller, pods, port, request, whether it goes through)
CASES: dict[str, tuple[list[Any], list[Any], Any, Workload, int, Request | None, bool]] = {
    "without policies everything goes through": ([], [{}], OUT, DB, 80, GET, True),
    "an empty spec allows nothing": ([{}], [], WEB, DB, 80, GET, False),
    "an empty rule allows everything": ([{"rules": [{}]}], [], OUT, DB, 80, GET, True),
    "rules that are absent in a DENY deny nothing": ([{"action": "DENY"}], [], WEB, DB, 80, GET, True),
    "a DENY goes before every ALLOW": (
        [{"rules": [{}]}, {"action": "DENY", "rules": [PATHS]}],
        [],
        WEB,
        DB,
        80,
        ADMIN,
        False,
    ),
    "what no DENY matches is left to the ALLOW": (
        [{"rules": [{}]}, {"action": "DENY", "rules": [PATHS]}],
        [],
        WEB,
        DB,
        80,
        GET,
        True,
    ),
    "a policy of the root namespace is for all": ([(ROOT, {})], [], WEB, DB, 80, GET, False),
    "a policy of another namespace is not": ([("blue", {})], [], WEB, DB, 80, GET, True),
    "a selector of other pods is not": ([{"selector": {"matchLabels": {"app": "x"}}}], [], WEB, DB, 80, GET, True),
    "a principal is matched whole": ([source(principals=[WEB_PRINCIPAL])], [], WEB, DB, 80, GET, True),
    "a principal with its scheme matches nobody": (
        [source(principals=[f"spiffe://{WEB_PRINCIPAL}"])],
        [],
        WEB,
        DB,
        80,
        GET,
        False,
    ),
    "presence is any certificate": ([source(principals=["*"])], [], WEB, DB, 80, GET, True),
    "who is outside has none": ([source(principals=["*"])], [], OUT, DB, 80, GET, False),
    "notPrincipals lets the nameless in": ([source(notPrincipals=[WEB_PRINCIPAL])], [], OUT, DB, 80, GET, True),
    "a namespace needs a certificate too": ([source(namespaces=["blue"])], [], OUT, DB, 80, GET, False),
    "an account without namespace is of the policy's": ([source(serviceAccounts=["a"])], [], WEB, DB, 80, GET, True),
    "fields of one source are an and": (
        [source(principals=[WEB_PRINCIPAL], namespaces=["blue"])],
        [],
        WEB,
        DB,
        80,
        GET,
        False,
    ),
    "STRICT takes no plain text": ([], [STRICT], OUT, DB, 80, GET, False),
    "STRICT takes no address from outside": ([], [STRICT], OUTSIDE, DB, 80, GET, False),
    "STRICT takes who is in the mesh": ([], [STRICT], WEB, DB, 80, GET, True),
    "a workload's mode goes before its namespace's": (
        [],
        [STRICT, {"selector": {"matchLabels": {"app": "y"}}, "mtls": {"mode": "PERMISSIVE"}}],
        OUT,
        DB,
        80,
        GET,
        True,
    ),
    "a port's mode goes before its workload's": (
        [],
        [{**STRICT, "selector": {"matchLabels": {"app": "y"}}, "portLevelMtls": {80: {"mode": "PERMISSIVE"}}}],
        OUT,
        DB,
        80,
        GET,
        True,
    ),
    "and is for that port alone": (
        [],
        [{**STRICT, "selector": {"matchLabels": {"app": "y"}}, "portLevelMtls": {80: {"mode": "PERMISSIVE"}}}],
        OUT,
        DB,
        9090,
        GET,
        False,
    ),
    "UNSET inherits": ([], [STRICT, {"selector": {"matchLabels": {"app": "y"}}}], OUT, DB, 80, GET, False),
    "the root's mode is for all": ([], [(ROOT, STRICT)], OUT, DB, 80, GET, False),
    "a selector in the root namespace is ignored": (
        [],
        [(ROOT, {**STRICT, "selector": {"matchLabels": {"app": "y"}}})],
        OUT,
        DB,
        80,
        GET,
        True,
    ),
    "DISABLE leaves everybody nameless": (
        [source(principals=[WEB_PRINCIPAL])],
        [{"mtls": {"mode": "DISABLE"}}],
        WEB,
        DB,
        80,
        GET,
        False,
    ),
    "the node's proxy ignores DISABLE": (
        [source(principals=[WEB_PRINCIPAL])],
        [{"mtls": {"mode": "DISABLE"}}],
        WEB,
        NODE,
        80,
        GET,
        True,
    ),
    "a rule with paths never allows at the node": ([operation(paths=["/a"])], [], WEB, NODE, 80, GET, False),
    "a DENY of a path refuses all at the node": ([{"action": "DENY", "rules": [PATHS]}], [], WEB, NODE, 80, GET, False),
    "a rule with paths never allows what is no HTTP": ([operation(paths=["*"])], [], WEB, DB, 80, None, False),
    "a DENY of a path refuses what is no HTTP": ([{"action": "DENY", "rules": [PATHS]}], [], WEB, DB, 80, None, False),
    "a prefix is no path below": ([operation(paths=["/a/*"])], [], WEB, DB, 80, GET, False),
    "a suffix": ([operation(paths=["*/a"])], [], WEB, DB, 80, GET, True),
    "a template is one segment": ([operation(paths=["/{*}"])], [], WEB, DB, 80, GET, True),
    "and no more than one": ([operation(paths=["/{*}"])], [], WEB, DB, 80, Request("GET", "/a/b"), False),
    "two stars are any number": ([operation(paths=["/{**}"])], [], WEB, DB, 80, Request("GET", "/a/b"), True),
    "notPaths takes paths out": ([operation(notPaths=["/a"])], [], WEB, DB, 80, GET, False),
    "ports are the pods'": ([operation(ports=["9090"])], [], WEB, DB, 80, GET, False),
    "a token that nobody verifies is none": (
        [source(requestPrincipals=["*"])],
        [],
        WEB,
        DB,
        80,
        Request("GET", "/a", Token("https://one", "x", "r")),
        False,
    ),
}


def made(kind: str, number: int, given: Any) -> dict[str, Any]:
    space, spec = given if isinstance(given, tuple) else ("red", given)
    metadata = {"name": f"{kind.lower()}-{number}", "namespace": space}
    return {"apiVersion": "security.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("name", CASES)
def test_corner(name: str) -> None:
    policies, peers, caller, pods, port, request, expected = CASES[name]
    mesh = Mesh(
        "cluster.local",
        [made("AuthorizationPolicy", number, one) for number, one in enumerate(policies)],
        [made("PeerAuthentication", number, one) for number, one in enumerate(peers)],
        [],
    )
    assert allows(mesh, caller, pods, port, request) is expected, "the reference"
    assert Evaluator(mesh, ALL).answers(caller, pods, port, request)[0] is expected, "kgen"

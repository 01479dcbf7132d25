"""Corner cases of waypoints, by name: the reference and kgen decide as Istio's documentation says."""

from typing import Any

import pytest

from tests.oracle.istio_asking import Evaluator
from tests.oracle.istio_reference import ROOT, Mesh, Request, Service, Waypoint, Workload, allows, allows_by_service

WEB = Workload("red", "web", {"app": "x"}, "a", "ambient", "10.0.0.1")
POD = Workload("red", "pod", {"app": "y"}, "b", "ambient", "10.0.0.2")
OUT = Workload("blue", "out", {"app": "z"}, "a", "", "10.0.0.3")
API = Service("red", "api", {"app": "y"}, ("red", "waypoint"))
SECOND = Service("red", "web", {"app": "y"}, ("red", "waypoint"))
WAYPOINT = Waypoint("waypoint", Workload("red", "waypoint", {}, "waypoint", "waypoint", "10.0.1.1"))
GET, ADMIN = Request("GET", "/a"), Request("GET", "/admin")
ONLY_A: list[Any] = [{"to": [{"operation": {"paths": ["/a"]}}]}]
ANYBODY: list[Any] = [{}]


def attached(kind: str, name: str, rules: list[Any], space: str = "red", action: str = "ALLOW") -> dict[str, Any]:
    group = "" if kind == "Service" else "gateway.networking.k8s.io"
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": f"{kind}-{name}-{action}".lower(), "namespace": space},
        "spec": {"action": action, "targetRefs": [{"kind": kind, "group": group, "name": name}], "rules": rules},
    }


def at_pods(principal: str) -> dict[str, Any]:
    rules = [{"from": [{"source": {"principals": [f"cluster.local/ns/red/sa/{principal}"]}}]}]
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "pods", "namespace": "red"},
        "spec": {"selector": {"matchLabels": {"app": "y"}}, "rules": rules},
    }


# name: (AuthorizationPolicies, caller, the Service that is called or None for the pod's address, request, goes through)
CASES: dict[str, tuple[list[Any], Workload, Service | None, Request | None, bool]] = {
    "a policy of the Service holds at its waypoint": ([attached("Service", "api", ONLY_A)], WEB, API, ADMIN, False),
    "and lets through what it names": ([attached("Service", "api", ONLY_A)], WEB, API, GET, True),
    "by the pod's address it is walked around": ([attached("Service", "api", ONLY_A)], WEB, None, ADMIN, True),
    "through a second Service too": ([attached("Service", "api", ONLY_A)], WEB, SECOND, ADMIN, True),
    "a policy of the Gateway holds for every Service": ([attached("Gateway", "waypoint", [])], WEB, SECOND, GET, False),
    "of one that is no waypoint it holds for none": ([attached("Gateway", "other", [])], WEB, API, GET, True),
    "beside an ALLOW of the Gateway one of the Service adds": (
        [attached("Gateway", "waypoint", []), attached("Service", "api", ONLY_A)], WEB, API, GET, True,
    ),
    "a DENY of the Gateway comes before an ALLOW of the Service": (
        [attached("Gateway", "waypoint", ANYBODY, action="DENY"), attached("Service", "api", ANYBODY)],
        WEB, API, GET, False,
    ),
    "a class's policy holds from the root namespace": (
        [attached("GatewayClass", "istio-waypoint", [], ROOT)], WEB, API, GET, False,
    ),
    "and from no other": ([attached("GatewayClass", "istio-waypoint", [])], WEB, API, GET, True),
    "a target is in the policy's own namespace": ([attached("Service", "api", [], "blue")], WEB, API, GET, True),
    "pods see the waypoint, and not the caller": ([at_pods("a")], WEB, API, GET, False),
    "pods that take the waypoint take what it lets through": ([at_pods("waypoint")], WEB, API, GET, True),
    "and nobody by their address": ([at_pods("waypoint")], WEB, None, GET, False),
    "a selector is for pods, and not for their waypoint": (
        [at_pods("waypoint"), attached("Service", "api", ANYBODY)], WEB, API, ADMIN, True,
    ),
    "who is outside of the mesh goes past the waypoint": ([attached("Service", "api", [])], OUT, API, GET, True),
    "and is kept out at the pods": ([at_pods("waypoint")], OUT, API, GET, False),
    "what is no request never matches an ALLOW by path": ([attached("Service", "api", ONLY_A)], WEB, API, None, False),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_corner(name: str) -> None:
    policies, caller, service, request, expected = CASES[name]
    mesh = Mesh("cluster.local", policies, [], [], (API, SECOND), (WAYPOINT,))
    evaluator = Evaluator(mesh, [WEB, POD, OUT])
    if service is None:
        assert allows(mesh, caller, POD, 80, request) is expected, "the reference"
        assert evaluator.answers(caller, POD, 80, request)[0] is expected, "kgen"
        return
    assert allows_by_service(mesh, caller, service, POD, 80, request) is expected, "the reference"
    answer = evaluator.by_service(caller, service, POD, 80, request)
    assert answer is not None
    assert answer[0] is expected, "kgen"

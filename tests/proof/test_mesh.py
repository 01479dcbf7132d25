"""The mesh in the proof: what it refuses and lets through, on which road, and what stands alone."""

from typing import Any

import pytest

from kgen.entry.cli import main
from kgen.manifests import Document, Manifest
from kgen.proof import Source, documents_of as sources_of, prove
from kgen.shared import own
from tests.examples.rendering import ROOT, bundle
from tests.proof.build import agent, documents, policy, proof, thing, told, topology

ONE = {"matchLabels": {"app": "kagent", "kagent": "one"}}
TWO = {"matchLabels": {"app": "kagent", "kagent": "two"}}
CALLER = "cluster.local/ns/blue/sa/one"
STRICT = thing("PeerAuthentication", "strict", "blue", "security.istio.io/v1", spec={"mtls": {"mode": "STRICT"}})


def meshed(mode: str = "Sidecar", **labels: str) -> list[Manifest]:
    """One calls two, in a namespace of the mesh; an account is called as its agent."""
    own = {"istio-injection": "enabled"} if mode == "Sidecar" else {"istio.io/dataplane-mode": "ambient"}
    space = thing("Namespace", "blue", labels={**own, **labels})
    return [space, agent("one", "blue", calls=[("blue", "two")]), agent("two", "blue")]


def authorization(name: str, spec: dict[str, Any], namespace: str = "blue") -> Manifest:
    return thing("AuthorizationPolicy", name, namespace, "security.istio.io/v1", spec=spec)


def allow(*principals: str, **operation: list[str]) -> Manifest:
    to = [{"operation": operation}] if operation else []
    source = {"source": {"principals": list(principals)}}
    return authorization("callers", {"selector": TWO, "rules": [{"from": [source], **({"to": to} if to else {})}]})


def refused(*manifests: Manifest, mode: str = "Sidecar") -> list[str]:
    """What the mesh refuses of the link."""
    made = proof([*meshed(mode), STRICT, *manifests])
    return [one for one in told(made, "deficit") if "asked for by a link, and the mesh refuses it" in one]


def test_a_caller_that_is_named_gets_through() -> None:
    assert not refused(allow(CALLER, methods=["POST", "GET"], paths=["/", "/.well-known/agent-card.json"]))
    assert not refused(allow(CALLER))


def test_an_empty_spec_allows_nothing_and_an_empty_rule_everything() -> None:
    assert refused(authorization("nothing", {}))
    assert not refused(authorization("everything", {"rules": [{}]}))
    assert not refused(authorization("no-denial", {"action": "DENY"}))
    assert refused(authorization("denial", {"action": "DENY", "rules": [{}]}))


def test_a_principal_with_its_scheme_matches_nobody() -> None:
    [message] = refused(allow(f"spiffe://{CALLER}"))
    assert "no ALLOW lets it through" in message
    made = proof([*meshed(), allow(f"spiffe://{CALLER}")])
    assert any("Istio puts spiffe:// before a principal itself" in one for one in told(made, "dangling"))


def test_a_principal_of_another_trust_domain_matches_nobody() -> None:
    made = proof([*meshed(), STRICT, allow("other.example/ns/blue/sa/one")])
    assert any(
        "of trust domain other.example, and that of this mesh is cluster.local" in o for o in told(made, "dangling")
    )
    assert refused(allow("other.example/ns/blue/sa/one"))


def test_the_nearest_rule_is_named_with_what_it_lacks() -> None:
    [message] = refused(allow(CALLER, methods=["GET"]))
    assert "POST /" in message
    assert "AuthorizationPolicy blue/callers, spec.rules[0] comes nearest, with other requests" in message
    [message] = refused(allow("cluster.local/ns/blue/sa/another"))
    assert "with other callers (cluster.local/ns/blue/sa/another)" in message


def test_strict_takes_no_plain_text_and_permissive_leaves_the_nameless_out_by_rule() -> None:
    inside = proof([*meshed(), STRICT])
    outside = [one for one in meshed() if one["kind"] != "Agent"]
    apart = agent("one", "red", calls=[("blue", "two")])
    selector = {"matchLabels": {"kubernetes.io/metadata.name": "red"}}
    two = agent("two", "blue", allowedNamespaces={"from": "Selector", "selector": selector})
    made = proof([*outside, thing("Namespace", "red"), apart, two, STRICT])
    assert any("red/one is not in the mesh, and plain text is not taken" in one for one in told(made, "deficit"))
    assert not [one for one in told(inside, "deficit") if one.startswith("blue/one to blue/two")]


def test_other_paths_and_methods_on_a_link_are_an_excess() -> None:
    made = proof([*meshed(), STRICT, allow(CALLER)])
    found = [one for one in told(made, "excess") if one.startswith("blue/one to blue/two, TCP 8080, ")]
    assert any("any method any other path" in one and "this rule lets it through" in one for one in found)
    narrow = allow(CALLER, methods=["POST"], paths=["/"], ports=["8080"])
    made = proof([*meshed(), STRICT, narrow])
    assert not [one for one in told(made, "excess") if one.startswith("blue/one to blue/two, TCP 8080, ")]


def test_at_the_node_a_rule_with_paths_allows_nothing() -> None:
    [message] = refused(allow(CALLER, methods=["POST"], paths=["/"]), mode="Ambient")
    assert "the node's proxy reads no requests" in message
    assert not refused(allow(CALLER), mode="Ambient")


def test_at_the_node_a_denial_of_a_path_refuses_everything() -> None:
    deny = {"action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/admin"]}}]}]}
    assert refused(authorization("admin", deny), mode="Ambient")
    assert not refused(authorization("admin", deny))


def test_what_only_the_network_stops_is_said_with_both_layers() -> None:
    closed = policy("closed", "blue", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    made = proof([*meshed(), STRICT, closed, allow(CALLER, "cluster.local/ns/red/sa/stranger")])
    found = [one for one in told(made, "disagreement") if "whoever runs as red/stranger to blue/two" in one]
    assert found
    assert all("(strictest: network, loosest: mesh)" in one for one in found)


def test_what_only_the_mesh_stops_is_said_with_both_layers() -> None:
    everything = policy("open", "blue", {"podSelector": {}, "ingress": [{}], "egress": [{}]})
    made = proof([*meshed(), STRICT, everything, authorization("nothing", {})])
    assert any("(strictest: mesh, loosest: network)" in one for one in told(made, "disagreement"))


def test_a_policy_attached_to_a_service_without_a_waypoint_has_no_effect() -> None:
    spec = {"targetRefs": [{"group": "", "kind": "Service", "name": "two"}], "rules": []}
    made = proof([*meshed("Ambient"), authorization("idle", spec)])
    assert any("Service blue/two, which has no waypoint: nothing enforces it" in one for one in told(made, "dangling"))


def test_a_dry_run_enforces_nothing() -> None:
    idle = authorization("nothing", {})
    idle["metadata"]["annotations"] = {"istio.io/dry-run": "true"}
    assert not refused(idle)
    assert any("is a dry run" in one for one in told(proof([*meshed(), idle]), "disagreement"))


@pytest.mark.parametrize(
    "spec",
    [
        {"action": "CUSTOM", "provider": {"name": "x"}, "rules": [{}]},
        {"rules": [{"when": [{"key": "request.headers[x-token]", "values": ["a"]}]}]},
        {"rules": [{"when": [{"key": "source.colour", "values": ["a"]}]}]},
        {"rules": [{"from": [{"source": {"colours": ["a"]}}]}]},
        {"targetRefs": [{"group": "x", "kind": "Thing", "name": "y"}]},
    ],
)
def test_what_is_not_evaluated_leaves_a_proof_unproven(spec: dict[str, Any]) -> None:
    made = proof([*meshed(), STRICT, authorization("odd", spec)])
    assert told(made, "not-understood")
    assert made.verdict != "proven"


def test_a_filter_that_is_not_known_is_said_and_one_that_limits_is_not() -> None:
    def filtering(name: str) -> Manifest:
        patch = {"patch": {"operation": "INSERT_BEFORE", "value": {"name": name}}}
        return thing("EnvoyFilter", "x", "blue", "networking.istio.io/v1alpha3", spec={"configPatches": [patch]})

    assert told(proof([*meshed(), filtering("envoy.filters.http.lua")]), "not-understood")
    assert not told(proof([*meshed(), filtering("envoy.filters.http.local_ratelimit")]), "not-understood")


@pytest.mark.parametrize(
    "space, root, refuses",
    [
        ("istio-system", "istio-system", True),
        ("mesh-root", "istio-system", False),
        ("mesh-root", "mesh-root", True),
        ("istio-system", "mesh-root", False),
    ],
)
def test_the_root_namespace_is_that_of_the_platform(space: str, root: str, refuses: bool) -> None:
    nobody = authorization("nobody", {"action": "DENY", "rules": [{}]}, space)
    asked = topology([*meshed(), STRICT, nobody])
    assert asked is not None
    assert asked.platform.mesh.root_namespace == "istio-system", "where no Platform says another"
    mesh = asked.platform.mesh._replace(root_namespace=root)
    there = asked._replace(platform=asked.platform._replace(mesh=mesh))
    found = told(prove(sources_of(documents([*meshed(), STRICT, nobody])), there), "deficit")
    assert any("asked for by a link, and the mesh refuses it" in one for one in found) == refuses


@pytest.mark.parametrize("name", ["08-mesh-sidecar", "09-mesh-ambient"])
def test_the_tool_server_is_guarded_like_the_controller(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    made = bundle([f"examples/{name}"])

    def found(change: str) -> list[str]:
        sources = []
        for entry in made.entries:
            manifest = own(entry.build())
            if manifest["metadata"]["name"] == "tools-callers-example":
                if change == "gone":
                    continue
                if change == "wider":
                    manifest["spec"]["rules"][0]["from"][0]["source"]["principals"].append("cluster.local/ns/red/sa/x")
            sources.append(Source(Document(manifest, entry.origin), entry.layer))
        return [one.message for one in prove(sources, made.topology).findings]

    assert found("") == []
    assert any("kagent's tool server" in one and "only the network stops it" in one for one in found("gone"))
    port = 8084 if "sidecar" in name else 15008
    assert any(one.startswith(f"whoever runs as red/x to kagent's tool server, TCP {port}") for one in found("wider"))


def test_the_waypoint_that_kgen_makes_for_the_controller_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    made = bundle(["examples/09-mesh-ambient"])
    left = [e for e in made.entries if (e.identity.kind, e.identity.namespace) != ("Gateway", "kagent")]
    sources = [Source(Document(own(entry.build()), entry.origin), entry.layer) for entry in left]
    judged = prove(sources, made.topology)
    assert judged.verdict == "refuted"
    assert any(
        "kagent-controller, which has no waypoint: nothing enforces it" in one for one in told(judged, "dangling")
    )


def test_without_objects_of_istio_there_is_no_layer() -> None:
    made = proof(meshed())
    assert made.world.mesh is None
    assert {flow.mesh for flow in made.flows} == {""}


@pytest.mark.parametrize("name", ["08-mesh-sidecar", "09-mesh-ambient"])
def test_the_examples_are_proven_and_port_8083_is_closed(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert bundle([f"examples/{name}"]).entries
    assert main(["prove", f"examples/{name}"]) == 0
    told_of = capsys.readouterr().out
    assert told_of.startswith("proven: ")
    assert "residual" not in told_of
    assert main(["blast", "team-alpha/orchestrator", f"examples/{name}"]) == 0
    assert "by port 8083" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["08-mesh-sidecar", "09-mesh-ambient"])
def test_why_asks_the_mesh_about_one_request(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = ["why", "team-alpha/orchestrator", "team-beta/specialist", f"examples/{name}"]
    assert main([*words, "--method", "post", "--path", "/"]) == 0
    assert "mesh: lets through POST /" in capsys.readouterr().out
    assert main([*words, "--path", "/api/agents"]) == 1
    assert "refuses any method any other path" in capsys.readouterr().out
    controller = ["why", "team-alpha/orchestrator", "kagent's controller", f"examples/{name}", "--port", "8083"]
    assert main([*controller, "--method", "POST", "--path", "/api/agents"]) == 1
    assert "AuthorizationPolicy kagent/controller-guard-example" in capsys.readouterr().out
    assert main([*words, "--path", "admin"]) == 2

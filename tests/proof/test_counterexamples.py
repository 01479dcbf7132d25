"""Bundles that once were called proven though something was possible, or blocked, that nobody asked for."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from kgen.entry.cli import main
from kgen.manifests import Document, Manifest, Origin
from kgen.present.drawing import svg
from kgen.present.graphs import whole
from kgen.proof import Proof, Source, prove
from kgen.shared import own
from tests.examples.rendering import EXAMPLES, ROOT, bundle, commands
from tests.proof.build import agent, policy, proof, thing, told

ONE, TWO = ({"matchLabels": {"app": "kagent", "kagent": name}} for name in ("one", "two"))
ISTIO, RBAC = "security.istio.io/v1", "rbac.authorization.k8s.io/v1"
A2A = {"methods": ["POST"], "paths": ["/"]}


def unread(made: Proof, *words: str) -> list[str]:
    found = [one for one in told(made, "not-understood") if all(word in one for word in words)]
    if found:
        assert made.verdict != "proven"
    return found


def pair(**labels: str) -> list[Manifest]:
    return [
        thing("Namespace", "blue", labels=labels),
        agent("one", "blue", calls=[("blue", "two")]),
        agent("two", "blue"),
    ]


MALFORMED: dict[str, Any] = {
    "a number": {"matchLabels": {"app": 5}},
    "a list of labels": {"matchLabels": ["app"]},
    "no value": {"matchExpressions": [{"key": "x", "operator": "NotIn", "values": []}]},
    "values that are none": {"matchExpressions": [{"key": "x", "operator": "NotIn", "values": "a"}]},
    "a mapping of requirements": {"matchExpressions": {"key": "app"}},
    "no key": {"matchExpressions": [{"operator": "DoesNotExist"}]},
    "a key with a space": {"matchExpressions": [{"key": "a b", "operator": "DoesNotExist"}]},
    "values beside Exists": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
}


@pytest.mark.parametrize("selector", MALFORMED.values(), ids=MALFORMED)
def test_a_policy_whose_selector_the_api_server_refuses_closes_nothing(selector: Any) -> None:
    """Read as wide as it could be, it looked like a default-deny."""
    spec = {"podSelector": selector, "policyTypes": ["Ingress", "Egress"]}
    assert unread(proof([*pair(), policy("default-deny", "blue", spec)]), "the API server refuses the policy")
    peer = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": selector}]}]}
    assert unread(proof([*pair(), policy("peers", "blue", peer)]), "the API server refuses the policy")


@pytest.mark.parametrize("name", ["9999", "a-name-that-is-too-long", "Http", "a--b", "-a"])
def test_a_policy_with_a_name_that_no_port_has_is_refused_as_a_whole(name: str) -> None:
    spec = {"podSelector": {}, "ingress": [{"ports": [{"port": name}]}]}
    assert unread(proof([*pair(), policy("x", "blue", spec)]), "is no name of a port")


@pytest.mark.parametrize("name", ["http", "a2a", "x-1", "fifteen-letters"])
def test_names_that_ports_have_are_read(name: str) -> None:
    spec = {"podSelector": {}, "ingress": [{"ports": [{"port": name}]}]}
    assert not unread(proof([*pair(), policy("x", "blue", spec)]))


def test_of_two_policies_with_one_name_a_cluster_holds_one() -> None:
    """Both were added up: what the first closed and what the second let through."""
    first = policy("x", "blue", {"podSelector": {}, "policyTypes": ["Ingress"]})
    second = policy("x", "blue", {"podSelector": ONE, "policyTypes": ["Ingress"]})
    assert unread(proof([*pair(), first, second]), "stands twice")
    assert not unread(proof([*pair(), first, first]))


def beside_the_minimal_example(manifest: Manifest) -> Proof:
    """Its agents are somebody else's: the bundle holds their policies and nothing more."""
    [example] = [one for one in EXAMPLES if one.name == "01-minimal"]
    made = bundle(next(words[1:] for words in commands(example) if words[:1] == ["render"]))
    sources = [Source(Document(own(entry.build()), entry.origin), entry.layer) for entry in made.entries]
    return prove([*sources, Source(Document(manifest, Origin()), "")], made.topology)


def workload(kind: str, name: str, **metadata: Any) -> Manifest:
    """With the labels that kagent gives to the pods of the callee."""
    labels = {"app": "kagent", "kagent": "specialist"}
    spec: dict[str, Any] = {"containers": [{"name": "x", "ports": [{"name": "http", "containerPort": 8080}]}]}
    if kind == "Pod":
        made = thing(kind, name, "team-beta", labels=labels, spec=spec)
    else:
        template = {"metadata": {"labels": labels}, "spec": spec}
        made = thing(kind, name, "team-beta", "apps/v1", spec={"template": template})
    made["metadata"] |= metadata
    return made


def owned_by(kind: str, name: str) -> dict[str, Any]:
    return {"ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": name}]}


def test_a_workload_with_the_labels_of_an_agent_that_is_not_shown_is_not_that_agent(at_the_root: None) -> None:
    """A Deployment of another name was taken for the pods that kagent makes of an agent elsewhere."""
    for manifest in (workload("Deployment", "copy"), workload("Pod", "specialist-7d9-abc")):
        made = beside_the_minimal_example(manifest)
        name = f"{manifest['kind']} team-beta/{manifest['metadata']['name']}"
        assert any(one.startswith(f"team-alpha/orchestrator to {name}") for one in told(made, "excess"))


def test_what_a_cluster_shows_of_an_agent_is_that_agent(at_the_root: None) -> None:
    """An export holds its Deployment, ReplicaSet and Pods."""
    for manifest in (
        workload("Deployment", "specialist", **owned_by("Agent", "specialist")),
        workload("ReplicaSet", "specialist-7d9", **owned_by("Deployment", "specialist")),
        workload("Pod", "specialist-7d9-abc", **owned_by("ReplicaSet", "specialist-7d9")),
    ):
        assert beside_the_minimal_example(manifest).verdict == "proven"


@pytest.fixture
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def in_mesh(mode: str, *more: Manifest, callee: dict[str, Any] | None = None) -> Proof:
    """One may POST / to two, and the mesh says so."""
    own = {"istio-injection": "enabled"} if mode == "Sidecar" else {"istio.io/dataplane-mode": "ambient"}
    manifests = pair(**own)
    if callee:
        manifests[2]["spec"]["declarative"]["deployment"] = callee
    to = [{"operation": A2A}] if mode == "Sidecar" else []
    source = {"source": {"principals": ["cluster.local/ns/blue/sa/one"]}}
    rule: dict[str, Any] = {"from": [source], **({"to": to} if to else {})}
    allow = thing("AuthorizationPolicy", "two", "blue", ISTIO, spec={"selector": TWO, "rules": [rule]})
    return proof([*manifests, allow, *more])


@pytest.mark.parametrize(
    ("mode", "key", "value"),
    [
        ("Sidecar", "traffic.sidecar.istio.io/excludeInboundPorts", "8080"),
        ("Sidecar", "traffic.sidecar.istio.io/excludeInterfaces", "eth0"),
        ("Sidecar", "traffic.sidecar.istio.io/includeInboundPorts", "9000"),
        ("Sidecar", "inject.istio.io/templates", "grpc-agent"),
        ("Sidecar", "proxy.istio.io/config", "interceptionMode: NONE"),
        ("Sidecar", "sidecar.istio.io/inject", "false"),
        ("Ambient", "ambient.istio.io/bypass-inbound-capture", "true"),
        ("Ambient", "istio.io/dataplane-mode", "none"),
    ],
)
def test_an_agent_that_gets_past_its_proxy_takes_every_request(mode: str, key: str, value: str) -> None:
    def past(made: Proof) -> list[str]:
        return [one for one in told(made, "excess") if "every request gets through" in one and "blue/two" in one]

    assert past(in_mesh(mode, callee={"annotations": {key: value}}))
    assert not past(in_mesh(mode))


def test_a_caller_that_may_get_past_its_own_proxy_leaves_a_doubt() -> None:
    manifests = pair(**{"istio-injection": "enabled"})
    key = "traffic.sidecar.istio.io/excludeOutboundPorts"
    manifests[1]["spec"]["declarative"]["deployment"] = {"annotations": {key: "8080"}}
    strict = thing("PeerAuthentication", "strict", "blue", ISTIO, spec={"mtls": {"mode": "STRICT"}})
    assert unread(proof([*manifests, strict]), "blue/one", key)


ISTIO_SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    "a number in a selector": ("AuthorizationPolicy", {"selector": {"matchLabels": {"app": 5}}}),
    "rules that are a mapping": ("AuthorizationPolicy", {"rules": {"from": []}}),
    "a text for a list": (
        "AuthorizationPolicy",
        {"action": "DENY", "rules": [{"to": [{"operation": {"paths": "/"}}]}]},
    ),
    "a number for a port": (
        "AuthorizationPolicy",
        {"action": "DENY", "rules": [{"to": [{"operation": {"ports": [1]}}]}]},
    ),
    "a source that is a list": ("AuthorizationPolicy", {"action": "DENY", "rules": [{"from": [{"source": []}]}]}),
    "callers that are no list": ("AuthorizationPolicy", {"action": "DENY", "rules": [{"from": {"source": {}}}]}),
    "a mode in small letters": ("PeerAuthentication", {"mtls": {"mode": "strict"}}),
    "audiences that are a text": ("RequestAuthentication", {"jwtRules": [{"issuer": "x", "audiences": "a"}]}),
}


@pytest.mark.parametrize(("kind", "spec"), ISTIO_SPECS.values(), ids=ISTIO_SPECS)
def test_an_object_of_the_mesh_that_the_api_server_refuses_does_nothing(kind: str, spec: dict[str, Any]) -> None:
    """What could not be read was left out of its rule: a DENY refused more than it would, an ALLOW nobody."""
    made = proof([*pair(**{"istio-injection": "enabled"}), thing(kind, "x", "blue", ISTIO, spec=spec)])
    assert unread(made, "the API server refuses the object")
    assert all(one.layer == "mesh" for one in made.findings if "refuses the object" in one.message)


NETWORKING, GATEWAY = "networking.istio.io/v1", "gateway.networking.k8s.io/v1"
HOST = "two.blue.svc.cluster.local"
BESIDE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a route in front of a Service": ("HTTPRoute", GATEWAY, {"parentRefs": [{"kind": "Service", "name": "two"}]}),
    "a VirtualService": ("VirtualService", NETWORKING, {"hosts": [HOST]}),
    "a VirtualService by short name": ("VirtualService", NETWORKING, {"hosts": ["two"], "gateways": ["mesh"]}),
    "a VirtualService for all": ("VirtualService", NETWORKING, {"hosts": ["*.blue.svc.cluster.local"]}),
    "a ServiceEntry that takes the host": ("ServiceEntry", NETWORKING, {"hosts": [HOST]}),
    "ports that a proxy takes": ("Sidecar", NETWORKING, {"ingress": [{"captureMode": "NONE"}]}),
    "a plug-in": ("WasmPlugin", "extensions.istio.io/v1alpha1", {"phase": "AUTHN"}),
    "TLS of one port": (
        "DestinationRule",
        NETWORKING,
        {"host": HOST, "trafficPolicy": {"portLevelSettings": [{"tls": {"mode": "DISABLE"}}]}},
    ),
    "TLS of a subset": (
        "DestinationRule",
        NETWORKING,
        {"host": HOST, "subsets": [{"trafficPolicy": {"tls": {"mode": "DISABLE"}}}]},
    ),
    "a filter in another's place, named as a limit": (
        "EnvoyFilter",
        "networking.istio.io/v1alpha3",
        {
            "configPatches": [
                {"patch": {"operation": "REPLACE", "value": {"name": "envoy.filters.http.local_ratelimit"}}}
            ]
        },
    ),
}


@pytest.mark.parametrize(("kind", "version", "spec"), BESIDE.values(), ids=BESIDE)
def test_what_leads_requests_past_the_policies_is_said(kind: str, version: str, spec: dict[str, Any]) -> None:
    assert unread(in_mesh("Sidecar", thing(kind, "x", "blue", version, spec=spec)), f"{kind} is not evaluated")


ELSEWHERE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a route of a gateway": ("HTTPRoute", GATEWAY, {"parentRefs": [{"name": "edge"}]}),
    "a VirtualService of a gateway": ("VirtualService", NETWORKING, {"hosts": ["two"], "gateways": ["edge"]}),
    "another host": ("VirtualService", NETWORKING, {"hosts": ["shop.example.com"]}),
    "limits of connections": ("DestinationRule", NETWORKING, {"host": HOST, "trafficPolicy": {"connectionPool": {}}}),
    "what a proxy knows of": ("Sidecar", NETWORKING, {"egress": [{"hosts": ["./*"]}]}),
}


@pytest.mark.parametrize(("kind", "version", "spec"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_routes_of_others_leave_no_doubt(kind: str, version: str, spec: dict[str, Any]) -> None:
    assert not unread(in_mesh("Sidecar", thing(kind, "x", "blue", version, spec=spec)))


@pytest.mark.parametrize(
    ("group", "resource"),
    [
        ("networking.istio.io", "envoyfilters"),
        ("networking.istio.io", "virtualservices"),
        ("extensions.istio.io", "wasmplugins"),
        ("gateway.networking.k8s.io", "httproutes"),
        ("gateway.networking.k8s.io", "gateways"),
        ("", "services"),
        ("", "configmaps"),
        ("", "persistentvolumes"),
        ("discovery.k8s.io", "endpointslices"),
        ("admissionregistration.k8s.io", "mutatingadmissionpolicies"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("apiregistration.k8s.io", "apiservices"),
        ("external-secrets.io", "externalsecrets"),
        ("argoproj.io", "applications"),
        ("crd.projectcalico.org", "globalnetworkpolicies"),
        ("kagent.dev", "toolservers"),
    ],
)
def test_rights_that_open_what_the_layers_close_are_powers(group: str, resource: str) -> None:
    rule = {"apiGroups": [group], "resources": [resource], "verbs": ["create"]}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"}
    subject = {"kind": "ServiceAccount", "name": "one", "namespace": "blue"}
    role = thing("ClusterRole", "r", "", RBAC, rules=[rule])
    binding = thing("ClusterRoleBinding", "r", "", RBAC, roleRef=ref, subjects=[subject])
    assert told(proof([*pair(), role, binding]), "power")
    assert unread(proof([*pair(), binding]), "ClusterRole r, which no manifest shows")


def test_agents_of_other_kinds_and_versions_are_not_passed_over() -> None:
    sandbox = thing("SandboxAgent", "three", "blue", "kagent.dev/v1alpha2", spec={"description": "x"})
    assert unread(proof([*pair(), sandbox]), "SandboxAgent is not evaluated")
    old = thing("Agent", "three", "blue", "kagent.dev/v1alpha1", spec={"tools": [{"agent": {"ref": "blue/two"}}]})
    assert unread(proof([*pair(), old]), "kagent.dev/v1alpha1")


def test_one_broken_reference_does_not_silence_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tool that is none made the references no question: nothing counted as excess, and the exit code was 0."""
    given = pair()
    given[1]["spec"]["declarative"]["tools"].append({"type": "Agent"})
    (tmp_path / "in.yaml").write_text(yaml.safe_dump_all(given))
    assert main(["prove", str(tmp_path / "in.yaml")]) == 1
    told_of = capsys.readouterr().out
    assert told_of.startswith("incomplete: ")
    assert "the tool references are no question, so nothing was held against them" in told_of


def test_a_name_with_control_characters_leaves_a_drawing_well_formed() -> None:
    picture = svg(whole(proof([*pair(), agent("x\x1b[31m", "blue")])))
    assert "x\\x1b[31m" in picture
    assert "\x1b" not in picture
    ElementTree.fromstring(picture)

"""The layer workload-identity: SPIFFE identities, what is merged into workloads, and what the operator verifies."""

import pytest

from kgen.checks import Context, Subject, run
from kgen.manifests import Manifest, get, identity_of
from tests.layers.build import instances, manifest, objects
from tests.topology.build import build, call
from tests.topology.identities import ASKS, BOTH, CLERK, HTTP, PORT, TLS_PORT, external, platform, service, workload

IMAGE = "registry.example/agentcard-signer@sha256:0f1e"
CARDS = "".join(
    f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}-agent-card, namespace: shop}}\n"
    "data: {agent.json: '{}'}\n"
    for name in ("clerk", "store")
)
MESH = "profile: Mesh\nmesh: {mode: %s, istioCNI: true, kagentInMesh: true}\n"


def made(text: str = BOTH, on: str = "", layer: str = "workload-identity") -> dict[str, Manifest]:
    return objects(layer, build(text, on or platform()))


def presences(text: str, on: str = "") -> dict[str, str]:
    whole = build(text, on or platform())
    return {name: one.presence for name, one in instances("workload-identity", whole).items()}


def test_an_identity_is_for_exactly_the_agents_pods_and_says_its_class():
    assert made()["ClusterSPIFFEID kgen.shop.store.example"] == manifest(
        """
        apiVersion: spire.spiffe.io/v1alpha1
        kind: ClusterSPIFFEID
        metadata:
          name: kgen.shop.store.example
        spec:
          className: spire-mgmt-spire
          spiffeIDTemplate: >-
            spiffe://{{ .TrustDomain }}/ns/{{ .PodMeta.Namespace }}/sa/{{ .PodSpec.ServiceAccountName }}
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
          podSelector: {matchLabels: {app: store}}
        """
    )


def test_the_operator_has_one_of_the_same_class():
    """Its chart's own has none, and SPIRE's chart passes that by: the operator would fetch by HTTP."""
    spec = made(on=platform("flavor: rossoctl"))["ClusterSPIFFEID kgen.rossoctl-system.operator.example"]["spec"]
    assert spec["className"] == "spire-mgmt-spire"
    assert spec["podSelector"] == {"matchLabels": {"control-plane": "controller-manager"}}


def test_the_card_has_the_name_that_the_operator_would_choose():
    """It makes one itself for each labelled workload, and refuses a second."""
    text = CLERK + workload("store", kind="StatefulSet") + service("store") + ASKS
    found = made(text)
    assert "AgentCard shop/clerk-deployment-card" in found
    assert found["AgentCard shop/store-statefulset-card"] == manifest(
        """
        apiVersion: agent.kagenti.dev/v1alpha1
        kind: AgentCard
        metadata: {name: store-statefulset-card, namespace: shop}
        spec:
          targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: store}
          identityBinding: {trustDomain: example.org, strict: true}
        """
    )


def test_a_binding_that_is_not_strict_says_nothing_of_it():
    binding = made(on=platform("strict: false"))["AgentCard shop/store-deployment-card"]["spec"]["identityBinding"]
    assert binding == {"trustDomain": "example.org"}


def test_the_workload_gets_the_socket_and_the_labels():
    assert made()["Deployment shop/store"] == manifest(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: store
          namespace: shop
          labels: {kagenti.io/type: agent, protocol.kagenti.io/a2a: ""}
        spec:
          template:
            metadata:
              labels: {kagenti.io/type: agent, kagenti.io/inject: disabled}
            spec:
              containers:
              - name: agent
                env:
                - {name: SPIFFE_ENDPOINT_SOCKET, value: "unix:///spiffe-workload-api/spire-agent.sock"}
                volumeMounts:
                - {name: spiffe-workload-api, mountPath: /spiffe-workload-api, readOnly: true}
              volumes:
              - {name: spiffe-workload-api, csi: {driver: csi.spiffe.io, readOnly: true}}
        """
    )
    assert presences(BOTH)["Deployment shop/store"] == "wired"


def test_who_serves_no_card_is_no_agent_to_the_operator():
    text = CLERK + workload("store", HTTP) + service("store") + call("shop/store", "shop/clerk")
    found = made(text)["Deployment shop/store"]
    assert "labels" not in found["metadata"]
    assert found["spec"]["template"]["metadata"]["labels"] == {"kagenti.io/inject": "disabled"}
    assert "AgentCard shop/store-deployment-card" not in made(text)


def test_under_rossoctl_an_agent_runtime_asks_for_the_label_that_nobody_else_may_set():
    """A label under which a pod never starts: the operator's own admission policy refuses the workload."""
    found = made(on=platform("flavor: rossoctl"))
    deployment = found["Deployment shop/store"]
    assert deployment["metadata"]["labels"] == {"protocol.rossoctl.io/a2a": ""}
    assert deployment["spec"]["template"]["metadata"]["labels"] == {"rossoctl.io/inject": "disabled"}
    assert found["AgentRuntime shop/store-runtime"]["spec"] == {
        "type": "agent",
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "store"},
        "mtlsMode": "disabled",
    }
    assert found["AgentCard shop/store-deployment-card"]["apiVersion"] == "agent.rossoctl.dev/v1alpha1"
    assert not any(name.startswith("AgentRuntime") for name in made())


def test_the_service_gets_agent_tls_behind_its_own_ports_and_only_where_it_has_none():
    found = made()["Service shop/store"]["spec"]["ports"]
    tls = {"name": "agent-tls", "port": 8443, "targetPort": 8443, "protocol": "TCP", "appProtocol": "tls"}
    assert found == [tls]
    text = CLERK + workload("store") + service("store", f"{PORT}, {TLS_PORT}") + ASKS
    assert "Service shop/store" not in made(text)


def test_what_is_somebody_elses_is_proposed_to_him():
    text = external(", service: {tlsPort: 8443}")
    found = presences(text)
    assert {name: found[name] for name in found if "far" in name} == {
        "ClusterSPIFFEID kgen.far.store.example": "proposed",
        "Deployment far/store": "external",
        "Service far/store": "external",
        "AgentCard far/store-deployment-card": "proposed",
    }
    pod = made(text)["Deployment far/store"]["spec"]["template"]["spec"]
    assert "containers" not in pod
    assert pod["volumes"][0]["csi"]["driver"] == "csi.spiffe.io"


def test_the_signer_writes_a_file_and_needs_no_right():
    own = f"signer: InitContainer, signerImage: '{IMAGE}'"
    pod = made(BOTH + CARDS, platform(own))["Deployment shop/store"]["spec"]["template"]["spec"]
    [signer] = pod["initContainers"]
    assert signer["image"] == IMAGE
    names = {each["name"]: each["value"] for each in signer["env"]}
    assert "AGENT_NAME" not in names, "with it the signer writes a ConfigMap"
    [agent] = pod["containers"]
    assert {each["name"]: each["value"] for each in agent["env"]}["AGENT_CARD_PATH"] == names["AGENT_CARD_PATH"]
    assert {each["name"]: sorted(set(each) - {"name"}) for each in pod["volumes"]} == {
        "spiffe-workload-api": ["csi"],
        "unsigned-agent-card": ["configMap"],
        "agent-card": ["emptyDir"],
    }
    assert signer["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_who_has_no_card_signs_none():
    text = CLERK + workload("store", HTTP) + service("store") + call("shop/store", "shop/clerk") + CARDS
    pod = made(text, platform(f"signer: InitContainer, signerImage: '{IMAGE}'"))["Deployment shop/store"]
    assert "agent-card" not in str(pod)


@pytest.mark.parametrize("mode, taken", [("Sidecar", "DISABLE"), ("Ambient", "PERMISSIVE")])
def test_spiffe_tls_meets_strict(mode, taken):
    """The port is taken out of STRICT, which could only refuse a certificate of SPIRE's CA; nothing else is."""
    on = platform(rest=MESH % mode)
    assert made(on=on, layer="mesh")["PeerAuthentication shop/store-mtls"]["spec"] == {
        "selector": {"matchLabels": {"app": "store"}},
        "mtls": {"mode": "STRICT"},
        "portLevelMtls": {"8443": {"mode": taken}},
    }
    name = "store-callers" if mode == "Sidecar" else "store-waypoint"
    rules = made(on=on, layer="mesh")[f"AuthorizationPolicy shop/{name}"]["spec"]["rules"]
    [open_] = [rule for rule in rules if "8443" in str(rule)]
    assert open_["to"] == [{"operation": {"ports": ["8443"]}}]
    # Where HBONE tells members of the mesh apart, they stay out: the waypoint too, which is let in by the network.
    assert open_.get("from") == (None if mode == "Sidecar" else [{"source": {"notPrincipals": ["*"]}}])


def test_without_the_layer_no_port_leaves_the_mesh():
    found = made(on="namespaces: {shop: {}}\n" + MESH % "Sidecar", layer="mesh")
    assert "PeerAuthentication shop/store-mtls" not in found
    for policy in found.values():
        for rule in policy["spec"].get("rules") or []:
            assert "from" in rule


@pytest.mark.parametrize("mode", ["Sidecar", "Ambient"])
@pytest.mark.parametrize("verification", ["Optional", "Required"])
def test_behind_a_mesh_no_rule_is_for_a_fetch_by_http(mode, verification):
    """The operator is outside of the mesh, and has no principal that a rule could name."""
    on = platform(f"verification: {verification}", rest=MESH % mode)
    for name, policy in made(on=on, layer="mesh").items():
        if "controller-" not in name:
            assert "kagenti" not in str(policy)


def test_only_the_operator_gets_to_the_port_that_the_mesh_does_not_guard():
    on = platform("verification: Required, gate: true", rest=MESH % "Sidecar")
    rules = made(on=on, layer="network")["NetworkPolicy shop/store-ingress"]["spec"]["ingress"]
    [tls] = [rule for rule in rules if {"protocol": "TCP", "port": 8443} in rule["ports"]]
    assert tls["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kagenti-system"}},
            "podSelector": {"matchLabels": {"control-plane": "controller-manager"}},
        }
    ]
    assert tls["ports"] == [{"protocol": "TCP", "port": 8443}]


def test_an_unverified_agent_keeps_its_policies():
    on = platform("gate: true")
    policies = made(on=on, layer="network")
    for name in ("store-ingress", "clerk-egress"):
        spec = policies[f"NetworkPolicy shop/{name}"]["spec"]
        assert list(spec["podSelector"]["matchLabels"]) == ["app"]
        [rule] = [rule for rule in spec.get("ingress") or spec["egress"] if "signature-verified" in str(rule)]
        [peer] = rule.get("from") or rule["to"]
        assert peer["podSelector"]["matchLabels"]["agent.kagenti.dev/signature-verified"] == "true"


def test_the_kinds_of_the_operator_are_told_apart_by_their_group():
    """agent.kagenti.dev has an AuthorizationPolicy as well: no lint of Istio's may judge it."""
    foreign = manifest(
        """
        apiVersion: agent.kagenti.dev/v1alpha1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: shop}
        spec: {scope: namespace, selector: {matchLabels: {app: nobody}}}
        """
    )
    pod = next(iter(made(layer="workload-identity").values()))
    deployment = {**manifest("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: shop}")}
    deployment["spec"] = {"template": {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": []}}}
    subjects = [Subject(identity_of(each), each) for each in (foreign, deployment)]
    assert pod
    assert not list(run(subjects, ["selectors"], Context()))


def test_every_object_keeps_to_its_schema(identity_problems, built_in_problems):
    for flavor in ("kagenti", "rossoctl"):
        own = f"flavor: {flavor}, signer: InitContainer, signerImage: '{IMAGE}'"
        found = made(BOTH + CARDS, platform(own))
        foreign = [each for each in found.values() if "." in each["apiVersion"].partition("/")[0]]
        assert len(foreign) == (5 if flavor == "kagenti" else 7)
        assert not identity_problems(*foreign)
    assert get(found, "Deployment shop/store", "kind") == "Deployment"

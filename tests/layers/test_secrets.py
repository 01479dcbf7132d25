"""The layer secrets: what External Secrets fetches, by which store, and the nudge after a rotation."""

import json

from kgen.manifests import Manifest
from kgen.topology.secrets import NUDGE_PODS
from kgen.topology.types import Nudge, Peer, Platform, Secret, SecretStore
from tests.layers.build import instances, manifest, namespace, objects, platform, topology

STORE = SecretStore(
    name="vault",
    kind="SecretStore",
    refresh_interval="12h",
    namespaces=("team-alpha",),
    server="https://vault.example",
    path="secret",
    version="v2",
    mount_path="kubernetes",
    role="kgen",
    service_account="kgen-secrets",
    audiences=("vault",),
    makes_service_account=False,
)
TOKEN = Secret("team-alpha", "token", ("key", "token"), "agents/team-alpha/token", "defined")
ALPHA = namespace("team-alpha", store="defined", makes_store_account=True)
NUDGE = Nudge("registry.example/kubectl:1.33", "17 3 * * *", (Peer(cidr="10.0.0.10/32"),), 6443)
NUDGED = namespace("team-alpha", nudged=("planner", "triage"))


def made(*secrets: Secret, on: Platform | None = None, spaces: tuple = (ALPHA,)) -> dict[str, Manifest]:
    whole = topology(namespaces=spaces, on=on or platform(secret_store=STORE))
    return objects("secrets", whole._replace(secrets=secrets))


def nudging() -> dict[str, Manifest]:
    return made(on=platform(nudge=NUDGE), spaces=(NUDGED,))


def test_references_make_nothing():
    assert made(on=platform(), spaces=(namespace("team-alpha"),)) == {}


def test_a_secret_is_fetched_into_its_namespace():
    assert made(TOKEN, spaces=(namespace("team-alpha"),)) == {
        "ExternalSecret team-alpha/token": manifest(
            """
            apiVersion: external-secrets.io/v1
            kind: ExternalSecret
            metadata:
              name: token
              namespace: team-alpha
            spec:
              refreshPolicy: Periodic
              refreshInterval: 12h
              secretStoreRef:
                name: vault
                kind: SecretStore
              target:
                name: token
                creationPolicy: Owner
                deletionPolicy: Retain
                template:
                  type: Opaque
                  engineVersion: v2
                  mergePolicy: Replace
              data:
              - secretKey: key
                remoteRef:
                  key: agents/team-alpha/token
                  property: key
                  conversionStrategy: Default
                  decodingStrategy: None
                  metadataPolicy: None
              - secretKey: token
                remoteRef:
                  key: agents/team-alpha/token
                  property: token
                  conversionStrategy: Default
                  decodingStrategy: None
                  metadataPolicy: None
            """
        )
    }


def test_without_keys_every_property_is_fetched():
    spec = made(TOKEN._replace(keys=()))["ExternalSecret team-alpha/token"]["spec"]
    assert "data" not in spec
    assert spec["dataFrom"] == [
        {
            "extract": {
                "key": "agents/team-alpha/token",
                "conversionStrategy": "Default",
                "decodingStrategy": "None",
                "metadataPolicy": "None",
            }
        }
    ]


def test_a_template_keeps_the_labels_of_kgen_and_argo_cd_off_the_secret():
    """Without one they are copied, and Argo CD prunes the Secret as its own."""
    target = made(TOKEN)["ExternalSecret team-alpha/token"]["spec"]["target"]
    assert "metadata" not in target["template"]
    assert "data" not in target["template"], "it would replace what was fetched"


def test_a_store_of_the_namespace_logs_in_as_an_account_of_its_own():
    found = made()
    assert found["SecretStore team-alpha/vault"] == manifest(
        """
        apiVersion: external-secrets.io/v1
        kind: SecretStore
        metadata:
          name: vault
          namespace: team-alpha
        spec:
          provider:
            vault:
              server: https://vault.example
              path: secret
              version: v2
              auth:
                kubernetes:
                  mountPath: kubernetes
                  role: kgen
                  serviceAccountRef:
                    name: kgen-secrets
                    audiences: [vault]
        """
    )
    assert found["ServiceAccount team-alpha/kgen-secrets"] == manifest(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: kgen-secrets
          namespace: team-alpha
        automountServiceAccountToken: false
        """
    )
    assert len(found) == 2


def test_an_engine_without_mount_path_has_it_in_the_key():
    store = made(on=platform(secret_store=STORE._replace(path="")))["SecretStore team-alpha/vault"]
    assert "path" not in store["spec"]["provider"]["vault"]


def test_a_cluster_store_serves_exactly_the_namespaces_that_read():
    shared = STORE._replace(
        name="vault-example", kind="ClusterSecretStore", namespaces=("team-alpha", "team-beta"),
        makes_service_account=True,
    )  # fmt: skip
    found = made(on=platform(secret_store=shared), spaces=(namespace("team-alpha"),))
    store = found["ClusterSecretStore vault-example"]
    assert store["spec"]["conditions"] == [{"namespaces": ["team-alpha", "team-beta"]}]
    assert store["spec"]["provider"]["vault"]["auth"]["kubernetes"]["serviceAccountRef"] == {
        "name": "kgen-secrets",
        "namespace": "kgen-system",
        "audiences": ["vault"],
    }
    assert set(found) == {"ClusterSecretStore vault-example", "ServiceAccount kgen-system/kgen-secrets"}


def test_no_cluster_store_without_a_reader_because_no_conditions_would_mean_everybody():
    shared = STORE._replace(kind="ClusterSecretStore", namespaces=())
    assert made(on=platform(secret_store=shared), spaces=(namespace("team-alpha"),)) == {}


def test_a_store_that_exists_is_only_referred_to():
    existing = STORE._replace(name="house", kind="ClusterSecretStore", server="")
    found = made(TOKEN, on=platform(secret_store=existing), spaces=(namespace("team-alpha"),))
    assert set(found) == {"ExternalSecret team-alpha/token"}
    assert found["ExternalSecret team-alpha/token"]["spec"]["secretStoreRef"] == {
        "name": "house",
        "kind": "ClusterSecretStore",
    }


def test_for_an_external_agent_everything_is_proposed():
    spaces = (namespace("team-alpha", store="proposed", makes_store_account=True),)
    whole = topology(namespaces=spaces, on=platform(secret_store=STORE))
    found = instances("secrets", whole._replace(secrets=(TOKEN._replace(presence="proposed"),)))
    assert {one.presence for one in found.values()} == {"proposed"}
    assert len(found) == 3


def test_v1beta1_external_secrets():
    """It is not served since 0.17, so nothing of it may be made."""
    versions = {each["apiVersion"] for each in made(TOKEN).values()}
    assert versions == {"external-secrets.io/v1", "v1"}


def test_the_nudge_may_patch_the_agents_that_it_is_for_and_reads_no_secret():
    found = nudging()
    assert found["Role team-alpha/kgen-nudge"]["rules"] == [
        {
            "apiGroups": ["kagent.dev"],
            "resources": ["agents"],
            "resourceNames": ["planner", "triage"],
            "verbs": ["get", "patch"],
        }
    ]
    assert set(found) == {
        "ServiceAccount team-alpha/kgen-nudge",
        "Role team-alpha/kgen-nudge",
        "RoleBinding team-alpha/kgen-nudge",
        "NetworkPolicy team-alpha/kgen-nudge",
        "CronJob team-alpha/kgen-nudge",
        "ValidatingAdmissionPolicy kgen-nudge-default",
        "ValidatingAdmissionPolicyBinding kgen-nudge-default",
    }


def test_the_nudges_pod_is_matched_by_no_service_of_an_agent():
    """kagent's Services select app and kagent; a workload's selects labels of its own, never kgen's."""
    pod = nudging()["CronJob team-alpha/kgen-nudge"]["spec"]["jobTemplate"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert not {"app", "kagent", "app.kubernetes.io/name", "app.kubernetes.io/managed-by"} & set(labels)
    assert all(key.partition("/")[0] in ("kgen.dev", "sidecar.istio.io", "istio.io") for key in labels)


def test_the_nudges_pod_runs_kubectl_and_nothing_around_it():
    pod = nudging()["CronJob team-alpha/kgen-nudge"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["command"] == ["kubectl"]
    assert container["args"] == [
        "label", "--overwrite", "--namespace=team-alpha", "agents.kagent.dev", "planner", "triage",
        "kgen.dev/nudged=$(POD)",
    ]  # fmt: skip
    assert "secret" not in json.dumps(pod).lower()


def test_the_nudge_reaches_the_api_server_and_nothing_else():
    spec = nudging()["NetworkPolicy team-alpha/kgen-nudge"]["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["podSelector"] == NUDGE_PODS
    assert spec["egress"] == [
        {"to": [{"ipBlock": {"cidr": "10.0.0.10/32"}}], "ports": [{"protocol": "TCP", "port": 6443}]}
    ]
    assert "ingress" not in spec


def test_what_kubernetes_has_itself_fits_its_schemas(built_in_problems):
    assert built_in_problems(*nudging().values()) == []


def test_waves():
    whole = topology(namespaces=(ALPHA, NUDGED._replace(name="b")), on=platform(secret_store=STORE, nudge=NUDGE))
    assert {one.wave for one in instances("secrets", whole._replace(secrets=(TOKEN,))).values()} == {-4}


def test_with_cilium_the_nudge_reaches_an_api_server_on_a_node_too():
    found = made(on=platform(nudge=NUDGE, cni="Cilium"), spaces=(NUDGED,))
    spec = found["CiliumNetworkPolicy team-alpha/kgen-nudge"]["spec"]
    assert spec["endpointSelector"] == found["NetworkPolicy team-alpha/kgen-nudge"]["spec"]["podSelector"]
    [rule] = spec["egress"]
    assert rule["toEntities"] == ["kube-apiserver"]
    assert rule["toPorts"] == [{"ports": [{"port": str(NUDGE.api_server_port), "protocol": "TCP"}]}]

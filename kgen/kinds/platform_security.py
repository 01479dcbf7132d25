"""Security systems of an environment: mesh, admission, Secrets, certificates, workload identity."""

from typing import Annotated, Literal

from pydantic import Field

from kgen.kinds import patterns
from kgen.kinds.fields import (
    DataKey,
    Duration,
    Image,
    Model,
    Name,
    ObjectName,
    Ports,
    Text,
    TrustDomain,
    Url,
    WithinADay,
    absent,
    form,
    given,
    needed,
)
from kgen.kinds.selectors import LabelSelector


class IstiodPeer(Model):
    """Pods of istiod and the port they serve proxies on."""

    namespace: Name = given("istio-system", "Namespace of the pods.")
    pod_selector: LabelSelector = given({"matchLabels": {"app": "istiod"}}, "Which pods.")
    ports: Ports = given([15012], "TCP ports of the pods.")


class Istiod(Model):
    """Where Istio's control plane runs."""

    peer: IstiodPeer = given({}, "Its pods.")


class Waypoint(Model):
    """The waypoint of each namespace, in ambient mode."""

    name: Name = given("waypoint", "Name of the Gateway.")


class Mesh(Model):
    """The Istio mesh."""

    mode: Literal["Sidecar", "Ambient"] = absent("Data plane; required from profile Mesh, absent: there is none.")
    revision: Name = absent("Revision of the control plane.", ["default"])
    root_namespace: Name = given("istio-system", "Namespace of mesh-wide configuration.")
    istiod: Istiod = given({}, "Where Istio's control plane runs.")
    istio_cni: bool = given(
        False, "Whether the Istio CNI is installed; a sidecar under Pod Security restricted needs it.", alias="istioCNI"
    )
    kagent_in_mesh: bool = given(False, "Whether the kagent controller is in the mesh; required from profile Mesh.")
    waypoint: Waypoint = given({}, "The waypoint of each namespace.")


LockExtent = Literal["Cluster", "ManagedNamespaces", "Disabled"]


class Locks(Model):
    """Locks on what the kagent controller does in the API server; under Observe they only warn."""

    controller_writes: LockExtent = given(
        "Cluster", "It writes no Agent or other kind of kagent for whoever asks on its port: the UI only reads."
    )
    takeovers: LockExtent = given("Cluster", "It changes no Secret, Service or other object that is not its own.")
    legacy_agents: LockExtent = given("Cluster", "Agents of kagent.dev/v1alpha1, which break it, are refused.")


class Admission(Model):
    """Admission control."""

    engine: Literal["ValidatingAdmissionPolicy", "Gatekeeper"] = given("ValidatingAdmissionPolicy", "What enforces it.")
    trusted_writers: list[Text] = given(
        [],
        "User names that may write agents and protected keys; the kagent controller's always may.",
        [["system:serviceaccount:argocd:argocd-application-controller"]],
    )
    locks: Locks = given({}, "Locks on the kagent controller, each for the cluster, managed namespaces, or off.")


class StoreReference(Model):
    """The store that ExternalSecrets read from."""

    name: ObjectName = absent("Name of the store; vault where kgen makes it, required where it exists.", ["vault"])
    kind: Literal["SecretStore", "ClusterSecretStore"] = given("SecretStore", "Kind of the store.")


class Vault(Model):
    """The Vault behind a store that kgen makes; its rights belong to a ServiceAccount of its own."""

    server: Url = needed("Address of the server.", ["https://vault.example"])
    path: Text = absent("Mount path of the key-value engine; absent: the remote key begins with it.", ["secret"])
    version: Literal["v1", "v2"] = given("v2", "Version of the key-value engine.")
    mount_path: Text = given("kubernetes", "Mount path of the Kubernetes login.")
    role: Text = needed("Role to log in as.", ["kgen"])
    service_account_name: ObjectName = needed("ServiceAccount that logs in; never an agent's.", ["kgen-secrets"])
    audiences: Annotated[list[Text], Field(min_length=1)] = given(
        ["vault"], "Audiences of its token; never the API server's, so that the token is good for nothing else."
    )


class Nudge(Model):
    """The CronJob that makes kagent read delegated headers anew."""

    image: Image = needed("Image with kubectl as its only need.", ["registry.example/kubectl:1.33"])
    schedule: Annotated[str, form(patterns.SCHEDULE)] = given("17 3 * * *", "When it runs, as cron says it, in UTC.")


class Secrets(Model):
    """Where Secrets come from. kgen only ever writes references."""

    provider: Literal["Reference", "ExternalSecrets"] = given(
        "Reference", "ExternalSecrets: every Secret that a link or model names gets its ExternalSecret."
    )
    remote_prefix: str = given("", "What stands before namespace/name in the remote key.")
    store_ref: StoreReference = given({}, "The store that ExternalSecrets read from.")
    vault: Vault = absent("The Vault behind the store, where kgen makes it.")
    refresh_interval: WithinADay = given("24h", "How often values are fetched; at most 24h.")
    rotation_nudge: Literal["Disabled", "CronJob"] = given(
        "Disabled", "CronJob: kagent reads the Secrets of delegated headers anew by a schedule."
    )
    nudge: Nudge = absent("How, for CronJob.")


class IssuerReference(Model):
    """The cert-manager issuer."""

    name: ObjectName = needed("Name of the issuer.", ["ca"])
    kind: Text = given("Issuer", "Kind of the issuer.")
    group: Text = given("cert-manager.io", "API group of the issuer.")


class VaultIssuer(Model):
    """The PKI of a Vault that signs."""

    server: Url = needed("Address of the server.", ["https://vault.example"])
    path: Text = needed(
        "Path that signs; for a certificate authority the mount's root/sign-intermediate.",
        ["pki/root/sign-intermediate"],
    )
    mount_path: Text = given("/v1/auth/kubernetes", "Mount path of the Kubernetes login, as cert-manager takes it.")
    role: Text = needed("Role to log in as.", ["kgen-egress"])
    service_account_name: ObjectName = given("kgen-issuer", "ServiceAccount that logs in; never an agent's.")


class RootReference(Model):
    """The certificate that agents come to trust, in cert-manager's namespace."""

    kind: Literal["ConfigMap", "Secret"] = given("ConfigMap", "What holds it.")
    name: ObjectName = needed("Name of it.", ["corporate-root"])
    key: DataKey = given("ca.crt", "Key of it.")


class Certificates(Model):
    """Certificates by cert-manager, only where something loads them."""

    issuer: Literal["SelfSignedCA", "VaultPKI", "Existing"] = given("SelfSignedCA", "Who signs.")
    issuer_ref: IssuerReference = absent("The issuer, for Existing.")
    vault: VaultIssuer = absent("The Vault, for VaultPKI.")
    root: RootReference = absent("What agents trust, for VaultPKI and Existing with trustBundle TrustManager.")
    namespace: Name = given(
        "cert-manager", "cert-manager's own namespace, that of its cluster resources and of trust-manager's sources."
    )
    service_account_name: ObjectName = given("cert-manager", "ServiceAccount of cert-manager's controller.")
    duration: Duration = given("2160h", "How long a certificate is good.")
    renew_before: Duration = given("360h", "How long before its end it is renewed.")


class WorkloadIdentity(Model):
    """Workload identities by SPIRE."""

    flavor: Literal["kagenti", "rossoctl"] = given("kagenti", "Which operator verifies agents.")
    trust_domain: TrustDomain = absent("SPIRE's trust domain, where it differs from spec.trustDomain.", ["example.org"])
    class_name: Text = needed("Class that the SPIRE controller manager watches.", ["spire-mgmt-spire"])
    operator_namespace: Name = absent(
        "Namespace of the operator; follows from the flavor where absent.", ["kagenti-system"]
    )
    operator_service_account_name: ObjectName = given(
        "controller-manager", "ServiceAccount that the operator runs as: who it is to admission and to a mesh."
    )
    socket_path: Annotated[str, form(patterns.SOCKET_PATH)] = given(
        "/spiffe-workload-api/spire-agent.sock", "Path of the workload API's socket."
    )
    verification: Literal["Optional", "Required"] = given(
        "Optional", "Required: an agent that is called and can not be verified is an error, not a warning."
    )
    strict: bool = given(True, "Whether an agent whose identity does not fit is refused, where its card is signed.")
    gate: bool = given(False, "Whether the verified label is part of the peers of kgen's own rules.")
    operator_enforces_network_policies: bool = given(False, "Whether the operator makes NetworkPolicies of its own.")
    signer: Literal["Disabled", "InitContainer"] = given(
        "Disabled", "InitContainer: workloads sign their agent cards when they start."
    )
    signer_image: Image = absent(
        "Image of the signer, for InitContainer; name it by digest.",
        ["registry.example/agentcard-signer@sha256:0f1e"],
    )

"""Platform: the facts of one environment. Also the functionConfig of the KRM function."""

from typing import Annotated, Literal

from pydantic import Field

from kgen.kinds import patterns
from kgen.kinds.definition import ModelSource
from kgen.kinds.fields import (
    AgentText,
    Folder,
    LabelKey,
    LabelValue,
    Model,
    Name,
    ObjectName,
    PlatformMetadata,
    QualifiedAgent,
    QualifiedAgents,
    Text,
    TrustDomain,
    absent,
    form,
    given,
    needed,
)
from kgen.kinds.platform_access import Access
from kgen.kinds.platform_delivery import ArgoCD, EgressGateway, Monitoring, Verify
from kgen.kinds.platform_machines import MachineFiles
from kgen.kinds.platform_network import Network
from kgen.kinds.platform_security import Admission, Certificates, Mesh, Secrets, WorkloadIdentity
from kgen.kinds.selectors import Peer

Level = Literal["privileged", "baseline", "restricted"]


class Naming(Model):
    """How objects that kgen makes are called."""

    service_account_suffix: Annotated[str, form(patterns.SUFFIX)] = given(
        "-sa", "What follows the agent's name in its ServiceAccount's; never empty, so that the two names differ."
    )


class Defaults(Model):
    """What agents get that do not say otherwise."""

    model: ModelSource = absent("The language model of agents that kgen defines without one.")


class Client(Model):
    """Somebody besides agents and kagent's own UI who may reach the kagent controller."""

    peer: Peer = needed("Its pods.")
    service_account_name: ObjectName = absent("Its ServiceAccount, for the mesh.")


class Kagent(Model):
    """The kagent installation of the environment."""

    version: Literal["0.9", "0.10"] = given("0.10", "Minor version; quote it.")
    namespace: Name = given("kagent", "Namespace of the controller.")
    release_name: Name = given("kagent", "Name of the Helm release.")
    fullname_override: Name = absent("The chart's fullnameOverride, where it is set.")
    rbac_mode: Literal["ClusterWide", "Namespaced"] = given(
        "ClusterWide", "Whether the controller's rights are cluster-wide."
    )
    watch_namespaces: list[Name] = given([], "Namespaces that the controller watches; empty: all.")
    auth_mode: Literal["Unsecure", "TrustedProxy"] = given(
        "Unsecure", "How the controller knows its callers; Unsecure believes everybody."
    )
    manage_policies: bool = given(
        False, "Emit the NetworkPolicies for kagent's own namespace; otherwise they are printed for its owner."
    )
    clients: dict[Name, Client] = given({}, "Who else may reach the controller's port 8083, by a name of your own.")


class PodSecurity(Model):
    """Pod Security levels of a namespace."""

    enforce: Level = given("restricted", "Level that pods must meet; set on Owned namespaces only.")
    audit: Level = given("restricted", "Level whose violations are written to the audit log.")
    warn: Level = given("restricted", "Level whose violations are shown to who applies.")
    version: Annotated[str, form(patterns.POD_SECURITY_VERSION)] = absent(
        "Version that the levels are pinned to; v and spec.kubernetesVersion where absent.", ["v1.33"]
    )


class Namespace(Model):
    """One namespace of the environment. Its guardrails stay when its last link goes."""

    management: Literal["Owned", "Shared", "External"] = given(
        "Owned",
        "Owned: kgen makes it and its namespace-wide rules; Shared: only rules for agents; External: also no objects.",
    )
    enforcement: Literal["Enforce", "Observe"] = given(
        "Enforce", "Observe emits nothing that denies, restarts or is merged into workloads."
    )
    team: str = absent("Team that it belongs to.", ["alpha"])
    sources: list[Folder] = absent("Folders of the repository that may speak for it.", [["teams/alpha"]])
    labels: dict[LabelKey, LabelValue] = given({}, "Labels of the Namespace object.")
    pod_security: PodSecurity = given({}, "Pod Security levels.")


class PlatformSpec(Model):
    """The facts of the environment. Everything has a default or may be absent."""

    profile: Literal["Baseline", "Mesh", "Hardened", "ZeroTrust"] = given("Baseline", "How far the hardening goes.")
    layers: dict[Name, Literal["Enabled", "Disabled"]] = given(
        {},
        "Single layers switched over the profile; the one switch: the sections below only say how.",
        [{"network": "Disabled"}],
    )
    bases: list[Folder] = given([], "Folders with layers of your own, inside the repository.")
    links: dict[QualifiedAgent, Annotated[list[AgentText], Field(min_length=1)]] = given(
        {},
        "Links in short form, callees by caller; not where consent is Required.",
        [{"sales/triage": ["quotes", "support/helpdesk"]}],
    )
    files: list[Annotated[str, form(patterns.GLOB)]] = given([], "As a generator: files below the kustomization.")
    kubernetes_version: Annotated[str, form(patterns.KUBERNETES_VERSION)] = given("1.33", "Minor version; quote it.")
    cluster_domain: ObjectName = given("cluster.local", "DNS domain of the cluster.")
    trust_domain: TrustDomain = given("cluster.local", "Trust domain of the mesh; a spiffe:// prefix is taken off.")
    platform_namespace: Name = given("kgen-system", "Namespace of admission parameters.")
    naming: Naming = given({}, "How objects that kgen makes are called.")
    defaults: Defaults = given({}, "What agents get that do not say otherwise.")
    suspended: dict[QualifiedAgents, Text] = given(
        {}, "Kill switch: agents taken out of every link, with the reason.", [{"payments/screener": "INC-4711"}]
    )
    consent: Literal["NotRequired", "CrossNamespace", "Required"] = given(
        "NotRequired", "Which links need an AgentGrant of the callee's team."
    )
    kagent: Kagent = given({}, "The kagent installation.")
    namespaces: dict[Name, Namespace] = given(
        {}, "Namespaces of the environment by name; {} takes all defaults.", [{"team-alpha": {}}]
    )
    access: Access = given({}, "Rights of people and automation in namespaces of agents.")
    network: Network = given({}, "Network facts.")
    mesh: Mesh = given({}, "The Istio mesh.")
    admission: Admission = given({}, "Admission control.")
    secrets: Secrets = given({}, "Where Secrets come from.")
    certificates: Certificates = given({}, "Certificates by cert-manager.")
    workload_identity: WorkloadIdentity = absent("Workload identities by SPIRE.")
    egress_gateway: EgressGateway = absent("The egress gateway (AuthBridge).")
    monitoring: Monitoring = given({}, "Monitoring by the Prometheus operator.")
    verify: Verify = given({}, "Verification in the cluster.")
    argocd: ArgoCD = given({}, "How Argo CD applies the bundle.")
    machine_files: MachineFiles = given({}, "What `kgen machine-files` writes besides what it always does.")


class Platform(Model):
    """The facts of one environment: none or one a run. Overlays are fragments of it, merged by RFC 7386."""

    api_version: Literal["kgen.dev/v1alpha1"] = needed("Version of the kind.")
    kind: Literal["Platform"] = needed("The kind.")
    metadata: PlatformMetadata = given({}, "Name of the environment.")
    spec: PlatformSpec = given({}, "The facts of the environment.")

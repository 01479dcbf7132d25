"""What stands around the agents and how it gets there: egress gateway, monitoring, verification, Argo CD."""

from typing import Annotated, Any, Literal

from pydantic import Field

from kgen.kinds import patterns
from kgen.kinds.fields import (
    Cidr,
    DataKey,
    Host,
    HttpsUrl,
    Image,
    LabelKey,
    LabelValue,
    Model,
    Name,
    ObjectName,
    Ports,
    absent,
    form,
    given,
    needed,
)
from kgen.kinds.selectors import LabelSelector, Peer


class GatewayPeer(Model):
    """Something that the gateway itself has to reach."""

    peer: Peer = absent("Pods; this or `cidr` is required.")
    cidr: Cidr = absent("Addresses.", ["203.0.113.0/28"])
    ports: Ports = absent("TCP ports, where no peer names them.", [[443]])


class TrustConfigMap(Model):
    """The ConfigMap with the certificates that agents trust, in each of their namespaces."""

    name: ObjectName = given("egress-trust", "Name of the ConfigMap.")
    key: DataKey = given("ca-certificates.crt", "Its key; the file's name in the agent.")


class EgressGateway(Model):
    """The egress gateway (AuthBridge), a workload of its own."""

    scope: Literal["Agent", "Namespace", "Shared"] = given("Namespace", "How many gateways there are.")
    namespace: Name = given("agent-egress", "Namespace of the gateway, for Shared.")
    image: Image = needed(
        "Image of the gateway; name it by digest.",
        ["registry.example/authbridge@sha256:" + "0f1e2d3c" * 8],
    )
    version: Literal["0.6", "0.7"] = given("0.7", "Minor version; quote it. 0.6 sets the backend, not listener.roles.")
    kind: Literal["Deployment", "StatefulSet"] = given("Deployment", "What runs it.")
    replicas: Annotated[int, Field(ge=1)] = given(2, "Number of its pods.")
    tls_bridge: Literal["Enabled", "Disabled"] = given("Enabled", "Whether it opens TLS to look inside.")
    trust_bundle: Literal["TrustManager", "ConfigMap"] = given("TrustManager", "How agents come to trust it.")
    trust_config_map: TrustConfigMap = given({}, "The ConfigMap of your own, for ConfigMap.")
    passthrough_hosts: list[Host] = given([], "Hosts whose TLS it does not open.")
    plugins: list[dict[str, Any]] = given([], "Outbound plugins, verbatim.")
    secrets: list[ObjectName] = given(
        [],
        "Secrets in the gateway's namespace that plugins read, as files below /etc/authbridge/secrets.",
        [["keycloak-client"]],
    )
    infrastructure: dict[Name, GatewayPeer] = given(
        {}, "What plugins have to reach: an identity provider, a server of policies; by a name of your own."
    )


class MonitoringPeer(Model):
    """Pods that scrape metrics."""

    namespace: Name = given("monitoring", "Namespace of the pods.")
    pod_selector: LabelSelector = given({"matchLabels": {"app.kubernetes.io/name": "prometheus"}}, "Which pods.")
    ports: Ports = absent("TCP ports of the pods.")


class Monitoring(Model):
    """Monitoring by the Prometheus operator."""

    peer: MonitoringPeer = given({}, "Pods that scrape metrics.")
    labels: dict[LabelKey, LabelValue] = given(
        {"release": "kube-prometheus-stack"}, "Labels by which Prometheus finds rules and monitors."
    )
    runbook_url: HttpsUrl = absent(
        "Where your team serves docs/runbooks.md; alerts then link to it as runbook_url.",
        ["https://wiki.example.com/kgen-runbooks"],
    )
    audit_metric: Annotated[str, form(patterns.METRIC)] = absent(
        "A metric of yours, made from the audit log: requests that the API server refused, by the label `user`.",
        ["kgen_audit_refused_total"],
    )


class Verify(Model):
    """Verification in the cluster."""

    mode: Literal["Script", "PostSyncJob"] = given(
        "Script", "A script that `kgen verify-files` writes, or also a Job of Argo CD's after each sync."
    )
    image: Image = absent("Image of the Job: a shell, kubectl, curl.", ["registry.example/kubectl:1"])


class ArgoCD(Model):
    """How Argo CD applies the bundle."""

    sync_waves: bool = given(True, "Whether objects carry sync waves.")
    prune_guardrails: bool = given(False, "Whether guardrails may be pruned; false keeps them with Prune=false.")

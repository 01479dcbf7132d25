"""What the layer workload-identity refuses."""

from tests.topology.build import call, define
from tests.topology.identities import (
    ASKS,
    BOTH,
    CLERK,
    HTTP,
    PORT,
    STORE,
    TLS_PORT,
    external,
    platform,
    service,
    workload,
)
from tests.topology.refusal import Refusal

REQUIRED = platform("verification: Required")
LACK = "Deployment shop/store can not be verified: "
SIDECAR = """      - name: proxy
        image: registry.example/p:1
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""
SECOND_CARD = """---
apiVersion: agent.kagenti.dev/v1alpha1
kind: AgentCard
metadata: {name: mine, namespace: shop}
spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: store}}
"""
OPERATOR = "system:serviceaccount:kagenti-system:controller-manager"
ADMISSION = "workload-identity: Enabled, admission: Enabled"
IMAGE = "signerImage: 'registry.example/agentcard-signer@sha256:0f1e'"


def lack(what: str, ports: str, why: str, where: str = "Service spec.ports", containers: str = "") -> Refusal:
    """An agent that is called and can not be verified, under verification: Required."""
    text = CLERK + workload("store", *filter(None, [containers])) + service("store", ports) + ASKS
    return Refusal(what, "unverifiable", where, LACK + why, text, REQUIRED)


CASES = (
    Refusal(
        "no section for the identities",
        "identity-missing",
        "Platform spec.workloadIdentity",
        "is missing: without className SPIRE's controller manager passes the identities by; set it to {className: "
        "NAMESPACE-RELEASE} of SPIRE's chart, spire-mgmt-spire for example",
        BOTH,
        "layers: {workload-identity: Enabled}",
    ),
    Refusal(
        "a trust domain that no card takes",
        "trust-domain",
        "Platform spec.workloadIdentity.trustDomain",
        'found "prod_example.org", which the operator refuses as a trust domain: expected letters, digits, "-" and '
        '".", with a letter or digit at both ends; without one no identity is ever bound',
        BOTH,
        "layers: {workload-identity: Enabled}\nworkloadIdentity: {className: c, trustDomain: prod_example.org}",
    ),
    Refusal(
        "the mesh's trust domain is no card's",
        "trust-domain",
        "Platform spec.trustDomain",
        'found "-mesh", which the operator refuses as a trust domain: expected letters, digits, "-" and ".", with a '
        "letter or digit at both ends; without one no identity is ever bound",
        BOTH,
        "layers: {workload-identity: Enabled}\ntrustDomain: '-mesh'\nworkloadIdentity: {className: c}",
    ),
    Refusal(
        "the operator's own policies",
        "operator-policies",
        "Platform spec.workloadIdentity.operatorEnforcesNetworkPolicies",
        "is true: the operator's own policy opens all egress to a verified agent (shop/clerk, shop/store), policies "
        "add up, and default-deny is gone for it. Take enforceNetworkPolicies from the operator's values and set gate: "
        "true here, which holds callers and callees to the same label; or list the namespace under Observe",
        BOTH,
        platform("operatorEnforcesNetworkPolicies: true"),
    ),
    Refusal(
        "a gate without a fence",
        "gate",
        "Platform spec.workloadIdentity.gate",
        "is true, but the network layer, whose peers it stands in, is Disabled: it gates nothing",
        BOTH,
        platform("gate: true", layers="workload-identity: Enabled, network: Disabled"),
    ),
    Refusal(
        "an operator that admission keeps out",
        "trusted-writers",
        "Platform spec.admission.trustedWriters",
        f"lacks {OPERATOR}: the operator puts its verdict on the workloads of agents, which admission leaves to "
        "trusted writers; add it, or nothing is ever verified",
        BOTH,
        platform(rest="admission: {trustedWriters: [argocd]}", layers=ADMISSION),
    ),
    Refusal(
        "no image to sign with",
        "signer-image",
        "Platform spec.workloadIdentity.signerImage",
        "is missing, and signer is InitContainer: name the operator's agentcard-signer, by digest",
        ASKS,
        platform("signer: InitContainer", "namespaces: {shop: {enforcement: Observe}}").replace(
            "namespaces: {shop: {}}\n", ""
        )
        + "\n",
    ),
    Refusal(
        "a card that is not there to be signed",
        "unsigned-card",
        "Deployment spec.template.spec",
        "its card is to be signed, and ConfigMap store-agent-card with the key agent.json is not in the input: add it",
        BOTH
        + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: clerk-agent-card, namespace: shop}\n"
        + "data: {agent.json: '{}'}\n",
        platform(f"signer: InitContainer, {IMAGE}"),
    ),
    Refusal(
        "a kagent Agent that has to be verified",
        "unverifiable",
        "AgentLink spec.from",
        "shop/advisor is a kagent Agent and can not be verified: its Service is kagent's, which writes the ports anew "
        "and takes agent-tls off. Run it as a Deployment of your own with that port; or set verification: Optional",
        CLERK + define("shop/advisor") + call("shop/clerk", "shop/advisor"),
        REQUIRED,
    ),
    Refusal(
        "a kagent Agent that calls through the gate",
        "unverifiable",
        "AgentLink spec.from",
        "shop/advisor is a kagent Agent and can not be verified: its Service is kagent's, which writes the ports anew "
        "and takes agent-tls off. Run it as a Deployment of your own with that port; or set verification: Optional, "
        "and it stays out of the gate",
        STORE + define("shop/advisor") + call("shop/advisor", "shop/store"),
        platform("verification: Required, gate: true"),
    ),
    # the silent fallback to HTTP
    lack(
        "no port for a verified fetch",
        PORT,
        "no port of its containers is called agent-tls, so it serves its card by HTTP alone: have it serve the card by "
        "SPIFFE TLS on a port of its own, and call that so",
        "Deployment spec.template.spec.containers",
        HTTP,
    ),
    lack(
        "a port of that number and another name",
        PORT,
        "no port of its containers is called agent-tls, so it serves its card by HTTP alone: have it serve the card by "
        "SPIFFE TLS on a port of its own, and call that so; one has 8443, if that is it",
        "Deployment spec.template.spec.containers",
        f"{HTTP}, {{name: webhook, containerPort: 8443}}",
    ),
    Refusal(
        "a Service of another name",
        "unverifiable",
        "Deployment metadata.name",
        LACK + "the operator asks the Service store, and the input has none: add it",
        CLERK + workload("store") + service("shelf", selector="store") + ASKS,
        REQUIRED,
    ),
    Refusal(
        "a Service of its name for other pods",
        "unverifiable",
        "Service spec.selector",
        LACK + "Service store does not select its pods",
        CLERK + workload("store") + service("shelf", selector="store") + service("store", selector="other") + ASKS,
        REQUIRED,
    ),
    lack(
        "HTTP behind TLS",
        f"{TLS_PORT}, {PORT}",
        "agent-tls is the Service's first port, to which the operator speaks HTTP: put http first",
    ),
    lack(
        "TLS to a name that is none",
        f"{PORT}, {TLS_PORT}",
        "the Service's agent-tls targets a named port that none of its containers has",
        containers=HTTP,
    ),
    lack(
        "TLS to a port that nobody serves",
        f"{PORT}, {{name: agent-tls, port: 8443}}",
        "the Service's agent-tls leads to 8443, which none of its containers serves (they have 8080): name the "
        "container's port agent-tls",
        containers=HTTP,
    ),
    lack(
        "TLS on the port of the calls",
        f"{PORT}, {{name: agent-tls, port: 8443, targetPort: 8080}}",
        "port 8080 would be that of its calls as well: the mesh asks nobody there who he is, and the operator is let "
        "in; serve the card on a port of its own",
    ),
    lack(
        "a Service whose port has no name",
        "{port: 80, targetPort: http}",
        "the Service's port has no name, and of two each needs one: name it http",
    ),
    lack(
        "a number that is taken",
        f"{PORT}, {{name: metrics, port: 8443, targetPort: 9090}}",
        "the Service's port 8443 is something else's: give it agent-tls under another number",
    ),
    Refusal(
        "an external agent of whom nothing is said",
        "unverifiable",
        "AgentLink spec.to.service",
        "Deployment far/store can not be verified: its manifest is not in the input, and no link says that its pods "
        "serve the card by SPIFFE TLS: set service.tlsPort, 8443 as a rule",
        external(),
        REQUIRED,
    ),
    Refusal(
        "an external agent with a Service of another name",
        "unverifiable",
        "AgentLink spec.to.service",
        "Deployment far/store can not be verified: the operator asks the Service store, and its Service is shelf",
        external(", service: {name: shelf, tlsPort: 8443}"),
        REQUIRED,
    ),
    Refusal(
        "containers of which none serves",
        "identity-container",
        "Deployment spec.template.spec.containers",
        "Deployment shop/store has containers agent, proxy, of which one alone may serve its ports (8080): declare "
        "them there",
        CLERK
        + workload("store", "", SIDECAR).replace("ports: [], ", "")
        + service("store", "{name: http, port: 80, targetPort: 8080}")
        + ASKS,
        platform(),
    ),
    Refusal(
        "everybody's account",
        "shared-identity",
        "AgentLink spec.to",
        "shop/store runs as the ServiceAccount default, and so is every pod beside it: give it its own",
        CLERK + workload("store", account="default") + service("store") + ASKS,
        REQUIRED,
    ),
    Refusal(
        "one account for two",
        "shared-identity",
        "AgentLink spec.to",
        "shop/store and shop/clerk run as clerk, and have one SPIFFE ID: give each its own",
        CLERK + workload("store", account="clerk") + service("store") + ASKS,
        REQUIRED,
    ),
    # a label under which a pod never starts
    Refusal(
        "the operator's label on a workload",
        "operator-label",
        'Deployment metadata.labels["rossoctl.io/type"]',
        "shop/store has the label rossoctl.io/type, which the operator's admission policy refuses from everybody else: "
        "remove it; kgen writes an AgentRuntime instead",
        CLERK + workload("store", own="rossoctl.io/type: agent") + service("store") + ASKS,
        platform("flavor: rossoctl"),
    ),
    Refusal(
        "the operator's label on a kagent Agent",
        "operator-label",
        'Agent spec.declarative.deployment.labels["rossoctl.io/type"]',
        "shop/advisor has the label rossoctl.io/type, which the operator's admission policy refuses from everybody "
        "else: remove it",
        CLERK
        + call("shop/advisor", "shop/clerk")
        + "---\napiVersion: kagent.dev/v1alpha2\nkind: Agent\nmetadata: {name: advisor, namespace: shop}\n"
        + "spec: {type: Declarative, description: D., declarative: {systemMessage: S., modelConfig: m, "
        + "deployment: {labels: {rossoctl.io/type: agent}}}}\n",
        platform("flavor: rossoctl"),
    ),
    Refusal(
        "a second card",
        "second-card",
        "AgentCard spec.targetRef",
        "is a second card of Deployment shop/store, which the operator refuses beside kgen's store-deployment-card "
        "(in.yaml:38): remove it",
        BOTH + SECOND_CARD,
        platform(),
    ),
    Refusal(
        "verdict that is written beforehand",
        "forged-verdict",
        'Deployment spec.template.metadata.labels["agent.kagenti.dev/signature-verified"]',
        "shop/store has the label agent.kagenti.dev/signature-verified, which is the operator's verdict and the "
        "operator's alone to write: it would pass for verified whenever this manifest is applied; remove it",
        CLERK
        + STORE.replace("labels: {app: store", "labels: {agent.kagenti.dev/signature-verified: 'true', app: store")
        + ASKS,
        REQUIRED,
    ),
)

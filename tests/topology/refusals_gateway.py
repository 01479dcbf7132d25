"""What egress gateways and their certificates do not take."""

from tests.topology.build import define, link
from tests.topology.refusal import Refusal

DEFINED = define("alpha/planner")
ON = "layers: {certificates: Enabled, egress-gateway: Enabled}\nnamespaces: {alpha: {}}\n"
CILIUM = "network: {cni: Cilium, modelEgress: {mode: FQDN, hosts: [api.anthropic.com]}}\n"


def gateway(extra: str = "", rest: str = "", on: str = ON, network: str = CILIUM) -> str:
    """A Platform with an egress gateway."""
    return f"{on}{network}egressGateway: {{image: registry.example/authbridge:0.7{extra}}}\n{rest}"


def plugins(*entries: str) -> str:
    return gateway(f", plugins: [{', '.join(entries)}]")


VAULT = "certificates: {issuer: VaultPKI, root: {name: corporate-root}%s}"
IN_VAULT = ", vault: {server: 'https://vault.example', role: kgen, path: %s%s}"
KNOWN = (
    "a2a-parser, ibac, inference-parser, jwt-validation, litellm-budgettrack, mcp-parser, opa, sparc, static-inject, "
    "token-broker, token-exchange"
)
EXTERNAL = link("from: {namespace: other, name: planner}\negress: [{host: api.example.com}]")
WORKLOAD = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: store, namespace: alpha}
spec:
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      containers:
      - {name: web, image: registry.example/store:1}
      - {name: log, image: registry.example/log:1}
"""
SHARED = ON.replace("{alpha: {}}", "{alpha: {management: Shared}}")
UNLINKED = """---
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: {name: egress-gateway-ca, namespace: alpha}
spec: {description: Works., type: Declarative, declarative: {systemMessage: You work., modelConfig: m}}
"""
LONG = "p" * 40
HARDENED = (
    "profile: Hardened\nadmission: {trustedWriters: [argo]}\n"
    "mesh: {mode: Sidecar, istioCNI: true, kagentInMesh: true}\n"
)

CASES = (
    Refusal(
        "gateway without image",
        "gateway-image",
        "Platform spec.egressGateway",
        "is missing: spec.layers enables the egress gateway, and kgen chooses no image for you; write egressGateway: "
        "{image: ...}, or set spec.layers: {egress-gateway: Disabled}",
        DEFINED,
        ON,
    ),
    Refusal(
        "trap: ephemeral authority",
        "gateway-authority",
        "Platform spec.egressGateway.tlsBridge",
        "found Enabled, but the layer certificates is off: without cert-manager each pod of the gateway would make an "
        "authority of its own, which no agent can trust and the next restart replaces; enable the layer certificates, "
        "or set tlsBridge: Disabled",
        DEFINED,
        gateway(on="layers: {egress-gateway: Enabled}\nnamespaces: {alpha: {}}\n"),
    ),
    Refusal(
        "operator opens what the gateway closes",
        "gateway-bypassed",
        "Platform spec.workloadIdentity.operatorEnforcesNetworkPolicies",
        "is true, but the operator's NetworkPolicies let every verified agent out to everywhere, and policies add up: "
        "with an egress gateway it has to be false; workloadIdentity.gate does the same in kgen's own policies",
        DEFINED,
        gateway(
            rest="workloadIdentity: {className: spire, operatorNamespace: kagenti-system, "
            "operatorEnforcesNetworkPolicies: true}"
        ),
    ),
    Refusal(
        "version 0.6 for several",
        "gateway-scope",
        "Platform spec.egressGateway.scope",
        'found Namespace with version "0.6", which wants the one Service that it stands in front of (its reverse proxy '
        "can not be switched off): set scope: Agent, or run version 0.7",
        DEFINED,
        gateway(', version: "0.6"'),
    ),
    Refusal(
        "shared gateway among somebody else's",
        "gateway-namespace",
        "Platform spec.egressGateway.namespace",
        "found cert-manager, which belongs to cert-manager: name one of its own",
        DEFINED,
        gateway(", scope: Shared, namespace: cert-manager"),
    ),
    Refusal(
        "gateway in an external namespace",
        "gateway-namespace",
        'Platform spec.namespaces["other"]',
        "the egress gateway other/egress-gateway (for other/planner) would be a workload in a namespace that is "
        "somebody "
        "else's: list other in spec.namespaces as Owned or Shared, or set egressGateway.scope: Shared",
        EXTERNAL,
        gateway(),
    ),
    Refusal(
        "shared gateway under observe",
        "gateway-namespace",
        'Platform spec.namespaces["agent-egress"].enforcement',
        "agent-egress is under Observe, but the egress gateway agent-egress/egress-gateway serves agents under "
        "Enforce, "
        "and without its own policies anybody gets out through it: set enforcement: Enforce",
        DEFINED,
        gateway(", scope: Shared").replace("alpha: {}", "alpha: {}, agent-egress: {enforcement: Observe}"),
    ),
    Refusal(
        "agent named like its gateway",
        "name-taken",
        "AgentLink spec.from",
        "has the name of what kgen makes for the egress gateway alpha/egress-gateway: kagent would take it over and "
        "delete it with the agent; rename the agent, or choose another egressGateway.scope",
        define("alpha/egress-gateway"),
        gateway(),
    ),
    Refusal(
        "variable of the gateway",
        "gateway-variable",
        "AgentLink spec.from.define.env[0]",
        "HTTPS_PROXY is what sends the agent through its egress gateway, and kgen sets it: take it out",
        define("alpha/planner", env="[{name: HTTPS_PROXY, value: 'http://proxy.example'}]"),
        gateway(),
    ),
    Refusal(
        "workload of several containers",
        "gateway-containers",
        "Deployment spec.template.spec.containers",
        "has several containers (web, log), and goes out only by its egress gateway: mark those that do with the "
        "variable HTTPS_PROXY: http://egress-gateway.alpha.svc.cluster.local:8081; kgen adds the rest to them",
        WORKLOAD
        + link("from: {namespace: alpha, name: store, kind: Deployment}\negress: [{host: api.example.com}]", "store"),
        gateway().replace("alpha: {}", "alpha: {podSecurity: {enforce: privileged}}"),
    ),
    Refusal(
        "gateway's peer without a place",
        "gateway-infrastructure",
        'Platform spec.egressGateway.infrastructure["idp"]',
        "found both or neither, expected exactly one of peer, cidr: say which pods or addresses it is",
        DEFINED,
        gateway(", infrastructure: {idp: {ports: [443]}}"),
    ),
    Refusal(
        "plugin without name",
        "gateway-plugin",
        "Platform spec.egressGateway.plugins[0].name",
        f"has no name; expected one of {KNOWN}",
        DEFINED,
        plugins("{id: one}"),
    ),
    Refusal(
        "field that no plugin has",
        "gateway-plugin",
        "Platform spec.egressGateway.plugins[0].onError",
        "AuthBridge takes name, id, on_error, config only, found onError",
        DEFINED,
        plugins("{name: mcp-parser, onError: enforce}"),
    ),
    Refusal(
        "what a plugin's refusal means",
        "gateway-plugin",
        "Platform spec.egressGateway.plugins[0].on_error",
        "expected one of enforce, observe, off",
        DEFINED,
        plugins("{name: mcp-parser, on_error: ignore}"),
    ),
    Refusal(
        "opa without policy",
        "gateway-plugin",
        "Platform spec.egressGateway.plugins[0].config.bundle_url",
        "opa needs a bundle_url: without a policy it does not start",
        DEFINED,
        plugins("{name: opa}"),
    ),
    Refusal(
        "secret among plugins",
        "literal-secret",
        "Platform spec.egressGateway.plugins[0].config.identity.client_secret",
        "client_secret looks like a secret, and would be in a ConfigMap in clear: put it into a Secret that "
        "egressGateway.secrets names, and give the plugin its file below /etc/authbridge/secrets/NAME",
        DEFINED,
        plugins("{name: token-exchange, config: {identity: {type: client-secret, client_secret: s3cr3t}}}"),
    ),
    Refusal(
        "password in a plugin's address",
        "literal-secret",
        "Platform spec.egressGateway.plugins[0].config.token_url",
        "the password in this address looks like a secret, and would be in a ConfigMap in clear: put it into a Secret "
        "that egressGateway.secrets names, and give the plugin its file below /etc/authbridge/secrets/NAME",
        DEFINED,
        plugins("{name: token-exchange, config: {token_url: 'https://me:pass@idp.example/token'}}"),
    ),
    Refusal(
        "renewal after the end",
        "certificate-times",
        "Platform spec.certificates.renewBefore",
        "found 2160h, which is no less than the duration of 90h30m: shorten it",
        DEFINED,
        gateway(rest="certificates: {duration: 90h30m, renewBefore: 2160h}"),
    ),
    Refusal(
        "an authority that outlives its root",
        "certificate-times",
        "Platform spec.certificates.duration",
        "found 87601h, longer than the ten years (87600h) that the root above it is good: agents would refuse the "
        "certificate while it says it is good; shorten it",
        DEFINED,
        gateway(rest="certificates: {duration: 87601h}"),
    ),
    Refusal(
        "vault that is not said",
        "issuer-missing",
        "Platform spec.certificates.vault",
        "issuer VaultPKI needs the Vault: write vault: {server: ..., path: pki/root/sign-intermediate, role: ...}",
        DEFINED,
        gateway(rest=VAULT % ""),
    ),
    Refusal(
        "vault that signs no authorities",
        "vault-path",
        "Platform spec.certificates.vault.path",
        "found pki/sign/agents, from which certificates come that can not sign, and the gateway would not start: write "
        "the path for intermediate authorities, MOUNT/root/sign-intermediate, and allow the role that path",
        DEFINED,
        gateway(rest=VAULT % (IN_VAULT % ("pki/sign/agents", ""))),
    ),
    Refusal(
        "vault login of an agent",
        "vault-account",
        "Platform spec.certificates.vault.serviceAccountName",
        "found planner-sa, which is that of Agent alpha/planner: it could have certificates signed itself; name one "
        "that "
        "no agent runs as or is called",
        DEFINED,
        gateway(rest=VAULT % (IN_VAULT % ("pki/root/sign-intermediate", ", serviceAccountName: planner-sa"))),
    ),
    Refusal(
        "issuer that is not named",
        "issuer-missing",
        "Platform spec.certificates.issuerRef",
        "issuer Existing needs the issuer's name: write issuerRef: {name: ..., kind: Issuer | ClusterIssuer}",
        DEFINED,
        gateway(rest="certificates: {issuer: Existing, root: {name: corporate-root}}"),
    ),
    Refusal(
        "root that nobody knows",
        "root-missing",
        "Platform spec.certificates.root",
        "issuer Existing signs under a root that kgen does not know: name the ConfigMap or Secret in cert-manager that "
        "holds its certificate, root: {kind: ConfigMap, name: ..., key: ca.crt}, or set egressGateway.trustBundle: "
        "ConfigMap",
        DEFINED,
        gateway(rest="certificates: {issuer: Existing, issuerRef: {name: ca}}"),
    ),
    Refusal(
        "cert-manager's namespace is not owned",
        "never-owned",
        'Platform spec.namespaces["cert-manager"].management',
        "found Owned, but cert-manager belongs to cert-manager: set it to Shared or External",
        DEFINED,
        gateway().replace("alpha: {}", "alpha: {}, cert-manager: {}"),
    ),
    Refusal(
        "hosts that nothing enforces at Hardened",
        "egress-widened",
        "AgentLink spec.egress[0].host",
        "api.example.com is declared, but without Cilium no policy can tell hosts apart: the egress gateway reaches "
        "port "
        "443 of every public address; give a cidr, or set network.cni: Cilium where it is. From profile Hardened this "
        "is "
        "an error, and so at Hardened: the gateway has no list of hosts either, without its plugin opa",
        DEFINED + link("from: alpha/planner\negress: [{host: api.example.com}]", "egress"),
        gateway(rest=HARDENED, network=""),
    ),
    Refusal(
        "gateway without network policies at Hardened",
        "gateway-advisory",
        "Platform spec.layers.network",
        "found Disabled: HTTP_PROXY is a request that programs may ignore, and without the layer network nothing keeps "
        "an agent from going out past its gateway",
        DEFINED,
        gateway(rest=HARDENED).replace("layers: {", "layers: {network: Disabled, "),
    ),
    Refusal(
        "shared gateway among agents",
        "gateway-namespace",
        "Platform spec.egressGateway.namespace",
        "found alpha, where agents live (alpha/planner): a gateway for all has a namespace of its own, where nobody of "
        "a team reads its authority's key; name another one, or set scope: Namespace",
        DEFINED,
        gateway(", scope: Shared, namespace: alpha"),
    ),
    Refusal(
        "infrastructure that is everything",
        "gateway-infrastructure",
        'Platform spec.egressGateway.infrastructure["idp"].cidr',
        "found 0.0.0.0/0, which takes in the whole private range of 10.0.0.0/8: the gateway dials whatever an agent "
        "names, and would be the way there for every agent; name the addresses that the plugin needs",
        DEFINED,
        gateway(", infrastructure: {idp: {cidr: 0.0.0.0/0}}"),
    ),
    Refusal(
        "infrastructure that is the metadata service",
        "gateway-infrastructure",
        'Platform spec.egressGateway.infrastructure["idp"].cidr',
        "found 169.254.169.254/32, which takes in link-local addresses (169.254.0.0/16), among which clouds serve the "
        "node's credentials: the gateway dials whatever an agent names, and would be the way there for every agent; "
        "name the addresses that the plugin needs",
        DEFINED,
        gateway(", infrastructure: {idp: {cidr: 169.254.169.254/32}}"),
    ),
    Refusal(
        "gateway whose name no label holds",
        "gateway-name",
        "AgentLink spec.from",
        f"the egress gateway of alpha/{LONG} would be called {LONG}-egress-gateway, of 55 characters, and a "
        "StatefulSet leaves it 52: give the agent a shorter name (at most 37), or choose another egressGateway.scope",
        define(f"alpha/{LONG}"),
        gateway(", scope: Agent, kind: StatefulSet"),
    ),
    Refusal(
        "pods of somebody else under the gateway's label",
        "gateway-pods",
        'Deployment spec.template.metadata.labels["kgen.dev/egress-gateway"]',
        "marks its pods as those of the egress gateway alpha/egress-gateway: they would be handed what agents ask of "
        "the world outside, and get out as it does; remove the label",
        DEFINED
        + WORKLOAD.replace("labels: {app: store}", "labels: {app: store, kgen.dev/egress-gateway: egress-gateway}"),
        gateway(on=SHARED),
    ),
    Refusal(
        "agent of no link with the name of the authority's Secret",
        "name-taken",
        "Agent metadata.name",
        "has the name of what kgen makes for the egress gateway alpha/egress-gateway: kagent would take it over and "
        "delete it with the agent; rename the agent, or choose another egressGateway.scope",
        DEFINED + UNLINKED,
        gateway(on=SHARED),
    ),
    Refusal(
        "plugin configuration that is none",
        "gateway-plugin",
        "Platform spec.egressGateway.plugins[0].config",
        "expected a mapping, the plugin's own configuration: AuthBridge would not start with this",
        DEFINED,
        plugins("{name: mcp-parser, config: [1]}"),
    ),
    *(
        Refusal(
            f"secret of a plugin {how}",
            "literal-secret",
            "Platform spec.egressGateway.plugins[0].config.client_secret",
            "client_secret looks like a secret, and would be in a ConfigMap in clear: put it into a Secret that "
            "egressGateway.secrets names, and give the plugin its file below /etc/authbridge/secrets/NAME",
            DEFINED,
            plugins(f"{{name: token-exchange, config: {{client_secret: {value}}}}}"),
        )
        for how, value in {
            "as a number": "12345678",
            "beside a variable": "'${A}hunter2${B}'",
            "in a list": "[hunter2]",
        }.items()
    ),
    Refusal(
        "certificate below cert-manager's shortest",
        "certificate-times",
        "Platform spec.certificates.duration",
        "found 30m, and cert-manager takes nothing below 60m: lengthen it",
        DEFINED,
        gateway(rest="certificates: {duration: 30m, renewBefore: 10m}"),
    ),
    Refusal(
        "issuers without their guard",
        "issuer-guard",
        "Platform spec.kubernetesVersion",
        "found 1.29, but what holds each ClusterIssuer to its one gateway is a ValidatingAdmissionPolicy, which is v1 "
        "since 1.30; without it whoever may write a Certificate imitates every host: take certificates.issuer VaultPKI "
        "or Existing",
        DEFINED,
        gateway(rest="kubernetesVersion: '1.29'"),
    ),
    *(
        Refusal(
            f"vault with the account {account}",
            "vault-account",
            "Platform spec.certificates.vault.serviceAccountName",
            f"found {account}, which is that of {whose}: it could have certificates signed itself; name one that no "
            "pod runs as",
            DEFINED,
            gateway(rest=VAULT % (IN_VAULT % ("pki/root/sign-intermediate", f", serviceAccountName: {account}"))),
        )
        for account, whose in {"default": "every pod that names none", "egress-gateway": "the gateway itself"}.items()
    ),
    Refusal(
        "vault with a password in its address",
        "literal-secret",
        "Platform spec.certificates.vault.server",
        "holds a password, which would be in objects and in git in clear: leave it out of the address",
        DEFINED,
        gateway(rest=VAULT % (IN_VAULT % ("pki/root/sign-intermediate", ""))).replace("//vault", "//u:p@vault"),
    ),
)

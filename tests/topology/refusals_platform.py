"""What the Platform may not say, and what its namespaces do not take."""

from tests.topology.build import call, link
from tests.topology.refusal import Refusal
from tests.topology.samples import DEFINE, STORE, agent, service

INFRASTRUCTURE = "network: {infrastructure: {otel: {%s}}}"


def access(given: str, management: str = "Owned") -> str:
    """A Platform with this access, in which ME is some person."""
    namespaces = f"{{alpha: {{management: {management}}}}}"
    return f"namespaces: {namespaces}\naccess: {{{given.replace('ME', '[{kind: User, name: me}]')}}}"


CASES = (
    # the kill switch
    Refusal(
        "kill switch misses",
        "suspended",
        'Platform spec.suspended["alpha/planer"]',
        "names no agent of this run, so nothing is suspended: correct the name, or take it out; did you mean "
        "alpha/planner? There are: alpha/*, alpha/planner, beta/*, beta/writer",
        call("alpha/planner", "beta/writer"),
        "suspended: {alpha/planer: INC-1}",
    ),
    Refusal(
        "kill switch for an agent without a link",
        "suspended",
        'Platform spec.suspended["alpha/planner"]',
        "alpha/planner is in the input (in.yaml:2), but kgen leaves it alone, because no link or grant names it: "
        "nothing is suspended. Name it in an AgentLink, spec: {from: alpha/planner} is enough",
        agent() + call("beta/writer", "gamma/reader"),
        "suspended: {alpha/planner: INC-1}",
    ),
    # what is private
    Refusal(
        "everything private",
        "private-networks",
        "Platform spec.network.privateCIDRs[1]",
        "takes in every IPv4 address, so that none is public, and the API server refuses such a rule: list what is "
        "private. To close public addresses set modelEgress to CIDR, FQDN or Peer, and name egress by cidr or peer",
        call("alpha/planner", "beta/writer"),
        "network: {privateCIDRs: [10.0.0.0/8, 0.0.0.0/0]}",
    ),
    Refusal(
        "everything private in two halves",
        "private-networks",
        "Platform spec.network.privateCIDRs",
        "takes in every IPv6 address, so that none is public, and the API server refuses such a rule: list what is "
        "private. To close public addresses set modelEgress to CIDR, FQDN or Peer, and name egress by cidr or peer",
        call("alpha/planner", "beta/writer"),
        "network: {privateCIDRs: ['8000::/1', '::/1', 0.0.0.0/1]}",
    ),
    # namespaces
    Refusal(
        "agent in kagent",
        "agent-in-kagent-namespace",
        "AgentLink spec.to",
        "kagent/writer is in kagent's own namespace, next to its controller and credentials: move the agent "
        "to a namespace of its team",
        call("alpha/planner", "kagent/writer"),
    ),
    Refusal(
        "defined in kube-system",
        "reserved-namespace",
        "AgentLink spec.from",
        "kube-system/planner would be made in kube-system, which belongs to Kubernetes: define agents in a "
        "namespace of their team",
        link("from: {namespace: kube-system, name: planner, " + DEFINE + "}"),
    ),
    Refusal(
        "kagent owned",
        "never-owned",
        'Platform spec.namespaces["kagent"].management',
        "found Owned, but kagent belongs to kagent: set it to Shared or External",
        call("alpha/planner", "beta/writer"),
        "namespaces: {kagent: {}}",
    ),
    Refusal(
        "violates restricted",
        "pod-security",
        "Deployment spec.template.spec",
        "breaks Pod Security restricted, which namespace shop (Owned) enforces: container web needs "
        "allowPrivilegeEscalation: false; container web needs capabilities: {drop: [ALL]}; container web "
        "needs runAsNonRoot: true; container web needs seccompProfile: {type: RuntimeDefault}. Mend the "
        "workload, or list the namespace with a lower podSecurity.enforce or as Shared",
        STORE + service() + call("alpha/planner", "shop/store"),
        "namespaces: {shop: {}}",
    ),
    Refusal(
        "agent violates restricted",
        "pod-security",
        "Agent spec.declarative.deployment",
        "breaks Pod Security restricted, which namespace alpha (Owned) enforces: a hostPath volume; container side "
        "needs allowPrivilegeEscalation: false; container side needs capabilities: {drop: [ALL]}. Mend the Agent, or "
        "list the namespace with a lower podSecurity.enforce or as Shared",
        agent(declarative="deployment: {extraContainers: [{name: side}], volumes: [{name: host, hostPath: {path: /}}]}")
        + call("alpha/planner", "beta/writer"),
        "namespaces: {alpha: {}}",
    ),
    Refusal(
        "privileged agent",
        "pod-security",
        "Agent spec.declarative.deployment",
        "breaks Pod Security restricted with what kgen merges into it: container kagent is privileged; runAsUser is 0. "
        "Take that out of the Agent's deployment",
        agent(declarative="deployment: {securityContext: {privileged: true, runAsUser: 0}}")
        + call("alpha/planner", "beta/writer"),
    ),
    Refusal(
        "namespaced without list",
        "not-watched",
        "Platform spec.kagent.watchNamespaces",
        "is empty, but with rbacMode Namespaced kagent watches only what is listed: list alpha, beta",
        call("alpha/planner", "beta/writer"),
        "kagent: {rbacMode: Namespaced}",
    ),
    Refusal(
        "not watched",
        "not-watched",
        "AgentLink spec.to",
        "kagent does not watch namespace beta: add it to spec.kagent.watchNamespaces of the Platform (and to "
        "the chart's rbac.namespaces); it has alpha",
        call("alpha/planner", "beta/writer"),
        "kagent: {watchNamespaces: [alpha]}",
    ),
    # platform
    Refusal(
        "model peer",
        "model-egress",
        "Platform spec.network.modelEgress.peer",
        "mode Peer needs the pods that serve the model: {namespace: ..., podSelector: ..., ports: [...]}",
        call("alpha/planner", "beta/writer"),
        "network: {modelEgress: {mode: Peer}}",
    ),
    Refusal(
        "model cidr",
        "model-egress",
        "Platform spec.network.modelEgress.cidrs",
        "mode CIDR needs address blocks: list the provider's",
        call("alpha/planner", "beta/writer"),
        "network: {modelEgress: {mode: CIDR}}",
    ),
    Refusal(
        "model fqdn without cilium",
        "model-egress",
        "Platform spec.network.modelEgress.mode",
        "mode FQDN needs network.cni: Cilium, found Generic: no other policy tells hosts apart; use CIDR or "
        "PublicInternet",
        call("alpha/planner", "beta/writer"),
        "network: {modelEgress: {mode: FQDN, hosts: [a.example]}}",
    ),
    Refusal(
        "model fqdn without hosts",
        "model-egress",
        "Platform spec.network.modelEgress.hosts",
        "mode FQDN needs the hosts of the models' providers, e.g. [api.anthropic.com]",
        call("alpha/planner", "beta/writer"),
        "network: {cni: Cilium, modelEgress: {mode: FQDN}}",
    ),
    Refusal(
        "infra no side",
        "infrastructure",
        'Platform spec.network.infrastructure["otel"]',
        "needs exactly one of peer and cidr to say what the other side is",
        call("alpha/planner", "beta/writer"),
        INFRASTRUCTURE % "direction: Ingress, agents: [alpha/*]",
    ),
    Refusal(
        "infra no ports",
        "infrastructure",
        'Platform spec.network.infrastructure["otel"]',
        "needs ports, or every port of the other side would be open: set ports, or peer.ports",
        call("alpha/planner", "beta/writer"),
        INFRASTRUCTURE % "direction: Egress, agents: [alpha/planner], cidr: 10.0.0.0/8",
    ),
    Refusal(
        "infra unknown agent",
        "infrastructure",
        'Platform spec.network.infrastructure["otel"].agents[0]',
        "found alpha/planer, which is no agent of this run; correct it or take it out; there are: "
        "alpha/planner, beta/writer",
        call("alpha/planner", "beta/writer"),
        INFRASTRUCTURE % "direction: Ingress, agents: [alpha/planer], cidr: 10.0.0.0/8",
    ),
    Refusal(
        "access elsewhere",
        "access",
        'Platform spec.access.viewers["dev"].namespaces[0]',
        "found alfa, which is no namespace of this run; list it under spec.namespaces; there are: alpha, beta",
        call("alpha/planner", "beta/writer"),
        access("viewers: {dev: {namespaces: [alfa], subjects: ME}}"),
    ),
    Refusal(
        "access external",
        "access",
        'Platform spec.access.viewers["dev"].namespaces[0]',
        "beta is External: who gets in there is for its owner to say; list it as Owned or Shared",
        call("alpha/planner", "beta/writer"),
        access("viewers: {dev: {namespaces: [beta], subjects: ME}}"),
    ),
    Refusal(
        "debug shared",
        "access",
        'Platform spec.access.debuggers["dev"].namespaces[0]',
        "alpha is Shared: exec reaches every pod of a namespace, other people's included; debuggers are for "
        "Owned namespaces; take it out here",
        call("alpha/planner", "beta/writer"),
        access("debuggers: {dev: {namespaces: [alpha], subjects: ME}}", "Shared"),
    ),
    Refusal(
        "system group",
        "access",
        'Platform spec.access.viewers["dev"].subjects[0].name',
        "found the group system:masters, which holds far more than one team: name a group of your own",
        call("alpha/planner", "beta/writer"),
        access("viewers: {dev: {namespaces: [alpha], subjects: [{kind: Group, name: 'system:masters'}]}}"),
    ),
    Refusal(
        "account without namespace",
        "access",
        'Platform spec.access.viewers["dev"].subjects[0].namespace',
        "ServiceAccount bot needs its namespace: set it, accounts of one name are many",
        call("alpha/planner", "beta/writer"),
        access("viewers: {dev: {namespaces: [alpha], subjects: [{kind: ServiceAccount, name: bot}]}}"),
    ),
    Refusal(
        "escalating verb",
        "access",
        'Platform spec.access.automation["bot"].verbs[0]',
        "found impersonate, by which automation could give itself any right: leave it out",
        call("alpha/planner", "beta/writer"),
        access("automation: {bot: {namespaces: [alpha], subjects: ME, verbs: [impersonate], resources: [pods]}}"),
    ),
    Refusal(
        "exec by automation",
        "access",
        'Platform spec.access.automation["bot"].resources[0]',
        "found pods/exec: running commands in pods is for spec.access.debuggers; take it out here",
        call("alpha/planner", "beta/writer"),
        access("automation: {bot: {namespaces: [alpha], subjects: ME, verbs: [create], resources: [pods/exec]}}"),
    ),
    Refusal(
        "label of Pod Security",
        "namespace-label",
        'Platform spec.namespaces["alpha"].labels["pod-security.kubernetes.io/enforce"]',
        "is not for `labels`: set it with podSecurity of the namespace; remove it here",
        call("alpha/planner", "beta/writer"),
        "namespaces: {alpha: {labels: {pod-security.kubernetes.io/enforce: privileged}}}",
    ),
)

"""What may not be said of agents: by an endpoint, a definition, or their own manifest."""

from tests.topology.build import call, link
from tests.topology.refusal import Refusal
from tests.topology.samples import DEFINE, MODEL, PROMPT, STORE, agent, plain, planner, service

OPENAI = "{provider: OpenAI, model: m}"

HEADER = "tools: [{type: Agent, agent: {name: writer, namespace: beta}, headersFrom: [{name: %s, %s}]}]"
DELEGATED = link("from: alpha/planner\nto: beta/writer\ndelegation: {secretRef: {name: s, key: k}}")

CASES = (
    # manifests
    Refusal(
        "labels of kagent",
        "agent-labels",
        'Agent spec.declarative.deployment.labels["kagent"]',
        "is kagent's own: its Deployment selects the pods app=kagent, kagent=planner, and with another value no pod "
        "ever starts; remove it, and use another key",
        agent(declarative="deployment: {labels: {kagent: other, tier: x}}") + call("alpha/planner", "beta/writer"),
    ),
    Refusal(
        "the header in other letters",
        "delegation",
        "Agent spec.declarative.tools[0].headersFrom[0].name",
        "found x-agent-token, and the link merges X-Agent-Token from its secretRef there: to HTTP they are one header, "
        "and the callee would be sent both; remove it, or the link's delegation",
        agent(declarative=HEADER % ("x-agent-token", "value: hunter2")) + DELEGATED,
    ),
    Refusal(
        "the header with a literal value",
        "delegation",
        "Agent spec.declarative.tools[0].headersFrom[0].name",
        "found X-Agent-Token, and the link merges X-Agent-Token from its secretRef there: to HTTP they are one header, "
        "and the callee would be sent both; remove it, or the link's delegation",
        agent(declarative=HEADER % ("X-Agent-Token", "value: hunter2")) + DELEGATED,
    ),
    # ends
    Refusal(
        "two definitions",
        "disagreement",
        "AgentLink spec.from.define",
        "differs from spec.from.define at in.yaml:2: two statements about alpha/planner must agree; keep one of them",
        planner(PROMPT + ", " + MODEL, name="first") + planner("systemMessage: Another., " + MODEL, name="second"),
    ),
    Refusal(
        "defined and manifest",
        "defined-twice",
        "AgentLink spec.from.define",
        "alpha/planner is defined here and has a manifest at in.yaml:2: keep the manifest and drop `define`, "
        "or the other way round",
        agent() + planner(PROMPT + ", " + MODEL),
    ),
    Refusal(
        "both kinds",
        "ambiguous-kind",
        "AgentLink spec.from",
        "is both Deployment and StatefulSet in the input: say which with `kind`",
        STORE + STORE.replace("kind: Deployment", "kind: StatefulSet") + link("from: shop/store\nto: beta/writer"),
    ),
    Refusal(
        "sandbox",
        "sandbox-agent",
        "AgentLink spec.to",
        "beta/writer is a SandboxAgent (in.yaml:2): kagent 0.9 and 0.10 refuse references to one from other "
        "namespaces and route it through the controller, where no policy can tell callers apart; make it an "
        "Agent",
        plain("SandboxAgent", "writer", "beta", "kagent.dev/v1alpha2") + call("alpha/planner", "beta/writer"),
    ),
    Refusal(
        "service of an Agent",
        "not-for-agents",
        "AgentLink spec.to.service",
        "does not apply to an Agent: kagent makes the Service of an Agent; remove it, or set kind to "
        "Deployment or StatefulSet",
        link("from: alpha/planner\nto: {namespace: beta, name: writer, service: {name: w}}"),
    ),
    Refusal(
        "selector of an Agent",
        "not-for-agents",
        "AgentLink spec.to.podSelector",
        "does not apply to an Agent: kagent labels the pods of an Agent; remove it, or set kind to "
        "Deployment or StatefulSet",
        link("from: alpha/planner\nto: {namespace: beta, name: writer, podSelector: {matchLabels: {a: b}}}"),
    ),
    Refusal(
        "account differs",
        "disagreement",
        "AgentLink spec.from.serviceAccountName",
        "found other, but the Agent at in.yaml:2 runs as one: remove it",
        agent(declarative="deployment: {serviceAccountName: one}")
        + link("from: {namespace: alpha, name: planner, serviceAccountName: other}\nto: beta/writer"),
    ),
    Refusal(
        "defining a Deployment",
        "define-kind",
        "AgentLink spec.from.define",
        "makes a kagent Agent, but kind is Deployment: give the Deployment as a manifest in the input instead",
        link("from: {namespace: alpha, name: planner, kind: Deployment, define: {description: Plans., image: i}}"),
    ),
    Refusal(
        "external Deployment without selector",
        "pod-selector",
        "AgentLink spec.from",
        "Deployment shop/store is not in the input: add its manifest, or say which pods it has with "
        "podSelector: {matchLabels: {...}}",
        link("from: {namespace: shop, name: store, kind: Deployment}\nto: beta/writer"),
    ),
    Refusal(
        "empty selector",
        "pod-selector",
        "AgentLink spec.from.podSelector",
        "is empty and would select every pod of the namespace: name the agent's own labels",
        link("from: {namespace: shop, name: store, kind: Deployment, podSelector: {}}\nto: beta/writer"),
    ),
    Refusal(
        "selector of nothing",
        "pod-selector",
        "AgentLink spec.from.podSelector",
        "is empty and would select every pod of the namespace: name the agent's own labels",
        link("from: {namespace: shop, name: store, kind: Deployment, podSelector: {matchLabels: {}}}\nto: beta/writer"),
    ),
    Refusal(
        "selector of another agent's pods",
        "shared-pods",
        "AgentLink spec.to.podSelector",
        "also selects the pods of beta/writer, and would open them to the callers of beta/store: "
        "name labels that only its own pods have",
        link(
            "from: alpha/planner\nto: {namespace: beta, name: store, kind: Deployment, "
            "podSelector: {matchLabels: {app: kagent}}}"
        )
        + link("from: beta/writer", "writer"),
    ),
    Refusal(
        "selector of whatever lacks a label",
        "shared-pods",
        "AgentLink spec.to.podSelector",
        "would select every kagent agent of beta, and open all of them to the callers of beta/store: "
        "name labels that only its own pods have",
        link(
            "from: alpha/planner\nto: {namespace: beta, name: store, kind: Deployment, "
            "podSelector: {matchExpressions: [{key: x, operator: DoesNotExist}]}}"
        ),
    ),
    Refusal(
        "egress to another agent's pods",
        "peer-is-agent",
        "AgentLink spec.from",
        "egress beta of alpha/planner leads to the pods of beta/writer, and only a link may: name the callee in `to`, "
        "or choose a podSelector with the labels of the server that is meant",
        link("from: alpha/planner\negress: [{peer: {namespace: beta, podSelector: {}, ports: [8080]}}]")
        + link("from: beta/writer", "writer"),
    ),
    Refusal(
        "egress to agents that nobody names",
        "peer-is-agent",
        "AgentLink spec.from",
        "egress beta of alpha/planner leads to the pods of kagent agents in beta, and only a link may: name the callee "
        "in `to`, or choose a podSelector with the labels of the server that is meant",
        link("from: alpha/planner\negress: [{peer: {namespace: beta, podSelector: {matchLabels: {app: kagent}}}}]"),
    ),
    Refusal(
        "selector differs from the manifest",
        "disagreement",
        "AgentLink spec.from.podSelector",
        "differs from the Deployment at in.yaml:2: remove it, the manifest is what counts",
        STORE + link("from: {namespace: shop, name: store, podSelector: {matchLabels: {app: other}}}\nto: beta/writer"),
    ),
    Refusal(
        "no service",
        "service",
        "AgentLink spec.to",
        "how to reach Deployment shop/store is unclear: no Service in the input selects its pods; add the "
        "Service of store to the input",
        STORE + call("alpha/planner", "shop/store"),
    ),
    Refusal(
        "service that selects others",
        "service",
        "AgentLink spec.to",
        "how to reach Deployment shop/store is unclear: Service store does not select the pods of store; "
        "give service.name the one that does, and add it to the input",
        STORE
        + service(selector="{app: other}")
        + link("from: alpha/planner\nto: {namespace: shop, name: store, service: {name: store}}"),
    ),
    Refusal(
        "service not there",
        "service",
        "AgentLink spec.to",
        "how to reach Deployment shop/store is unclear: Service shop is not in the input; set service.name "
        "to one that does: store",
        STORE + service() + link("from: alpha/planner\nto: {namespace: shop, name: store, service: {name: shop}}"),
    ),
    Refusal(
        "several services",
        "service",
        "AgentLink spec.to",
        "how to reach Deployment shop/store is unclear: several Services select its pods (one, two): set service.name",
        STORE + service("one") + service("two") + call("alpha/planner", "shop/store"),
    ),
    Refusal(
        "service port not there",
        "service",
        "AgentLink spec.to",
        "how to reach Deployment shop/store is unclear: Service store has no port 81; set service.port to "
        "one that it has: 80",
        STORE + service() + link("from: alpha/planner\nto: {namespace: shop, name: store, service: {port: 81}}"),
    ),
    Refusal(
        "several ports",
        "service",
        "AgentLink spec.to",
        "how to reach Deployment shop/store is unclear: Service store has ports 80, 81: set service.port to "
        "the one that serves A2A",
        STORE + service(ports="[{name: a, port: 80}, {name: b, port: 81}]") + call("alpha/planner", "shop/store"),
    ),
    Refusal(
        "target port of no container",
        "service",
        "AgentLink spec.to",
        "how to reach Deployment shop/store is unclear: Service store port 80 targets a named port that no "
        "container of store has; name the container's port so, or target its number",
        STORE + service(ports="[{port: 80, targetPort: grpc}]") + call("alpha/planner", "shop/store"),
    ),
    # definitions
    Refusal(
        "prompt with image",
        "define",
        "AgentLink spec.from.define.systemMessage",
        "does not go with image: an image of your own brings its own; remove one of the two",
        planner("image: i, systemMessage: P."),
    ),
    Refusal(
        "model with image",
        "define",
        "AgentLink spec.from.define.model",
        "does not go with image: an image of your own brings its own; remove one of the two",
        planner("image: i, model: {provider: OpenAI, model: m}"),
    ),
    Refusal(
        "runtime with image",
        "define",
        "AgentLink spec.from.define.runtime",
        "does not go with image: an image of your own is its own runtime; remove one of the two",
        planner("image: i, runtime: go"),
    ),
    Refusal(
        "command without image",
        "define",
        "AgentLink spec.from.define.command",
        "needs image: kagent's own runtime takes no command; remove it, or give an image",
        planner(PROMPT + ", " + MODEL + ", command: [sh]"),
    ),
    Refusal(
        "no prompt",
        "define",
        "AgentLink spec.from.define",
        "needs systemMessage or systemMessageFrom, without which kagent refuses an Agent, or image",
        planner(MODEL),
    ),
    Refusal(
        "two prompts",
        "define",
        "AgentLink spec.from.define.systemMessageFrom",
        "does not go with systemMessage: keep one of them",
        planner(PROMPT + ", " + MODEL + ", systemMessageFrom: {type: ConfigMap, name: prompts, key: plan}"),
    ),
    Refusal(
        "two models",
        "define",
        "AgentLink spec.from.define.modelConfigRef",
        "does not go with model: keep one of them",
        planner(PROMPT + ", " + MODEL + ", model: {provider: OpenAI, model: m}"),
    ),
    Refusal(
        "no model",
        "model-missing",
        "AgentLink spec.from.define",
        "needs a model: set define.model or define.modelConfigRef here, or spec.defaults.model in the Platform",
        planner(PROMPT),
    ),
    Refusal(
        "reserved label",
        "define",
        'AgentLink spec.from.define.labels["kagent"]',
        "is reserved: kagent, kgen or an operator reads it as identity; use another key",
        planner(PROMPT + ", " + MODEL + ", labels: {kagent: other}"),
    ),
    Refusal(
        "secret in clear",
        "define",
        "AgentLink spec.from.define.env[0].value",
        "DB_PASSWORD looks like a secret and would be in git in clear: use valueFrom: {secretKeyRef: {name: "
        "..., key: ...}}",
        planner(PROMPT + ", " + MODEL + ", env: [{name: DB_PASSWORD, value: hunter2}]"),
    ),
    Refusal(
        "provider of 0.10 on 0.9",
        "provider",
        "AgentLink spec.from.define.model.provider",
        "found Foundry, which kagent 0.9 does not know: write one of Anthropic, OpenAI, AzureOpenAI, Ollama, "
        "Gemini, GeminiVertexAI, AnthropicVertexAI, Bedrock, SAPAICore",
        planner(PROMPT + ", model: {provider: Foundry, model: m}"),
        'kagent: {version: "0.9"}',
    ),
    Refusal(
        "provider that there is not",
        "provider",
        "Platform spec.defaults.model.provider",
        "found Antropic, which kagent 0.10 does not know: write Anthropic",
        planner(PROMPT),
        "defaults: {model: {provider: Antropic, model: m}}",
    ),
    Refusal(
        "base url for gemini",
        "base-url",
        "AgentLink spec.from.define.model.baseUrl",
        "does not apply to provider Gemini: kagent has no base URL for it; remove it",
        planner(PROMPT + ", model: {provider: Gemini, model: m, baseUrl: 'https://x.example'}"),
    ),
    Refusal(
        "base url twice",
        "base-url",
        "AgentLink spec.from.define.model.baseUrl",
        "differs from parameters.baseUrl: keep one of them",
        planner(
            PROMPT
            + ", model: {provider: OpenAI, model: m, baseUrl: 'https://x.example', parameters: {baseUrl: 'https://y.example'}}"
        ),
    ),
    Refusal(
        "agent called default",
        "name-taken",
        "AgentLink spec.from.define.model",
        "would be ModelConfig alpha/default-model, the name of the Platform's default model: rename the "
        "agent, or use modelConfigRef",
        link(
            f"from: {{namespace: alpha, name: default, define: {{description: Plans., {PROMPT}, model: {OPENAI}}}}}",
            "own",
        )
        + planner(PROMPT, name="platforms"),
        "defaults: {model: {provider: OpenAI, model: another}}",
    ),
    Refusal(
        "ModelConfig there",
        "name-taken",
        "ModelConfig metadata.name",
        "has the name of a ModelConfig that kgen makes in alpha: rename it, or use modelConfigRef",
        plain("ModelConfig", "default-model", api_version="kagent.dev/v1alpha2") + planner(PROMPT),
        "defaults: {model: {provider: OpenAI, model: m}}",
    ),
    Refusal(
        "model in the cluster",
        "model-in-cluster",
        "AgentLink spec.from.define.model.baseUrl",
        "ollama.models is inside the cluster, where public egress does not reach: set "
        "spec.network.modelEgress to {mode: Peer, peer: {namespace: ..., podSelector: ..., ports: [...]}} in "
        "the Platform",
        planner(PROMPT + ", model: {provider: Ollama, model: m, baseUrl: 'http://ollama.models:11434'}"),
    ),
    # wired
    Refusal(
        "legacy",
        "legacy-agent",
        "Agent apiVersion",
        "found kagent.dev/v1alpha1, in which an update wipes the agent's declarative section and consent: "
        "move it to kagent.dev/v1alpha2",
        agent(version="v1alpha1") + call("alpha/planner", "beta/writer"),
    ),
    Refusal(
        "allows all",
        "allows-all",
        "Agent spec.allowedNamespaces.from",
        "found All: every namespace of the cluster could refer to it; remove it, links say who may",
        agent("allowedNamespaces: {from: All}") + call("beta/writer", "alpha/planner"),
    ),
    Refusal(
        "allows every selector",
        "allows-all",
        "Agent spec.allowedNamespaces.selector",
        "is empty, which admits every namespace of the cluster; remove allowedNamespaces, links say who may",
        agent("allowedNamespaces: {from: Selector, selector: {}}") + call("beta/writer", "alpha/planner"),
    ),
    Refusal(
        "undeclared call",
        "undeclared-call",
        "Agent spec.declarative.tools[0]",
        "calls beta/editor, which no link asks for: add it to `to` of the link of alpha/planner (in.yaml:7), "
        "or remove the tool",
        agent(declarative="tools: [{type: Agent, agent: {name: editor, namespace: beta}}]")
        + call("alpha/planner", "beta/writer"),
    ),
    # names
    Refusal(
        "secret named like agent",
        "name-taken",
        "Secret metadata.name",
        "Secret alpha/planner has the name of Agent alpha/planner (in.yaml:6): kagent would take it over and "
        "delete it with the agent; rename it",
        plain("Secret", "planner") + call("alpha/planner", "beta/writer"),
    ),
    Refusal(
        "skills-init",
        "name-taken",
        "ConfigMap metadata.name",
        "has the name of the ConfigMap that kagent makes for Agent alpha/planner; rename it",
        plain("ConfigMap", "planner-skills-init") + call("alpha/planner", "beta/writer"),
    ),
    Refusal(
        "account of own name",
        "name-taken",
        "AgentLink spec.from.serviceAccountName",
        "found planner, the agent's own name: kagent would take the ServiceAccount over; leave it out for planner-sa",
        link("from: {namespace: alpha, name: planner, serviceAccountName: planner, " + DEFINE + "}"),
    ),
    Refusal(
        "account named like another agent",
        "name-taken",
        "AgentLink spec.from",
        "Agent alpha/planner would run as ServiceAccount editor, which is also the name of another agent "
        "there: rename one, or set spec.naming.serviceAccountSuffix",
        link("from: {namespace: alpha, name: planner, serviceAccountName: editor, " + DEFINE + "}\nto: alpha/editor"),
    ),
    Refusal(
        "token secret named like agent",
        "name-taken",
        "AgentLink spec.delegation.secretRef.name",
        "Secret alpha/writer has the name of an Agent there: kagent would overwrite it with the agent's "
        "configuration; name the Secret differently",
        link("from: alpha/planner\nto: alpha/writer\ndelegation: {secretRef: {name: writer, key: k}}"),
    ),
    Refusal(
        "model secret named like agent",
        "name-taken",
        "Platform spec.defaults.model",
        "Secret alpha/writer has the name of an Agent there: kagent would overwrite it with the agent's "
        "configuration; name the Secret differently",
        planner(PROMPT, "to: alpha/writer"),
        "defaults: {model: {provider: OpenAI, model: m, apiKeySecretRef: {name: writer, key: k}}}",
    ),
)

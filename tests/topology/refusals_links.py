"""What links may not say: of themselves, of egress and of tools."""

from tests.topology.build import call, link
from tests.topology.refusal import Refusal
from tests.topology.samples import PEER, REMOTE_SERVER, STORE, TOOL, planner, service

CASES = (
    # links
    Refusal(
        "nothing at all",
        "nothing-to-expand",
        "",
        "there is nothing to expand: no AgentLink or AgentGrant in the input, no links or namespaces in the Platform; "
        "an empty result would delete what an earlier one protects; add a link, or list the namespaces that "
        "stay",
        "",
    ),
    Refusal(
        "bare name without a namespace",
        "namespace-missing",
        "AgentLink spec.from",
        "found planner, expected namespace/planner: a bare name is looked up in metadata.namespace, which "
        "this link does not have; write the namespace in front, or set metadata.namespace",
        link("from: planner\nto: beta/writer"),
    ),
    Refusal(
        "link in another namespace than its caller",
        "link-namespace",
        "AgentLink metadata.namespace",
        "is gamma, but the caller is alpha/planner: a link lives with its caller; set it to alpha or leave it out",
        link("from: alpha/planner\nto: beta/writer", namespace="gamma"),
    ),
    Refusal(
        "self link",
        "self-link",
        "AgentLink spec.to",
        "alpha/planner is linked to itself: an agent can not be its own tool; remove the link",
        call("alpha/planner", "alpha/planner"),
    ),
    Refusal(
        "the same link twice",
        "duplicate-link",
        "AgentLink spec.to[1]",
        "alpha/planner may call beta/writer already by spec.to at in.yaml:2: remove one of the two",
        link("from: alpha/planner\nto: beta/writer", "first")
        + link("from: alpha/planner\nto: [beta/editor, beta/writer]", "second"),
    ),
    Refusal(
        "short form and link",
        "duplicate-link",
        'Platform spec.links["alpha/planner"][0]',
        "alpha/planner may call beta/writer already by spec.to at in.yaml:2: remove one of the two",
        call("alpha/planner", "beta/writer"),
        "links: {alpha/planner: [beta/writer]}",
    ),
    Refusal(
        "ring of two",
        "cycle",
        "AgentLink spec.to",
        "closes a ring: alpha/planner -> beta/writer -> alpha/planner (the other links: in.yaml:2); kagent "
        "refuses rings, cut one link",
        call("alpha/planner", "beta/writer") + call("beta/writer", "alpha/planner"),
    ),
    Refusal(
        "ring of three",
        "cycle",
        "AgentLink spec.to",
        "closes a ring: alpha/a -> alpha/b -> alpha/c -> alpha/a (the other links: in.yaml:2, in.yaml:9); "
        "kagent refuses rings, cut one link",
        call("alpha/a", "alpha/b") + call("alpha/b", "alpha/c") + call("alpha/c", "alpha/a"),
    ),
    Refusal(
        "too deep",
        "chain-too-deep",
        "AgentLink spec.to",
        "begins a chain of 11 links, and kagent follows 10 at most: alpha/a00 -> alpha/a01 -> alpha/a02 -> "
        "alpha/a03 -> alpha/a04 -> alpha/a05 -> alpha/a06 -> alpha/a07 -> alpha/a08 -> alpha/a09 -> "
        "alpha/a10 -> alpha/a11; cut it or let an agent further down be called directly",
        "".join(call(f"alpha/a{i:02}", f"alpha/a{i + 1:02}") for i in range(11)),
    ),
    Refusal(
        "day that does not exist",
        "valid-until",
        "AgentLink spec.validUntil",
        "found '2027-02-30', expected a day of the calendar such as 2027-03-31",
        link('from: alpha/planner\nto: beta/writer\nvalidUntil: "2027-02-30"'),
    ),
    Refusal(
        "header for nobody",
        "delegation",
        "AgentLink spec.delegation",
        "has nobody to send the header to: set spec.to, or remove it",
        link("from: alpha/planner\ndelegation: {secretRef: {name: t, key: k}}"),
    ),
    Refusal(
        "header of the connection",
        "delegation-header",
        "AgentLink spec.delegation.header",
        "found Host, which belongs to the connection: use a header of your own, such as X-Agent-Token",
        link("from: alpha/planner\nto: beta/writer\ndelegation: {header: Host, secretRef: {name: t, key: k}}"),
    ),
    Refusal(
        "header from a Deployment",
        "delegation-caller",
        "AgentLink spec.delegation",
        "shop/store is a Deployment: its own code sends its headers; mount the Secret there and remove delegation",
        STORE + link("from: shop/store\nto: beta/writer\ndelegation: {secretRef: {name: t, key: k}}"),
    ),
    Refusal(
        "header from an image",
        "delegation-caller",
        "AgentLink spec.delegation",
        "alpha/planner runs an image of its own, into which kagent wires no headers: give it the Secret as "
        "an environment variable and remove delegation",
        planner("image: i", "to: beta/writer\ndelegation: {secretRef: {name: t, key: k}}"),
    ),
    Refusal(
        "header to a Deployment",
        "delegation-callee",
        "AgentLink spec.to",
        "shop/store is a Deployment, which kagent makes no tool of, so no header would be sent to it: move "
        "it to a link without delegation",
        STORE + service() + link("from: alpha/planner\nto: shop/store\ndelegation: {secretRef: {name: t, key: k}}"),
    ),
    Refusal(
        "too many tools",
        "too-many-tools",
        "AgentLink spec.from",
        "alpha/planner would have 21 tools (20 agents, 1 MCP servers); kagent takes 20 at most: put an agent "
        "in between that calls some of them",
        link(f"{TOOL}{{kind: MCPServer, name: t, {PEER}}}\nto: [{', '.join(f'beta/w{i}' for i in range(20))}]"),
    ),
    Refusal(
        "same tool twice",
        "duplicate-tool",
        "AgentLink spec.tools[1]",
        "alpha/planner has RemoteMCPServer alpha/t already by spec.tools[0] at in.yaml:2: kagent would show "
        "its tools twice; join the two",
        link(TOOL + f"&t {{kind: RemoteMCPServer, name: t, {PEER}}}\n- *t"),
    ),
    Refusal(
        "kagent tool name too long",
        "tool-name-too-long",
        "AgentLink spec.to",
        "a calling model sees customer-relations-department-emea/writer-of-long-answers-to-letters as "
        "customer_relations_department_emea__NS__writer_of_long_answers_to_letters, 73 characters long; "
        "model providers take 64: shorten namespace or name by 9",
        link("from: alpha/planner\nto: customer-relations-department-emea/writer-of-long-answers-to-letters"),
    ),
    Refusal(
        "name with digit",
        "agent-name",
        "AgentLink spec.to",
        "found 2nd-writer: kagent makes a Service of this name, and a Service's name begins with a letter; "
        "rename the agent",
        call("alpha/planner", "beta/2nd-writer"),
    ),
    # egress and tools
    Refusal(
        "egress with two",
        "egress",
        "AgentLink spec.egress[0]",
        "found host and cidr, expected exactly one of host, cidr, peer: split it into several",
        link("from: alpha/planner\negress: [{host: a.example, cidr: 10.0.0.0/8}]"),
    ),
    Refusal(
        "egress with none",
        "egress",
        "AgentLink spec.egress[0]",
        "says no destination: set one of host, cidr, peer",
        link("from: alpha/planner\negress: [{ports: [443]}]"),
    ),
    Refusal(
        "egress to an address",
        "egress-host",
        "AgentLink spec.egress[0].host",
        "found the address 203.0.113.7: write it as cidr: 203.0.113.7/32",
        link("from: alpha/planner\negress: [{host: 203.0.113.7}]"),
    ),
    Refusal(
        "egress into the cluster",
        "egress-host",
        "AgentLink spec.egress[0].host",
        "db.data.svc is inside the cluster: say which pods it is with peer: {namespace, podSelector, ports}",
        link("from: alpha/planner\negress: [{host: db.data.svc}]"),
    ),
    Refusal(
        "approval",
        "require-approval",
        "AgentLink spec.tools[0].requireApproval",
        "found b, which toolNames does not list, and kagent refuses that: list it in both, or in neither",
        link(TOOL + f"{{kind: RemoteMCPServer, name: t, toolNames: [a], requireApproval: [b], {PEER}}}"),
    ),
    Refusal(
        "MCPServer elsewhere",
        "tool-namespace",
        "AgentLink spec.tools[0]",
        "MCPServer tools/t is in another namespace than alpha/planner: kagent allows that for "
        "RemoteMCPServer only; make one with its address, or move one of the two",
        link(TOOL + "{kind: MCPServer, name: t, namespace: tools, peer: {namespace: tools, podSelector: {}}}"),
    ),
    Refusal(
        "selector without values",
        "selector",
        "AgentLink spec.egress[0].peer.podSelector.matchExpressions[0]",
        "has no values, and In needs at least one: set values, or use Exists or DoesNotExist",
        link(
            "from: alpha/planner\negress:\n- peer: {namespace: data, podSelector: {matchExpressions: "
            "[{key: app, operator: In, values: []}]}}"
        ),
    ),
    Refusal(
        "selector with values",
        "selector",
        "AgentLink spec.egress[0].peer.podSelector.matchExpressions[0]",
        "has values, and Exists takes none: remove them, or use In or NotIn",
        link(
            "from: alpha/planner\negress:\n- peer: {namespace: data, podSelector: {matchExpressions: "
            "[{key: app, operator: Exists, values: [db]}]}}"
        ),
    ),
    Refusal(
        "tool peer and host",
        "tool-place",
        "AgentLink spec.tools[0]",
        "has both peer and host: keep the one that says where the server runs",
        link(TOOL + "{kind: RemoteMCPServer, name: t, host: a.example, peer: {namespace: x, podSelector: {}}}"),
        "network: {cni: Cilium}",
    ),
    Refusal(
        "tool nowhere",
        "tool-place",
        "AgentLink spec.tools[0]",
        "RemoteMCPServer tools/t is not in the input: add its manifest, or say where it runs with peer: "
        "{namespace, podSelector, ports} or host: NAME",
        link(TOOL + "{kind: RemoteMCPServer, name: t, namespace: tools}"),
    ),
    Refusal(
        "tool consent",
        "tool-consent",
        "AgentLink spec.tools[0]",
        "RemoteMCPServer tools/t (in.yaml:2) does not admit agents of alpha: add alpha to its spec.allowedNamespaces",
        REMOTE_SERVER
        + link(TOOL + "{kind: RemoteMCPServer, name: t, namespace: tools, peer: {namespace: tools, podSelector: {}}}"),
    ),
    Refusal(
        "tool place unknown",
        "tool-place",
        "AgentLink spec.tools[0]",
        "RemoteMCPServer alpha/t (in.yaml:2) points at t.tools:80, whose Service and workload are not in the "
        "input: add them, or say here which pods it is with peer: {namespace, podSelector, ports}",
        REMOTE_SERVER.replace("namespace: tools", "namespace: alpha") + link(TOOL + "{kind: RemoteMCPServer, name: t}"),
    ),
)

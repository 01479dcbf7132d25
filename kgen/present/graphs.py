"""The topology with what is proven about it, as a graph, and that as Mermaid and DOT.

Beyond MOST_AGENTS agents or MOST_LINKS links a drawing shows namespaces, with the number of links between them: nobody
reads more. `around` is what is near one namespace.
"""

from kgen.proof.asked import LINK
from kgen.proof.findings import EXCESS, LEAK
from kgen.proof.matrix import NOT_ASKED, agents
from kgen.proof.verdicts import ALLOWED, BLOCKED, OPEN, Proof
from kgen.records import NamedTuple

MOST_AGENTS, MOST_LINKS = 40, 120
UNASKED = NOT_ASKED


class Node(NamedTuple):
    """A box: an agent, a tool, or a whole namespace."""

    key: str
    label: str
    namespace: str  # "" for what is outside
    agents: int = 1  # how many a namespace stands for
    links: int = 0  # how many there are between them


class Edge(NamedTuple):
    """An arrow: a link, a flow to a tool or host, or something possible that nobody asked for."""

    source: str
    target: str
    label: str
    state: str  # allowed, blocked, not asked for
    guards: tuple[str, ...] = ()  # layers that have a say on it


class Graph(NamedTuple):
    """What drawings are made of."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    collapsed: bool


def graph_of(proof: Proof) -> Graph:
    """The graph of a proof as people can read it: namespaces where there are too many agents or links."""
    graph = whole(proof)
    return collapsed(graph) if is_large(graph) else graph


def is_large(graph: Graph) -> bool:
    """Whether nobody reads it agent by agent."""
    return len(graph.nodes) > MOST_AGENTS or len(graph.edges) > MOST_LINKS


def whole(proof: Proof) -> Graph:
    """Every agent, link, tool and host, and whatever is possible besides."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str, str, str], Edge] = {}

    def node(name: str) -> str:
        plain = name.rpartition(" ")[2] if "/" in name.rpartition(" ")[2] else name
        namespace = plain.partition("/")[0] if "/" in plain and not plain[:1].isdigit() else ""
        nodes.setdefault(plain, Node(plain, plain.partition("/")[2] if namespace else plain, namespace))
        return plain

    for name in (*proof.world.asked.residual, *agents(proof)):
        node(name)
    for flow in proof.flows:
        if flow.name != LINK and not flow.name.startswith(("tool ", "egress ")):
            continue
        target = flow.target if flow.name == LINK else flow.name.partition(" ")[2]
        guards = [side for side, says in (("egress", flow.egress), ("ingress", flow.ingress)) if says != OPEN]
        guards += [
            layer
            for layer, says in (("mesh", flow.mesh), ("kagent", flow.kagent), ("admission", flow.admission))
            if says
        ]
        edge = Edge(node(flow.source), node(target), flow.ports, flow.verdict, tuple(guards))
        edges[edge[:4]] = edge
    for finding in proof.findings:
        if finding.kind in (EXCESS, LEAK) and finding.source and finding.target:
            edge = Edge(node(finding.source), node(finding.target), finding.ports, UNASKED)
            edges[edge[:4]] = edge
    return Graph(tuple(nodes.values()), tuple(edges.values()), False)


def around(graph: Graph, namespace: str) -> Graph:
    """The agents of one namespace, and the ends that they call or are called by."""
    inside = {node.key for node in graph.nodes if node.namespace == namespace}
    edges = tuple(edge for edge in graph.edges if edge.source in inside or edge.target in inside)
    near = inside | {end for edge in edges for end in (edge.source, edge.target)}
    return Graph(tuple(node for node in graph.nodes if node.key in near), edges, False)


def collapsed(graph: Graph) -> Graph:
    """One node a namespace, one edge a pair and state."""
    place = {node.key: node.namespace or node.key for node in graph.nodes}
    sizes: dict[str, int] = {}
    for node in graph.nodes:
        sizes[place[node.key]] = sizes.get(place[node.key], 0) + 1
    counts: dict[tuple[str, str, str], int] = {}
    inside: dict[str, int] = {}
    for edge in graph.edges:
        key = (place[edge.source], place[edge.target], edge.state)
        if key[0] == key[1] and edge.state == ALLOWED:
            inside[key[0]] = inside.get(key[0], 0) + 1
        else:
            counts[key] = counts.get(key, 0) + 1
    homes = {node.namespace for node in graph.nodes}
    nodes = tuple(
        Node(name, f"{name} ({count})" if name in homes else name, "", count, inside.get(name, 0))
        for name, count in sizes.items()
    )
    edges = tuple(Edge(source, target, str(count), state) for (source, target, state), count in counts.items())
    return Graph(nodes, edges, True)


_ARROWS = {ALLOWED: "-->", BLOCKED: "-. blocked .-x", UNASKED: "== not asked for ==>"}


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart, a subgraph a namespace."""
    numbers = {node.key: f"n{position}" for position, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for number, (namespace, nodes) in enumerate(by_namespace(graph).items()):
        indent = "  "
        if namespace:
            lines.append(f'  subgraph s{number}["{_escaped(namespace)}"]')
            indent = "    "
        lines += [f'{indent}{numbers[node.key]}["{_escaped(node.label)}"]' for node in nodes]
        if namespace:
            lines.append("  end")
    for edge in graph.edges:
        arrow = _ARROWS.get(edge.state, "-->")
        label = f'|"{_escaped(edge.label)}"|' if edge.state == ALLOWED else ""
        lines.append(f"  {numbers[edge.source]} {arrow}{label} {numbers[edge.target]}")
    return "\n".join(lines) + "\n"


_STYLES = {BLOCKED: ' color="#b35900" style=dashed', UNASKED: ' color="#c00000" penwidth=2'}


def dot(graph: Graph) -> str:
    """Graphviz' language, a cluster a namespace."""
    lines = ["digraph kgen {", "  rankdir=LR;", '  node [shape=box style=rounded fontname="sans-serif"];']
    for number, (namespace, nodes) in enumerate(by_namespace(graph).items()):
        if namespace:
            lines.append(f"  subgraph cluster_{number} {{")
            lines.append(f"    label={_quoted(namespace)};")
        lines += [f"    {_quoted(node.key)} [label={_quoted(node.label)}];" for node in nodes]
        if namespace:
            lines.append("  }")
    for edge in graph.edges:
        style = _STYLES.get(edge.state, "")
        tip = f" tooltip={_quoted('guarded by ' + ', '.join(edge.guards))}" if edge.guards else ""
        ends = f"{_quoted(edge.source)} -> {_quoted(edge.target)}"
        lines.append(f"  {ends} [label={_quoted(edge.label)}{style}{tip}];")
    return "\n".join([*lines, "}"]) + "\n"


def by_namespace(graph: Graph) -> dict[str, list[Node]]:
    """The nodes by namespace, in their order."""
    found: dict[str, list[Node]] = {}
    for node in graph.nodes:
        found.setdefault(node.namespace, []).append(node)
    return found


def _escaped(text: str) -> str:
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return plain.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'

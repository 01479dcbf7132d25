"""The topology with what is proven about it, as a graph, and that as Mermaid and DOT.

Beyond MOST_AGENTS agents or MOST_LINKS links a drawing shows namespaces, with the number of links between them: nobody
reads more. `around` is what is near one namespace.
"""

from kgen.proof.admission import REFUSED
from kgen.proof.asked import LINK
from kgen.proof.findings import EXCESS, LEAK
from kgen.proof.matrix import NOT_ASKED, agents
from kgen.proof.verdicts import ALLOWED, BLOCKED, OPEN, FlowVerdict, Proof
from kgen.records import NamedTuple

MOST_AGENTS, MOST_LINKS = 40, 120
UNASKED = NOT_ASKED
GUARDS = ("egress", "ingress", "mesh", "kagent", "admission")
"""Layers that have a say on an arrow: fields of FlowVerdict."""

_GATEWAY = "gateway"  # the flow from an agent to its egress gateway
_STOPS = (BLOCKED, "not declared", "refused", REFUSED)


class Node(NamedTuple):
    """A box: an agent, a tool, a host, an egress gateway, or a whole namespace."""

    key: str
    label: str
    namespace: str  # "" for what is outside
    agents: int = 1  # how many a namespace stands for
    links: int = 0  # how many there are between them
    gateway: bool = False


class Edge(NamedTuple):
    """An arrow: a link, a flow to a tool or host, or something possible that nobody asked for."""

    source: str
    target: str
    label: str
    state: str  # allowed, blocked, not asked for
    guards: tuple[str, ...] = ()  # layers that have a say on it; of those that block it, where some do


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
    gateways = {flow.target for flow in proof.flows if flow.name == _GATEWAY}

    def node(name: str) -> str:
        plain = name.rpartition(" ")[2] if "/" in name.rpartition(" ")[2] else name
        namespace = plain.partition("/")[0] if "/" in plain and not plain[:1].isdigit() else ""
        label = plain.partition("/")[2] if namespace else plain
        nodes.setdefault(plain, Node(plain, label, namespace, gateway=name in gateways))
        return plain

    for name in (*proof.world.asked.residual, *agents(proof)):
        node(name)
    for flow in proof.flows:
        target = _target(flow, gateways)
        if not target:
            continue
        edge = Edge(node(flow.source), node(target), flow.ports, flow.verdict, _guards(flow))
        edges[edge[:4]] = edge
    for finding in proof.findings:
        if finding.kind in (EXCESS, LEAK) and finding.source and finding.target:
            edge = Edge(node(finding.source), node(finding.target), finding.ports, UNASKED)
            edges[edge[:4]] = edge
    return Graph(tuple(nodes.values()), tuple(edges.values()), False)


def _target(flow: FlowVerdict, gateways: set[str]) -> str:
    """What an arrow for a flow points to; "" where it gets none. An agent's way out through a gateway is two arrows."""
    if flow.name in (LINK, _GATEWAY):
        return flow.target
    if flow.name.startswith(("tool ", "egress ")):
        return flow.name.partition(" ")[2]
    return flow.target if flow.name == "model" and flow.source in gateways else ""


def _guards(flow: FlowVerdict) -> tuple[str, ...]:
    """The layers that have a say on a flow, or that stop it."""
    says = {layer: getattr(flow, layer) for layer in GUARDS}
    if flow.verdict == BLOCKED:
        return tuple(layer for layer, said in says.items() if said in _STOPS)
    return tuple(layer for layer, said in says.items() if said and said != OPEN)


def around(graph: Graph, namespace: str) -> Graph:
    """The agents of one namespace, and the ends that they call or are called by, those behind their gateways too."""
    inside = {node.key for node in graph.nodes if node.namespace == namespace}
    gateways = {node.key for node in graph.nodes if node.gateway}
    passed = {edge.target for edge in graph.edges if edge.source in inside and edge.target in gateways}
    edges = tuple(e for e in graph.edges if e.source in inside or e.target in inside or e.source in passed)
    near = inside | {end for edge in edges for end in (edge.source, edge.target)}
    return Graph(tuple(node for node in graph.nodes if node.key in near), edges, False)


def collapsed(graph: Graph) -> Graph:
    """One node a namespace, one edge a pair and state; guarded by what guards each of those that it stands for."""
    place = {node.key: node.namespace or node.key for node in graph.nodes}
    sizes: dict[str, int] = {}
    for node in graph.nodes:
        sizes[place[node.key]] = sizes.get(place[node.key], 0) + (not node.gateway)
    counts: dict[tuple[str, str, str], int] = {}
    guards: dict[tuple[str, str, str], tuple[str, ...]] = {}
    inside: dict[str, int] = {}
    for edge in graph.edges:
        key = (place[edge.source], place[edge.target], edge.state)
        if key[0] == key[1] and edge.state == ALLOWED:
            inside[key[0]] = inside.get(key[0], 0) + 1
        else:
            counts[key] = counts.get(key, 0) + 1
            guards[key] = tuple(layer for layer in guards.get(key, edge.guards) if layer in edge.guards)
    homes = {node.namespace for node in graph.nodes}
    nodes = tuple(
        Node(name, f"{name} ({count})" if name in homes and count else name, "", count, inside.get(name, 0))
        for name, count in sizes.items()
    )
    edges = tuple(Edge(*key[:2], str(count), key[2], guards[key]) for key, count in counts.items())
    return Graph(nodes, edges, True)


_ARROWS = {ALLOWED: "-->", BLOCKED: "-.-x", UNASKED: "==>"}


def words(edge: Edge) -> tuple[str, ...]:
    """The lines that stand at an arrow: ports or number, then the layers that guard or stop it."""
    guards = ", ".join(edge.guards)
    if edge.state == BLOCKED:
        return edge.label, f"blocked by {guards}" if guards else "blocked"
    if edge.state == UNASKED:
        return edge.label, "not asked for"
    return (edge.label, guards) if guards else (edge.label,)


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart, a subgraph a namespace."""
    numbers = {node.key: f"n{position}" for position, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for number, (namespace, nodes) in enumerate(by_namespace(graph).items()):
        indent = "  "
        if namespace:
            lines.append(f'  subgraph s{number}["{_escaped(namespace)}"]')
            indent = "    "
        for node in nodes:
            begin, end = ("{{", "}}") if node.gateway else ("[", "]")
            lines.append(f'{indent}{numbers[node.key]}{begin}"{_escaped(node.label)}"{end}')
        if namespace:
            lines.append("  end")
    for edge in graph.edges:
        arrow = _ARROWS.get(edge.state, "-->")
        label = "<br/>".join(map(_escaped, words(edge)))
        lines.append(f'  {numbers[edge.source]} {arrow}|"{label}"| {numbers[edge.target]}')
    return "\n".join(lines) + "\n"


_STYLES = {BLOCKED: ' color="#b35900" style=dashed', UNASKED: ' color="#c00000" penwidth=2'}


def dot(graph: Graph) -> str:
    """Graphviz' language, a cluster a namespace."""
    lines = ["digraph kgen {", "  rankdir=LR;", '  node [shape=box style=rounded fontname="sans-serif"];']
    for number, (namespace, nodes) in enumerate(by_namespace(graph).items()):
        if namespace:
            lines.append(f"  subgraph cluster_{number} {{")
            lines.append(f"    label={_quoted(namespace)};")
        for node in nodes:
            shape = " shape=hexagon" if node.gateway else ""
            lines.append(f"    {_quoted(node.key)} [label={_quoted(node.label)}{shape}];")
        if namespace:
            lines.append("  }")
    for edge in graph.edges:
        style = _STYLES.get(edge.state, "")
        ends = f"{_quoted(edge.source)} -> {_quoted(edge.target)}"
        lines.append(f"  {ends} [label={_quoted(*words(edge))}{style}];")
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


def _quoted(*lines: str) -> str:
    plain = ("".join(character if character.isprintable() else "?" for character in text) for text in lines)
    return '"' + "\\n".join(text.replace("\\", "\\\\").replace('"', '\\"') for text in plain) + '"'

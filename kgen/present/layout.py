"""Where the boxes of a graph stand: a column a depth of calls, rings in one column, crossings few."""

from math import pi, sin

from kgen.present.graphs import UNASKED, Graph, Node
from kgen.records import NamedTuple

WIDE, HIGH, GAP, COLUMN, MARGIN = 190, 34, 14, 300, 24
_SWEEPS = 6
_MOST_IN_RING = 6  # above one another; more stand in a round
ARC = 200
"""How far arcs on the right of a column may reach."""


class Place(NamedTuple):
    """Where a node stands."""

    x: int
    y: int
    turned: bool = False  # on the right of a round: its arrows are on its left


class Layout(NamedTuple):
    """The places of all nodes, and how large the picture is."""

    places: dict[str, Place]
    width: int
    height: int
    round: bool = False  # two sides that face each other, because all call one another in a ring


def laid_out(graph: Graph) -> Layout:
    """A caller stands left of its callees; those that call each other in a ring stand above one another."""
    callees: dict[str, list[str]] = {node.key: [] for node in graph.nodes}
    for edge in graph.edges:
        if edge.state != UNASKED and edge.source != edge.target:
            callees[edge.source].append(edge.target)
    rings = _rings(callees)
    if any(len(ring) > _MOST_IN_RING for ring in rings):
        return _round(graph)
    depths = _depths(callees, rings)
    columns: dict[int, list[Node]] = {}
    for node in sorted(graph.nodes, key=lambda one: (one.namespace, one.key)):
        columns.setdefault(depths[node.key], []).append(node)
    order = [columns[depth] for depth in sorted(columns)]
    _untangle(order, graph)
    heights = [_stacked(column)[1] for column in order]
    tallest = max(heights, default=0)
    places: dict[str, Place] = {}
    for number, column in enumerate(order):
        top = MARGIN + (tallest - heights[number]) // 2
        for node, y in zip(column, _stacked(column)[0], strict=True):
            places[node.key] = Place(MARGIN + number * COLUMN, top + y)
    last = {node.key for node in order[-1]} if order else set()
    room = ARC if any(edge.source in last and edge.target in last for edge in graph.edges) else 0
    return Layout(places, 2 * MARGIN + max(0, len(order) - 1) * COLUMN + WIDE + room, tallest + 2 * MARGIN)


def _round(graph: Graph) -> Layout:
    """Down on the left and up on the right, the sides bent, so that arrows cross the middle."""
    nodes = sorted(graph.nodes, key=lambda one: (one.namespace, one.key))
    half = (len(nodes) + 1) // 2
    middle = max(320, min(700, half * 26))
    places: dict[str, Place] = {}
    for number, node in enumerate(nodes):
        turned = number >= half
        row = len(nodes) - 1 - number if turned else number
        bend = round(110 * (1 - sin(pi * (row + 0.5) / half)))
        x = MARGIN + 110 + WIDE + middle - bend if turned else MARGIN + bend
        places[node.key] = Place(x, MARGIN + row * (HIGH + GAP), turned)
    return Layout(places, 2 * MARGIN + 110 + 2 * WIDE + middle, half * (HIGH + GAP) + 2 * MARGIN, True)


def _stacked(column: list[Node]) -> tuple[list[int], int]:
    """How far down each node of a column stands, namespaces apart; and how far the column goes."""
    found, y, last = [], 0, None
    for node in column:
        y += GAP if last is not None and node.namespace != last else 0
        last = node.namespace
        found.append(y)
        y += HIGH + GAP
    return found, y


def _untangle(order: list[list[Node]], graph: Graph) -> None:
    """Puts nodes near those that they are joined to, namespaces kept together (the barycenter method, in sweeps)."""
    near: dict[str, list[str]] = {}
    for edge in graph.edges:
        near.setdefault(edge.source, []).append(edge.target)
        near.setdefault(edge.target, []).append(edge.source)
    at: dict[str, float] = {}

    def number(column: list[Node]) -> None:
        at.update((node.key, (place + 0.5) / len(column)) for place, node in enumerate(column))

    for column in order:
        number(column)
    for sweep in range(_SWEEPS):
        for column in order if sweep % 2 == 0 else reversed(order):
            own = {node.key for node in column}
            wish = {}
            for node in column:
                others = [at[one] for one in near.get(node.key, ()) if one not in own] or [at[node.key]]
                wish[node.key] = sum(others) / len(others)
            groups: dict[str, list[float]] = {}
            for node in column:
                groups.setdefault(node.namespace, []).append(wish[node.key])
            middle = {name: sum(values) / len(values) for name, values in groups.items()}
            ranked = sorted((middle[node.namespace], node.namespace, wish[node.key], node) for node in column)
            column[:] = [node for *_, node in ranked]
            number(column)


def _depths(callees: dict[str, list[str]], rings: list[list[str]]) -> dict[str, int]:
    """The longest way to each node, a ring counted as one."""
    ring_of = {key: number for number, ring in enumerate(rings) for key in ring}
    depth = [0] * len(rings)
    for number in range(len(rings) - 1, -1, -1):  # callers before callees
        for key in rings[number]:
            for callee in callees[key]:
                if ring_of[callee] != number:
                    depth[ring_of[callee]] = max(depth[ring_of[callee]], depth[number] + 1)
    return {key: depth[ring_of[key]] for key in callees}


def _rings(callees: dict[str, list[str]]) -> list[list[str]]:
    """Nodes that reach each other, together; what is called comes before what calls it (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_now: list[str] = []
    waiting: set[str] = set()
    found: list[list[str]] = []
    for start in callees:
        work = [(start, 0)] if start not in index else []
        while work:
            key, step = work.pop()
            if step == 0:
                index[key] = low[key] = len(index)
                open_now.append(key)
                waiting.add(key)
            for position in range(step, len(callees[key])):
                callee = callees[key][position]
                if callee not in index:
                    work += [(key, position + 1), (callee, 0)]
                    break
                if callee in waiting:
                    low[key] = min(low[key], index[callee])
            else:
                if low[key] == index[key]:
                    at = open_now.index(key)
                    found.append(open_now[at:])
                    waiting.difference_update(open_now[at:])
                    del open_now[at:]
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
    return found

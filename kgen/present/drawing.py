"""A graph as SVG, drawn without any other program: a column a depth of calls, agents stacked by namespace.

Self-contained: no script, no font and no address outside.
"""

from html import escape

from kgen.present.graphs import UNASKED, Edge, Graph, Node
from kgen.proof.verdicts import BLOCKED
from kgen.records import NamedTuple

_WIDE, _HIGH, _GAP, _COLUMN, _TITLE, _MARGIN = 190, 34, 14, 300, 26, 24
_COLOURS = {BLOCKED: "#b35900", UNASKED: "#c00000"}
_HUES = ("#e8f1fb", "#eaf7ec", "#fdf3e3", "#f5ecfa", "#fdeceb", "#e9f6f6", "#f3f3e8", "#eef0f7")


class Place(NamedTuple):
    """Where a node stands."""

    x: int
    y: int


def svg(graph: Graph) -> str:
    """The whole picture."""
    places, width, height = _laid_out(graph)
    spaces = list(dict.fromkeys(node.namespace for node in graph.nodes))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12" role="img"><title>Who may call whom, as proven</title>',
        '<rect width="100%" height="100%" fill="#ffffff"/><defs>',
    ]
    for number, colour in enumerate(("#55606e", *_COLOURS.values())):
        parts.append(
            f'<marker id="a{number}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="{colour}"/></marker>'
        )
    parts.append("</defs>")
    parts += [_arrow(edge, places) for edge in graph.edges]
    parts += [_box(node, places[node.key], spaces) for node in graph.nodes]
    parts.append("</svg>\n")
    return "".join(parts)


def _laid_out(graph: Graph) -> tuple[dict[str, Place], int, int]:
    depths = _depths(graph)
    columns: dict[int, list[Node]] = {}
    for node in graph.nodes:
        columns.setdefault(depths[node.key], []).append(node)
    places: dict[str, Place] = {}
    tallest = 0
    for number, depth in enumerate(sorted(columns)):
        y, last = _MARGIN, None
        for node in sorted(columns[depth], key=lambda one: (one.namespace, one.key)):
            if last is not None and node.namespace != last:
                y += _GAP
            last = node.namespace
            places[node.key] = Place(_MARGIN + number * _COLUMN, y)
            y += _HIGH + _GAP
        tallest = max(tallest, y)
    return places, 2 * _MARGIN + (len(columns) - 1) * _COLUMN + _WIDE if columns else _WIDE, tallest + _MARGIN


def _depths(graph: Graph) -> dict[str, int]:
    """The longest way to each node; a ring, which links have none of, ends where it is closed."""
    callers: dict[str, list[str]] = {}
    for edge in graph.edges:
        if edge.state != UNASKED and edge.source != edge.target:
            callers.setdefault(edge.target, []).append(edge.source)
    depths: dict[str, int] = {}
    for node in graph.nodes:
        stack: list[tuple[str, bool]] = [(node.key, False)]
        open_now: set[str] = set()
        while stack:
            key, done = stack.pop()
            if done:
                open_now.discard(key)
                depths[key] = max((depths[one] + 1 for one in callers.get(key, ()) if one in depths), default=0)
            elif key not in depths and key not in open_now:
                open_now.add(key)
                stack.append((key, True))
                stack += [(one, False) for one in callers.get(key, ()) if one not in depths]
    return depths


def _box(node: Node, place: Place, spaces: list[str]) -> str:
    fill = _HUES[spaces.index(node.namespace) % len(_HUES)] if node.namespace else "#f4f4f4"
    label, small = escape(_cut(node.label, 26)), escape(_cut(node.namespace, 30))
    middle = place.y + (14 if small else 21)
    below = f'<text x="{place.x + 10}" y="{place.y + 28}" fill="#667" font-size="10">{small}</text>' if small else ""
    return (
        f'<g><title>{escape(node.key)}</title><rect x="{place.x}" y="{place.y}" width="{_WIDE}" height="{_HIGH}" '
        f'rx="6" fill="{fill}" stroke="#8a94a3"/><text x="{place.x + 10}" y="{middle}">{label}</text>{below}</g>'
    )


def _arrow(edge: Edge, places: dict[str, Place]) -> str:
    one, other = places[edge.source], places[edge.target]
    forward = other.x > one.x
    start = (one.x + (_WIDE if forward or edge.source == edge.target else 0), one.y + _HIGH // 2)
    end = (other.x + (0 if forward else _WIDE), other.y + _HIGH // 2)
    bend = max(60, abs(end[0] - start[0]) // 2) if forward else 90
    first = start[0] + (bend if forward else -bend if one.x != other.x else bend)
    second = end[0] + (-bend if forward else bend)
    colour = _COLOURS.get(edge.state, "#55606e")
    marker = 1 + list(_COLOURS).index(edge.state) if edge.state in _COLOURS else 0
    dashes = ' stroke-dasharray="6 4"' if edge.state == BLOCKED else ""
    guards = f"; guarded by {', '.join(edge.guards)}" if edge.guards else ""
    tip = escape(f"{edge.source} to {edge.target}, {edge.label}: {edge.state}{guards}")
    return (
        f'<path d="M{start[0]} {start[1]} C{first} {start[1]} {second} {end[1]} {end[0]} {end[1]}" fill="none" '
        f'stroke="{colour}" stroke-width="{2 if marker else 1.3}"{dashes} marker-end="url(#a{marker})">'
        f"<title>{tip}</title></path>"
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def page(graph: Graph) -> str:
    """The picture on a page of its own."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Who may call whom</title>'
        "<style>body{margin:1rem;font-family:sans-serif}div{overflow:auto}p{color:#556}</style></head>\n<body>"
        f"<p>{legend(graph)}</p><div>{svg(graph)}</div></body></html>\n"
    )


def legend(graph: Graph) -> str:
    """What the lines mean."""
    boxes = "a box is a namespace, with the number of its agents" if graph.collapsed else "a box is an agent or a tool"
    lines = "Plain: asked for and allowed. Orange, dashed: asked for and blocked. Red: possible, not asked for."
    return f"{lines} Here {boxes}."

"""A graph as SVG, drawn without any other program: a column a depth of calls, agents stacked by namespace.

Self-contained: no script, no font and no address outside. Colours stand in attributes, so that every viewer has them;
browsers that prefer dark take those of STYLE instead.
"""

from collections import Counter
from html import escape

from kgen.present.graphs import GUARDS, UNASKED, Edge, Graph, Node
from kgen.present.layout import ARC, COLUMN, GAP, HIGH, WIDE, Place, laid_out
from kgen.present.problems import visible
from kgen.proof.verdicts import ALLOWED, BLOCKED

_COLOURS = {BLOCKED: "#b35900", UNASKED: "#c00000"}
_PLAIN = "#55606e"
_HUES = ("#e8f1fb", "#eaf7ec", "#fdf3e3", "#f5ecfa", "#fdeceb", "#e9f6f6", "#f3f3e8", "#eef0f7")
_DARK_HUES = ("#1f3147", "#1f3a26", "#43351c", "#382a44", "#452724", "#1f3b3b", "#38381f", "#2b2f40")
_LETTERS = {layer: layer[0].upper() for layer in GUARDS}  # names would not fit between two columns
_MOST_LABELS = 15  # edges that are labelled in the picture itself

STYLE = (
    "@media(prefers-color-scheme:dark){"
    ".kg-back{fill:#14181d}.kg-text{fill:#e6e9ee}.kg-small{fill:#a5b0bd}.kg-box{stroke:#75808f}.kg-edge{stroke:#a5b0bd}"
    ".kg-tip{fill:#a5b0bd}.kg-edge-1{stroke:#ffa24d}.kg-tip-1{fill:#ffa24d}.kg-edge-2{stroke:#ff7a7a}"
    ".kg-tip-2{fill:#ff7a7a}.kg-out{fill:#2a2f36}.kg-label{stroke:#14181d}"
    + "".join(f".kg-hue-{number}{{fill:{hue}}}" for number, hue in enumerate(_DARK_HUES))
    + "}"
)


def svg(graph: Graph, mark: str = "kg", alone: bool = True) -> str:
    """The whole picture. `mark` begins the ids in it: several on one page need different ones.

    `alone`: a file of its own, which brings its colours for the dark; on a page the page does.
    """
    layout = laid_out(graph)
    width, height = layout.width, layout.height
    if alone and any(edge.guards for edge in graph.edges):
        width, height = max(width, 360), height + 16
    spaces = {name: number for number, name in enumerate(sorted({node.namespace for node in graph.nodes} - {""}))}
    title = "Who may call whom, as proven"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-labelledby="{mark}-title"><title id="{mark}-title">'
        f"{title}: {len(graph.nodes)} boxes, {len(graph.edges)} arrows</title>",
        f"<style>{STYLE}</style>" if alone else "",
        '<rect class="kg-back" width="100%" height="100%" fill="#ffffff"/><defs>',
    ]
    for number, colour in enumerate((_PLAIN, *_COLOURS.values())):
        parts.append(
            f'<marker id="{mark}-a{number}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path class="kg-tip kg-tip-{number}" d="M0 0 8 4 0 8z" fill="{colour}"/>'
            "</marker>"
        )
    parts.append("</defs>")
    few, usual = len(graph.edges) <= _MOST_LABELS, _usual(graph)
    out, into = Counter(edge.source for edge in graph.edges), Counter(edge.target for edge in graph.edges)
    for edge in graph.edges:
        begin, end = out[edge.source], into[edge.target]
        # where many begin or end at one box, what is written stands at the other end of each
        along = 0.28 if few and end > begin else 0.72 if few and begin > 1 else 0.5
        if layout.places[edge.target].x - layout.places[edge.source].x > COLUMN:
            along = 0.9  # past the columns between
        label = edge.label if few or graph.collapsed else ""
        parts.append(_arrow(edge, layout.places, mark, along, label, "" if edge.guards == usual else _marks(edge)))
    parts += [_box(node, layout.places[node.key], spaces) for node in graph.nodes]
    if alone and any(edge.guards for edge in graph.edges):
        parts.append(
            f'<text class="kg-small" x="24" y="{height - 8}" fill="#556" font-size="10">{_letters(graph)}</text>'
        )
    parts.append("</svg>\n")
    return "".join(parts)


def _box(node: Node, place: Place, spaces: dict[str, int]) -> str:
    hue = spaces.get(node.namespace, 0) % len(_HUES)
    fill, style = (_HUES[hue], f"kg-hue-{hue}") if node.namespace else ("#f4f4f4", "kg-out")
    inside = f"{node.links} link{'s' if node.links > 1 else ''} inside" if node.links else ""
    label, small = _text(_cut(node.label, 26)), _text(_cut(node.namespace or inside, 30))
    middle = place.y + (14 if small else 21)
    below = (
        f'<text class="kg-small" x="{place.x + 10}" y="{place.y + 28}" fill="#556" font-size="10">{small}</text>'
        if small
        else ""
    )
    round_by = HIGH // 2 if node.gateway else 6
    return (
        f'<g class="kg-node" data-node="{_text(node.key)}"><title>{_text(node.key)}</title>'
        f'<rect class="kg-box {style}" x="{place.x}" y="{place.y}" width="{WIDE}" height="{HIGH}" '
        f'rx="{round_by}" fill="{fill}" stroke="#8a94a3"/>'
        f'<text class="kg-text" x="{place.x + 10}" y="{middle}">{label}</text>{below}</g>'
    )


def _curve(edge: Edge, one: Place, other: Place) -> tuple[int, int, int, int, int, int, int, int]:
    """Where an arrow begins, where its two handles are, and where it ends."""
    down, up = one.y + HIGH // 2 + 4, other.y + HIGH // 2 - 4
    rows = abs(other.y - one.y) // (HIGH + GAP)
    if one.turned or other.turned or (one.x != other.x and abs(one.x - other.x) < WIDE):
        # in a round every arrow is on the inner side
        start, end = one.x + (0 if one.turned else WIDE), other.x + (0 if other.turned else WIDE)
        bend = 150 if one.turned != other.turned else 40 + 16 * min(rows, 16)
        return start, down, start + (-bend if one.turned else bend), down, *_ending(end, up, bend, other.turned)
    if one.x == other.x:
        # within a column an arc on the right, wider the farther it goes
        bend = min(ARC, 40 + 26 * rows)
        return one.x + WIDE, down, one.x + WIDE + bend, down, *_ending(other.x + WIDE, up, bend, False)
    forward = other.x > one.x
    start, end = one.x + (WIDE if forward else 0), other.x + (0 if forward else WIDE)
    bend = max(60, abs(end - start) // 2) if forward else 90
    y, to = one.y + HIGH // 2, other.y + HIGH // 2
    return start, y, start + (bend if forward else -bend), y, *_ending(end, to, bend, forward)


def _ending(x: int, y: int, bend: int, left: bool) -> tuple[int, int, int, int]:
    return x + (-bend if left else bend), y, x, y


def _at(along: float, *points: int) -> int:
    """A coordinate of a curve, of those of its two ends and handles."""
    one, two, three, four = points
    back = 1 - along
    return round(back**3 * one + 3 * back**2 * along * two + 3 * back * along**2 * three + along**3 * four)


def _usual(graph: Graph) -> tuple[str, ...]:
    """The layers that guard most arrows of a large picture: they are said once, so that what differs is seen."""
    guarded = Counter(edge.guards for edge in graph.edges if edge.state == ALLOWED)
    return guarded.most_common(1)[0][0] if guarded and len(graph.edges) > _MOST_LABELS else ()


def _marks(edge: Edge) -> str:
    """The letters of the layers that guard, or stop, an arrow. None where what is possible was not asked for."""
    return " ".join(_LETTERS[layer] for layer in edge.guards) or ("-" if edge.state == ALLOWED else "")


def _arrow(edge: Edge, places: dict[str, Place], mark: str, along: float, text: str, marks: str) -> str:
    """`along`: where on the curve its text stands, the marks below it."""
    x, y, first, y1, second, y2, end, to = _curve(edge, places[edge.source], places[edge.target])
    colour = _COLOURS.get(edge.state, _PLAIN)
    number = 1 + list(_COLOURS).index(edge.state) if edge.state in _COLOURS else 0
    style = f'stroke="{colour}" stroke-width="{2 if number else 1.3}"'
    style += ' stroke-dasharray="6 4"' if edge.state == BLOCKED else ""
    verb = "stopped" if edge.state == BLOCKED else "guarded"
    guards = f"; {verb} by {', '.join(edge.guards)}" if edge.guards else ""
    tip = _text(f"{edge.source} to {edge.target}, {edge.label}: {edge.state}{guards}")
    middle, beside = _at(along, x, first, second, end), _at(along, y, y1, y2, to)
    told = [(_cut(text, 24), beside - 4 if marks else beside + 3)] if text else []
    told += [(marks, beside + 12 if text else beside + 3)] if marks else []
    label = "".join(
        f'<text class="kg-small kg-label" x="{middle}" y="{at}" font-size="10" fill="#556" text-anchor="middle" '
        f'stroke="#ffffff" stroke-width="3" paint-order="stroke">{_text(line)}</text>'
        for line, at in told
    )
    return (
        f'<g class="kg-arrow" data-from="{_text(edge.source)}" data-to="{_text(edge.target)}"><title>{tip}</title>'
        f'<path class="kg-edge kg-edge-{number}" d="M{x} {y} C{first} {y1} {second} {y2} {end} {to}" fill="none" '
        f'{style} marker-end="url(#{mark}-a{number})"/>{label}</g>'
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def legend(graph: Graph) -> str:
    """What the lines mean."""
    boxes = "a box is a namespace, with the number of its agents" if graph.collapsed else "a box is an agent or a tool"
    lines = "Plain: asked for and allowed. Orange, dashed: asked for and blocked. Red: possible, not asked for."
    letters = f" {_letters(graph)}" if any(edge.guards for edge in graph.edges) else ""
    rounds = " A round box is an egress gateway." if any(node.gateway for node in graph.nodes) else ""
    return f"{lines} Here {boxes}.{rounds}{letters}"


def _letters(graph: Graph) -> str:
    """What the letters below the ports of an arrow mean."""
    usual = ", ".join(_usual(graph))
    rest = f"Guarded by {usual}, where no letters stand at an arrow; else by " if usual else "Guarded, or stopped, by "
    return rest + ", ".join(f"{letter} {layer}" for layer, letter in _LETTERS.items()) + "."


def _text(value: str) -> str:
    """A text of the input in markup; characters that no XML may hold are shown by their number."""
    return escape(visible(value))

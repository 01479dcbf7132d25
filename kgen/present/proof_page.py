"""A proof as one self-contained HTML page: verdict, findings, graph, matrix of the agents, flows, rights."""

from kgen.manifests import path_text
from kgen.present import graphs, proofs
from kgen.present.page import filter_bar, page, pictures, text
from kgen.proof import matrix
from kgen.proof.findings import Finding
from kgen.proof.matrix import NOT_ASKED, Cell
from kgen.proof.verdicts import ALLOWED, BLOCKED, INCOMPLETE, PROVEN, Proof

MOST_IN_MATRIX = 60
_MARKS = {ALLOWED: ("good", "✓"), BLOCKED: ("bad", "✗"), NOT_ASKED: ("warn", "!")}
_WORST = (NOT_ASKED, BLOCKED, ALLOWED)


def html(proof: Proof) -> str:
    """The whole page. Every text of the input is escaped; nothing is loaded."""
    tone = {PROVEN: "good", INCOMPLETE: "warn"}.get(proof.verdict, "bad") if proof.judged else "warn"
    body = [
        f'<h1>Proof</h1><p class="verdict {tone}">{text(proofs.lead(proof))}</p>',
        f'<p class="small">{len(proof.world.policies)} policies, {len(proof.world.endpoints)} kinds of endpoint, '
        f"{len(proof.flows)} asked flows.</p>",
        filter_bar(),
        "<h2>Findings</h2>" + (_findings(proofs.ordered(proof)) or "<p>None.</p>"),
        "<h2>Graph</h2>",
        *pictures(graphs.whole(proof)),
        "<h2>Who may call whom</h2>" + _matrix(proof),
        "<h2>Asked flows</h2>" + _flows(proof),
    ]
    if proof.enforcing:
        rows = []
        for one in proof.enforcing.closed:
            cells = (one.source, one.target, one.ports, "yes" if one.known else "")
            rows.append(_row("".join(f"<td>{text(cell)}</td>" for cell in cells)))
        body.append(f"<h2>Under Enforce</h2><p>{text(proofs.ahead(proof.enforcing))}</p>")
        body += [f'<p class="bad">{text(one.message)}</p>' for one in proof.enforcing.problems]
        if rows:
            body.append(_table("Closed by Enforce", ("closed from", "to", "on", "known pods"), rows))
    if proof.powers:
        body.append("<h2>Rights in the API server</h2>" + _powers(proof))
    return page("kgen prove", body)


def _table(caption: str, titles: tuple[str, ...], rows: list[str]) -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return (
        f'<div class="scroll" tabindex="0"><table aria-label="{caption}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(cells: str, find: str = "") -> str:
    """A row that the filter knows by `find`, else by what stands in it."""
    return f'<tr data-find="{text(find)}">{cells}</tr>'


def _findings(found: list[Finding]) -> str:
    if not found:
        return ""
    tones = {"error": "bad", "warning": "warn"}
    rows = []
    for finding in found:
        severity = finding.result().severity
        where = "<br>".join(
            f'{text(str(cause.identity))}<br><span class="small">{text(path_text(cause.path))} '
            f"{text(f'{cause.origin.file}:{cause.origin.line}' if cause.origin.file else '')}</span>"
            for cause in finding.causes
        )
        kind = f'<td class="{tones.get(severity, "")}">{finding.kind}<br><span class="small">{severity}</span></td>'
        cells = f"{kind}<td>{text(finding.layer)}</td><td>{text(finding.message)}</td><td>{where}</td>"
        rows.append(_row(f"{cells}<td>{text(finding.mend)}</td>"))
    return _table("Findings", ("kind", "layer", "finding", "where", "what mends it"), rows)


def _matrix(proof: Proof) -> str:
    cells = matrix.cells(proof)
    names = sorted({*matrix.agents(proof), *(end for cell in cells for end in cell[:2])})
    if not cells:
        return "<p>No links, and no agent reaches another.</p>"
    key = (
        '<p class="small">✓ asked for and possible, ✗ asked for and blocked, ! possible and not asked for (an excess '
        "where its pods are guarded); an empty field is neither. A field's own text names each layer's verdict.</p>"
    )
    if len(names) <= MOST_IN_MATRIX:
        return key + _square("Who may call whom", names, cells)
    spaces = sorted({name.partition("/")[0] for name in names})
    joined = [c._replace(source=c.source.partition("/")[0], target=c.target.partition("/")[0]) for c in cells]
    parts = [key]
    if len(spaces) <= 2 * MOST_IN_MATRIX:
        parts.append("<p>By namespace, with the number of pairs:</p>" + _square("By namespace", spaces, joined, True))
    for space in spaces:
        own = [cell for cell in cells if cell.source.partition("/")[0] == space]
        if not own:
            continue
        found = " ".join(sorted({end for cell in own for end in cell[:2]}))
        grid = _grid(f"Whom agents of {space} may call", own)
        parts.append(f'<details data-find="{text(found)}"><summary>from {text(space)}</summary>{grid}</details>')
    return "".join(parts)


def _square(caption: str, names: list[str], cells: "tuple[Cell, ...] | list[Cell]", counts: bool = False) -> str:
    return _crossing(caption, names, names, cells, counts)


def _grid(caption: str, cells: list[Cell]) -> str:
    return _crossing(caption, sorted({c.source for c in cells}), sorted({c.target for c in cells}), cells, False)


def _crossing(
    caption: str, callers: list[str], callees: list[str], cells: "tuple[Cell, ...] | list[Cell]", counts: bool
) -> str:
    at: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        at.setdefault((cell.source, cell.target), []).append(cell)
    head = "".join(f'<th scope="col"><div class="up">{text(name)}</div></th>' for name in callees)
    rows = []
    for caller in callers:
        fields = "".join(_field(at.get((caller, callee), []), counts) for callee in callees)
        near = " ".join(callee for callee in callees if (caller, callee) in at)
        rows.append(_row(f'<th scope="row">{text(caller)}</th>{fields}', f"{caller} {near}"))
    return (
        f'<div class="scroll" tabindex="0"><table class="matrix" aria-label="{text(caption)}"><thead><tr>'
        f'<th scope="col">from \\ to</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _field(cells: list[Cell], counts: bool) -> str:
    if not cells:
        return "<td></td>"
    worst = min((cell.state for cell in cells), key=_WORST.index)
    tone, mark = _MARKS[worst]
    told = "; ".join(_told(cell) for cell in cells[:4]) + ("; …" if len(cells) > 4 else "")
    shown = f"{len(cells)}{'' if worst == ALLOWED else mark}" if counts else mark
    return f'<td class="{tone}" title="{text(told)}">{shown}</td>'


def _told(cell: Cell) -> str:
    layers = [
        f"{name}: {said}" for name in proofs.LAYERS if cell.flow is not None and (said := getattr(cell.flow, name))
    ]
    return f"{cell.source} to {cell.target}, {cell.ports}: {cell.state}" + (f" ({', '.join(layers)})" if layers else "")


def _flows(proof: Proof) -> str:
    rows = []
    for row in proofs.flow_rows(proof):
        tone = "good" if row[-1] == ALLOWED else "bad"
        body = "".join(f"<td>{text(cell)}</td>" for cell in row[:-1])
        rows.append(_row(f'{body}<td class="{tone}">{row[-1]}</td>'))
    return _table("Asked flows", proofs.columns(proof), rows)


def _powers(proof: Proof) -> str:
    rows = []
    for power in proof.powers:
        cells = (power.subject, power.what, power.where, ", ".join(power.names), str(power.binding.identity))
        rows.append(_row("".join(f"<td>{text(cell)}</td>" for cell in cells)))
    return _table("Rights in the API server", ("subject", "can", "in", "only", "by"), rows)

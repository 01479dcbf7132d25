"""A proof as one self-contained HTML page: verdict, graph, matrix of the agents, findings, flows."""

from html import escape

from kgen.manifests import path_text
from kgen.present import drawing, graphs, proofs
from kgen.present.problems import visible
from kgen.proof.asked import LINK
from kgen.proof.findings import Finding
from kgen.proof.verdicts import ALLOWED, PROVEN, Proof

MOST_IN_MATRIX = 80

_STYLE = """
body{margin:0 auto;max-width:1200px;padding:1rem 1.5rem;font:14px/1.45 system-ui,sans-serif;color:#1d2733}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}table{border-collapse:collapse}
td,th{border:1px solid #d4dae2;padding:.25rem .5rem;text-align:left;vertical-align:top}th{background:#f3f5f8}
.scroll{overflow:auto;max-height:80vh}.good{background:#e6f5e9}.bad{background:#fbe3e1}.warn{background:#fdf3dc}
.matrix td{text-align:center;min-width:1.4rem}.matrix th.up{writing-mode:vertical-rl;transform:rotate(180deg)}
.verdict{padding:.6rem 1rem;border-radius:6px}code{font-size:.92em}small{color:#5a6675}
"""


def html(proof: Proof) -> str:
    """The whole page. Every text of the input is escaped; the page runs no script and loads nothing."""
    graph = graphs.graph_of(proof)
    tone = "good" if proof.verdict == PROVEN and proof.judged else "bad"
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>kgen prove</title><style>{_STYLE}</style></head><body>",
        f'<h1>Proof</h1><p class="verdict {tone}">{_text(proofs.lead(proof))}</p>',
        f"<p><small>{len(proof.world.policies)} policies, {len(proof.world.endpoints)} kinds of endpoint, "
        f"{len(proof.flows)} asked flows.</small></p>",
        "<h2>Findings</h2>" + (_findings(proofs.ordered(proof)) or "<p>None.</p>"),
        f"<h2>Graph</h2><p><small>{_text(drawing.legend(graph))}</small></p>",
        f'<div class="scroll">{drawing.svg(graph)}</div>',
        "<h2>Who may call whom</h2>" + _matrix(proof),
        "<h2>Asked flows</h2>" + _flows(proof),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _text(text: str) -> str:
    return escape(visible(text))


def _findings(found: list[Finding]) -> str:
    if not found:
        return ""
    rows = []
    for finding in found:
        tone = "bad" if finding.result().severity == "error" else "warn"
        where = "<br>".join(
            f"{_text(str(cause.identity))}<br><small>{_text(path_text(cause.path))} "
            f"{_text(f'{cause.origin.file}:{cause.origin.line}' if cause.origin.file else '')}</small>"
            for cause in finding.causes
        )
        cells = f'<td class="{tone}">{finding.kind}</td><td>{_text(finding.message)}</td><td>{where}</td>'
        rows.append(f"<tr>{cells}<td>{_text(finding.mend)}</td></tr>")
    head = "<tr><th></th><th>finding</th><th>where</th><th>what mends it</th></tr>"
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _matrix(proof: Proof) -> str:
    links = {(flow.source, flow.target): flow for flow in proof.flows if flow.name == LINK}
    names = sorted({name for pair in links for name in pair})
    if not names:
        return "<p>No links.</p>"
    if len(names) > MOST_IN_MATRIX:
        return f"<p>{len(names)} agents: see the flows below, or ask <code>kgen why FROM TO</code>.</p>"
    head = "".join(f'<th class="up">{_text(name)}</th>' for name in names)
    rows = []
    for source in names:
        cells = []
        for target in names:
            flow = links.get((source, target))
            if flow is None:
                cells.append("<td></td>")
            else:
                tone, mark = ("good", "✓") if flow.verdict == ALLOWED else ("bad", "✗")
                cells.append(f'<td class="{tone}" title="{_text(f"{source} to {target}, {flow.ports}")}">{mark}</td>')
        rows.append(f"<tr><th>{_text(source)}</th>{''.join(cells)}</tr>")
    return f'<div class="scroll"><table class="matrix"><tr><th>from \\ to</th>{head}</tr>{"".join(rows)}</table></div>'


def _flows(proof: Proof) -> str:
    rows = []
    for row in proofs.flow_rows(proof):
        tone = "good" if row[-1] == ALLOWED else "bad"
        body = "".join(f"<td>{_text(cell)}</td>" for cell in row[:-1])
        rows.append(f'<tr>{body}<td class="{tone}">{row[-1]}</td></tr>')
    head = "".join(f"<th>{title}</th>" for title in proofs.columns(proof))
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'

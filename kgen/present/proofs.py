"""A proof as text, Markdown and JSON."""

from kgen.manifests import path_text
from kgen.present.problems import counted, visible
from kgen.present.tables import table
from kgen.proof import matrix
from kgen.proof.enforcing import Enforcing
from kgen.proof.findings import Cause, Finding
from kgen.proof.verdicts import ALLOWED, BLOCKED, INCOMPLETE, PROVEN, FlowVerdict, Proof
from kgen.records import Any
from kgen.results import ERROR, WARNING

_LEAD = {
    PROVEN: "proven: everything that is asked for is possible, and nothing else to or from the guarded pods",
    INCOMPLETE: "incomplete: what is judged holds, but some of it could not be judged",
}
LAYERS = ("egress", "ingress", "mesh", "kagent", "admission")
"""What has a say on a flow: fields of FlowVerdict, in the order of their columns."""

MOST_CLOSED, MOST_NAMED = 20, 12
_ORDER = {ERROR: 0, WARNING: 1}


def lead(proof: Proof) -> str:
    """The verdict in one sentence."""
    if not proof.judged and proof.verdict != INCOMPLETE:
        return "nothing is asked for: no links and no tool references, so there is no excess to speak of"
    if proof.verdict in _LEAD:
        return _LEAD[proof.verdict]
    kinds: dict[str, int] = {}
    for finding in proof.findings:
        if finding.result().severity == ERROR:
            kinds[finding.kind] = kinds.get(finding.kind, 0) + 1
    return "refuted: " + ", ".join(_several(number, kind) for kind, number in kinds.items())


def _several(number: int, kind: str) -> str:
    plural = kind if kind.endswith(("ing", "ood", "ded")) else f"{kind}es" if kind.endswith("s") else f"{kind}s"
    return counted(number, kind, plural)


def ordered(proof: Proof) -> list[Finding]:
    """Findings, errors first, in the order in which they were found."""
    return sorted(proof.findings, key=lambda finding: _ORDER.get(finding.result().severity, 2))


def text(proof: Proof) -> str:
    """Verdict, asked flows with the verdict of each side, then the findings with cause and remedy."""
    parts = [lead(proof) + "\n"]
    if proof.flows:
        rows = [tuple(visible(cell) for cell in row) for row in flow_rows(proof)]
        parts.append("\n" + table(columns(proof), rows))
    for finding in ordered(proof):
        severity = finding.result().severity
        parts.append(f"\n{severity}: {finding.kind}: {visible(finding.message)}\n")
        parts += [f"  at:   {visible(cause.text)}\n" for cause in finding.causes]
        if finding.mend:
            parts.append(f"  mend: {visible(finding.mend)}\n")
    if proof.powers:
        rows = [(p.subject, p.what, p.where, str(p.binding.identity)) for p in proof.powers]
        parts.append("\n" + table(("subject", "can", "in", "by"), [tuple(map(visible, row)) for row in rows]))
    if proof.enforcing:
        parts += _under_enforce(proof.enforcing)
    return "".join(parts)


def ahead(enforcing: Enforcing) -> str:
    """In one sentence what the step to Enforce comes to."""
    spaces = ", ".join(enforcing.namespaces)
    if not enforcing.verdict:
        return f"under Enforce ({spaces}): not possible yet, because the input is refused then"
    known = sum(one.known for one in enforcing.closed)
    return (
        f"under Enforce ({spaces}): {enforcing.verdict}"
        + ("; everything that is asked for stays" if enforcing.verdict == PROVEN else "")
        + f"; closes {counted(len(enforcing.closed), 'way')} that nothing asks for, "
        f"{known} of them between known pods; adds {counted(len(enforcing.added), 'object')} "
        f"and changes {len(enforcing.changed)}"
    )


def _under_enforce(enforcing: Enforcing) -> list[str]:
    parts = [f"\n{ahead(enforcing)}\n"]
    parts += [f"  {one.severity}: {visible(one.message)}\n" for one in enforcing.problems]
    for known, title in ((True, "closed between known pods"), (False, "closed to and from others")):
        found = [one for one in enforcing.closed if one.known is known]
        parts += [f"\n{title}:\n"] if found else []
        parts += [f"  {visible(f'{one.source} to {one.target}, {one.ports}')}\n" for one in found[:MOST_CLOSED]]
        parts += [f"  and {len(found) - MOST_CLOSED} more: --format json has all\n"] * (len(found) > MOST_CLOSED)
    for title, names in (("added", enforcing.added), ("changed", enforcing.changed)):
        if names:
            shown = ", ".join(visible(name) for name in names[:MOST_NAMED])
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            parts.append(f"\n{title}: {shown}{more}\n")
    return parts


def columns(proof: Proof) -> tuple[str, ...]:
    """Titles of the table of flows: a layer that nobody is under has no column."""
    layers = tuple(name for name in LAYERS if any(getattr(flow, name) for flow in proof.flows))
    return ("from", "to", "on", "for", *layers, "verdict")


def flow_rows(proof: Proof) -> list[tuple[str, ...]]:
    """A row a flow, each once: what each layer says, and all together."""
    layers = columns(proof)[4:-1]
    return list(dict.fromkeys(_row(flow, layers) for flow in proof.flows))


def _row(flow: FlowVerdict, layers: tuple[str, ...]) -> tuple[str, ...]:
    said = tuple(getattr(flow, name) for name in layers)
    return (flow.source, flow.target, flow.ports, flow.name, *said, flow.verdict)


def markdown(proof: Proof) -> str:
    """For a pull request or a page: the verdict, the links, the findings."""
    icon = "✅" if proof.verdict == PROVEN and proof.judged else "❌" if proof.judged else "➖"
    parts = [f"## {icon} {lead(proof)}\n"]
    found = ordered(proof)
    if found:
        parts.append("\n| | finding | where | what mends it |\n|---|---|---|---|\n")
        for finding in found:
            where = "<br>".join(_cell(cause.text) for cause in finding.causes)
            parts.append(f"| {finding.kind} | {_cell(finding.message)} | {where} | {_cell(finding.mend)} |\n")
    parts += _square(proof)
    if proof.enforcing:
        parts.append(f"\n**{_cell(ahead(proof.enforcing))}**\n")
        if proof.enforcing.closed:
            parts.append("\n| closed from | to | on | known pods |\n|---|---|---|---|\n")
        for one in proof.enforcing.closed[:MOST_CLOSED]:
            cells = (one.source, one.target, one.ports, "yes" if one.known else "")
            parts.append(f"| {' | '.join(map(_cell, cells))} |\n")
    parts.append(f"\n<details><summary>{counted(len(proof.flows), 'asked flow')}</summary>\n\n")
    titles = columns(proof)
    parts.append(f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|\n")
    for row in flow_rows(proof):
        parts.append("| " + " | ".join(_cell(cell) for cell in row) + " |\n")
    parts.append("\n</details>\n")
    return "".join(parts)


_MOST_IN_SQUARE = 25
_MARKS = {ALLOWED: "✅", BLOCKED: "❌", matrix.NOT_ASKED: "⚠️"}


def _square(proof: Proof) -> list[str]:
    """Agents against agents, where they fit on a page."""
    cells = matrix.cells(proof)
    callers, callees = sorted({cell.source for cell in cells}), sorted({cell.target for cell in cells})
    if not cells or max(len(callers), len(callees)) > _MOST_IN_SQUARE:
        return []
    at: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        at.setdefault((cell.source, cell.target), []).append(_MARKS[cell.state])
    parts = [f"\n| from \\ to | {' | '.join(map(_cell, callees))} |\n|---{'|:-:' * len(callees)}|\n"]
    for caller in callers:
        marks = ("".join(dict.fromkeys(at.get((caller, callee), ()))) for callee in callees)
        parts.append(f"| {_cell(caller)} | {' | '.join(marks)} |\n")
    parts.append("\n✅ asked for and possible, ❌ asked for and blocked, ⚠️ possible and not asked for\n")
    return parts


def _cell(text: str) -> str:
    """Text that ends no cell and is no markup."""
    plain = visible(text)
    for character in "\\`*_[]<>|":
        plain = plain.replace(character, f"&#{ord(character)};")
    return plain


def as_data(proof: Proof) -> dict[str, Any]:
    """The proof as plain values; no object, and no value of one, is in it."""
    return {
        "verdict": proof.verdict,
        "judged": proof.judged,
        "flows": [flow._asdict() for flow in proof.flows],
        "findings": [
            {
                "kind": finding.kind,
                "severity": finding.result().severity,
                "layer": finding.layer,
                "message": finding.message,
                "mend": finding.mend,
                "from": finding.source,
                "to": finding.target,
                "ports": finding.ports,
                "causes": [_cause(cause) for cause in finding.causes],
            }
            for finding in ordered(proof)
        ],
        "powers": [
            {"subject": p.subject, "can": p.what, "in": p.where, "only": list(p.names), "by": str(p.binding.identity)}
            for p in proof.powers
        ],
        "matrix": [
            {"from": cell.source, "to": cell.target, "ports": cell.ports, "state": cell.state}
            for cell in matrix.cells(proof)
        ],
        "enforcing": _ahead_data(proof.enforcing) if proof.enforcing else None,
        "endpoints": len(proof.world.endpoints),
        "policies": len(proof.world.policies),
    }


def _ahead_data(enforcing: Enforcing) -> dict[str, Any]:
    return {
        "namespaces": list(enforcing.namespaces),
        "verdict": enforcing.verdict,
        "problems": [one.message for one in enforcing.problems],
        "closed": [
            {"from": one.source, "to": one.target, "ports": one.ports, "known": one.known} for one in enforcing.closed
        ],
        "added": list(enforcing.added),
        "changed": list(enforcing.changed),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    identity = cause.identity
    data: dict[str, Any] = {"kind": identity.kind, "namespace": identity.namespace, "name": identity.name}
    data |= {"field": path_text(cause.path), "file": cause.origin.file, "line": cause.origin.line}
    return {key: value for key, value in data.items() if value}


def as_json(proof: Proof) -> str:
    """Indented, with a final newline."""
    import json

    return json.dumps(as_data(proof), indent=2, ensure_ascii=False) + "\n"

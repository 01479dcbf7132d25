"""A proof as text, Markdown and JSON."""

from kgen.manifests import path_text
from kgen.present.problems import counted, visible
from kgen.present.tables import table
from kgen.proof.findings import Cause, Finding
from kgen.proof.verdicts import INCOMPLETE, PROVEN, FlowVerdict, Proof
from kgen.records import Any
from kgen.results import ERROR, WARNING

_LEAD = {
    PROVEN: "proven: everything that is asked for is possible, and nothing else to or from the guarded pods",
    INCOMPLETE: "incomplete: what is judged holds, but some of it could not be judged",
}
_ORDER = {ERROR: 0, WARNING: 1}


def lead(proof: Proof) -> str:
    """The verdict in one sentence."""
    if not proof.judged:
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
        parts.append("\n" + table(_columns(proof), _rows(proof)))
    for finding in ordered(proof):
        severity = finding.result().severity
        parts.append(f"\n{severity}: {finding.kind}: {visible(finding.message)}\n")
        parts += [f"  at:   {visible(cause.text)}\n" for cause in finding.causes]
        if finding.mend:
            parts.append(f"  mend: {visible(finding.mend)}\n")
    if proof.powers:
        rows = [(p.subject, p.what, p.where, str(p.binding.identity)) for p in proof.powers]
        parts.append("\n" + table(("subject", "can", "in", "by"), [tuple(map(visible, row)) for row in rows]))
    return "".join(parts)


def _rows(proof: Proof) -> list[tuple[str, ...]]:
    meshed = proof.world.mesh is not None
    rows = [_row(flow, meshed) for flow in proof.flows]
    return [tuple(visible(cell) for cell in row) for row in dict.fromkeys(rows)]


def _columns(proof: Proof) -> tuple[str, ...]:
    """The mesh has a column where one of its objects is there."""
    mesh = () if proof.world.mesh is None else ("mesh",)
    return ("from", "to", "on", "for", "egress", "ingress", *mesh, "kagent", "verdict")


def _row(flow: FlowVerdict, meshed: bool) -> tuple[str, ...]:
    mesh = (flow.mesh,) if meshed else ()
    own = (flow.source, flow.target, flow.ports, flow.name, flow.egress, flow.ingress)
    return (*own, *mesh, flow.kagent, flow.verdict)


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
    parts.append(f"\n<details><summary>{counted(len(proof.flows), 'asked flow')}</summary>\n\n")
    columns = _columns(proof)
    parts.append(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n")
    for row in _rows(proof):
        parts.append("| " + " | ".join(_cell(cell) for cell in row) + " |\n")
    parts.append("\n</details>\n")
    return "".join(parts)


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
        "endpoints": len(proof.world.endpoints),
        "policies": len(proof.world.policies),
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

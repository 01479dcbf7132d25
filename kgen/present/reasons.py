"""One question to a proof, `why` and `blast`, as text."""

from kgen.present.problems import counted, visible
from kgen.present.tables import table
from kgen.proof.blast import Blast, Reached
from kgen.proof.tiers import KINDS
from kgen.proof.verdicts import ALLOWED, BLOCKED, OPEN
from kgen.proof.why import Why
from kgen.records import TYPE_CHECKING

if TYPE_CHECKING:
    from kgen.proof.istio.asking import Passing

_SAYS = {ALLOWED: "lets it through", OPEN: "nothing isolates it"}


def why(answer: Why) -> str:
    """The verdict, each side with its rules, and what would change it."""
    lines = [f"{answer.source} to {answer.target}, {answer.port}: {answer.verdict}"]
    lines.append(f"  asked for by: {', '.join(answer.asked) or 'nothing'}")
    for side in answer.sides:
        said = _SAYS.get(side.verdict, "blocks it: isolated, and no rule lets it through")
        if side.verdict == BLOCKED and any(cause.identity.kind in KINDS for cause in side.causes):
            said = "denies it, by a rule that has an order of its own"
        if side.direction == "Mesh" and answer.mesh is not None:
            lines.append(f"  mesh: {_meshed(answer.mesh)}")
        else:
            lines.append(f"  {side.direction.lower()} side: {said}")
        lines += [f"    {cause.text}" for cause in side.causes]
    lines.append(f"  to change it: {answer.change}")
    return "".join(visible(line) + "\n" for line in lines)


def _meshed(passing: "Passing") -> str:
    says = {ALLOWED: "lets through", OPEN: "no policy is for it, so it lets through"}.get(passing.verdict, "refuses")
    road = f" by the waypoint, to Service {passing.by}" if passing.by else ""
    return f"{says} {passing.requests or 'it'}{road}"


def blast(found: Blast) -> str:
    """What is in reach directly, by further calls, by the controller, and in the API server."""
    parts = [f"Who holds {visible(found.agent)} reaches\n\n"]
    rows = _rows(found.direct)
    parts.append(table(("directly", "on", ""), rows, "  ") if rows else "  nothing directly\n")
    if found.through:
        parts.append("\n" + table(("by its egress gateway", "on", ""), _rows(found.through), "  "))
    if found.delegated:
        calls = [(visible(agent), counted(number, "call"), visible(by)) for number, agent, by in found.delegated]
        parts.append("\n" + table(("by asking agents", "after", "asked by"), calls, "  "))
    if found.controller:
        names = ", ".join(found.controller[:10]) + (" …" if len(found.controller) > 10 else "")
        parts.append(
            f"\n  by port 8083 of kagent's controller: any agent it calls ({counted(len(found.controller), 'agent')} "
            f"here: {visible(names)})"
            + ("" if found.locked else ", and the Agents it writes")
            + "; no network policy closes this\n"
            + (f"  what it writes admission refuses {visible(found.locked)}\n" if found.locked else "")
        )
    if found.powers:
        rights = [(power.what, power.where, str(power.binding.identity)) for power in found.powers]
        parts.append("\n" + table(("in the API server", "in", "by"), rights, "  "))
    return "".join(parts)


def _rows(reached: tuple[Reached, ...]) -> list[tuple[str, str, str]]:
    return [(visible(one.targets), one.ports, "asked for" if one.asked else "NOT asked for") for one in reached]

"""Every asked flow with what each layer says of it."""

from collections.abc import Iterator

from kgen.proof.admission import REFUSED, Gates
from kgen.proof.asked import LINK
from kgen.proof.kagent import Wiring
from kgen.proof.naming import ends
from kgen.proof.reachability import Reach
from kgen.proof.spaces import bits
from kgen.proof.terms import EGRESS, INGRESS
from kgen.proof.verdicts import ALLOWED, BLOCKED, OPEN, FlowVerdict
from kgen.proof.world import World
from kgen.records import TYPE_CHECKING

if TYPE_CHECKING:
    from kgen.proof.istio.judgement import Judgement


def flow_verdicts(
    world: World, reach: Reach, wiring: Wiring, gates: Gates, mesh: "Judgement | None" = None
) -> Iterator[FlowVerdict]:
    """One a question, in their order."""
    wired = {(caller, callee) for caller, callee, _, wires in world.asked.callers if wires}
    referenced = {(one.caller, one.callee) for one in wiring.references}
    named: dict[int, str] = {}

    def name(mask: int) -> str:
        if mask not in named:
            named[mask] = ends(world, mask)
        return named[mask]

    for question in world.asked.questions:
        sources, targets = world.needs(question.sources), world.needs(question.targets)
        if world.asked.suspended and not (sources and targets):
            continue
        ports = world.numbered(question.ports)
        egress, ingress = _sides(reach, sources, targets, ports)
        kagent = ""
        pair = (question.caller, question.callee)
        if question.name == LINK and pair in wired and question.caller in wiring.agents:
            kagent = "declared" if pair in referenced else "not declared"
            if kagent == "declared" and question.callee in wiring.agents and not wiring.admits(*pair):
                kagent = "refused"
        admission = gates.says(*pair) if question.name == LINK and pair in wired else ""
        meshed = mesh.says(question) if mesh else ""
        blocked = BLOCKED in (egress, ingress, meshed) or kagent in ("not declared", "refused") or admission == REFUSED
        yield FlowVerdict(
            question.name,
            _title(question.caller, name(sources)),
            _title(question.callee, name(targets)),
            world.ports.text(ports),
            egress,
            ingress,
            kagent,
            BLOCKED if blocked else ALLOWED,
            meshed,
            admission,
        )


def _title(end: str, otherwise: str) -> str:
    return end or otherwise


def _sides(reach: Reach, sources: int, targets: int, ports: int) -> tuple[str, str]:
    """What the senders' side and the receivers' side say: blocked if for any pair, open if nothing isolates any."""
    network = reach.network
    leaves = enters = True
    for target in bits(targets):
        for port in bits(ports):
            leaves = leaves and not sources & ~network.leaving(target, port)
            enters = enters and not sources & ~network.entering(target, port)
    egress = ALLOWED if leaves else BLOCKED
    ingress = ALLOWED if enters else BLOCKED
    if leaves and not sources & network.isolated[EGRESS]:
        egress = OPEN
    if enters and not targets & network.isolated[INGRESS]:
        ingress = OPEN
    return egress, ingress

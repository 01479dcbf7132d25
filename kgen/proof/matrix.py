"""Who reaches whom among agents: the asked pairs, and those that are possible though nothing asks for them."""

from collections.abc import Iterator

from kgen.proof.asked import LINK
from kgen.proof.excesses import Wanted
from kgen.proof.spaces import bits
from kgen.proof.terms import PortTerm
from kgen.proof.verdicts import FlowVerdict, Proof
from kgen.records import NamedTuple

NOT_ASKED = "not asked for"


class Cell(NamedTuple):
    """One agent and one that it may call, or could."""

    source: str
    target: str
    ports: str
    state: str  # allowed, blocked, not asked for
    flow: FlowVerdict | None = None  # what each layer says, of an asked pair


def cells(proof: Proof) -> tuple[Cell, ...]:
    """The cells that are not empty, by caller and callee. Every other pair of agents is neither asked nor possible."""
    found = {
        (flow.source, flow.target, flow.ports): Cell(flow.source, flow.target, flow.ports, flow.verdict, flow)
        for flow in proof.flows
        if flow.name == LINK
    }
    if proof.judged:
        for cell in _unasked(proof):
            found[cell[:3]] = cell
    return tuple(sorted(found.values(), key=lambda cell: cell[:3]))


def agents(proof: Proof) -> dict[str, int]:
    """The agents that manifests or links show, by name, with their position."""
    found: dict[str, int] = {}
    for position, one in enumerate(proof.world.endpoints):
        if one.pod is not None and one.pod.identity.kind == "Agent":
            for member in one.members or (one.name,):
                if not member.startswith("any other "):
                    found[member] = position
    return found


def _unasked(proof: Proof) -> Iterator[Cell]:
    world, reach = proof.world, proof.possible
    wanted, tcp = Wanted(world), world.numbered([PortTerm("TCP")])
    at = agents(proof)
    names: dict[int, list[str]] = {}
    mask = 0
    for name, position in at.items():
        names.setdefault(position, []).append(name)
        mask |= 1 << position
    for target, called in names.items():
        special = {*reach.special(target), *wanted.ports(target)}
        rest = world.ports.all
        for port in special:
            rest &= ~(1 << port)
        open_ports: dict[int, int] = {}
        # of all other ports one stands for the rest; a mesh tells those of TCP from the others
        others = [(next(bits(some)), some) for some in (rest & tcp, rest & ~tcp) if some]
        for port, ports in [*((port, 1 << port) for port in sorted(special)), *others]:
            for source in bits(reach.into(target, port) & ~wanted.by(target, port) & mask):
                open_ports[source] = open_ports.get(source, 0) | ports
        for source, ports in open_ports.items():
            for callee in called:
                for caller in names[source]:
                    if caller != callee:
                        yield Cell(caller, callee, world.ports.text(ports), NOT_ASKED)

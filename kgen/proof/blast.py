"""What somebody who holds one agent reaches directly, by its gateway, by agents it may call, by kagent's controller."""

from kgen.proof.naming import ends
from kgen.proof.rbac import Power
from kgen.proof.spaces import bits
from kgen.proof.verdicts import Proof
from kgen.records import NamedTuple


class Reached(NamedTuple):
    """Ends that are reached alike."""

    targets: str
    ports: str
    asked: bool


class Blast(NamedTuple):
    """Everything in reach of one agent."""

    agent: str
    direct: tuple[Reached, ...]
    delegated: tuple[tuple[int, str, str], ...]  # (calls, agent, the agent that calls it)
    controller: tuple[str, ...]  # agents that kagent's controller calls for whoever asks
    powers: tuple[Power, ...]
    locked: str = ""  # where admission refuses what the controller writes; "" where nowhere
    through: tuple[Reached, ...] = ()  # what the egress gateways that it reaches dial for it


def blast(proof: Proof, position: int) -> Blast:
    """What the pods of one class reach, taking every doubt against them."""
    world = proof.world
    pod = world.endpoints[position].pod
    account = f"ServiceAccount {pod.namespace}/{pod.service_account}" if pod else ""
    return Blast(
        world.endpoints[position].title,
        _direct(proof, position, 1 << position),
        _delegated(proof, position),
        _by_controller(proof, position),
        tuple(power for power in proof.powers if power.subject == account),
        proof.gates.locks.get("controller-writes", ""),
        _through(proof, position),
    )


def _direct(proof: Proof, position: int, left_out: int) -> tuple[Reached, ...]:
    world = proof.world
    by_ports: dict[tuple[int, bool], int] = {}
    for target in range(len(world.endpoints)):
        if left_out >> target & 1:
            continue
        for asked, ports in _ports(proof, position, target).items():
            if ports:
                by_ports[ports, asked] = by_ports.get((ports, asked), 0) | 1 << target
    return tuple(
        Reached(ends(world, targets), world.ports.text(ports), asked)
        for (ports, asked), targets in sorted(by_ports.items(), key=lambda item: (not item[0][1], item[1]))
    )


def _through(proof: Proof, position: int) -> tuple[Reached, ...]:
    """What the gateways dial that it reaches: they ask nobody who it is."""
    world = proof.world
    found: dict[Reached, None] = {}
    for pods in world.asked.gateways:
        for gateway in bits(world.index.subjects(pods)):
            if gateway != position and any(_ports(proof, position, gateway).values()):
                found |= dict.fromkeys(_direct(proof, gateway, 1 << gateway | 1 << position))
    return tuple(found)


def _ports(proof: Proof, source: int, target: int) -> dict[bool, int]:
    """Ports on which the target is reached, by whether that is asked for."""
    world, reach = proof.world, proof.possible
    asked = 0
    for question in world.asked.questions:
        if world.asks(question.sources, False) >> source & 1 and world.asks(question.targets, False) >> target & 1:
            asked |= world.numbered(question.ports)
    open_ports = 0
    for port in range(len(world.ports.pieces)):
        if reach.into(target, port) >> source & 1:
            open_ports |= 1 << port
    return {True: open_ports & asked, False: open_ports & ~asked}


def _delegated(proof: Proof, position: int) -> tuple[tuple[int, str, str], ...]:
    """Agents further along the links, each once, with the number of calls to it."""
    callees: dict[str, list[str]] = {}
    for caller, callee, _, _ in proof.world.asked.callers:
        callees.setdefault(caller, []).append(callee)
    start = _agent(proof, position)
    found: list[tuple[int, str, str]] = []
    seen, current, calls = {start}, [start], 0
    while current:
        calls += 1
        following = []
        for caller in current:
            for callee in callees.get(caller, ()):
                if callee not in seen:
                    seen.add(callee)
                    following.append(callee)
                    found.append((calls, callee, caller))
        current = following
    return tuple(found)


def _agent(proof: Proof, position: int) -> str:
    return proof.world.endpoints[position].name.rpartition(" ")[2]


def _by_controller(proof: Proof, position: int) -> tuple[str, ...]:
    """Agents that the controller's own rules let it call, where this agent reaches the controller's port."""
    world = proof.world
    found: list[str] = []
    if _agent(proof, position) in proof.freed:
        return ()
    for question in world.asked.questions:
        if question.name != "controller":
            continue
        sources = world.asks(question.sources, False)
        if sources >> position & 1:
            found += [name for name in world.asked.residual if name != _agent(proof, position)]
            break
    return tuple(found)

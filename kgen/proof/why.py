"""Why one end reaches another or not: the rules of each side, and what would change it."""

from collections.abc import Iterator

from kgen.proof.deficits import causes_of
from kgen.proof.endpoints import ADDRESSES, HOST, PODS
from kgen.proof.findings import Cause, of_policy, of_rule
from kgen.proof.spaces import Span, bits, span
from kgen.proof.terms import EGRESS, INGRESS, PortTerm
from kgen.proof.verdicts import ALLOWED, BLOCKED, OPEN, Proof
from kgen.proof.world import World
from kgen.records import TYPE_CHECKING, NamedTuple
from kgen.results import ERROR, Refused, Result

if TYPE_CHECKING:
    from kgen.proof.istio.asking import Passing


class Side(NamedTuple):
    """One side of a connection."""

    direction: str
    verdict: str
    causes: tuple[Cause, ...]  # the rules that let it through, or the policies that isolate


class Why(NamedTuple):
    """The answer for one pair and port."""

    source: str
    target: str
    port: str
    verdict: str
    sides: tuple[Side, ...]
    asked: tuple[str, ...]  # names of the links and flows that ask for it
    change: str
    mesh: "Passing | None" = None  # what the mesh says; None where it has no say


def find(world: World, name: str) -> int:
    """The endpoint that a name means: `namespace/name`, `Kind namespace/name`, `namespace/*`, a host, an address.

    Raises Refused with the nearest name.
    """
    found = _by_name(world, name)
    if found is not None:
        return found
    from difflib import get_close_matches

    is_host = "/" not in name and "." in name
    known = [member for one in world.endpoints for member in (one.members or (one.name,)) if member]
    hosts = [one.host for one in world.endpoints if one.kind == HOST]
    near = get_close_matches(name, hosts if is_host else known, 1, 0.4)
    meant = f"; did you mean {near[0]}?" if near else ""
    message = f"{name} is no end that is known here: give namespace/name, namespace/*, a named host, an address{meant}"
    if is_host:
        message = f"no policy tells the host {name} from others: give one of its addresses{meant}"
    raise Refused([Result(message, ERROR, "unknown-end")])


def _by_name(world: World, name: str) -> int | None:
    if name.endswith("/*"):
        name = f"any other pod of {name.removesuffix('/*')}"
    at = span(name)
    for position, one in enumerate(world.endpoints):
        if one.kind == ADDRESSES:
            if at is not None and _holds(one.span, at):
                return position
            continue
        names = {one.name, *one.members}
        if one.pod is not None:
            names |= {member.rpartition(" ")[2] for member in names}
        if name in names or (one.kind == HOST and name.lower() == one.host):
            return position
    return None


def _holds(piece: Span, at: Span) -> bool:
    return piece.version == at.version and piece.first <= at.first <= piece.last


def why(proof: Proof, source: int, target: int, term: PortTerm, method: str = "", path: str = "") -> Why:
    """The answer, of what could be possible; of requests with this method and path, where the mesh reads them."""
    world, network = proof.world, proof.possible.network
    piece = app = next(bits(_pieces(world, term)))
    mesh, end = None, target
    if proof.possible.mesh is not None:
        from kgen.proof.istio.asking import passing

        mesh = passing(proof.possible.mesh, source, target, piece, method, path)
        if mesh is not None:  # in ambient mode it is carried elsewhere on the wire
            target, piece = mesh.wire
    isolated = {EGRESS: network.is_isolated(EGRESS, source), INGRESS: network.is_isolated(INGRESS, target)}
    leaves, enters = network.leaving(target, piece), network.entering(target, piece)
    lets = {EGRESS: leaves >> source & 1, INGRESS: enters >> source & 1}
    sides = []
    for direction, subject, other in ((EGRESS, source, target), (INGRESS, target, source)):
        denying = network.denying(direction, subject, 1 << other, 1 << piece) if network.asking else []
        if world.endpoints[subject].kind != PODS or (lets[direction] and not isolated[direction]):
            sides.append(Side(direction, OPEN, ()))
        elif lets[direction]:
            sides.append(Side(direction, ALLOWED, causes_of(network, direction, subject, other, piece)))
        elif denying:
            sides.append(Side(direction, BLOCKED, tuple(of_rule(step.policy, step.rule) for step in denying)))
        else:
            policies = network.selecting[direction].get(subject, ())
            sides.append(Side(direction, BLOCKED, tuple(of_policy(policy) for policy in policies)))
    if mesh is not None:
        sides.append(Side("Mesh", mesh.verdict, mesh.causes))
    blocked = [side for side in sides if side.verdict == BLOCKED]
    asked = tuple(dict.fromkeys(_asked(world, source, end, app))) if mesh is None else mesh.asked
    port = f"{term.protocol} {term.first}"
    names = world.endpoints[source].title, world.endpoints[end].title or _address(world, end)
    verdict = BLOCKED if blocked else ALLOWED
    change = _change(sides, asked)
    return Why(names[0] or _address(world, source), names[1], port, verdict, tuple(sides), asked, change, mesh)


def _address(world: World, position: int) -> str:
    from kgen.proof.naming import ends

    return ends(world, 1 << position)


def _pieces(world: World, term: PortTerm) -> int:
    """The piece of the port space that holds the port, which need not begin or end there."""
    for number, (protocol, low, high) in enumerate(world.ports.pieces):
        if protocol == term.protocol and low <= term.first <= high:
            return 1 << number
    raise Refused([Result(f"{term.protocol} {term.first} is no port: give 1 to 65535", ERROR, "port")])


def _asked(world: World, source: int, target: int, piece: int) -> Iterator[str]:
    for question in world.asked.questions:
        if not world.numbered(question.ports) >> piece & 1:
            continue
        if world.asks(question.sources, False) >> source & 1 and world.asks(question.targets, False) >> target & 1:
            yield question.name


def _change(sides: list[Side], asked: tuple[str, ...]) -> str:
    blocked = [side.direction.lower() for side in sides if side.verdict == BLOCKED]
    if not blocked:
        if asked:
            return f"it is asked for ({', '.join(asked)}); without that a new render closes it"
        return "nothing asks for it: narrow the rules above, or isolate the side that is open"
    return f"a rule on the {' and on the '.join(blocked)} side; between agents an AgentLink writes both"


def likely_port(proof: Proof, source: int, target: int) -> PortTerm:
    """The port that is asked for between two ends, else the one that the target's pods name first, else 8080."""
    world = proof.world
    for call in world.mesh.calls if world.mesh is not None else ():
        if world.asks(call.sources, False) >> source & 1 and world.asks((call.target,), False) >> target & 1:
            return PortTerm("TCP", call.port, call.port)
    for question in world.asked.questions:
        if world.asks(question.targets, False) >> target & 1 and (
            world.asks(question.sources, False) >> source & 1 or question.callee
        ):
            return question.ports[0]
    pod = world.endpoints[target].pod
    if pod is not None and pod.ports:
        first = pod.ports[0]
        return PortTerm(first.protocol, first.number, first.number)
    return PortTerm("TCP", 443, 443) if world.endpoints[target].kind != PODS else PortTerm("TCP", 8080, 8080)

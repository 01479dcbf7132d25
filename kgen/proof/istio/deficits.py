"""What is asked and refused by the mesh: at which door, by which policy, what comes nearest, and what mends it."""

from collections.abc import Iterator

from kgen.manifests import path_text
from kgen.proof.calls import Call
from kgen.proof.findings import DEFICIT, Cause, Finding
from kgen.proof.istio.doors import Box
from kgen.proof.istio.layer import MeshLayer
from kgen.proof.istio.policies import ALLOW, DENY, DISABLE, STRICT, Authorization, Scope
from kgen.proof.istio.roads import Road, lets, lets_waypoint, of_call
from kgen.proof.naming import ends
from kgen.proof.spaces import bits
from kgen.records import NamedTuple
from kgen.results import WARNING

LAYER = "mesh"


class Refusal(NamedTuple):
    """One class of pods that does not get what a call asks of another."""

    call: Call
    road: Road
    sources: int
    requests: int


def refusals(layer: MeshLayer) -> list[Refusal]:
    """All of them; `layer` holds what is beyond doubt."""
    world = layer.world
    found: list[Refusal] = []
    for call in layer.mesh.calls:
        sources = world.asks(call.sources, True)
        for target in bits(world.asks((call.target,), True)):
            road = of_call(layer, call, target)
            if road is None:
                continue
            asked = road.asked(call)
            through = lets(layer, road, True, asked)
            missing = sources & ~(1 << target) & ~through
            if missing or not asked:
                found.append(Refusal(call, road, missing or sources, asked))
    return found


def findings(layer: MeshLayer, given: list[Refusal]) -> Iterator[Finding]:
    """One a call and door; callers that are refused alike together."""
    grouped: dict[tuple[str, int, int, str, int], Refusal] = {}
    for one in given:
        key = (one.call.name, one.road.target, one.road.port, one.road.service, id(one.road.door))
        before = grouped.get(key)
        sources = one.sources | (before.sources if before else 0)
        grouped[key] = one._replace(sources=sources)
    for one in grouped.values():
        yield _finding(layer, one)


def _finding(layer: MeshLayer, one: Refusal) -> Finding:
    world, road, call = layer.world, one.road, one.call
    who, whom = ends(world, one.sources), world.endpoints[road.target].title
    how = world.ports.text(1 << road.port)
    door = road.door
    blocked = 0
    for through in road.through(True):
        if through.requests & one.requests and one.sources & ~through.callers:
            blocked |= through.requests & one.requests
    what = door.space.text(blocked) if door.reads_http and blocked else ""
    purpose = "a link" if call.name == "link" else f"the flow {call.name}"
    reason, mend, causes = _why(layer, one, blocked)
    asked = f", {what}" if what else ""
    message = f"{who} to {whom}, {how}{asked}: asked for by {purpose}, and the mesh refuses it: {reason}"
    found = Finding(DEFICIT, message, mend, causes, who, whom, how, LAYER)
    if call.caller in world.asked.observed:  # what the step to Enforce will mend: the caller's account among it
        space = call.caller.partition("/")[0]
        return found._replace(severity=WARNING, mend=f"set {space} to Enforce, or {mend}")
    return found


def _why(layer: MeshLayer, one: Refusal, blocked: int) -> tuple[str, str, tuple[Cause, ...]]:
    road, door = one.road, one.road.door
    if not one.requests:
        token = one.call.token
        issuer = token.issuer if token else ""
        return (
            f"no RequestAuthentication verifies tokens of {issuer} there, so no token counts",
            f"add a RequestAuthentication with a jwtRule of issuer {issuer}",
            (),
        )
    outside = one.sources & ~layer.identities.meshed
    mode, peers = layer.peer_mode(road.target, road.port)
    if outside and mode == STRICT:
        causes = tuple(of_scope(peer.scope, "spec", "mtls") for peer in peers)
        return (
            f"{ends(layer.world, outside)} is not in the mesh, and plain text is not taken",
            "bring it into the mesh, by the labels of its namespace",
            causes,
        )
    if road.waypoint and not one.sources & ~road.everything(True, one.requests):
        if lets_waypoint(layer, road):
            return f"{ends(layer.world, outside)} is not in the mesh", "bring it into the mesh", ()
        names = ", ".join(layer.identities.principals(road.waypoint))
        pods = layer.pod_door(road.target)
        return (
            f"its pods do not let in {ends(layer.world, road.waypoint)}, which speaks for its callers",
            f"let its pods take what comes from {names}",
            tuple(of_policy(policy) for policy in pods.policies),
        )
    boxes = [box for box in door.boxes(mode == DISABLE) if box.ports >> road.port & 1]
    denying = [
        box for box in boxes if box.policy.action == DENY and box.requests[1] & blocked and box.callers[1] & one.sources
    ]
    if denying:
        causes = tuple(dict.fromkeys(of_rule(box) for box in denying))
        return "a DENY matches it, which no ALLOW undoes", "take it out of that rule", causes
    return _not_allowed(layer, one, blocked, door.boxes(mode == DISABLE))


def _not_allowed(layer: MeshLayer, one: Refusal, blocked: int, boxes: list[Box]) -> tuple[str, str, tuple[Cause, ...]]:
    road = one.road
    allowing = [policy for policy in road.door.policies if policy.action == ALLOW]
    near = ""
    place = str(allowing[-1].scope.identity) if allowing else "an AuthorizationPolicy"
    at: list[Cause] = []
    best = 0
    for box in boxes:
        if box.policy.action != ALLOW:
            continue
        callers = not one.sources & ~box.callers[0]
        requests = not blocked & ~box.requests[0]
        port = bool(box.ports >> road.port & 1)
        score = callers * 4 + requests * 2 + port
        if score > best and callers + requests + port >= 1:
            best = score
            where = f"{box.policy.scope.identity}, {path_text(box.rule.path)}"
            what = [
                text
                for text, right in (
                    (f"other callers ({_callers(box)})", callers),
                    ("other requests", requests),
                    ("other ports", port),
                )
                if not right
            ]
            near = f"; {where} comes nearest, with {' and '.join(what)}" if what else ""
            place, at = str(box.policy.scope.identity), [of_rule(box)]
    names = layer.identities.principals(one.sources) or ["its own account, once it is in the mesh"]
    http = [box for box in boxes if box.rule.http and box.policy.action == ALLOW]
    if not road.door.reads_http and http:
        near = "; the node's proxy reads no requests, so a rule with methods, paths or tokens never matches there"
        at = [of_rule(http[0])]
    causes = tuple(at) or tuple(of_policy(policy) for policy in allowing)
    mend = f"add to {place} a rule from principals {', '.join(names)}"
    if road.door.reads_http and blocked and blocked != road.door.space.all:
        mend += f" to {road.door.space.text(blocked)}"
    return f"no ALLOW lets it through{near}", mend, causes


def _callers(box: Box) -> str:
    found = [value for parts in box.rule.sources for part in parts for value in part.values]
    return ", ".join(found[:2]) + (" ..." if len(found) > 2 else "")


def of_scope(scope: Scope, *path: str | int) -> Cause:
    return Cause(scope.identity, scope.origin, path)


def of_policy(policy: Authorization) -> Cause:
    return Cause(policy.scope.identity, policy.scope.origin, ("spec",))


def of_rule(box: Box) -> Cause:
    return Cause(box.policy.scope.identity, box.policy.scope.origin, box.rule.path)

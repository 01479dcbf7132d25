"""The guard of kagent's controller, whose port calls any agent and writes Agents: a DENY, and an ALLOW beside it.

Either of them alone keeps agents from all but what they need, as long as nobody adds an ALLOW or takes one out. Where
only one of the two does, it is said.
"""

from collections.abc import Iterator

from kgen.proof.findings import DISAGREEMENT, Finding
from kgen.proof.istio.deficits import LAYER, of_policy
from kgen.proof.istio.doors import Door
from kgen.proof.istio.layer import MeshLayer
from kgen.proof.istio.policies import ALLOW, DENY, STRICT
from kgen.proof.istio.roads import Road, of_call
from kgen.proof.naming import ends
from kgen.proof.spaces import bits


def findings(layer: MeshLayer, guarded: int) -> Iterator[Finding]:
    """Of a guarded controller: what only the ALLOW, or only the DENY, keeps agents from."""
    world = layer.world
    for call in layer.mesh.calls:
        if call.name != "controller" or not call.asks or call.target not in world.asked.guarded_ingress:
            continue
        sources = world.asks(call.sources, False)
        for target in bits(world.asks((call.target,), False) & guarded):
            road = of_call(layer, call, target)
            if road is not None and road.door.allows and road.door.reads_http:
                space = road.door.space
                by_path = 0
                for path in (path for ask in call.asks for path in ask.paths):
                    by_path |= space.having("paths", path)
                # the DENY is by path alone, so that an ALLOW of other methods is left to the other one
                yield from _alone(layer, road, DENY, "an ALLOW", sources, space.all & ~by_path)
                yield from _alone(layer, road, ALLOW, "a DENY", sources, space.all & ~by_path)


def _alone(layer: MeshLayer, road: Road, action: str, other: str, sources: int, rest: int) -> Iterator[Finding]:
    """What the policies of one action would let through if they were all there is."""
    world, door = layer.world, road.door
    own = [policy for policy in door.policies if policy.action == action]
    alone = Door(layer.identities, world.ports, own, door.space, door.reads_http, not door.reads_http)
    callers = requests = 0
    for one in alone.through(road.port, STRICT, False, road.as_raw):
        if one.requests & rest and one.callers & sources:
            callers |= one.callers & sources
            requests |= one.requests & rest
    if not requests:
        return
    who, whom, how = ends(world, callers), world.endpoints[road.target].title, world.ports.text(1 << road.port)
    message = (
        f"{who} to {whom}, {how}, {door.space.text(requests)}: only {other} stops it, though the guard of this port is "
        f"{'a DENY' if action == DENY else 'an ALLOW'} as well"
    )
    causes = tuple(of_policy(policy) for policy in (own or door.policies))
    mend = f"{'a DENY' if action == DENY else 'an ALLOW'} that leaves these agents what they need there"
    yield Finding(DISAGREEMENT, message, mend, causes, who, whom, how, LAYER)

"""Sets of endpoints in words."""

from kgen.proof.spaces import bits, blocks_text
from kgen.proof.world import World

MOST = 4


def ends(world: World, mask: int) -> str:
    """Names of the endpoints of a set, addresses joined into blocks: `team-a/planner, any other pod of team-a`."""
    if mask and mask == world.index.all:
        return "everything"
    pods = mask & world.index.pods
    names = []
    if pods and pods == world.index.pods:
        names.append("every pod")
    else:
        for position in bits(pods):
            names.append(world.endpoints[position].title)
            if len(names) > MOST:
                names[MOST:] = [f"{pods.bit_count() - MOST} more"]
                break
    addresses = mask & world.index.addresses
    if addresses and addresses == world.index.addresses:
        names.append("every address")
    elif addresses:
        public = world.index.public
        if addresses & public == public:
            names.append("every public address")
            addresses &= ~public
        if addresses:
            names.append(blocks_text(world.endpoints[position].span for position in bits(addresses)))
    if hosts := mask & world.index.hosts & (0 if mask & world.index.addresses else -1):
        names += [world.endpoints[position].host for position in bits(hosts)][:MOST]
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + f" and {names[-1]}"

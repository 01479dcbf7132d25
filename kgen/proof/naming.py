"""Sets of endpoints in words."""

from kgen.proof.index import Index
from kgen.proof.spaces import Span, bits, blocks_of, blocks_text
from kgen.proof.world import World

MOST = 4
MOST_LEFT_OUT = 2  # blocks that are told as missing from all, rather than all the others one by one


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
    names += addresses_text(world.index, mask)
    if hosts := mask & world.index.hosts & (0 if mask & world.index.addresses else -1):
        names += [world.endpoints[position].host for position in bits(hosts)][:MOST]
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def addresses_text(index: Index, mask: int) -> list[str]:
    """The addresses of a set: all, all public or private ones, with the few that are missing; else their blocks."""
    left = mask & index.addresses
    if not left:
        return []
    if said := _nearly(index, left, index.addresses, "every address"):
        return [said]
    names = []
    for part, title in (
        (index.public, "every public address"),
        (index.addresses & ~index.public, "every private address"),
    ):
        if said := _nearly(index, left & part, part, title):
            names.append(said)
            left &= ~part
    return names + ([blocks_text(_spans(index, left))] if left else [])


def _nearly(index: Index, mask: int, whole: int, title: str) -> str:
    """`every private address but 10.1.0.0/16`; "" where more is missing than is worth telling."""
    missing = whole & ~mask
    if not mask or not missing:
        return title if mask else ""
    blocks = blocks_of(_spans(index, missing))
    few = len(blocks) <= MOST_LEFT_OUT and len(blocks_of(_spans(index, mask))) > len(blocks)
    return f"{title} but {' and '.join(blocks)}" if few else ""


def _spans(index: Index, mask: int) -> list[Span]:
    return [index.endpoints[position].span for position in bits(mask)]

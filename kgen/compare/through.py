"""What egress gateways dial: access of whoever reaches them, for they ask nobody who it is."""

from collections.abc import Sequence

from kgen.compare.worlds import Worlds
from kgen.proof.reachability import Reach
from kgen.proof.spaces import bits


class Through:
    """The gateways of both sides, looked at where a row is about one."""

    def __init__(self, worlds: Worlds, reaches: Sequence[Reach], agents: int) -> None:
        self._worlds, self._reaches, self._agents = worlds, reaches, agents
        self._gateways = [_gateways(reach) for reach in reaches]
        self.any = bool(self._gateways[0] | self._gateways[1])
        self._outside = worlds.head.index.addresses | worlds.head.index.hosts

    def agents(self, opened: bool, sources: int, targets: int) -> int:
        """Of rows from gateways to the outside: the agents that reach these gateways, on the side of the row."""
        if not sources or sources & ~self._gateways[opened] or targets & ~self._outside:
            return 0
        found = 0
        for gateway in bits(sources):
            for port in range(len(self._worlds.head.ports.pieces)):
                found |= self._reaches[opened].into(gateway, port)
        return found & self._agents & self._there(opened)

    def dialled(self, opened: bool, sources: int, targets: int) -> int:
        """Of rows from agents to gateways: the ends outside that these gateways reach, on the side of the row."""
        if not targets or targets & ~self._gateways[opened] or not sources & self._agents:
            return 0
        found = 0
        for end in bits(self._outside):
            for port in range(len(self._worlds.head.ports.pieces)):
                if self._reaches[opened].into(end, port) & targets:
                    found |= 1 << end
                    break
        return found

    def _there(self, opened: bool) -> int:
        return self._worlds.in_head if opened else self._worlds.in_base


def _gateways(reach: Reach) -> int:
    found = 0
    for pods in reach.world.asked.gateways:
        found |= reach.world.index.subjects(pods)
    return found

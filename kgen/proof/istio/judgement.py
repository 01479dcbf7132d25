"""The mesh's part of a proof: every finding, what each flow meets there, and who is kept from the controller's API."""

from collections.abc import Iterator

from kgen.proof.asked import Question
from kgen.proof.deficits import Blocked
from kgen.proof.excesses import Wanted
from kgen.proof.findings import DEFICIT, Finding
from kgen.proof.index import mask_of
from kgen.proof.istio import deficits, excesses, guard, one_deep, outside, references
from kgen.proof.istio.deficits import of_policy
from kgen.proof.istio.excesses import Asking, Flows
from kgen.proof.istio.roads import piece
from kgen.proof.naming import ends
from kgen.proof.reachability import Reach
from kgen.proof.spaces import bits
from kgen.proof.verdicts import ALLOWED, BLOCKED, OPEN
from kgen.proof.world import World
from kgen.runtimes.kagent import CONTROLLER_PORT


class Judgement:
    """Made once a proof; `certain` and `possible` hold a mesh each."""

    def __init__(self, world: World, certain: Reach, possible: Reach, wanted: Wanted | None) -> None:
        assert certain.mesh is not None
        assert possible.mesh is not None
        self._world, self._possible = world, possible
        self.certain, self.possible = certain.mesh, possible.mesh
        self.refusals = deficits.refusals(self.certain)
        self._refused: dict[tuple[str, str, str], list[deficits.Refusal]] = {}
        for one in self.refusals:
            self._refused.setdefault((one.call.name, one.call.caller, one.call.callee), []).append(one)
        self._members = mask_of([position for position, one in enumerate(world.endpoints) if one.member])
        self._wanted = wanted
        self._asking = Asking(self.possible)

    def findings(self, blocked: list[Blocked]) -> Iterator[Finding]:
        """All of them; without questions no excess."""
        yield from self.unexplained(blocked)
        yield from deficits.findings(self.certain, self.refusals)
        if self._wanted is not None:
            flows = Flows(self._wanted)
            network, guarded = self._possible.network, self._world.guarded_in
            if self._world.asked.observed:  # until all are under Enforce the guard waits, and what is open is residual
                for term in self._world.asked.guarded_ingress:
                    guarded &= ~self._world.index.subjects(term)
            found = list(excesses.extras(self.possible, network, self._asking, flows, guarded))
            yield from excesses.findings(self.possible, found)
            yield from one_deep.findings(self.possible, network, self._wanted, guarded)
            yield from outside.findings(self.possible, network, guarded)
            yield from excesses.plain(self.possible, self._asking, guarded)
            yield from guard.findings(self.possible, guarded)
        yield from outside.leaving(self.possible)
        yield from references.findings(self.possible)

    def says(self, question: Question) -> str:
        """What a flow meets in the mesh: open where nothing of it judges."""
        world, layer = self._world, self.certain
        sources, targets = world.asks(question.sources, True), world.asks(question.targets, True)
        ports = world.numbered(question.ports)
        judged = False
        for target in bits(targets & self._members):
            for port in bits(ports):
                if layer.judges(target, port):
                    judged = judged or not layer.trusts_all(target)
                    if sources & ~(1 << target) & ~layer.into(target, port):
                        return BLOCKED
        for one in self._refused.get((question.name, question.caller, question.callee), ()):
            if one.sources & sources and (question.caller or targets >> one.road.target & 1):
                return BLOCKED
        return ALLOWED if judged else OPEN

    def unexplained(self, blocked: list[Blocked]) -> Iterator[Finding]:
        """Flows that the mesh refuses as such, where no call says so already."""
        world, layer = self._world, self.certain
        told = {(one.road.target, source) for one in self.refusals for source in bits(one.sources)}
        grouped: dict[tuple[str, int, int], int] = {}
        for one in blocked:
            for port in bits(one.ports):
                stopped = not layer.into(one.target, port) >> one.source & 1
                if stopped and one.source != one.target and (one.target, one.source) not in told:
                    key = (one.question.name, one.target, port)
                    grouped[key] = grouped.get(key, 0) | 1 << one.source
        for (name, target, port), sources in grouped.items():
            who, whom, how = ends(world, sources), world.endpoints[target].title, world.ports.text(1 << port)
            causes = tuple(of_policy(policy) for policy in layer.policies(target))
            message = f"{who} to {whom}, {how}: asked for by the flow {name}, and the mesh refuses it"
            mend = f"an ALLOW from principals {', '.join(layer.identities.principals(sources)) or 'of the mesh'}"
            yield Finding(DEFICIT, message, mend, causes, who, whom, how, deficits.LAYER)

    def freed(self) -> tuple[str, ...]:
        """Of the agents that reach the controller's port those that get nothing but what is asked there."""
        world, layer = self._world, self.possible
        targets = 0
        for call in layer.mesh.calls:
            if call.name == "controller" and call.asks and call.port == CONTROLLER_PORT:
                targets |= world.asks((call.target,), False)
        if not targets or self._wanted is None:
            return ()
        opened = 0
        for target in bits(targets):
            if not layer.judges(target, piece(layer, CONTROLLER_PORT)):
                return ()
        for one in excesses.extras(layer, self._possible.network, self._asking, Flows(self._wanted), targets):
            opened |= one.sources
        return tuple(name for term, name in world.asked.agents if not world.asks((term,), False) & opened)

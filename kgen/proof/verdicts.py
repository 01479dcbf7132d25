"""The proof as a value: every asked flow with its verdict by layer, every finding, and what it all rests on."""

from kgen.proof.admission import NONE, Gates
from kgen.proof.enforcing import Enforcing
from kgen.proof.findings import DEFICIT, EXCESS, LEAK, NOT_UNDERSTOOD, POWER, Finding
from kgen.proof.rbac import Power
from kgen.proof.reachability import Reach
from kgen.proof.world import World
from kgen.records import NamedTuple
from kgen.results import ERROR, INFO, Result

ALLOWED, BLOCKED, OPEN = "allowed", "blocked", "open"  # open: nothing isolates, so nothing had to allow it
PROVEN, REFUTED, INCOMPLETE = "proven", "refuted", "incomplete"


class FlowVerdict(NamedTuple):
    """One asked flow: what each layer says of it, and all together."""

    name: str
    source: str
    target: str
    ports: str
    egress: str  # of the network: the sender's side
    ingress: str  # the receiver's
    kagent: str  # "declared", "not declared", "refused"; "" where kagent has no say
    verdict: str
    mesh: str = ""  # "" where no object of a mesh is there
    admission: str = ""  # of a link's reference, when it is applied: "admitted", "refused"; "" where nothing asks


class Proof(NamedTuple):
    """What manifests make possible, held against what is asked."""

    verdict: str
    flows: tuple[FlowVerdict, ...]
    findings: tuple[Finding, ...]
    powers: tuple[Power, ...]
    judged: bool  # something was asked; without, nothing counts as excess
    world: World
    certain: Reach  # what is possible beyond doubt
    possible: Reach  # what could be
    freed: tuple[str, ...] = ()  # agents for which the mesh closes port 8083 but for what they need there
    gates: Gates = NONE  # what admission decides
    enforcing: Enforcing | None = None  # what Enforce would change; only where somebody looked

    @property
    def results(self) -> tuple[Result, ...]:
        """The findings in the shape of every other result."""
        return tuple(finding.result() for finding in self.findings)

    def count(self, *kinds: str) -> int:
        return sum(finding.kind in kinds for finding in self.findings)


def verdict_of(findings: "list[Finding]") -> str:
    """Refuted by any error; incomplete where something was not understood; else proven."""
    errors = [finding for finding in findings if finding.result().severity == ERROR]
    if any(finding.kind in (DEFICIT, EXCESS, LEAK, POWER) or finding.kind != NOT_UNDERSTOOD for finding in errors):
        return REFUTED
    unread = [finding for finding in findings if finding.kind == NOT_UNDERSTOOD]
    return INCOMPLETE if any(finding.result().severity != INFO for finding in unread) else PROVEN

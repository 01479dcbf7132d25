"""What a proof finds, in words and with its causes."""

from kgen.manifests import Identity, Origin, Path, path_text
from kgen.proof.terms import Policy, Rule
from kgen.records import NamedTuple
from kgen.results import ERROR, WARNING, Result

DEFICIT = "deficit"  # asked, and some layer blocks it
EXCESS = "excess"  # possible, and nothing asks for it
LEAK = "union-leak"  # an excess that somebody else's policy opens beside a default-deny
ONE_SIDED = "one-sided"  # one side lets it through, and only the other one stops it
DISAGREEMENT = "disagreement"  # layers do not say the same
DANGLING = "dangling"  # a selector or reference that leads nowhere
NOT_UNDERSTOOD = "not-understood"  # what this evaluator can not judge
POWER = "power"  # a right in the API server that nobody asks for
RESIDUAL = "residual"  # open, known, and not to be closed by these layers

SEVERITIES = {ONE_SIDED: WARNING, DISAGREEMENT: WARNING, DANGLING: WARNING, RESIDUAL: WARNING}
"""All others are errors."""


class Cause(NamedTuple):
    """The object behind a finding and the field in it."""

    identity: Identity
    origin: Origin
    path: Path = ()

    @property
    def text(self) -> str:
        """`NetworkPolicy team-b/x, spec.egress[0]`, with the file where it is known."""
        place = f" ({self.origin.file}:{self.origin.line})" if self.origin.file else ""
        return f"{self.identity}" + (f", {path_text(self.path)}" if self.path else "") + place


class Finding(NamedTuple):
    """One thing found. Its first cause is the object to look at."""

    kind: str
    message: str
    mend: str = ""  # the change that puts it right
    causes: tuple[Cause, ...] = ()
    source: str = ""
    target: str = ""
    ports: str = ""
    layer: str = "network"
    severity: str = ""

    def result(self) -> Result:
        """The same for the results of any command."""
        at = self.causes[0] if self.causes else Cause(Identity("", "", "", ""), Origin())
        return Result(
            f"{self.kind}: {self.message}" + (f"; {self.mend}" if self.mend else ""),
            self.severity or SEVERITIES.get(self.kind, ERROR),
            f"proof-{self.kind}",
            at.identity.api_version,
            at.identity.kind,
            at.identity.namespace,
            at.identity.name,
            path_text(at.path),
            file=at.origin.file,
            index=at.origin.index,
            line=at.origin.line,
        )


def of_rule(policy: Policy, rule: Rule) -> Cause:
    return Cause(policy.identity, policy.origin, rule.path)


def of_policy(policy: Policy) -> Cause:
    return Cause(policy.identity, policy.origin, policy.subjects_path)

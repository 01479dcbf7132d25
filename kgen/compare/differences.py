"""What a comparison finds, as values: objects with the fields that changed, and changes in access."""

from kgen.manifests import Identity
from kgen.records import NamedTuple

ADDED, REMOVED, CHANGED, RENAMED, MOVED = "added", "removed", "changed", "renamed", "moved"

# kinds of change in access, in the order in which they are told
GUARDRAIL = "guardrail"  # something that closes
CALL = "call"  # agent to agent
TOOL = "tool"  # what an agent is given to use
OUTSIDE = "outside"  # a pod to a host or to addresses
INTO = "into"  # something that is no agent, to an agent
CONSENT = "consent"  # whom an agent lets refer to it
TERMS = "terms"  # limits and tokens
RIGHT = "right"  # in the API server
FLOW = "flow"  # all other traffic: infrastructure with a name, or without one
KINDS = (GUARDRAIL, CALL, TOOL, OUTSIDE, INTO, CONSENT, TERMS, RIGHT, FLOW)


class FieldChange(NamedTuple):
    """One field. `before` and `after` are short texts for people; None where there is nothing on that side."""

    path: str
    before: str | None
    after: str | None
    hidden: bool = False  # it could hold a secret: that it changed is all that is said


class ObjectChange(NamedTuple):
    """One object that is not as it was."""

    change: str
    identity: Identity  # in the new state; of a removed one, the old
    was: Identity | None  # where it had another name or namespace
    fields: tuple[FieldChange, ...]
    layer: str
    team: str
    file: str = ""


class Access(NamedTuple):
    """One change in who can do what to whom. `widens`: more is possible than before."""

    widens: bool
    kind: str
    team: str
    source: str  # who: an agent, a subject; "" for a guardrail
    target: str  # whom: an agent, a host; the namespace or the object of a guardrail
    on: str  # ports, or ""
    text: str  # for what, or what changed
    objects: tuple[str, ...] = ()  # that are behind it
    sources: tuple[str, ...] = ()  # all of them, where `source` names some
    targets: tuple[str, ...] = ()


class Comparison(NamedTuple):
    """All of it."""

    access: tuple[Access, ...]
    objects: tuple[ObjectChange, ...]
    unchanged: int
    unjudged: tuple[str, ...] = ()  # what changed and is not judged
    unwatched: tuple[str, ...] = ()  # what no longer watches; no widening, for it opens nothing

    @property
    def widens(self) -> bool:
        return any(change.widens for change in self.access)

    @property
    def differs(self) -> bool:
        return bool(self.access or self.objects)

"""What the owners of external objects should apply themselves: whole objects, and JSON patches with their command."""

import json
from collections.abc import Iterable

from kgen.bundle.emit_yaml import emit
from kgen.bundle.types import Proposal
from kgen.manifests import Identity, group_of


def text(proposals: Iterable[Proposal]) -> str:
    """YAML documents for people to read and hand on; each begins with a comment that says whose it is."""
    return "".join(f"---\n{one(proposal)}" for proposal in proposals)


def one(proposal: Proposal) -> str:
    """One proposal as a YAML document."""
    identity = proposal.identity
    if proposal.whole:
        place = f"namespace {identity.namespace}" if identity.namespace else "the cluster"
        return f"# for the owner of {place}, to apply: {identity}\n{emit(proposal.manifest())}"
    operations = proposal.operations()
    lines = "".join(f"# - {json.dumps(operation, ensure_ascii=False)}\n" for operation in operations)
    return (
        f"# for the owner of {identity}, a JSON patch (kubectl patch {command(identity)} --type json -p ...):\n{lines}"
    )


def command(identity: Identity) -> str:
    """The object in kubectl's words, e.g. `agent.kagent.dev specialist -n team-beta`."""
    group = group_of(identity.api_version)
    kind = f"{identity.kind.lower()}.{group}" if group else identity.kind.lower()
    return f"{kind} {identity.name}" + (f" -n {identity.namespace}" if identity.namespace else "")

"""What the owners of external objects should apply themselves, as text for them."""

from collections.abc import Sequence

from kgen.bundle.tree import proposal_text
from kgen.bundle.types import Proposal

_MOST = 20
_LONGEST = 20_000  # characters: more is for files


def text(proposals: Sequence[Proposal]) -> str:
    """For stderr: each patch whole, with a comment that says whose it is; objects that are proposed whole, and patches
    that are too long to show, by name only."""
    patches = [proposal for proposal in proposals if not proposal.whole]
    shown = "".join(f"---\n{proposal_text(proposal)}" for proposal in patches[:_MOST])
    named = [proposal for proposal in proposals if proposal.whole]
    if len(shown) > _LONGEST or len(patches) > _MOST:
        shown, named = "", list(proposals)
    return _named(named) + shown


def _named(proposals: Sequence[Proposal]) -> str:
    if not proposals:
        return ""
    names = ", ".join(str(proposal.identity) for proposal in proposals[:_MOST])
    rest = f" and {len(proposals) - _MOST} more" if len(proposals) > _MOST else ""
    return f"# For other owners to apply; -o DIR writes them to DIR/external: {names}{rest}\n"

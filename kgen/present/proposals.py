"""What the owners of external objects should apply themselves, as text for them."""

from collections.abc import Sequence

from kgen.bundle.tree import proposal_text
from kgen.bundle.types import Proposal

_MOST = 20
_LONGEST = 20_000  # characters: more is for files


def text(proposals: Sequence[Proposal]) -> str:
    """One YAML document a proposal; each begins with a comment that says whose it is. Many are only named."""
    whole = ""
    for proposal in proposals:
        whole += f"---\n{proposal_text(proposal)}"
        if len(whole) > _LONGEST:
            return _named(proposals)
    return whole


def _named(proposals: Sequence[Proposal]) -> str:
    names = ", ".join(str(proposal.identity) for proposal in proposals[:_MOST])
    rest = f" and {len(proposals) - _MOST} more" if len(proposals) > _MOST else ""
    return f"# For other owners, too long to show here; -o DIR writes them to DIR/external: {names}{rest}\n"

"""What the owners of external objects should apply themselves, as text for them."""

from collections.abc import Iterable

from kgen.bundle.tree import proposal_text
from kgen.bundle.types import Proposal


def text(proposals: Iterable[Proposal]) -> str:
    """One YAML document a proposal; each begins with a comment that says whose it is."""
    return "".join(f"---\n{proposal_text(proposal)}" for proposal in proposals)

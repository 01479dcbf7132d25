"""From what the layers make and what the input holds to the one ordered bundle, and its text."""

from kgen.bundle.assembly import assemble
from kgen.bundle.slices import Slice
from kgen.bundle.types import Bundle, Entry, Proposal

__all__ = ["Bundle", "Entry", "Proposal", "Slice", "assemble"]

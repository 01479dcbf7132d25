"""One kind of wrong input, and all that is said of it."""

from typing import NamedTuple


class Refusal(NamedTuple):
    what: str
    rule: str
    where: str  # kind and field
    message: str
    text: str  # the input
    platform: str = ""  # spec of the Platform

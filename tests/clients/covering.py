"""A pairwise cover: few variants in which any two values of different choices that can meet do meet.

Greedy and without chance: of all variants that there are, always the first of those that show most pairs still unseen.
"""

from collections.abc import Iterator
from itertools import combinations, product
from typing import NamedTuple

EXAMPLES = ("02-worked-example", "05-plain-workload", "04-many-teams")
VERSIONS = ("0.9", "0.10")
PROFILES = ("Baseline", "Mesh", "Hardened", "ZeroTrust")
MODES = ("Sidecar", "Ambient")
ENGINES = ("ValidatingAdmissionPolicy", "Gatekeeper")
SCOPES = ("Agent", "Namespace", "Shared")


class Variant(NamedTuple):
    """One choice of each; "" where the profile has nothing to choose."""

    example: str
    kagent: str
    profile: str
    mode: str
    engine: str
    scope: str

    def __str__(self) -> str:
        return "-".join(filter(None, (self.example[:2], self.kagent, *self[2:])))


def variants() -> Iterator[Variant]:
    """All that there are. A mesh's flows are there from Baseline on, whether or not the mesh layer is."""
    for profile in PROFILES:
        engines = ENGINES if profile in ("Hardened", "ZeroTrust") else ("",)
        scopes = SCOPES if profile == "ZeroTrust" else ("",)
        for example, kagent, mode, engine, scope in product(EXAMPLES, VERSIONS, MODES, engines, scopes):
            yield Variant(example, kagent, profile, mode, engine, scope)


def pairs(variant: Variant) -> frozenset[tuple[tuple[int, str], tuple[int, str]]]:
    """Two choices at a time, each as its place and value."""
    return frozenset(combinations(((place, value) for place, value in enumerate(variant) if value), 2))


def cover() -> list[Variant]:
    there = list(variants())
    unseen = frozenset().union(*map(pairs, there))
    chosen: list[Variant] = []
    while unseen:
        best = max(there, key=lambda variant: len(pairs(variant) & unseen))
        chosen.append(best)
        unseen -= pairs(best)
    return chosen

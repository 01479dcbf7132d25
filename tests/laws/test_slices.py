"""Law 4: all slices together are the whole, what passes through included, and nothing is in two."""

from collections import Counter

from hypothesis import given

from kgen.bundle import Slice
from tests.laws.rendering import bundle, texts
from tests.laws.topologies import SPACES, Case, cases


@given(cases())
def test_the_slices_are_the_whole(case: Case) -> None:
    whole = texts(bundle(case))
    namespaces = {key[2] for key in whole} - {""} | {space for space in SPACES if space in _known(case)}
    slices = [Slice(namespace) for namespace in sorted(namespaces)] + [Slice(cluster_scoped=True)]
    parts = [texts(bundle(case, slice=each)) for each in slices]
    assert {key: text for part in parts for key, text in part.items()} == whole
    assert not [key for key, count in Counter(key for part in parts for key in part).items() if count > 1]


@given(cases())
def test_a_slice_keeps_the_order_of_the_whole(case: Case) -> None:
    order = list(texts(bundle(case)))
    for space in sorted({key[2] for key in order} - {""}):
        assert list(texts(bundle(case, slice=Slice(space)))) == [key for key in order if key[2] == space]


@given(cases())
def test_proposals_are_divided_in_the_same_way(case: Case) -> None:
    whole = Counter(proposal.identity for proposal in bundle(case).proposals)
    namespaces = sorted({identity.namespace for identity in whole} - {""})
    parts = [bundle(case, slice=Slice(namespace)).proposals for namespace in namespaces if _is_there(case, namespace)]
    assert sum((Counter(proposal.identity for proposal in part) for part in parts), Counter()) == Counter(
        {identity: count for identity, count in whole.items() if _is_there(case, identity.namespace)}
    )


def _known(case: Case) -> set[str]:
    return {agent.namespace for agent in case.agents} & set(case.platform["spec"]["namespaces"])


def _is_there(case: Case, namespace: str) -> bool:
    """Whether the slice is one that is not refused: kagent's own namespace is nobody's slice until it has objects."""
    made = bundle(case)
    return namespace in {entry.identity.namespace for entry in made.entries} | {
        n.name for n in made.topology.namespaces
    }

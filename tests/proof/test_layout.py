"""Where the boxes of a graph stand."""

from itertools import pairwise

import pytest

from kgen.present.graphs import Edge, Graph, Node
from kgen.present.layout import HIGH, WIDE, laid_out
from kgen.proof.verdicts import ALLOWED


def graph(*pairs: tuple[str, str]) -> Graph:
    names = sorted({end for pair in pairs for end in pair})
    edges = tuple(Edge(one, other, "TCP 8080", ALLOWED) for one, other in pairs)
    return Graph(tuple(Node(name, name, "") for name in names), edges, False)


def test_callers_stand_left_of_their_callees() -> None:
    pairs = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]
    places = laid_out(graph(*pairs)).places
    assert all(places[one].x < places[other].x for one, other in pairs)


def test_a_small_ring_stands_in_one_column() -> None:
    places = laid_out(graph(("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("start", "a"))).places
    assert places["a"].x == places["b"].x == places["c"].x
    assert places["start"].x < places["a"].x < places["d"].x


@pytest.mark.parametrize("size", [7, 20, 51])
def test_a_large_ring_stands_in_a_round(size: int) -> None:
    names = [f"n{number:02d}" for number in range(size)]
    layout = laid_out(graph(*pairwise(names), (names[-1], names[0])))
    assert layout.round
    assert any(place.turned for place in layout.places.values())


@pytest.mark.parametrize("size", [3, 8, 30])
def test_no_box_covers_another_and_all_are_in_the_picture(size: int) -> None:
    names = [f"n{number:02d}" for number in range(size)]
    for pairs in ([*pairwise(names), (names[-1], names[0])], [(names[0], name) for name in names[1:]]):
        layout = laid_out(graph(*pairs))
        places = list(layout.places.values())
        for number, one in enumerate(places):
            assert 0 <= one.x <= layout.width - WIDE
            assert 0 <= one.y <= layout.height - HIGH
            for other in places[number + 1 :]:
                assert abs(one.x - other.x) >= WIDE or abs(one.y - other.y) >= HIGH


def test_crossings_are_few() -> None:
    """Two callers whose callees stand crosswise by name are not drawn crosswise."""
    places = laid_out(graph(("a", "z"), ("b", "y"))).places
    assert (places["a"].y < places["b"].y) == (places["z"].y < places["y"].y)


def test_nothing_is_drawn_of_nothing() -> None:
    assert laid_out(Graph((), (), False)).places == {}

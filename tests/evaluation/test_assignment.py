"""The matching is the best one there is."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.evaluation.assignment import best_matching

edges = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(1, 9), max_size=10
)


def test_one_pair_gives_way_to_two_better_ones() -> None:
    assert best_matching({(0, 0): 5, (0, 1): 4, (1, 0): 4}) == {0: 1, 1: 0}


def test_nothing_to_match() -> None:
    assert best_matching({}) == {}


@settings(max_examples=150)
@given(edges)
def test_no_other_matching_is_better(weights: dict[tuple[int, int], int]) -> None:
    best = max(
        sum(weights.get((i, j), 0) for i, j in enumerate(order)) for order in permutations(range(4))
    )
    found = best_matching(weights)
    assert len(set(found.values())) == len(found)
    assert found.items() <= weights.keys()
    assert sum(weights[edge] for edge in found.items()) == best

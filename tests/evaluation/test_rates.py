"""Every formula, for one set of counts and for many at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from natostance.evaluation import rates

square = arrays(np.int64, (3, 3), elements=st.integers(0, 9))

OF_CONFUSIONS: list[Callable[[Any], Any]] = [
    rates.macro_f1,
    rates.accuracy,
    rates.matthews,
    rates.kappa,
    rates.nominal_alpha,
]


def units(cells: np.ndarray) -> tuple[list[int], list[int]]:
    """One label by each of two annotators, for every unit in a confusion."""
    found = [(i, j) for (i, j), n in np.ndenumerate(cells) for _ in range(n)]
    return [i for i, _ in found], [j for _, j in found]


def test_ratio_of_nothing_is_as_asked() -> None:
    assert rates.ratio([1, 0, 0], [2, 4, 0]).tolist() == [0.5, 0, 1]
    assert rates.ratio(0, 0, empty=0.25) == 0.25


def test_ratio_broadcasts() -> None:
    assert rates.ratio([[1], [2]], [4, 0]).tolist() == [[0.25, 1], [0.5, 1]]


def test_precision_recall_and_f1() -> None:
    counts = [[3, 1, 2], [0, 0, 0], [0, 0, 2], [0, 2, 0]]
    assert rates.precision(counts) == pytest.approx([3 / 4, 1, 1, 0])
    assert rates.recall(counts) == pytest.approx([3 / 5, 1, 0, 1])
    assert rates.f1(counts) == pytest.approx([6 / 9, 1, 0, 0])


def test_each_class_against_the_others() -> None:
    cells = [[5, 1, 0], [2, 3, 1], [0, 0, 4]]
    assert rates.class_counts(cells).tolist() == [[5, 2, 1], [3, 1, 3], [4, 1, 0]]
    assert rates.binary(cells, 1).tolist() == [[3, 3], [1, 9]]


def test_kappa_and_alpha_by_hand() -> None:
    cells = [[20, 5], [10, 15]]
    # observed 35 of 50; by chance 0.5 x 0.6 + 0.5 x 0.4
    assert rates.kappa(cells) == pytest.approx((0.7 - 0.5) / 0.5)
    # 100 values, 55 and 45 of each label, in 30 of the ordered pairs different
    assert rates.nominal_alpha(cells) == pytest.approx(1 - 99 * 30 / (2 * 55 * 45))


def test_alpha_of_few_units_is_corrected_for_their_number() -> None:
    # three units, six values, three of each label, one unit that differs
    assert rates.nominal_alpha([[1, 1], [0, 1]]) == pytest.approx(1 - 5 * 2 / (2 * 3 * 3))


def test_agreement_that_is_worse_than_chance_is_negative() -> None:
    assert rates.kappa([[0, 5], [5, 0]]) == -1
    assert rates.nominal_alpha([[0, 5], [5, 0]]) == pytest.approx(1 - 19 * 20 / (2 * 10 * 10))


def test_agreement_on_one_label_or_on_nothing_is_one() -> None:
    for cells in ([[7, 0], [0, 0]], [[0, 0], [0, 0]]):
        assert rates.kappa(cells) == 1
        assert rates.nominal_alpha(cells) == 1


def test_matches() -> None:
    counts = [4, 2, 2, 1, 3]  # correct, incorrect, partial, missed, spurious
    assert rates.match_precision(counts) == pytest.approx(5 / 11)
    assert rates.match_recall(counts) == pytest.approx(5 / 9)
    assert rates.match_f1(counts) == pytest.approx(10 / 20)


def test_partial_credit() -> None:
    counts = [1.5, 2, 1.2, 3]
    assert rates.credit_precision(counts) == pytest.approx(0.75)
    assert rates.credit_recall(counts) == pytest.approx(0.4)
    assert rates.credit_f1(counts) == pytest.approx(0.6 / 1.15)


@pytest.mark.parametrize("rate", [rates.match_f1, rates.credit_f1])
def test_empty_for_empty_is_perfect(rate: Callable[[Any], Any]) -> None:
    assert rate([0] * (5 if rate is rates.match_f1 else 4)) == 1


def test_harmonic_mean_of_two_noughts() -> None:
    assert rates.harmonic([0, 1, 0.5], [0, 0, 1]) == pytest.approx([0, 0, 2 / 3])


@pytest.mark.parametrize("rate", OF_CONFUSIONS)
@settings(max_examples=25)
@given(cells=arrays(np.int64, (4, 3, 3), elements=st.integers(0, 9)))
def test_many_at_a_time_as_one_by_one(rate: Callable[[Any], Any], cells: np.ndarray) -> None:
    assert rate(cells) == pytest.approx([float(rate(one)) for one in cells])


@pytest.mark.parametrize("rate", [rates.kappa, rates.nominal_alpha, rates.accuracy])
@settings(max_examples=25)
@given(cells=square)
def test_agreement_does_not_depend_on_who_is_first(
    rate: Callable[[Any], Any], cells: np.ndarray
) -> None:
    assert rate(cells) == pytest.approx(rate(cells.T))


@settings(max_examples=40)
@given(square.filter(lambda cells: np.count_nonzero(cells.sum(0) + cells.sum(1)) > 1))
def test_kappa_as_in_scikit_learn(cells: np.ndarray) -> None:
    theirs = metrics.cohen_kappa_score(*units(cells), labels=[0, 1, 2])
    assert rates.kappa(cells) == pytest.approx(theirs)


@pytest.mark.peers
@settings(max_examples=40)
@given(square.filter(lambda cells: np.count_nonzero(cells.sum(0) + cells.sum(1)) > 1))
def test_alpha_as_in_krippendorff(cells: np.ndarray) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    theirs = krippendorff.alpha(
        reliability_data=np.array(units(cells), float), level_of_measurement="nominal"
    )
    assert rates.nominal_alpha(cells) == pytest.approx(theirs)

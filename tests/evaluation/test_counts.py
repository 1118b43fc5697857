"""Counts and the rates that are derived from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.evaluation import rates
from natostance.evaluation.counts import Confusion, Counts

NAMES = ("NATO", "RUSSIA", "NEUTRAL")
# gold in rows: 5 of 8 NATO right, 3 of 4 RUSSIA, 7 of 8 NEUTRAL
CONFUSION = Confusion(NAMES, ((5, 1, 2), (0, 3, 1), (1, 0, 7)))

cells = st.lists(st.integers(0, 6), min_size=9, max_size=9).map(
    lambda v: (tuple(v[:3]), tuple(v[3:6]), tuple(v[6:]))
)


def test_rates_of_a_class() -> None:
    nato = CONFUSION.counts("NATO")
    assert nato == Counts(tp=5, fp=1, fn=3)
    assert (nato.support, nato.predicted) == (8, 6)
    assert nato.precision == pytest.approx(5 / 6)
    assert nato.recall == pytest.approx(5 / 8)
    assert nato.f1 == pytest.approx(10 / 14)


def test_macro_f1_and_accuracy() -> None:
    # RUSSIA: tp 3, fp 1, fn 1; NEUTRAL: tp 7, fp 3, fn 1
    assert CONFUSION.macro_f1 == pytest.approx((10 / 14 + 6 / 8 + 14 / 18) / 3)
    assert CONFUSION.accuracy == pytest.approx(15 / 20)


def test_matthews_by_hand() -> None:
    # right 15 of 20; gold 8, 4, 8; predicted 6, 4, 10
    covariance = 15 * 20 - (8 * 6 + 4 * 4 + 8 * 10)
    expected = covariance / math.sqrt((400 - 144) * (400 - 152))
    assert CONFUSION.matthews == pytest.approx(expected)


def test_kappa_and_alpha_by_hand() -> None:
    expected = (48 + 16 + 80) / 400
    assert float(rates.kappa(CONFUSION.cells)) == pytest.approx((0.75 - expected) / (1 - expected))
    # coincidences: values 14, 8, 18 of 40; 10 off the diagonal
    disagreement = 39 * 10 / (1600 - (196 + 64 + 324))
    assert float(rates.nominal_alpha(CONFUSION.cells)) == pytest.approx(1 - disagreement)


def test_a_class_that_never_occurs_is_left_out_and_named() -> None:
    confusion = Confusion(NAMES, ((4, 0, 1), (0, 0, 0), (0, 0, 5)))
    assert confusion.absent == ("RUSSIA",)
    assert confusion.macro_f1 == pytest.approx((8 / 9 + 10 / 11) / 2)


def test_a_class_that_is_only_predicted_counts_as_wrong() -> None:
    confusion = Confusion(NAMES, ((4, 1, 0), (0, 0, 0), (0, 0, 5)))
    assert confusion.absent == ()
    assert confusion.counts("RUSSIA").f1 == 0
    assert confusion.macro_f1 == pytest.approx((8 / 9 + 0 + 1) / 3)


def test_conventions_where_there_is_nothing() -> None:
    nothing = Counts()
    assert (nothing.precision, nothing.recall, nothing.f1) == (1, 1, 1)
    assert (Counts(fn=3).precision, Counts(fn=3).recall, Counts(fn=3).f1) == (1, 0, 0)
    assert (Counts(fp=3).precision, Counts(fp=3).recall, Counts(fp=3).f1) == (0, 1, 0)
    empty = Confusion.of(NAMES, {})
    assert (empty.macro_f1, empty.accuracy, empty.matthews) == (1, 1, 1)


def test_matthews_with_one_class_is_one_only_if_all_is_right() -> None:
    assert Confusion(NAMES, ((9, 0, 0), (0, 0, 0), (0, 0, 0))).matthews == 1
    assert Confusion(NAMES, ((8, 1, 0), (0, 0, 0), (0, 0, 0))).matthews == 0


def test_confusions_of_different_labels_do_not_add() -> None:
    with pytest.raises(ValueError, match="labels differ"):
        CONFUSION + Confusion(("A", "B"), ((1, 0), (0, 1)))


@settings(max_examples=50)
@given(cells, cells)
def test_many_at_a_time_are_the_same_as_one_by_one(
    one: tuple[tuple[int, ...], ...], other: tuple[tuple[int, ...], ...]
) -> None:
    both = np.array([one, other])
    for name in ("macro_f1", "accuracy", "matthews", "kappa", "nominal_alpha"):
        rate = getattr(rates, name)
        assert rate(both) == pytest.approx([float(rate(one)), float(rate(other))])


@settings(max_examples=50)
@given(cells)
def test_swapping_gold_and_prediction_swaps_precision_and_recall(
    table: tuple[tuple[int, ...], ...],
) -> None:
    confusion = Confusion(NAMES, table)
    swapped = Confusion(NAMES, tuple(zip(*table, strict=True)))
    for name in NAMES:
        assert confusion.counts(name).precision == swapped.counts(name).recall
    assert confusion.macro_f1 == pytest.approx(swapped.macro_f1)
    assert confusion.matthews == pytest.approx(swapped.matthews)


@pytest.mark.peers
@settings(max_examples=60, deadline=None)
@given(cells.filter(lambda table: sum(map(sum, table)) > 0))
def test_scikit_learn_gives_the_same(table: tuple[tuple[int, ...], ...]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    right = [i for i, row in enumerate(table) for n in row for _ in range(n)]
    given = [j for row in table for j, n in enumerate(row) for _ in range(n)]
    confusion = Confusion(NAMES, table)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        right, given, labels=[0, 1, 2], zero_division=1.0
    )
    for i, name in enumerate(NAMES):
        counts = confusion.counts(name)
        assert (counts.precision, counts.recall, counts.f1, counts.support) == pytest.approx(
            (precision[i], recall[i], f1[i], support[i])
        )
    assert confusion.macro_f1 == pytest.approx(metrics.f1_score(right, given, average="macro"))
    assert confusion.accuracy == pytest.approx(metrics.accuracy_score(right, given))
    # scikit-learn calls all right with a single class 0
    if len({*right, *given}) > 1:
        assert confusion.matthews == pytest.approx(metrics.matthews_corrcoef(right, given))
        assert float(rates.kappa(table)) == pytest.approx(metrics.cohen_kappa_score(right, given))

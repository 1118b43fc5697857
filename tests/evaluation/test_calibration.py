"""Probabilities against what came of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.errors import InputError
from natostance.evaluation.calibration import (
    Bin,
    Promise,
    brier,
    calibration_error,
    debiased_calibration_error,
    measure,
    promise,
    reliability,
    risk_coverage,
)

judged = st.lists(
    st.tuples(st.sampled_from([0.4, 0.5, 0.6, 0.7, 0.8, 0.9]), st.booleans()),
    min_size=1,
    max_size=30,
)


def columns(sentences: list[tuple[float, bool]]) -> tuple[list[float], list[bool]]:
    return [c for c, _ in sentences], [r for _, r in sentences]


def test_bins_have_equally_many_sentences() -> None:
    table = reliability([0.9, 0.4, 0.6, 0.8, 0.5, 0.7], [1, 0, 1, 1, 1, 0], bins=3)
    assert table == (
        Bin(2, 0.4, 0.5, pytest.approx(0.45), 0.5),
        Bin(2, 0.6, 0.7, pytest.approx(0.65), 0.5),
        Bin(2, 0.8, 0.9, pytest.approx(0.85), 1.0),
    )
    # gaps 0.05, 0.15, 0.15
    assert calibration_error(table) == pytest.approx(0.35 / 3)


def test_equal_confidences_share_a_bin() -> None:
    table = reliability([0.8] * 5 + [0.9], [1, 1, 0, 0, 1, 1], bins=3)
    assert [(b.sentences, b.accuracy) for b in table] == [(5, 0.6), (1, 1.0)]
    table = reliability([0.7] + [0.8] * 5, [1, 1, 1, 0, 0, 1], bins=3)
    assert [(b.sentences, b.accuracy) for b in table] == [(1, 1.0), (5, 0.6)]


def test_fewer_sentences_than_bins() -> None:
    assert len(reliability([0.5, 0.9], [0, 1], bins=15)) == 2
    assert len(reliability([0.5], [0], bins=15)) == 1


def test_chance_is_taken_off() -> None:
    rng = np.random.default_rng(0)
    plain, debiased = [], []
    for _ in range(100):
        confidence = rng.uniform(0.5, 1, 150)
        table = reliability(confidence, rng.random(150) < confidence)
        plain.append(calibration_error(table))
        debiased.append(debiased_calibration_error(table))
    # the probabilities are right: all that the plain estimate finds is chance
    assert np.mean(plain) > 0.08
    assert np.mean(debiased) < 0.7 * np.mean(plain)


def test_debiasing_agrees_with_drawing() -> None:
    table = reliability([0.6, 0.65, 0.7, 0.75, 0.9, 0.92, 0.94, 0.96], [1, 0, 0, 1, 1, 1, 1, 0], 2)
    rng = np.random.default_rng(0)
    drawn = 0.0
    for b in table:
        sd = math.sqrt(b.accuracy * (1 - b.accuracy) / b.sentences)
        gaps = np.abs(rng.normal(b.accuracy, sd, 400_000) - b.confidence)
        drawn += b.sentences / 8 * gaps.mean()
    expected = max(0.0, 2 * calibration_error(table) - drawn)
    assert debiased_calibration_error(table) == pytest.approx(expected, abs=1e-3)


def test_a_real_gap_stays() -> None:
    table = reliability([0.95] * 2000, [1] * 1000 + [0] * 1000)
    assert calibration_error(table) == pytest.approx(0.45)
    assert debiased_calibration_error(table) == pytest.approx(0.45, abs=1e-6)


def test_brier_by_hand() -> None:
    # (0.3² + 0.2² + 0.1²) and (0.5² + 0.5² + 1²)
    assert brier([[0.7, 0.2, 0.1], [0.5, 0.5, 0]], [0, 2]) == pytest.approx((0.14 + 1.5) / 2)
    assert brier([[1, 0, 0]], [0]) == 0
    assert brier([[1, 0, 0]], [1]) == 2


def test_risk_and_coverage_by_hand() -> None:
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])
    assert list(curve.threshold) == [0.9, 0.8, 0.7, 0.6]
    assert list(curve.coverage) == [0.25, 0.5, 0.75, 1]
    assert list(curve.risk) == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert curve.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_ties_are_the_mean_over_their_orders() -> None:
    curve = risk_coverage([0.9, 0.9], [1, 0])
    # right first: risks 0, 1/2; wrong first: 1, 1/2
    assert curve.area == pytest.approx((0.25 + 0.75) / 2)
    assert curve.points() == [[1.0, 0.5, 0.9]]


@settings(max_examples=60)
@given(judged, st.randoms(use_true_random=False))
def test_the_order_of_sentences_does_not_matter(
    sentences: list[tuple[float, bool]], random: np.random.Generator
) -> None:
    shuffled = list(sentences)
    random.shuffle(shuffled)
    one, other = columns(sentences), columns(shuffled)
    for a, b in zip(reliability(*one, bins=4), reliability(*other, bins=4), strict=True):
        assert (a.sentences, a.accuracy, a.confidence) == (b.sentences, b.accuracy, b.confidence)
    assert risk_coverage(*one).area == pytest.approx(risk_coverage(*other).area)


@settings(max_examples=60)
@given(judged)
def test_a_report_holds_together(sentences: list[tuple[float, bool]]) -> None:
    confidence, right = columns(sentences)
    probabilities = [[c, 1 - c] for c in confidence]
    gold = [0 if r else 1 for r in right]
    report = measure(probabilities, [0] * len(gold), gold, list(range(len(gold))))
    assert sum(b.sentences for b in report.table) == report.sentences == len(gold)
    assert 0 <= debiased_calibration_error(report.table) <= 1
    assert report.curve.risk[-1] == pytest.approx(1 - np.mean(right))
    assert report.to_dict()["risk_coverage"][-1][0] == 1


def test_a_promise_by_hand() -> None:
    # 39 articles of two sentences; the surer one is right but for one article
    confidence = [0.9, 0.6] * 39
    right = [1, 0] * 38 + [0, 0]
    articles = [i // 2 for i in range(78)]
    # all: at 0.9 the losses sum to 1/2, (1/2 + 1) / 40 = 0.0375; at 0.6 to 39
    assert promise(confidence, right, articles, 0.04, of="all").threshold == 0.9
    assert not promise(confidence, right, articles, 0.03, of="all").kept
    # labelled: half of each article is labelled, so the bound is half the error
    assert promise(confidence, right, articles, 0.08).threshold == 0.9
    assert not promise(confidence, right, articles, 0.07).kept
    found = promise(confidence, right, articles, 0.08)
    assert (found.coverage, found.articles) == (0.5, 39)
    assert found.observed == pytest.approx(1 / 39)


def test_a_promise_that_cannot_be_kept() -> None:
    found = promise([0.9, 0.8], [0, 0], [0, 1], 0.1)
    assert found == Promise(0.1, "labelled", math.inf, 0.0, None, 2)
    assert found.to_dict()["threshold"] is None


@pytest.mark.parametrize("of", ["labelled", "all"])
def test_promises_are_kept_on_new_articles(of: str) -> None:
    rng = np.random.default_rng(11)

    def articles(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # sentences of an article are alike: some articles are hard as a whole
        ease = np.repeat(rng.normal(1.5, 1, number), 10)
        logit = ease + rng.normal(0, 1, 10 * number)
        confidence = 1 / (1 + np.exp(-logit))
        return confidence, rng.random(10 * number) < confidence**1.3, np.arange(10 * number) // 10

    wrong, labelled, total = 0, 0, 0
    for _ in range(150):
        found = promise(*articles(60), 0.1, of=of)
        confidence, right, _ = articles(60)
        kept = confidence >= found.threshold
        wrong, labelled, total = wrong + (kept & ~right).sum(), labelled + kept.sum(), total + 600
    assert labelled > 0.1 * total
    assert wrong / (labelled if of == "labelled" else total) <= 0.1


def test_what_are_no_probabilities() -> None:
    with pytest.raises(InputError, match="no sentences"):
        reliability([], [])
    with pytest.raises(InputError, match="not in 0 to 1"):
        risk_coverage([3.2], [1])
    with pytest.raises(InputError, match="are no probabilities"):
        brier([[0.9, 0.9, 0.9]], [0])
    with pytest.raises(InputError, match="cannot be promised"):
        promise([0.9], [1], [0], 1.5)


@pytest.mark.peers
@settings(max_examples=30, deadline=None)
@given(judged)
def test_scikit_learn_gives_the_same_brier_score(sentences: list[tuple[float, bool]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rows = [[c, (1 - c) / 2, (1 - c) / 2] for c, _ in sentences]
    gold = [0 if r else 1 for _, r in sentences]
    theirs = metrics.brier_score_loss(gold, rows, labels=[0, 1, 2])
    assert brier(rows, gold) == pytest.approx(theirs)

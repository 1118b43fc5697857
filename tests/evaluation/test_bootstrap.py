"""Intervals and paired tests over articles."""

from __future__ import annotations

import time

import numpy as np
import pytest

from natostance.errors import InputError
from natostance.evaluation import rates
from natostance.evaluation.bootstrap import (
    Interval,
    Spread,
    compare,
    holm,
    interval,
    over_seeds,
)


def confusions(articles: int, right: float, seed: int = 0) -> np.ndarray:
    """Ten sentences an article; how often they are right varies between articles."""
    rng = np.random.default_rng(seed)
    cells = np.zeros((articles, 3, 3))
    for article in cells:
        chance = rng.beta(10 * right, 10 * (1 - right))
        for gold in rng.integers(0, 3, 10):
            article[gold, gold if rng.random() < chance else (gold + 1) % 3] += 1
    return cells


def mean(counts: np.ndarray) -> np.ndarray:
    """Of values given as (value, 1)."""
    return counts[..., 0] / counts[..., 1]


def valued(values: list[float]) -> np.ndarray:
    return np.stack([np.array(values, float), np.ones(len(values))], axis=-1)


def test_two_articles_by_hand() -> None:
    # a mean of 0 and 1 is 0, 1/2, 1/2 or 1 with equal chance
    found = interval(valued([0, 1]), mean, method="percentile")
    assert (found.low, found.high) == (0, 1)
    found = interval(valued([0, 1]), mean, method="percentile", level=0.4)
    assert (found.low, found.high) == (0.5, 0.5)


def test_equal_articles_leave_no_doubt() -> None:
    for method in ("bca", "percentile"):
        found = interval(valued([0.25] * 5), mean, method=method)
        assert (found.low, found.high) == (0.25, 0.25)


def test_the_mean_of_many_is_as_sure_as_theory_says() -> None:
    values = list(np.random.default_rng(1).normal(5, 2, 400))
    found = interval(valued(values), mean)
    reach = 1.96 * np.std(values) / 20
    assert found.low == pytest.approx(np.mean(values) - reach, abs=0.02)
    assert found.high == pytest.approx(np.mean(values) + reach, abs=0.02)


def test_whole_articles_are_drawn() -> None:
    # the same sentences in few large articles say less than in many small ones
    cells = confusions(8, 0.8)
    alike = np.repeat(cells, 10, axis=0)
    apart, together = interval(alike, rates.accuracy), interval(cells * 10, rates.accuracy)
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_the_seed_decides_and_the_order_does_not_bias() -> None:
    cells = confusions(30, 0.7)
    assert interval(cells, rates.macro_f1) == interval(cells, rates.macro_f1)
    turned = interval(cells[::-1], rates.macro_f1)
    assert turned.low == pytest.approx(interval(cells, rates.macro_f1).low, abs=0.01)


def test_ten_thousand_resamples_of_a_hundred_articles_take_seconds() -> None:
    began = time.perf_counter()
    interval(confusions(100, 0.7), rates.macro_f1, resamples=10_000)
    assert time.perf_counter() - began < 5


def test_many_articles_are_resampled_in_parts() -> None:
    found = interval(valued([0.0, 1.0] * 1500), mean, resamples=700)
    assert found.low == pytest.approx(0.5 - 1.96 * 0.5 / 3000**0.5, abs=0.004)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_intervals_cover_as_often_as_they_say(method: str) -> None:
    # a skewed figure of 40 articles: an exponential mean, true value 1
    rng = np.random.default_rng(3)
    covered = 0
    for seed in range(200):
        counts = valued(list(rng.exponential(1, 40)))
        found = interval(counts, mean, method=method, resamples=1000, seed=seed)
        covered += found.low <= 1 <= found.high
    assert 0.88 <= covered / 200 <= 0.99


def shared(counts: np.ndarray) -> np.ndarray:
    """The same where there are any."""
    return rates.if_any(lambda some: rates.ratio(some[..., 0], some[..., 1]))(counts)


def rare(values: list[float]) -> np.ndarray:
    """Forty articles, of which the first ones alone have what a figure counts."""
    counts = np.zeros((40, 2))
    counts[: len(values)] = valued(values)
    return counts


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_draws_without_what_is_counted_are_left_out(method: str) -> None:
    # one draw in eight has neither article: as perfect ones they would reach the upper end
    found = interval(rare([0.25, 0.5]), shared, method=method)
    assert (found.low, found.high) == (0.25, 0.5)


def test_a_comparison_leaves_them_out_too() -> None:
    first, second = rare([0.5, 0.75, 0.5]), rare([0.25, 0.25, 0.5])
    found = compare(first, second, shared)
    assert 0 <= found.interval.low <= found.effect <= found.interval.high <= 0.5
    # two of three articles differ, so that half of all exchanges leave the effect as large
    assert found.p_permutation == pytest.approx(0.5, abs=0.03)
    assert found.p_bootstrap < 1


def test_a_figure_of_nothing_has_no_interval_and_no_comparison() -> None:
    for values in ([], [0.5]):
        with pytest.raises(InputError, match="fewer than two articles have anything"):
            interval(rare(values), shared)
        with pytest.raises(InputError, match="fewer than two articles have anything"):
            compare(rare([1, 1]), rare(values), shared)


def test_one_article_has_no_interval() -> None:
    with pytest.raises(InputError, match="one article gives no interval"):
        interval(valued([1]), mean)


def test_a_system_against_itself() -> None:
    cells = confusions(20, 0.7)
    found = compare(cells, cells, rates.macro_f1)
    assert (found.effect, found.interval) == (0, Interval(0, 0))
    assert (found.p_permutation, found.p_bootstrap) == (1, 1)


def test_exchanging_the_systems_turns_the_effect() -> None:
    good, bad = confusions(40, 0.9), confusions(40, 0.6, seed=1)
    found, turned = compare(good, bad, rates.accuracy), compare(bad, good, rates.accuracy)
    assert found.effect == pytest.approx(
        float(rates.accuracy(good.sum(0)) - rates.accuracy(bad.sum(0)))
    )
    assert turned.effect == -found.effect
    assert turned.interval.low == pytest.approx(-found.interval.high, abs=0.01)
    assert found.interval.low > 0
    assert found.p_permutation == turned.p_permutation < 0.001
    assert found.p_bootstrap < 0.001


def test_permutation_by_hand() -> None:
    # differences 1, 1, 1: two of the eight exchanges are as extreme
    found = compare(valued([1, 1, 1]), valued([0, 0, 0]), mean, resamples=20_000)
    assert found.p_permutation == pytest.approx(0.25, abs=0.02)


def test_equal_systems_are_seldom_called_different() -> None:
    called = 0
    for seed in range(150):
        one, other = confusions(25, 0.7, 2 * seed), confusions(25, 0.7, 2 * seed + 1)
        called += compare(one, other, rates.macro_f1, resamples=400).p_permutation <= 0.05
    assert called / 150 <= 0.1


def test_over_seeds() -> None:
    assert over_seeds([0.5, 0.7, 0.9]) == Spread(pytest.approx(0.7), pytest.approx(0.2), 3)
    assert over_seeds([0.5]) == Spread(0.5, None, 1)
    with pytest.raises(InputError, match="no runs"):
        over_seeds([])


def test_holm_by_hand() -> None:
    # 0.01 * 3; 0.02 * 2; 0.04 * 1, raised to the one before
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.5, 0.6]) == [1, 1]
    assert holm([]) == []


@pytest.mark.peers
@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_scipy_gives_the_same_interval(method: str) -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(5).exponential(2, 30)
    theirs = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=20_000,
        method={"bca": "BCa"}.get(method, method),
        random_state=np.random.default_rng(1),
    ).confidence_interval
    ours = interval(valued(list(values)), mean, method=method, resamples=20_000)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.03)

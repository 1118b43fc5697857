"""How sure a figure is: intervals and paired tests that resample whole articles.

Sentences of one article resemble each other, so an article is drawn with all its sentences or not
at all. Everything works on counts by article: a resample is a weighted sum of them, and a statistic
turns thousands of such sums into figures at once (`natostance.evaluation.rates`).

Where a draw leaves nothing to make a figure of (a label that none of its articles has), the figure
is not defined, and the draw is left out: to count such draws as perfect, as a convention of rates
would, raised the upper ends of what is rare.

Percentile and BCa intervals: Efron and Tibshirani 1993, chapters 13 and 14. Paired permutation
("approximate randomisation"): Noreen 1989; Yeh 2000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist, mean, stdev
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from natostance.errors import InputError

Floats = NDArray[np.float64]
# counts [..., *shape] to figures [...], NaN where a figure is not defined
Statistic = Callable[[Floats], Floats]
Method = Literal["bca", "percentile"]

RESAMPLES = 10_000
LEVEL = 0.95

_CHUNK = 1_000_000  # resamples times articles held at once
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval.

    Args:
        low: lower end.
        high: upper end.
        level: the share of such intervals that should cover the true value.
    """

    low: float
    high: float
    level: float = LEVEL

    def to_list(self) -> list[float]:
        """``[low, high]``, rounded to four places."""
        return [round(self.low, 4), round(self.high, 4)]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paired comparison of two systems on the same articles.

    Args:
        first: figure of the first system.
        second: figure of the second system.
        effect: first minus second.
        interval: interval of the effect, from the paired bootstrap.
        p_permutation: two-sided p-value of the paired permutation test.
        p_bootstrap: two-sided p-value of the paired bootstrap, from how often the effect's sign
            turns.
    """

    first: float
    second: float
    effect: float
    interval: Interval
    p_permutation: float
    p_bootstrap: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "first": round(self.first, 4),
            "second": round(self.second, 4),
            "effect": round(self.effect, 4),
            "interval": self.interval.to_list(),
            "p_permutation": round(self.p_permutation, 4),
            "p_bootstrap": round(self.p_bootstrap, 4),
        }


@dataclass(frozen=True, slots=True)
class Spread:
    """Several runs of one recipe that differ in their seed alone.

    Args:
        mean: mean of the figure.
        sd: standard deviation, with n - 1 in the denominator; None for a single run.
        runs: how many.
    """

    mean: float
    sd: float | None
    runs: int

    def to_dict(self) -> dict[str, Any]:
        sd = None if self.sd is None else round(self.sd, 4)
        return {"mean": round(self.mean, 4), "sd": sd, "runs": self.runs}


def interval(
    counts: ArrayLike,
    statistic: Statistic,
    *,
    method: Method = "bca",
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The interval of a figure, articles being the clusters.

    Args:
        counts: ``[articles, ...]``, counts that add.
        statistic: turns sums of counts into figures; keeps leading axes.
        method: BCa corrects the percentiles for bias and skew.
        level: its confidence.
        resamples: how many.
        seed: of the random numbers.

    Raises:
        InputError: fewer than two articles have anything that the figure counts.
    """
    by_article = _by_article(counts)
    total: Floats = by_article.sum(0)
    left_out = statistic(total - by_article)
    _check_defined(left_out)
    figures = _defined([statistic(sums) for sums in _resampled(by_article, resamples, seed)])
    if method == "percentile":
        return _percentiles(figures, _tails(level), level)
    return _percentiles(figures, _corrected(figures, statistic(total), left_out, level), level)


def compare(
    first: ArrayLike,
    second: ArrayLike,
    statistic: Statistic,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compare two systems on the same articles.

    The permutation test exchanges the two systems' counts on whole articles; the bootstrap draws
    the same articles for both, and gives the effect's BCa interval.

    Args:
        first: ``[articles, ...]``, counts of the first system.
        second: the same of the second system, articles in the same order.
        statistic: turns sums of counts into figures; keeps leading axes.
        level: confidence of the interval.
        resamples: how many, for each of the two tests.
        seed: of the random numbers.

    Raises:
        InputError: fewer than two articles have anything that the figure counts, for one of the
            systems.
    """
    both = np.stack([_by_article(first), _by_article(second)], axis=1)

    def effect(pairs: Floats) -> Floats:
        # the axis of the two systems stands before those of the counts of one article
        one, other = np.moveaxis(pairs, pairs.ndim - both.ndim + 1, 0)
        return statistic(one) - statistic(other)

    total: Floats = both.sum(0)
    left_out = effect(total - both)
    _check_defined(left_out)
    observed = float(effect(total))
    turned = _defined([effect(sums) for sums in _resampled(both, resamples, seed)])
    below, above = (turned <= 0).sum(), (turned >= 0).sum()
    tails = _corrected(turned, effect(total), left_out, level)
    return Comparison(
        float(statistic(total[0])),
        float(statistic(total[1])),
        observed,
        _percentiles(turned, tails, level),
        _permutation(both, effect, observed, resamples, seed),
        min(1.0, 2 * (1 + min(below, above)) / (1 + len(turned))),
    )


def over_seeds(values: Sequence[float]) -> Spread:
    """Mean and standard deviation over runs with different seeds.

    Raises:
        InputError: there is no run.
    """
    if not values:
        raise InputError("there are no runs to take the mean of")
    return Spread(mean(values), stdev(values) if len(values) > 1 else None, len(values))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several comparisons, adjusted by Holm's method (1979), in the same order."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, p_values[i] * (len(p_values) - rank)))
        adjusted[i] = largest
    return adjusted


def _check_defined(left_out: Floats) -> None:
    """Refuse a figure that is not defined any more where one article is left out."""
    if np.isnan(left_out).any():
        raise InputError(
            "fewer than two articles have anything that the figure counts",
            remedy="choose another figure",
        )


def _defined(figures: Sequence[Floats]) -> Floats:
    """The figures that are defined, joined."""
    joined = np.concatenate(figures)
    return joined[~np.isnan(joined)]


def _by_article(counts: ArrayLike) -> Floats:
    by_article = np.asarray(counts, dtype=np.float64)
    if len(by_article) < 2:
        raise InputError("one article gives no interval", remedy="evaluate on two articles or more")
    return by_article


def _resampled(by_article: Floats, resamples: int, seed: int) -> Iterator[Floats]:
    """Sums over articles drawn with replacement, ``[some resamples, ...]`` at a time."""
    rng = np.random.default_rng(seed)
    articles = len(by_article)
    chances = np.full(articles, 1 / articles)
    for size in _chunks(resamples, articles):
        weights = rng.multinomial(articles, chances, size=size).astype(np.float64)
        yield np.tensordot(weights, by_article, 1)


def _permutation(
    both: Floats, effect: Statistic, observed: float, resamples: int, seed: int
) -> float:
    rng = np.random.default_rng(seed)
    total, exchanged = both.sum(0), both[:, ::-1] - both
    # sums of whole numbers are exact, yet rates of equal sums may differ in the last place
    least = abs(observed) * (1 - 1e-9)
    extreme = drawn = 0
    for size in _chunks(resamples, len(both)):
        swaps = rng.integers(0, 2, size=(size, len(both))).astype(np.float64)
        effects = _defined([effect(total + np.tensordot(swaps, exchanged, 1))])
        extreme += int((np.abs(effects) >= least).sum())
        drawn += len(effects)
    return (1 + extreme) / (1 + drawn)


def _chunks(resamples: int, articles: int) -> Iterator[int]:
    size = max(1, _CHUNK // articles)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


def _corrected(
    figures: Floats, estimate: Floats, left_out: Floats, level: float
) -> tuple[float, float]:
    """The tails of the BCa interval.

    Args:
        figures: ``[resamples]``.
        estimate: the figure of all articles.
        left_out: ``[articles]``, the figure without each article in turn.
        level: confidence.
    """
    # equal figures count half, as in a mean rank: counts are discrete
    share = float((figures < estimate).mean() + (figures == estimate).mean() / 2)
    edge = 0.5 / len(figures)
    bias = _NORMAL.inv_cdf(min(max(share, edge), 1 - edge))
    influence = left_out.mean() - left_out
    spread = float((influence**2).sum() ** 1.5)
    acceleration = float((influence**3).sum()) / (6 * spread) if spread else 0.0

    def moved(tail: float) -> float:
        z = bias + _NORMAL.inv_cdf(tail)
        return _NORMAL.cdf(bias + z / (1 - acceleration * z))

    low, high = _tails(level)
    return moved(low), moved(high)


def _percentiles(figures: Floats, tails: tuple[float, float], level: float) -> Interval:
    low, high = np.quantile(figures, tails)
    return Interval(float(low), float(high), level)

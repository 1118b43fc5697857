"""Estimates of shares with their errors: what `natostance.evaluation.quantification` stands on.

The methods are told there. All take counts by article, and all sentences of an article count as one
cluster.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from natostance.errors import InputError
from natostance.evaluation.bootstrap import LEVEL, Interval

Floats = NDArray[np.float64]

# a classifier whose confusion is closer to singular than this tells labels apart too badly
_CONDITION = 100.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shares with what is needed for their intervals.

    Args:
        shares: ``[labels]``; they sum to 1.
        errors: ``[labels]``, standard errors.
        freedom: degrees of freedom.
    """

    shares: Floats
    errors: Floats
    freedom: int

    def interval(self, index: int, level: float = LEVEL) -> Interval:
        """The interval of one share, cut at 0 and 1."""
        reach = student_quantile((1 + level) / 2, self.freedom) * float(self.errors[index])
        share = float(self.shares[index])
        return Interval(min(max(share - reach, 0.0), 1.0), max(min(share + reach, 1.0), 0.0), level)

    def possible(self, level: float = LEVEL) -> bool:
        """Whether all intervals, uncut, reach into 0 to 1; if not, the assumption fails.

        One article alone says nothing against it.
        """
        if self.freedom < 1:
            return True
        reach = student_quantile((1 + level) / 2, self.freedom) * self.errors
        return bool(np.all((self.shares + reach >= 0) & (self.shares - reach <= 1)))


def raw_shares(predicted: ArrayLike) -> Estimate:
    """Shares among the predictions.

    Args:
        predicted: ``[articles, labels]``, sentences by predicted label; two articles or more.
    """
    counts = np.asarray(predicted, float)
    share, influence = _linearised(counts, counts.sum(1))
    return Estimate(share, _errors(influence), len(counts) - 1)


def prediction_powered(
    predicted: ArrayLike, confusion: ArrayLike, places: Sequence[int | None]
) -> Estimate:
    """Shares by prediction-powered inference.

    Args:
        predicted: ``[articles, labels]``, sentences by predicted label; two articles or more.
        confusion: ``[gold articles, gold label, predicted label]``, two articles or more.
        places: for each gold article its place among the articles, None where it is not one.
    """
    counts, cells = np.asarray(predicted, float), np.asarray(confusion, float)
    share, influence = _linearised(counts, counts.sum(1))
    # gold less predicted: how far the predictions are off
    off, correction = _linearised(cells.sum(2) - cells.sum(1), cells.sum((1, 2)))
    influences = _joined(influence, correction, places)
    return Estimate(share + off, _errors(influences), min(len(cells), len(counts)) - 1)


def adjusted_counts(
    predicted: ArrayLike, confusion: ArrayLike, places: Sequence[int | None]
) -> Estimate:
    """Shares by adjusted counts; arguments as in `prediction_powered`.

    Raises:
        InputError: the gold lacks a label, or the classifier tells labels apart too badly.
    """
    counts, cells = np.asarray(predicted, float), np.asarray(confusion, float)
    share, influence = _linearised(counts, counts.sum(1))
    gold = cells.sum((0, 2))
    if not gold.all():
        raise InputError(
            "the gold has no sentence of a label, so errors on it are unknown",
            remedy="annotate more articles",
        )
    rates = cells.sum(0) / gold[:, None]
    if np.linalg.cond(rates) > _CONDITION:
        raise InputError(
            "the classifier tells labels apart too badly to adjust its counts",
            remedy="use a better model, or annotate a random sample of each group",
        )
    back = np.linalg.inv(rates.T)
    adjusted = back @ share
    # each gold article moves the rates of each label: (its counts - its sentences * rates) / all
    moved = (cells - cells.sum(2, keepdims=True) * rates) / gold[:, None]
    size = len(cells)
    correction = -np.einsum("g,igp->ip", adjusted, moved) * math.sqrt(size / (size - 1))
    influences = _joined(influence, correction, places) @ back.T
    return Estimate(adjusted, _errors(influences), min(size, len(counts)) - 1)


def nearest_shares(estimates: ArrayLike) -> Floats:
    """The shares nearest to estimates that sum to 1 and may lie outside 0 to 1.

    The Euclidean projection on the simplex (Duchi et al. 2008); estimates that are shares stay.

    Args:
        estimates: ``[labels]``.
    """
    given = np.asarray(estimates, float)
    falling = np.sort(given)[::-1]
    excess = (np.cumsum(falling) - 1) / np.arange(1, len(given) + 1)
    last = np.flatnonzero(falling > excess)[-1]
    shares: Floats = np.maximum(given - excess[last], 0.0)
    return shares


def student_quantile(probability: float, freedom: int) -> float:
    """Quantile of Student's t, by its expansion about the normal one.

    Abramowitz and Stegun 26.7.5; for 95 % intervals right to 0.2 % from 5 degrees of freedom on,
    and too small below. Infinite for none.
    """
    if freedom < 1:
        return math.inf
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    quantile = z
    for power, term in enumerate(terms, 1):
        quantile += term / freedom**power
    return quantile


def _linearised(counts: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """A ratio of totals, ``[labels]``, and each article's influence on it, ``[articles, labels]``.

    The influences' sum of squares is the ratio's variance.
    """
    articles, total = len(counts), sizes.sum()
    share = counts.sum(0) / total
    influence = (counts - sizes[:, None] * share) / total
    return share, influence * math.sqrt(articles / (articles - 1)) if articles > 1 else influence


def _joined(influence: Floats, correction: Floats, places: Sequence[int | None]) -> Floats:
    """Influences of all articles; an article that is labelled and gold has one, the sum."""
    joined, apart = influence.copy(), []
    for row, place in zip(correction, places, strict=True):
        if place is None:
            apart.append(row)
        else:
            joined[place] += row
    return np.concatenate([joined, apart]) if apart else joined


def _errors(influence: Floats) -> Floats:
    errors: Floats = np.sqrt((influence**2).sum(0))
    return errors

"""Rates from counts: every formula once, for one set of counts or for thousands at a time.

All functions work on the last axes of an array and keep the leading ones, so that a bootstrap can
give counts of shape ``[resamples, ...]`` and have ``[resamples]`` rates back.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def ratio(part: ArrayLike, whole: ArrayLike, empty: float = 1.0) -> Floats:
    """``part / whole``, and ``empty`` where the whole is zero; any shapes that broadcast."""
    above, below = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    rates: Floats = np.divide(above, below, out=np.full(above.shape, empty), where=below != 0)
    return rates


def precision(counts: ArrayLike) -> Floats:
    """Precision from ``[..., (tp, fp, fn)]``; 1 where nothing was predicted."""
    tp, fp, _ = np.moveaxis(np.asarray(counts, float), -1, 0)
    return ratio(tp, tp + fp)


def recall(counts: ArrayLike) -> Floats:
    """Recall from ``[..., (tp, fp, fn)]``; 1 where there was nothing to find."""
    tp, _, fn = np.moveaxis(np.asarray(counts, float), -1, 0)
    return ratio(tp, tp + fn)


def f1(counts: ArrayLike) -> Floats:
    """F1 from ``[..., (tp, fp, fn)]``; 1 where there was nothing to find and nothing found."""
    tp, fp, fn = np.moveaxis(np.asarray(counts, float), -1, 0)
    return ratio(2 * tp, 2 * tp + fp + fn)


def if_any(rate: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    """A rate that is NaN, not a convention, where no count of its last axis is above 0."""
    return lambda counts: np.where(counts.sum(-1) > 0, rate(counts), np.nan)


def class_counts(confusion: ArrayLike) -> Floats:
    """Each class against the others.

    Args:
        confusion: ``[..., gold, predicted]``.

    Returns:
        ``[..., classes, (tp, fp, fn)]``.
    """
    cells = np.asarray(confusion, float)
    tp = np.diagonal(cells, axis1=-2, axis2=-1)
    return np.stack([tp, cells.sum(-2) - tp, cells.sum(-1) - tp], axis=-1)


def macro_f1(confusion: ArrayLike) -> Floats:
    """Mean F1 over the classes that occur in gold or prediction; 1 where none does.

    Args:
        confusion: ``[..., gold, predicted]``.
    """
    counts = class_counts(confusion)
    occurs = counts.sum(-1) > 0
    return ratio((f1(counts) * occurs).sum(-1), occurs.sum(-1))


def accuracy(confusion: ArrayLike) -> Floats:
    """Share of the diagonal of ``[..., gold, predicted]``; 1 where nothing was counted."""
    cells = np.asarray(confusion, float)
    return ratio(np.trace(cells, axis1=-2, axis2=-1), cells.sum((-2, -1)))


def matthews(confusion: ArrayLike) -> Floats:
    """Matthews correlation for several classes: R_K of Gorodkin 2004, from ``[..., gold, pred.]``.

    Where one side has a single class it is not defined; then it is 1 if all predictions are right
    and 0 otherwise.
    """
    cells = np.asarray(confusion, float)
    total, right = cells.sum((-2, -1)), np.trace(cells, axis1=-2, axis2=-1)
    gold, predicted = cells.sum(-1), cells.sum(-2)
    covariance = right * total - (gold * predicted).sum(-1)
    spread = (total**2 - (gold**2).sum(-1)) * (total**2 - (predicted**2).sum(-1))
    return np.where(right == total, 1.0, ratio(covariance, np.sqrt(spread), empty=0.0))


def kappa(confusion: ArrayLike) -> Floats:
    """Cohen's kappa from ``[..., first, second]``; 1 where both always give the same one label."""
    cells = np.asarray(confusion, float)
    total = cells.sum((-2, -1))
    expected = ratio((cells.sum(-1) * cells.sum(-2)).sum(-1), total**2)
    return ratio(accuracy(cells) - expected, 1 - expected)


def nominal_alpha(confusion: ArrayLike) -> Floats:
    """Krippendorff's alpha, nominal, two annotators and no gaps, from ``[..., first, second]``.

    It is 1 where both use one label only, since there is nothing to disagree on.
    """
    cells = np.asarray(confusion, float)
    coincidences = cells + np.swapaxes(cells, -2, -1)
    totals = coincidences.sum(-1)
    values = totals.sum(-1)
    observed = values - np.trace(coincidences, axis1=-2, axis2=-1)
    expected = values**2 - (totals**2).sum(-1)
    return 1 - ratio((values - 1) * observed, expected, empty=0.0)


def binary(confusion: ArrayLike, index: int) -> Floats:
    """One class against all others: ``[..., labels, labels]`` becomes ``[..., 2, 2]``."""
    cells = np.asarray(confusion, float)
    tp, fp, fn = np.moveaxis(class_counts(cells)[..., index, :], -1, 0)
    rest = cells.sum((-2, -1)) - tp - fp - fn
    return np.stack([np.stack([tp, fn], -1), np.stack([fp, rest], -1)], -2)


def match_precision(counts: ArrayLike) -> Floats:
    """Precision from ``[..., (correct, incorrect, partial, missed, spurious)]``."""
    correct, incorrect, partial, _, spurious = np.moveaxis(np.asarray(counts, float), -1, 0)
    return ratio(correct + partial / 2, correct + incorrect + partial + spurious)


def match_recall(counts: ArrayLike) -> Floats:
    """Recall from ``[..., (correct, incorrect, partial, missed, spurious)]``."""
    correct, incorrect, partial, missed, _ = np.moveaxis(np.asarray(counts, float), -1, 0)
    return ratio(correct + partial / 2, correct + incorrect + partial + missed)


def match_f1(counts: ArrayLike) -> Floats:
    """F1 from ``[..., (correct, incorrect, partial, missed, spurious)]``."""
    return harmonic(match_precision(counts), match_recall(counts))


def credit_precision(counts: ArrayLike) -> Floats:
    """Precision from ``[..., (credit of predicted, predicted, credit of gold, gold)]``."""
    cells = np.asarray(counts, float)
    return ratio(cells[..., 0], cells[..., 1])


def credit_recall(counts: ArrayLike) -> Floats:
    """Recall from ``[..., (credit of predicted, predicted, credit of gold, gold)]``."""
    cells = np.asarray(counts, float)
    return ratio(cells[..., 2], cells[..., 3])


def credit_f1(counts: ArrayLike) -> Floats:
    """F1 from ``[..., (credit of predicted, predicted, credit of gold, gold)]``."""
    return harmonic(credit_precision(counts), credit_recall(counts))


def harmonic(first: ArrayLike, second: ArrayLike) -> Floats:
    """Harmonic mean of two rates; 0 where both are 0."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    return ratio(2 * a * b, a + b, empty=0.0)

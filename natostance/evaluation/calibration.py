"""Whether probabilities mean what they say, and how sure a system must be to keep a promise.

Everything takes sentences as vectors: ``confidence`` is the probability of the label that was
given, ``right`` whether it was the right one. The order of sentences never matters: sentences of
equal confidence stay together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from natostance.errors import InputError

Floats = NDArray[np.float64]

BINS = 15
# the errors for which a report gives thresholds
PROMISED = (0.02, 0.05, 0.1)

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of the reliability table.

    Args:
        sentences: how many.
        low: least confidence in it.
        high: largest confidence in it.
        confidence: mean confidence.
        accuracy: share of right labels.
    """

    sentences: int
    low: float
    high: float
    confidence: float
    accuracy: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "sentences": self.sentences,
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "confidence": round(self.confidence, 4),
            "accuracy": round(self.accuracy, 4),
        }


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What is left wrong when the least sure sentences are left out.

    Args:
        threshold: ``[points]``, falling: sentences at least as sure as this are kept.
        coverage: ``[points]``, the share of sentences that is kept.
        risk: ``[points]``, the share of wrong labels among them.
        area: the area under the curve (AURC): mean risk over all coverages.
    """

    threshold: Floats
    coverage: Floats
    risk: Floats
    area: float

    def points(self, steps: int = 20) -> list[list[float]]:
        """Some points of the curve, ``[coverage, risk, threshold]``, at rising coverage."""
        wanted = np.linspace(1 / steps, 1, steps)
        # 1e-12: a coverage of 3/20 and 0.15 need not be equal in the last place
        places = np.unique(np.searchsorted(self.coverage, wanted - 1e-12))
        return [
            [round(float(v), 4) for v in (self.coverage[i], self.risk[i], self.threshold[i])]
            for i in places
        ]


@dataclass(frozen=True, slots=True)
class Promise:
    """A threshold that keeps an error.

    Args:
        error: the promised error.
        of: what the error is a share of: the ``labelled`` sentences, or ``all`` of them.
        threshold: label where the confidence is at least this. Above 1: no threshold keeps the
            promise, and everything abstains.
        coverage: share of the calibration sentences that are then labelled.
        observed: share of wrong labels among those; None where there are none.
        articles: how many calibration articles stand behind it.
    """

    error: float
    of: Literal["labelled", "all"]
    threshold: float
    coverage: float
    observed: float | None
    articles: int

    @property
    def kept(self) -> bool:
        """Whether some threshold keeps the promise."""
        return self.coverage > 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "error": self.error,
            "of": self.of,
            # rounded up: a threshold that is rounded down would let more in
            "threshold": math.ceil(self.threshold * 1e6) / 1e6 if self.kept else None,
            "coverage": round(self.coverage, 4),
            "observed": None if self.observed is None else round(self.observed, 4),
            "articles": self.articles,
        }


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """Everything about the probabilities of one system.

    Args:
        sentences: how many have probabilities.
        table: the reliability table.
        brier: Brier score.
        curve: risk and coverage.
        promises: thresholds for some errors, as shares of the labelled sentences.
    """

    sentences: int
    table: tuple[Bin, ...]
    brier: float
    curve: RiskCoverage
    promises: tuple[Promise, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "sentences": self.sentences,
            "calibration_error": round(calibration_error(self.table), 4),
            "debiased_calibration_error": round(debiased_calibration_error(self.table), 4),
            "brier": round(self.brier, 4),
            "aurc": round(self.curve.area, 4),
            "risk_coverage": self.curve.points(),
            "reliability": [b.to_dict() for b in self.table],
            "promises": [p.to_dict() for p in self.promises],
        }


def measure(
    probabilities: ArrayLike, given: ArrayLike, gold: ArrayLike, articles: ArrayLike
) -> CalibrationReport:
    """Measure the probabilities of a system.

    Args:
        probabilities: ``[sentences, labels]``.
        given: ``[sentences]``, the index of the label that was given.
        gold: ``[sentences]``, the index of the right one.
        articles: ``[sentences]``, which article each is of.

    Raises:
        InputError: there are no sentences, or rows are no probabilities.
    """
    rows, labels, wanted = np.asarray(probabilities, float), np.asarray(given), np.asarray(gold)
    score = brier(rows, wanted)
    confidence, right = rows[np.arange(len(rows)), labels], labels == wanted
    return CalibrationReport(
        len(rows),
        reliability(confidence, right),
        score,
        risk_coverage(confidence, right),
        tuple(promise(confidence, right, articles, error) for error in PROMISED),
    )


def reliability(confidence: ArrayLike, right: ArrayLike, bins: int = BINS) -> tuple[Bin, ...]:
    """The reliability table, in bins of equally many sentences as far as ties allow.

    Args:
        confidence: ``[sentences]``.
        right: ``[sentences]``, 0 or 1.
        bins: at most so many; fewer where there are fewer sentences or many ties.

    Raises:
        InputError: there are no sentences, or a confidence is no probability.
    """
    sure, correct = _checked(confidence, right)
    _, which, size = np.unique(sure, return_inverse=True, return_counts=True)
    # the bin of a confidence follows from the middle of the ranks that it takes
    middle = np.cumsum(size) - size / 2
    place = (middle * min(bins, len(sure)) / len(sure)).astype(int)[which]
    table = []
    for number in np.unique(place):
        inside = place == number
        table.append(
            Bin(
                int(inside.sum()),
                float(sure[inside].min()),
                float(sure[inside].max()),
                float(np.sort(sure[inside]).mean()),
                float(correct[inside].mean()),
            )
        )
    return tuple(table)


def calibration_error(table: Sequence[Bin]) -> float:
    """Expected calibration error: mean gap of confidence and accuracy, by sentences."""
    total = sum(b.sentences for b in table)
    return sum(b.sentences * abs(b.confidence - b.accuracy) for b in table) / total


def debiased_calibration_error(table: Sequence[Bin]) -> float:
    """Expected calibration error less what chance alone adds to it; at least 0.

    The plain estimate is too large, since accuracies of small bins scatter about the truth. Kumar,
    Liang and Ma 2019 (arXiv 1909.10155) draw the accuracies again from a normal distribution about
    the observed ones and take off what that adds; here the mean over all draws is in closed form
    (the mean of a folded normal distribution).
    """
    total = sum(b.sentences for b in table)
    drawn = 0.0
    for b in table:
        gap = abs(b.confidence - b.accuracy)
        sd = math.sqrt(b.accuracy * (1 - b.accuracy) / b.sentences)
        folded = gap
        if sd:
            folded = sd * math.sqrt(2 / math.pi) * math.exp(-((gap / sd) ** 2) / 2)
            folded += gap * (1 - 2 * _NORMAL.cdf(-gap / sd))
        drawn += b.sentences * folded
    return max(0.0, 2 * calibration_error(table) - drawn / total)


def brier(probabilities: ArrayLike, gold: ArrayLike) -> float:
    """Brier score over all labels, between 0 and 2 (Brier 1950).

    Args:
        probabilities: ``[sentences, labels]``.
        gold: ``[sentences]``, the index of the right label.

    Raises:
        InputError: there are no sentences, or rows are no probabilities.
    """
    given = np.asarray(probabilities, float)
    wanted = np.asarray(gold, int)
    if not len(given):
        raise InputError("there are no sentences with probabilities")
    check_probabilities(given)
    # sum over labels of (p - y)^2, with y = 1 at the right label
    own = given[np.arange(len(given)), wanted]
    return float(np.mean((given**2).sum(1) - 2 * own + 1))


def check_probabilities(probabilities: Floats) -> None:
    """Raise `InputError` where a row of ``[sentences, labels]`` is no distribution."""
    low, high = probabilities.min(initial=0.0), probabilities.max(initial=0.0)
    sums = probabilities.sum(-1)
    if not (low >= 0 and high <= 1 + 1e-6 and np.all(np.abs(sums - 1) < 1e-2)):
        raise InputError(
            "scores are no probabilities: they are not in 0 to 1 with the sum 1",
            remedy="calibrate them, or leave them out",
        )


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> RiskCoverage:
    """Risk at each coverage (El-Yaniv and Wiener 2010), and the area (Geifman et al. 2019).

    One point for each confidence that occurs. The area is the mean risk over the k surest
    sentences, k from 1 to all; among ties, the mean over all their orders.

    Raises:
        InputError: there are no sentences, or a confidence is no probability.
    """
    sure, correct = _checked(confidence, right)
    values, place, size = np.unique(-sure, return_inverse=True, return_counts=True)
    wrong = np.bincount(place, weights=1 - correct, minlength=len(values))
    kept = np.cumsum(size)
    # within a tie each sentence carries the tie's mean error
    mean_risk = np.cumsum(np.repeat(wrong / size, size)) / np.arange(1, len(sure) + 1)
    return RiskCoverage(-values, kept / len(sure), np.cumsum(wrong) / kept, float(mean_risk.mean()))


def promise(
    confidence: ArrayLike,
    right: ArrayLike,
    articles: ArrayLike,
    error: float,
    of: Literal["labelled", "all"] = "labelled",
) -> Promise:
    """The least threshold that keeps an error, from calibration sentences.

    Split conformal risk control (Angelopoulos et al. 2022, arXiv 2208.02814) with articles, not
    sentences, as what is exchangeable. The loss of an article is the share of its sentences that
    are labelled and wrong; it is at most 1 and falls as the threshold rises. With n calibration
    articles the threshold is the least with ``(sum of losses + 1) / (n + 1) <= bound``.

    ``of="all"``: the bound is the error, and the promise is the theorem: over new articles of the
    same kind, the expected share of sentences that are labelled and wrong is at most the error.

    ``of="labelled"``: the bound is the error times the mean share of an article that is labelled.
    Then wrong labels are at most that share of the labels which are given, in expectation over
    articles; the coverage is taken as observed, which is exact only for many articles. (The same
    form as the selection of Jin and Candès 2023, arXiv 2210.01408.)

    Args:
        confidence: ``[sentences]``, of sentences that neither trained nor calibrated the model.
        right: ``[sentences]``, 0 or 1.
        articles: ``[sentences]``, which article each is of.
        error: the error to promise, between 0 and 1.
        of: what the error is a share of.

    Raises:
        InputError: there are no sentences, or the error is not between 0 and 1.
    """
    sure, correct = _checked(confidence, right)
    if not 0 < error < 1:
        raise InputError(f"an error of {error} cannot be promised", remedy="give 0 < error < 1")
    _, article, size = np.unique(np.asarray(articles), return_inverse=True, return_counts=True)
    n = len(size)
    # each sentence weighs 1 / its article's length, so that an article's loss is at most 1
    weight = 1 / size[article]
    values, place = np.unique(-sure, return_inverse=True)
    losses = np.cumsum(np.bincount(place, weights=weight * (1 - correct), minlength=len(values)))
    labelled = np.cumsum(np.bincount(place, weights=weight, minlength=len(values))) / n
    bound = error * labelled if of == "labelled" else np.full(len(values), error)
    keeps = np.flatnonzero((losses + 1) / (n + 1) <= bound + 1e-12)
    if not len(keeps):
        return Promise(error, of, math.inf, 0.0, None, n)
    threshold = float(-values[keeps[-1]])
    kept = sure >= threshold
    return Promise(error, of, threshold, float(kept.mean()), float(1 - correct[kept].mean()), n)


def _checked(confidence: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    sure, correct = np.asarray(confidence, float), np.asarray(right, float)
    if not len(sure):
        raise InputError("there are no sentences with probabilities")
    if not (sure.min() >= 0 and sure.max() <= 1 + 1e-6):
        raise InputError("a confidence is no probability: it is not in 0 to 1")
    return sure, correct

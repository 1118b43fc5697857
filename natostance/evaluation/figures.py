"""The figures that come with intervals: which counts each is made of, and how.

Counts are kept by article, so that figures of any set of articles, their intervals and paired tests
between systems can all be made from them, also from a results file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natostance.document import LabelSet
from natostance.evaluation import rates
from natostance.evaluation.bootstrap import Statistic
from natostance.evaluation.counts import Confusion, Counts
from natostance.evaluation.spans import MODES, CreditCounts, MatchCounts

Floats = NDArray[np.float64]

ALL = "all"

_F1, _MATCH_F1, _CREDIT_F1 = map(rates.if_any, (rates.f1, rates.match_f1, rates.credit_f1))


@dataclass(frozen=True, slots=True)
class AlignmentCounts:
    """How gold and predictions came together.

    Args:
        same: gold sentences that the prediction has too.
        projected: gold sentences whose label was projected from other sentences.
        outside: predicted sentences that lie outside all gold sentences.
        from_spans: articles predicted as spans alone; their labels follow from these.
        stand_ins: articles predicted without spans, whose one-sided sentences stand for them.
    """

    same: int = 0
    projected: int = 0
    outside: int = 0
    from_spans: int = 0
    stand_ins: int = 0

    def __add__(self, other: AlignmentCounts) -> AlignmentCounts:
        return AlignmentCounts(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(self))
        )

    def to_dict(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True)
class ArticleCounts:
    """Everything that is counted, of one article or of many.

    Args:
        sentences: confusion over the gold's sentences.
        own: confusion over the system's own sentences.
        characters: for each side, characters inside its spans.
        spans: for ``all`` and for each side alone, span matches by mode.
        credit: partial credit of spans.
        alignment: how the two sides came together.
    """

    sentences: Confusion
    own: Confusion
    characters: Mapping[str, Counts]
    spans: Mapping[str, Mapping[str, MatchCounts]]
    credit: CreditCounts
    alignment: AlignmentCounts

    @classmethod
    def none(cls, labels: LabelSet) -> ArticleCounts:
        """Nothing counted: what sums begin with."""
        return cls(
            Confusion.of(labels.names, {}),
            Confusion.of(labels.names, {}),
            {side: Counts() for side in labels.sides},
            {group: {mode: MatchCounts() for mode in MODES} for group in (ALL, *labels.sides)},
            CreditCounts(),
            AlignmentCounts(),
        )

    def __add__(self, other: ArticleCounts) -> ArticleCounts:
        return ArticleCounts(
            self.sentences + other.sentences,
            self.own + other.own,
            {side: counts + other.characters[side] for side, counts in self.characters.items()},
            {
                group: {mode: counts + other.spans[group][mode] for mode, counts in modes.items()}
                for group, modes in self.spans.items()
            },
            self.credit + other.credit,
            self.alignment + other.alignment,
        )

    def to_dict(self) -> dict[str, Any]:
        """The counts that figures are made of, as nested lists."""
        return {
            "sentences": [list(row) for row in self.sentences.cells],
            "own": [list(row) for row in self.own.cells],
            "characters": [list(counts.values) for counts in self.characters.values()],
            "spans": [list(self.spans[ALL][mode].values) for mode in MODES],
            "credit": list(self.credit.values),
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    Args:
        name: as in a results file.
        title: as in a table.
        counts: which of the counts of `ArticleCounts.to_dict` it is made of.
        statistic: makes it of them; keeps leading axes. NaN where there is nothing of its kind in
            gold and predictions, so that it says nothing.
    """

    name: str
    title: str
    counts: str
    statistic: Statistic

    def is_defined(self, counts: Floats) -> bool:
        """Whether there is anything that it counts in ``[articles, ...]`` counts."""
        return not np.isnan(self.statistic(counts.sum(0)))

    def has_interval(self, counts: Floats) -> bool:
        """Whether two articles or more have anything that it counts."""
        return not np.isnan(self.statistic(counts.sum(0) - counts)).any()

    def by_article(self, counts: Sequence[Mapping[str, Any]]) -> Floats:
        """The counts that it is made of, ``[articles, ...]``."""
        return np.array([of_article[self.counts] for of_article in counts], dtype=np.float64)


def figures(labels: LabelSet) -> tuple[Figure, ...]:
    """All figures for a label set, the headline first."""
    return (
        Figure("macro_f1", "sentence macro-F1", "sentences", rates.macro_f1),
        Figure("accuracy", "sentence accuracy", "sentences", rates.accuracy),
        Figure("matthews", "sentence Matthews correlation", "sentences", rates.matthews),
        *(
            Figure(f"f1_{label}", f"sentence F1, {label}", "sentences", _class_f1(i))
            for i, label in enumerate(labels.names)
        ),
        Figure("character_f1", "character F1", "characters", lambda counts: _F1(counts.sum(-2))),
        *(
            Figure(f"character_f1_{side}", f"character F1, {side}", "characters", _at(i, _F1))
            for i, side in enumerate(labels.sides)
        ),
        *(
            Figure(f"span_f1_{mode}", f"span F1, {mode}", "spans", _at(i, _MATCH_F1))
            for i, mode in enumerate(MODES)
        ),
        Figure("partial_credit_f1", "span F1, partial credit", "credit", _CREDIT_F1),
        Figure("own_macro_f1", "macro-F1 on own sentences", "own", rates.macro_f1),
    )


def figure_value(results: Mapping[str, Any], figure: str) -> float:
    """A figure of a results file (`Evaluation.to_dict`), by its name."""
    if figure == "own_macro_f1":
        return float(results["own_sentences"]["macro_f1"])
    rates = _rates_of(results, figure)
    return float(results[figure] if rates is None else rates["f1"])


def is_defined(results: Mapping[str, Any], figure: str) -> bool:
    """Whether a results file has anything that a figure counts."""
    rows = [_rates_of(results, figure)]
    if figure == "character_f1":
        rows = list(results["characters"].values())
    return any(row is None or row["support"] or row["predicted"] for row in rows)


def _rates_of(results: Mapping[str, Any], figure: str) -> Mapping[str, Any] | None:
    """Precision, recall and F1 that a figure stands among; None where it stands alone."""
    found: Mapping[str, Any] | None = None
    if figure == "partial_credit_f1":
        found = results["partial_credit"]
    elif figure.startswith("span_f1_"):
        found = results["spans"][ALL][figure.removeprefix("span_f1_")]
    elif figure.startswith("character_f1_"):
        found = results["characters"][figure.removeprefix("character_f1_")]
    elif figure.startswith("f1_"):
        found = results["classes"][figure.removeprefix("f1_")]
    return found


def _class_f1(index: int) -> Statistic:
    return lambda cells: _F1(rates.class_counts(cells)[..., index, :])


def _at(index: int, rate: Statistic) -> Statistic:
    return lambda counts: rate(counts[..., index, :])

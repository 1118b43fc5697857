"""Counts that add, and the rates that are derived from them.

Whatever is counted for two groups of articles can be added; precision, recall and F1 are properties
of the sum, so any grouping of the same articles gives the same total. The formulas, with their
conventions for empty classes, stand in `natostance.evaluation.rates`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natostance.evaluation import rates


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives of one class.

    Conventions where a rate would divide by zero: precision is 1 where nothing was predicted,
    recall is 1 where there was nothing to find, and F1 is 1 where both hold, so that an empty
    prediction for an empty gold is perfect.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def values(self) -> tuple[int, int, int]:
        """The counts in the order of `natostance.evaluation.rates`."""
        return self.tp, self.fp, self.fn

    @property
    def support(self) -> int:
        """How many there are in the gold."""
        return self.tp + self.fn

    @property
    def predicted(self) -> int:
        """How many were predicted."""
        return self.tp + self.fp

    @property
    def precision(self) -> float:
        return float(rates.precision(self.values))

    @property
    def recall(self) -> float:
        return float(rates.recall(self.values))

    @property
    def f1(self) -> float:
        return float(rates.f1(self.values))


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each gold label was predicted as each label.

    Args:
        labels: the labels, in order.
        cells: ``cells[i][j]``: gold ``labels[i]`` predicted as ``labels[j]``.
    """

    labels: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, labels: tuple[str, ...], pairs: Mapping[tuple[str, str], int]) -> Confusion:
        """From counts of (gold, predicted) pairs."""
        return cls(labels, tuple(tuple(pairs.get((g, p), 0) for p in labels) for g in labels))

    def __add__(self, other: Confusion) -> Confusion:
        if self.labels != other.labels:
            raise ValueError(f"labels differ: {self.labels} and {other.labels}")
        return Confusion(
            self.labels,
            tuple(
                tuple(a + b for a, b in zip(mine, theirs, strict=True))
                for mine, theirs in zip(self.cells, other.cells, strict=True)
            ),
        )

    @property
    def total(self) -> int:
        return sum(map(sum, self.cells))

    @property
    def accuracy(self) -> float:
        """Share of the diagonal; 1 where nothing was counted."""
        return float(rates.accuracy(self.cells))

    @property
    def matthews(self) -> float:
        """Matthews correlation for several classes, between -1 and 1."""
        return float(rates.matthews(self.cells))

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels which occur in gold or prediction; 1 where none does."""
        return float(rates.macro_f1(self.cells))

    @property
    def absent(self) -> tuple[str, ...]:
        """The labels that occur neither in gold nor in prediction: macro-F1 leaves them out."""
        counted = ((label, self.counts(label)) for label in self.labels)
        return tuple(label for label, counts in counted if not any(counts.values))

    def counts(self, label: str) -> Counts:
        """One class against the others."""
        i = self.labels.index(label)
        tp = self.cells[i][i]
        return Counts(tp, sum(row[i] for row in self.cells) - tp, sum(self.cells[i]) - tp)

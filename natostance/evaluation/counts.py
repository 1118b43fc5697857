"""Counts that add, and the rates that are derived from them.

Whatever is counted for two groups of articles can be added; precision, recall and F1 are properties
of the sum, so any grouping of the same articles gives the same total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
    def support(self) -> int:
        """How many there are in the gold."""
        return self.tp + self.fn

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 1.0


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
        right = sum(self.cells[i][i] for i in range(len(self.labels)))
        return right / self.total if self.total else 1.0

    def counts(self, label: str) -> Counts:
        """One class against the others."""
        i = self.labels.index(label)
        tp = self.cells[i][i]
        return Counts(tp, sum(row[i] for row in self.cells) - tp, sum(self.cells[i]) - tp)

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels which occur in gold or prediction; 1 where none does."""
        scores = [
            c.f1 for c in map(self.counts, self.labels) if c.tp or c.fp or c.fn
        ]
        return sum(scores) / len(scores) if scores else 1.0

"""Spans against spans: matches in named modes, characters, and partial credit.

The modes are those of SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013): *strict* wants the same
edges and the same label, *exact* the same edges, *partial* an overlap (half a point where the edges
differ), *type* an overlap and the same label. Spans of one side may overlap each other.

Each span is matched with at most one of the other side, so that the whole points are most and,
among equals, the pairs. That depends neither on the order of spans nor on which side is the gold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Literal, get_args

from natostance.document import Span
from natostance.evaluation import rates
from natostance.evaluation.assignment import best_matching
from natostance.evaluation.counts import Counts

Mode = Literal["strict", "exact", "partial", "type"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """What became of the spans of both sides in one mode.

    Args:
        correct: pairs that match as the mode wants.
        incorrect: pairs that overlap but do not match.
        partial: pairs that match by half (mode *partial* only).
        missed: gold spans without a partner.
        spurious: predicted spans without a partner.
    """

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    def __add__(self, other: MatchCounts) -> MatchCounts:
        return MatchCounts(*(a + b for a, b in zip(self.values, other.values, strict=True)))

    @property
    def values(self) -> tuple[int, ...]:
        """The counts in the order of `natostance.evaluation.rates`."""
        return astuple(self)

    @property
    def support(self) -> int:
        """How many spans the gold has."""
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def predicted(self) -> int:
        """How many spans were predicted."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def precision(self) -> float:
        """1 where nothing was predicted."""
        return float(rates.match_precision(self.values))

    @property
    def recall(self) -> float:
        """1 where there was nothing to find."""
        return float(rates.match_recall(self.values))

    @property
    def f1(self) -> float:
        return float(rates.match_f1(self.values))


@dataclass(frozen=True, slots=True)
class CreditCounts:
    """Partial credit as in SemEval-2020 task 11 (Da San Martino et al. 2020).

    Args:
        found: sum over predicted spans of the share of it that lies in gold spans of its label.
        predicted: how many spans were predicted.
        covered: sum over gold spans of the share of it that lies in predicted spans of its label.
        support: how many spans the gold has.
    """

    found: float = 0.0
    predicted: int = 0
    covered: float = 0.0
    support: int = 0

    def __add__(self, other: CreditCounts) -> CreditCounts:
        return CreditCounts(
            self.found + other.found,
            self.predicted + other.predicted,
            self.covered + other.covered,
            self.support + other.support,
        )

    @property
    def values(self) -> tuple[float, float, float, float]:
        """The counts in the order of `natostance.evaluation.rates`."""
        return self.found, self.predicted, self.covered, self.support

    @property
    def precision(self) -> float:
        """1 where nothing was predicted."""
        return float(rates.credit_precision(self.values))

    @property
    def recall(self) -> float:
        """1 where there was nothing to find."""
        return float(rates.credit_recall(self.values))

    @property
    def f1(self) -> float:
        return float(rates.credit_f1(self.values))


def match(gold: Sequence[Span], predicted: Sequence[Span], mode: Mode) -> MatchCounts:
    """Match the spans of one text in one mode."""
    matching = {
        (i, j): _matches(right, found, mode)
        for i, right in enumerate(gold)
        for j, found in enumerate(predicted)
        if right.start < found.end and found.start < right.end
    }
    # one match outweighs all other pairs, so that these decide only among equally many matches
    outweighs = len(gold) + len(predicted) + 1
    pairs = best_matching({edge: outweighs if matches else 1 for edge, matches in matching.items()})
    correct = sum(matching[edge] for edge in pairs.items())
    half = mode == "partial"
    return MatchCounts(
        correct=correct,
        incorrect=0 if half else len(pairs) - correct,
        partial=len(pairs) - correct if half else 0,
        missed=len(gold) - len(pairs),
        spurious=len(predicted) - len(pairs),
    )


def character_counts(gold: Iterable[Span], predicted: Iterable[Span], label: str) -> Counts:
    """Characters inside spans of one label, each counted once, white space included."""
    right, found = ([(s.start, s.end) for s in merged(side, label)] for side in (gold, predicted))
    both, i, j = 0, 0, 0
    while i < len(right) and j < len(found):
        (a, b), (c, d) = right[i], found[j]
        both += max(0, min(b, d) - max(a, c))
        i, j = (i + 1, j) if b <= d else (i, j + 1)
    return Counts(both, _length(found) - both, _length(right) - both)


def credit_counts(gold: Sequence[Span], predicted: Sequence[Span]) -> CreditCounts:
    """Partial credit for the spans of one text; overlapping spans of one label are merged first."""
    total = CreditCounts()
    for label in sorted({s.label for s in (*gold, *predicted)}):
        right, found = merged(gold, label), merged(predicted, label)
        total += CreditCounts(_shares(found, right), len(found), _shares(right, found), len(right))
    return total


def merged(spans: Iterable[Span], label: str) -> list[Span]:
    """The spans of one label in order, overlapping ones merged."""
    done: list[Span] = []
    for span in sorted((s.start, s.end) for s in spans if s.label == label):
        if done and span[0] < done[-1].end:
            done[-1] = Span(done[-1].start, max(done[-1].end, span[1]), label)
        else:
            done.append(Span(*span, label))
    return done


def _matches(right: Span, found: Span, mode: Mode) -> bool:
    """Whether a pair that overlaps earns a whole point."""
    edges = (right.start, right.end) == (found.start, found.end)
    label = right.label == found.label
    if mode == "strict":
        return edges and label
    return label if mode == "type" else edges


def _shares(spans: Sequence[Span], others: Sequence[Span]) -> float:
    """Sum over spans of the share of each that lies in the others, none of which overlap."""
    return sum(
        max(0, min(span.end, other.end) - max(span.start, other.start)) / (span.end - span.start)
        for span in spans
        for other in others
    )


def _length(stretches: Iterable[tuple[int, int]]) -> int:
    return sum(end - start for start, end in stretches)

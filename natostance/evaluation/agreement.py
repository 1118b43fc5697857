"""How far two annotators agree on the same articles, and where they do not.

Sentence figures are those of the first annotator's sentences; where the second one's differ, their
labels are projected as `natostance.evaluation.alignment` says. Characters are those inside these
sentences, each labelled with the side whose span it lies in, or neutral.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natostance.document import Document, Span
from natostance.evaluation import bootstrap, rates
from natostance.evaluation.alignment import Pair, judge, pair, spans_within
from natostance.evaluation.bootstrap import Statistic
from natostance.evaluation.counts import Confusion

FORMAT = 1
NAMES = ("first annotation", "second annotation")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sentence that two annotators read differently.

    Args:
        doc_id: the article.
        number: 0-based number of the sentence.
        start: its first character.
        end: one past its last character.
        first: label by the first annotator.
        second: label by the second annotator; the same where only the spans differ.
        first_spans: spans by the first annotator, cut at the sentence.
        second_spans: spans by the second annotator.
    """

    doc_id: str
    number: int
    start: int
    end: int
    first: str
    second: str
    first_spans: tuple[Span, ...]
    second_spans: tuple[Span, ...]

    @property
    def of_label(self) -> bool:
        """Whether the labels differ, and not the spans alone."""
        return self.first != self.second

    def to_dict(self) -> dict[str, Any]:
        """Offsets and labels; the text stays in the document."""
        return {
            "doc_id": self.doc_id,
            "sentence": self.number,
            "start": self.start,
            "end": self.end,
            "first": self.first,
            "second": self.second,
            "first_spans": [[s.start, s.end, s.label] for s in self.first_spans],
            "second_spans": [[s.start, s.end, s.label] for s in self.second_spans],
        }

    def context(self, document: Document, sentences: int = 1) -> str:
        """The text of the sentence with some sentences before and after it."""
        around = document.sentences[max(0, self.number - sentences) : self.number + sentences + 1]
        return document.text[around[0].start : around[-1].end]


@dataclass(frozen=True)
class Agreement:
    """What two annotators agree on.

    Args:
        labels: the labels, in order; the last one is neutral.
        sentences: for each article the sentences: first annotator by second.
        characters: for each article the characters: first annotator by second.
        disagreements: the sentences that differ, in order.
    """

    labels: tuple[str, ...]
    sentences: tuple[Confusion, ...]
    characters: tuple[Confusion, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def kappa(self) -> float:
        """Cohen's kappa of the sentences."""
        return float(rates.kappa(self._total(self.sentences).cells))

    @property
    def alpha(self) -> float:
        """Krippendorff's alpha of the sentences, nominal."""
        return float(rates.nominal_alpha(self._total(self.sentences).cells))

    @property
    def character_alpha(self) -> float:
        """Krippendorff's alpha, nominal, with single characters as units."""
        return float(rates.nominal_alpha(self._total(self.characters).cells))

    @property
    def character_f1(self) -> float:
        """F1 of the characters inside spans, sides taken together."""
        return float(rates.f1(_sides(np.asarray(self._total(self.characters).cells, float))))

    def to_dict(self, *, resamples: int = bootstrap.RESAMPLES, seed: int = 0) -> dict[str, Any]:
        """All figures with 95 % intervals over articles, and the disagreements; JSON-ready."""
        sentences, characters = self._total(self.sentences), self._total(self.characters)

        def figure(by_article: tuple[Confusion, ...], statistic: Statistic) -> dict[str, Any]:
            cells = np.array([c.cells for c in by_article], float)
            value = float(statistic(cells.sum(0)))
            interval = None
            if len(cells) > 1 and not np.isnan(statistic(cells.sum(0) - cells)).any():
                found = bootstrap.interval(cells, statistic, resamples=resamples, seed=seed)
                interval = found.to_list()
            return {"value": None if np.isnan(value) else round(value, 4), "interval": interval}

        return {
            "format": FORMAT,
            "articles": len(self.sentences),
            "labels": list(self.labels),
            "sentences": {
                "total": sentences.total,
                "kappa": figure(self.sentences, _KAPPA),
                "alpha": figure(self.sentences, _ALPHA),
                "macro_f1": figure(self.sentences, rates.macro_f1),
                "agreement": figure(self.sentences, rates.accuracy),
                "confusion": [list(row) for row in sentences.cells],
                "classes": {
                    label: {
                        "f1": figure(self.sentences, _class_f1(i)),
                        "kappa": figure(self.sentences, _one_class(i, _KAPPA)),
                        "first": sentences.counts(label).support,
                        "second": sentences.counts(label).predicted,
                    }
                    for i, label in enumerate(self.labels)
                },
            },
            "characters": {
                "total": characters.total,
                "alpha": figure(self.characters, _ALPHA),
                "f1": figure(self.characters, _sides_f1),
                "classes": {
                    label: {
                        "f1": figure(self.characters, _class_f1(i)),
                        "alpha": figure(self.characters, _one_class(i, _ALPHA)),
                    }
                    for i, label in enumerate(self.labels)
                },
            },
            "disagreements": [d.to_dict() for d in self.disagreements],
        }

    def _total(self, by_article: tuple[Confusion, ...]) -> Confusion:
        return sum(by_article, Confusion.of(self.labels, {}))


def agreement(first: Iterable[Document], second: Iterable[Document]) -> Agreement:
    """Compare two annotators' readings of the same articles.

    Args:
        first: one annotator's documents, their sentences labelled; any order.
        second: the other's documents of the same articles.

    Raises:
        InputError: as `natostance.evaluation.alignment.pair`.
    """
    pairs = pair(first, second, NAMES)
    names = pairs[0].gold.labels.names
    sentences, characters, disagreements = [], [], []
    for both in pairs:
        judged = judge(both, NAMES[1])
        sentences.append(Confusion.of(names, Counter(j.labels for j in judged)))
        characters.append(_characters(both, names))
        for j in judged:
            spans = [
                tuple(Span(s.start, s.end, s.label) for s in spans_within(document, [j.gold]))
                for document in (both.gold, both.predicted)
            ]
            if j.labels[0] != j.labels[1] or spans[0] != spans[1]:
                disagreements.append(
                    Disagreement(
                        both.gold.doc_id, j.number, j.gold.start, j.gold.end, *j.labels, *spans
                    )
                )
    return Agreement(names, tuple(sentences), tuple(characters), tuple(disagreements))


def _characters(both: Pair, names: tuple[str, ...]) -> Confusion:
    text, neutral = both.gold.text, len(names) - 1
    inside = np.zeros(len(text), bool)
    for sentence in both.gold.sentences:
        inside[sentence.start : sentence.end] = True
    marked: list[NDArray[np.int64]] = []
    for document in (both.gold, both.predicted):
        labels = np.full(len(text), neutral)
        for span in spans_within(document, both.gold.sentences):
            labels[span.start : span.end] = names.index(span.label)
        marked.append(labels[inside])
    size = len(names)
    cells = np.bincount(marked[0] * size + marked[1], minlength=size**2).reshape(size, size)
    return Confusion(names, tuple(tuple(row) for row in cells.tolist()))


def _if_two_labels(statistic: Statistic) -> Statistic:
    """The statistic, NaN where both annotators use one and the same label alone."""

    def of(cells: NDArray[np.float64]) -> NDArray[np.float64]:
        used = (rates.class_counts(cells).sum(-1) > 0).sum(-1)
        return np.where(used > 1, statistic(cells), np.nan)

    return of


_F1 = rates.if_any(rates.f1)
_KAPPA, _ALPHA = _if_two_labels(rates.kappa), _if_two_labels(rates.nominal_alpha)


def _class_f1(index: int) -> Statistic:
    return lambda cells: _F1(rates.class_counts(cells)[..., index, :])


def _one_class(index: int, statistic: Statistic) -> Statistic:
    return lambda cells: statistic(rates.binary(cells, index))


def _sides(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts over all classes but the last, which is neutral."""
    counts: NDArray[np.float64] = rates.class_counts(cells)[..., :-1, :].sum(-2)
    return counts


def _sides_f1(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    return _F1(_sides(cells))

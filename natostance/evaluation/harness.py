"""Gold documents against predicted ones, and what came of it.

Evaluation never sees a model: it compares two lists of documents. What each figure means is laid
down in ``docs/evaluation.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from natostance.document import Document, LabelSet, Span
from natostance.errors import InputError
from natostance.evaluation import bootstrap, calibration
from natostance.evaluation.alignment import (
    Judged,
    Pair,
    judge,
    pair,
    project,
    same_sentences,
    spans_within,
    stand_ins,
)
from natostance.evaluation.bootstrap import LEVEL, RESAMPLES
from natostance.evaluation.counts import Confusion, Counts
from natostance.evaluation.figures import ALL, AlignmentCounts, ArticleCounts, figures
from natostance.evaluation.slices import slices
from natostance.evaluation.spans import (
    MODES,
    CreditCounts,
    MatchCounts,
    character_counts,
    credit_counts,
    match,
)

FORMAT = 2


@dataclass(frozen=True)
class Evaluation:
    """Figures of one system on one gold.

    Evaluations of different articles can be added.

    Args:
        labels: the labels.
        counts: what was counted, by article, ordered by id.
        judged: the gold's sentences with their predicted labels, by article.
        hashes: whatever names gold and predictions for good (fingerprints); kept as given.
    """

    labels: LabelSet
    counts: Mapping[str, ArticleCounts]
    judged: Mapping[str, tuple[Judged, ...]]
    hashes: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: Evaluation) -> Evaluation:
        if twice := sorted(self.counts.keys() & other.counts.keys()):
            raise InputError(f"the article {twice[0]!r} is in both evaluations")
        if self.labels != other.labels:
            raise InputError("the evaluations are of different label sets")
        ids = sorted([*self.counts, *other.counts])
        counts, judged = {**self.counts, **other.counts}, {**self.judged, **other.judged}
        return Evaluation(
            self.labels,
            {i: counts[i] for i in ids},
            {i: judged[i] for i in ids},
            # a hash of one part is none of the whole
            dict(self.hashes) if self.hashes == other.hashes else {},
        )

    @property
    def articles(self) -> int:
        """How many articles were compared."""
        return len(self.counts)

    @property
    def total(self) -> ArticleCounts:
        """What was counted in all articles."""
        return sum(self.counts.values(), ArticleCounts.none(self.labels))

    @property
    def sentences(self) -> Confusion:
        """Confusion over the gold's sentences."""
        return self.total.sentences

    @property
    def characters(self) -> Mapping[str, Counts]:
        """For each side, the characters inside its spans: found, too many, missed."""
        return self.total.characters

    @property
    def macro_f1(self) -> float:
        """Sentence macro-F1, the headline figure."""
        return self.sentences.macro_f1

    @property
    def character_f1(self) -> float:
        """F1 of the characters inside spans, sides taken together."""
        return sum(self.characters.values(), Counts()).f1

    def calibration(self) -> calibration.CalibrationReport | None:
        """What the probabilities are worth; None where no sentence has any.

        Projected labels have none and do not count.

        Raises:
            InputError: what the predictions hold are no probabilities.
        """
        names = self.labels.names
        scored = [
            (doc_id, j.predicted.scores, j.labels)
            for doc_id, judged in self.judged.items()
            for j in judged
            if j.predicted.scores is not None
        ]
        if not scored:
            return None
        return calibration.measure(
            [[scores[name] for name in names] for _, scores, _ in scored],
            [names.index(given) for _, _, (_, given) in scored],
            [names.index(right) for _, _, (right, _) in scored],
            [doc_id for doc_id, _, _ in scored],
        )

    def intervals(
        self, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
    ) -> dict[str, list[float]]:
        """BCa intervals of all figures, articles being the clusters; empty for one article.

        Nor has a figure of which fewer than two articles have anything.
        """
        if self.articles < 2:
            return {}
        counts = [c.to_dict() for c in self.counts.values()]
        return {
            f.name: bootstrap.interval(
                by_article, f.statistic, level=level, resamples=resamples, seed=seed
            ).to_list()
            for f in figures(self.labels)
            if f.has_interval(by_article := f.by_article(counts))
        }

    def to_dict(
        self, *, columns: Sequence[str] = (), resamples: int = RESAMPLES, seed: int = 0
    ) -> dict[str, Any]:
        """All figures, rounded to four places, with intervals and slices; JSON-ready.

        ``by_article`` holds the counts, from which `natostance.evaluation.comparison` compares
        systems.

        Args:
            columns: metadata columns to slice by, beside the usual ones.
            resamples: for the intervals.
            seed: for the intervals.
        """
        total = self.total
        report = self.calibration()
        return {
            "format": FORMAT,
            "hashes": dict(self.hashes),
            "labels": self.labels.to_dict(),
            "articles": self.articles,
            **_sentence_figures(total.sentences),
            "character_f1": round(self.character_f1, 4),
            "characters": {side: _rates(counts) for side, counts in total.characters.items()},
            "spans": {
                group: {mode: _match_rates(counts) for mode, counts in modes.items()}
                for group, modes in total.spans.items()
            },
            "partial_credit": _rates(total.credit),
            "own_sentences": _sentence_figures(total.own),
            "alignment": total.alignment.to_dict(),
            "abstained": self._abstained(),
            "calibration": report and report.to_dict(),
            "bootstrap": {"level": LEVEL, "resamples": resamples, "seed": seed},
            "intervals": self.intervals(resamples=resamples, seed=seed),
            "slices": [s.to_dict() for s in slices(self.judged.values(), columns, seed=seed)],
            "by_article": {doc_id: counts.to_dict() for doc_id, counts in self.counts.items()},
        }

    def _abstained(self) -> dict[str, Any]:
        """How many sentences abstained, and how good the labels of the others are."""
        kept = [j for judged in self.judged.values() for j in judged if not j.predicted.abstained]
        confusion = Confusion.of(self.labels.names, Counter(j.labels for j in kept))
        return {
            "sentences": self.sentences.total - len(kept),
            "others_macro_f1": round(confusion.macro_f1, 4) if kept else None,
            "others_accuracy": round(confusion.accuracy, 4) if kept else None,
        }


def evaluate(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    hashes: Mapping[str, str] | None = None,
) -> Evaluation:
    """Compare predictions with gold annotations.

    Args:
        gold: annotated documents, their sentences labelled.
        predicted: the same articles, labelled by a system; any order. Their sentences may be
            others than the gold's, and may be missing where there are spans.
        hashes: whatever names gold and predictions for good; kept in the results.

    Raises:
        InputError: an article is missing or unknown on one side, or has another text; the gold is
            empty; a sentence has no label. The article is named.
    """
    pairs = pair(gold, predicted)
    judged = {p.gold.doc_id: judge(p) for p in pairs}
    return Evaluation(
        pairs[0].gold.labels,
        {p.gold.doc_id: _count(p, judged[p.gold.doc_id]) for p in pairs},
        judged,
        dict(hashes or {}),
    )


def _count(both: Pair, judged: Sequence[Judged]) -> ArticleCounts:
    labels, sentences = both.gold.labels, both.gold.sentences
    own, outside = _own(both)
    right, found = (spans_within(document, sentences) for document in (both.gold, both.predicted))
    same = same_sentences(both)
    return ArticleCounts(
        sentences=Confusion.of(labels.names, Counter(j.labels for j in judged)),
        own=own,
        characters={side: character_counts(right, found, side) for side in labels.sides},
        spans={
            group: {mode: match(_of(right, group), _of(found, group), mode) for mode in MODES}
            for group in (ALL, *labels.sides)
        },
        credit=credit_counts(right, found),
        alignment=AlignmentCounts(
            same,
            len(sentences) - same,
            outside,
            int(both.from_spans),
            int(stand_ins(both.predicted)),
        ),
    )


def _own(both: Pair) -> tuple[Confusion, int]:
    """The system's own sentences, the gold projected on them, and how many lie outside it."""
    given = both.predicted.sentences
    references = project(both.gold, given)
    pairs = Counter(
        (right.label or "", sentence.label or "")
        for right, sentence in zip(references, given, strict=True)
        if right is not None
    )
    confusion = Confusion.of(both.gold.labels.names, pairs)
    return confusion, len(given) - confusion.total


def _of(spans: Sequence[Span], group: str) -> list[Span]:
    return [span for span in spans if group in (ALL, span.label)]


def _sentence_figures(confusion: Confusion) -> dict[str, Any]:
    return {
        "sentences": confusion.total,
        "macro_f1": round(confusion.macro_f1, 4),
        "accuracy": round(confusion.accuracy, 4),
        "matthews": round(confusion.matthews, 4),
        "classes": {label: _rates(confusion.counts(label)) for label in confusion.labels},
        "absent": list(confusion.absent),
        "confusion": [list(row) for row in confusion.cells],
    }


def _rates(counts: Counts | MatchCounts | CreditCounts) -> dict[str, float | int]:
    return {
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
        "f1": round(counts.f1, 4),
        "support": counts.support,
        "predicted": counts.predicted,
    }


def _match_rates(counts: MatchCounts) -> dict[str, float | int]:
    return {
        **_rates(counts),
        "correct": counts.correct,
        "incorrect": counts.incorrect,
        "partial": counts.partial,
        "missed": counts.missed,
        "spurious": counts.spurious,
    }

"""The worst errors, in context: wrong labels that the system was surest of stand first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from natostance.document import Document, Span
from natostance.evaluation.alignment import Judged

# sentences of context before and after
CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sentence with a wrong label.

    Args:
        article: the gold document.
        number: 0-based number of the sentence.
        gold: its right label.
        predicted: the label that it was given.
        scores: the probabilities that were given; None where there are none.
        gold_spans: the gold's spans in it.
        predicted_spans: the predicted spans in it.
    """

    article: Document
    number: int
    gold: str
    predicted: str
    scores: Mapping[str, float] | None
    gold_spans: tuple[Span, ...]
    predicted_spans: tuple[Span, ...]

    @property
    def before(self) -> str:
        """The text of the sentences before it, as it stands."""
        return self._text(max(0, self.number - CONTEXT), self.number)

    @property
    def text(self) -> str:
        return self._text(self.number, self.number + 1)

    @property
    def after(self) -> str:
        """The text of the sentences after it, as it stands."""
        return self._text(self.number + 1, self.number + 1 + CONTEXT)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the text."""
        sentence = self.article.sentences[self.number]
        return {
            "doc_id": self.article.doc_id,
            "sentence": self.number,
            "start": sentence.start,
            "end": sentence.end,
            "gold": self.gold,
            "predicted": self.predicted,
            "scores": None
            if self.scores is None
            else {label: round(score, 6) for label, score in self.scores.items()},
            "before": self.before,
            "text": self.text,
            "after": self.after,
            "gold_spans": [[s.start, s.end, s.label] for s in self.gold_spans],
            "predicted_spans": [[s.start, s.end, s.label] for s in self.predicted_spans],
        }

    def _text(self, first: int, behind: int) -> str:
        sentences = self.article.sentences[first:behind]
        return self.article.text[sentences[0].start : sentences[-1].end] if sentences else ""


def mistakes(
    judged: Iterable[Sequence[Judged]], predicted: Mapping[str, Document]
) -> tuple[Mistake, ...]:
    """The wrong labels, the surest first; those without probabilities last, by article.

    Args:
        judged: the judged sentences of each article (`Evaluation.judged`).
        predicted: the predictions by id, for their spans.
    """
    found = [
        Mistake(
            j.article,
            j.number,
            *j.labels,
            j.predicted.scores,
            j.article.spans_of(j.gold),
            predicted[j.article.doc_id].spans_of(j.gold),
        )
        for sentences in judged
        for j in sentences
        if j.labels[0] != j.labels[1]
    ]
    return tuple(sorted(found, key=_order))


def _order(mistake: Mistake) -> tuple[float, str, int]:
    sure = mistake.scores[mistake.predicted] if mistake.scores else 0.0
    return -sure, mistake.article.doc_id, mistake.number

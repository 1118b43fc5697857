"""Gold documents against predicted ones, and what came of it.

Evaluation never sees a model: it compares two lists of documents. Sentence figures are those of the
gold's own sentences, which the predictions must share; span figures count characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.evaluation.counts import Confusion, Counts


@dataclass(frozen=True)
class Evaluation:
    """Figures of one system on one gold.

    Args:
        articles: how many articles were compared.
        sentences: confusion over the gold's sentences.
        characters: for each side, the characters inside its spans: found, too many, missed.
    """

    articles: int
    sentences: Confusion
    characters: dict[str, Counts]

    def __add__(self, other: Evaluation) -> Evaluation:
        return Evaluation(
            self.articles + other.articles,
            self.sentences + other.sentences,
            {side: counts + other.characters[side] for side, counts in self.characters.items()},
        )

    @property
    def macro_f1(self) -> float:
        """Sentence macro-F1, the headline figure."""
        return self.sentences.macro_f1

    @property
    def character_f1(self) -> float:
        """F1 of the characters inside spans, sides taken together."""
        return sum(self.characters.values(), Counts()).f1

    def to_dict(self) -> dict[str, Any]:
        """The figures, rounded to four places, for papers of a run."""
        return {
            "articles": self.articles,
            "sentences": self.sentences.total,
            "macro_f1": round(self.macro_f1, 4),
            "accuracy": round(self.sentences.accuracy, 4),
            "classes": {
                label: _rates(self.sentences.counts(label)) for label in self.sentences.labels
            },
            "confusion": [list(row) for row in self.sentences.cells],
            "character_f1": round(self.character_f1, 4),
            "characters": {side: _rates(counts) for side, counts in self.characters.items()},
        }


def evaluate(gold: Iterable[Document], predicted: Iterable[Document]) -> Evaluation:
    """Compare predictions with gold annotations.

    Args:
        gold: annotated documents, their sentences labelled.
        predicted: the same documents with the same sentences, labelled by a system; any order.

    Raises:
        InputError: an article is missing or unknown on one side, has another text or other
            sentences, or a sentence has no label; the article is named.
    """
    references = _by_id(gold, "gold")
    answers = _by_id(predicted, "prediction")
    if not references:
        raise InputError("there is nothing to evaluate: the gold has no articles")
    for ids, what in (
        (references.keys() - answers.keys(), "have no prediction"),
        (answers.keys() - references.keys(), "are predicted but not in the gold"),
    ):
        if ids:
            raise InputError(f"{len(ids)} articles {what}: {', '.join(sorted(ids))}")
    labels = next(iter(references.values())).labels
    total = Evaluation(0, Confusion.of(labels.names, {}), {s: Counts() for s in labels.sides})
    for doc_id, reference in references.items():
        total += _compare(reference, answers[doc_id], labels)
    return total


def _by_id(documents: Iterable[Document], what: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for document in documents:
        if document.doc_id in found:
            raise InputError(f"the {what} has the article {document.doc_id!r} twice")
        found[document.doc_id] = document
    return found


def _compare(reference: Document, answer: Document, labels: LabelSet) -> Evaluation:
    name = reference.doc_id
    if reference.text != answer.text:
        raise InputError(f"the article {name!r} has another text in the prediction")
    pairs: Counter[tuple[str, str]] = Counter()
    if [(s.start, s.end) for s in reference.sentences] != [
        (s.start, s.end) for s in answer.sentences
    ]:
        raise InputError(
            f"the article {name!r} has other sentences in the prediction",
            remedy="label the gold's documents, which come with their sentences",
        )
    for right, given in zip(reference.sentences, answer.sentences, strict=True):
        if right.label is None or given.label is None:
            raise InputError(f"the article {name!r} has a sentence without a label")
        pairs[right.label, given.label] += 1
    characters = {side: _character_counts(reference, answer, side) for side in labels.sides}
    return Evaluation(1, Confusion.of(labels.names, pairs), characters)


def _character_counts(reference: Document, answer: Document, side: str) -> Counts:
    """Characters inside spans of one side, white space included, within the gold's sentences."""
    marked = [
        [
            (max(span.start, s.start), min(span.end, s.end))
            for s in reference.sentences
            for span in document.spans_of(s)
            if span.label == side
        ]
        for document in (reference, answer)
    ]
    gold, found = (sum(end - start for start, end in stretches) for stretches in marked)
    both, i, j = 0, 0, 0
    while i < len(marked[0]) and j < len(marked[1]):
        (a, b), (c, d) = marked[0][i], marked[1][j]
        both += max(0, min(b, d) - max(a, c))
        i, j = (i + 1, j) if b <= d else (i, j + 1)
    return Counts(both, found - both, gold - both)


def _rates(counts: Counts) -> dict[str, float | int]:
    return {
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
        "f1": round(counts.f1, 4),
        "support": counts.support,
    }

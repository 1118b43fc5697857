"""An article at a glance: what the index, the overview and the head of its page say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from natostance.document import Document, LabelSet, Stretch
from natostance.evaluation.slices import MONTH, UNKNOWN, article_value

# metadata that may hold a title, the best first
_TITLES = ("title", "headline", "heading")
_EXCERPT = 160


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A sentence that is worth a human look.

    Args:
        number: its place in the article, from 0.
        label: its label.
        probability: of that label.
        text: how it begins.
    """

    number: int
    label: str
    probability: float
    text: str


@dataclass(frozen=True, slots=True)
class Glance:
    """An article at a glance.

    Args:
        doc_id: its id.
        title: its title, or its id.
        outlet: the metadata ``outlet`` (or the column that groups articles), None if unknown.
        date: the metadata ``date`` (or the column that holds it), None if unknown.
        year: ``2024``, by the metadata ``year``, the date or the month; None if unknown.
        month: ``2024-03``, by the metadata ``month`` or the date; None if unknown.
        labels: the label set.
        counts: sentences of each label.
        mixed: sentences with spans of several sides.
        abstained: sentences that the model was not sure enough of.
        longest: the longest run of sentences of one side.
        longest_text: how that run begins.
        doubtful: sentences by their probability, the lowest first.
    """

    doc_id: str
    title: str
    outlet: str | None
    date: str | None
    year: str | None
    month: str | None
    labels: LabelSet
    counts: Mapping[str, int]
    mixed: int
    abstained: int
    longest: Stretch | None
    longest_text: str
    doubtful: tuple[Doubtful, ...]

    @property
    def sentences(self) -> int:
        return sum(self.counts.values())

    @property
    def shares(self) -> dict[str, float]:
        """Share of each label among the sentences."""
        total = max(1, self.sentences)
        return {label: count / total for label, count in self.counts.items()}

    @property
    def balance(self) -> float | None:
        """Sentences of the first side less those of the second, over both; from 1 to -1.

        None where no sentence takes a side, and in label sets that have not two sides.
        """
        if len(self.labels.sides) != 2:
            return None
        first, second = (self.counts[side] for side in self.labels.sides)
        return (first - second) / (first + second) if first + second else None


def glance(document: Document, by: str = "outlet", most: int = 5, *, date: str = "date") -> Glance:
    """Look at a labelled document.

    Args:
        document: the document; its sentences have labels.
        by: the metadata that groups articles.
        most: how many doubtful sentences to keep.
        date: the metadata with the date.
    """
    counts = dict.fromkeys(document.labels.names, 0)
    for sentence in document.sentences:
        counts[sentence.label or ""] += 1
    summary = document.summary()
    longest = summary.longest
    month = _month(document, date)
    return Glance(
        doc_id=document.doc_id,
        title=title(document),
        outlet=_known(article_value(document, by)),
        date=str(document.meta[date]) if document.meta.get(date) else None,
        year=_known(article_value(document, "year", date)) or (month[:4] if month else None),
        month=month,
        labels=document.labels,
        counts=counts,
        mixed=summary.mixed,
        abstained=summary.abstained,
        longest=longest,
        longest_text=excerpt(document, longest.first) if longest else "",
        doubtful=_doubtful(document, most),
    )


def title(document: Document) -> str:
    """What an article is called: the title that its metadata has, or its id."""
    for name in _TITLES:
        value: Any = document.meta.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return document.doc_id or "untitled"


def excerpt(document: Document, number: int) -> str:
    """How a sentence begins, on one line."""
    text = " ".join(document[document.sentences[number]].split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1].rstrip() + "…"


def _doubtful(document: Document, most: int) -> tuple[Doubtful, ...]:
    scored = [
        (sentence.scores[sentence.label], number)
        for number, sentence in enumerate(document.sentences)
        if sentence.scores and sentence.label
    ]
    return tuple(
        Doubtful(
            number,
            document.sentences[number].label or "",
            probability,
            excerpt(document, number),
        )
        for probability, number in sorted(scored)[:most]
    )


def _month(document: Document, date: str) -> str | None:
    """A month with its year; None where only a month of no year is known."""
    found = article_value(document, "month", date)
    return found if MONTH.fullmatch(found) else None


def _known(value: str) -> str | None:
    return None if value == UNKNOWN else value

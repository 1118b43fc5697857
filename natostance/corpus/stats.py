"""What is in a corpus: counts by split, outlet and the like, and how varied its sentences are."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from natostance.corpus.leaks import ngrams
from natostance.document import Document, LabelSet

_WORD = re.compile(r"\w+")
UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Row:
    """Counts over a group of articles.

    Args:
        group: name of the group.
        articles: how many articles.
        sentences: how many sentences.
        spans: how many spans.
        labels: sentences of each label.
        mixed: sentences with spans of several sides.
        doubtful: spans that the annotator was in doubt about.
    """

    group: str
    articles: int
    sentences: int
    spans: int
    labels: dict[str, int]
    mixed: int
    doubtful: int


def count(
    documents: Iterable[Document], by: Callable[[Document], str], labels: LabelSet
) -> list[Row]:
    """Counts by group, the largest group first.

    Args:
        documents: annotated documents, their sentences labelled.
        by: gives a document's group.
        labels: the label set.
    """
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[by(document)].append(document)
    rows = [_row(name, members, labels) for name, members in groups.items()]
    return sorted(rows, key=lambda row: (-row.sentences, row.group))


def constant(name: str) -> Callable[[Document], str]:
    """Puts all documents into one group."""
    return lambda _: name


def metadata(column: str) -> Callable[[Document], str]:
    """Groups documents by a metadata column; ``year`` is taken from ``date``."""

    def group(document: Document) -> str:
        if column == "year":
            date = document.meta.get("date")
            return str(date)[:4] if date else UNKNOWN
        return str(document.meta.get(column) or UNKNOWN)

    return group


@dataclass(frozen=True, slots=True)
class Variety:
    """How varied the sentences of articles are.

    Args:
        sentences: how many sentences were measured.
        repeated: share of sentences that repeat a five-word run of another article.
        near_duplicates: share of sentences (of eight words and more) that share more than half of
            their five-word runs with one sentence of another article.
        openings: share of sentences that begin with one of the ten commonest pairs of words.
        words: length of sentences in words at the 10th, 50th and 90th percentile.
        article_sentences: sentences an article at the same percentiles.
    """

    sentences: int
    repeated: float
    near_duplicates: float
    openings: float
    words: tuple[float, float, float]
    article_sentences: tuple[float, float, float]


def variety(documents: Sequence[Document]) -> Variety:
    """Measure how varied the sentences of articles are."""
    texts = [(i, d[s]) for i, d in enumerate(documents) for s in d.sentences]
    words = [_WORD.findall(text.lower()) for _, text in texts]
    grams = [ngrams(text) for _, text in texts]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, own in enumerate(grams):
        for gram in own:
            holders[gram].append(number)
    repeated = near = 0
    for number, own in enumerate(grams):
        shared = Counter(
            other for gram in own for other in holders[gram] if texts[other][0] != texts[number][0]
        )
        repeated += bool(shared)
        most = max(shared.values(), default=0)
        near += len(words[number]) >= 8 and most > len(own) / 2
    openings = Counter(tuple(w[:2]) for w in words if len(w) > 1)
    total = max(1, len(texts))
    return Variety(
        sentences=len(texts),
        repeated=repeated / total,
        near_duplicates=near / total,
        openings=sum(n for _, n in openings.most_common(10)) / total,
        words=_percentiles([len(w) for w in words]),
        article_sentences=_percentiles([len(d.sentences) for d in documents]),
    )


def _row(name: str, documents: Sequence[Document], labels: LabelSet) -> Row:
    sentences = [s for d in documents for s in d.sentences]
    counts = Counter(s.label for s in sentences)
    spans = [s for d in documents for s in d.spans]
    return Row(
        group=name,
        articles=len(documents),
        sentences=len(sentences),
        spans=len(spans),
        labels={label: counts[label] for label in labels.names},
        mixed=sum(s.mixed for s in sentences),
        doubtful=sum(s.doubtful for s in spans),
    )


def _percentiles(values: Sequence[int]) -> tuple[float, float, float]:
    if len(values) < 2:
        only = float(values[0]) if values else 0.0
        return only, only, only
    cuts = quantiles(values, n=10, method="inclusive")
    return cuts[0], cuts[4], cuts[8]

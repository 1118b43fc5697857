"""Shares of labels that can be published: corrected for the classifier's own errors.

A classifier that confuses labels gives shares that are wrong however many articles it labels, and
an interval about them that does not hold the truth. A sample of articles with gold labels corrects
them, in one of two ways:

- *Prediction-powered inference* (Angelopoulos et al. 2023, arXiv 2301.09633): the share among the
  predictions plus what the gold sample shows it to be off by. It assumes nothing of the classifier,
  but the gold must be a random sample of the very articles.
- *Adjusted counts* (Forman 2008; with several labels, Vucetic and Obradovic 2001): the shares that,
  passed through the classifier's confusion on the gold, give the shares among the predictions. The
  gold may come from elsewhere, but the classifier must confuse labels there as it does here.

Intervals are linearised (each article's influence on the figure, summed in squares), so that all
sentences of an article count as one cluster; quantiles are of Student's t, its degrees of freedom
one less than the gold articles or the labelled ones, whichever are fewer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.evaluation.alignment import judge, pair
from natostance.evaluation.bootstrap import LEVEL, Interval
from natostance.evaluation.counts import Confusion
from natostance.evaluation.estimators import (
    adjusted_counts,
    nearest_shares,
    prediction_powered,
    raw_shares,
)
from natostance.evaluation.slices import UNKNOWN, article_value

Floats = NDArray[np.float64]
Method = Literal["ppi", "adjusted"]

FORMAT = 1
ALL = "all"
# with fewer gold articles of a group, the gold of all groups adjusts its counts
OWN_GOLD = 20


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one label in one group of articles.

    Args:
        value: the group: the column's value.
        label: the label.
        articles: how many labelled articles the group has.
        sentences: how many sentences they have.
        abstained: share of sentences with this label that the model was not sure of; they count.
        raw: share among the predictions.
        raw_interval: its interval, which knows nothing of the classifier's errors; None with a
            single article.
        corrected: share corrected for the classifier's errors; those of a group are the nearest to
            the estimates that are shares (`nearest_shares`), so they sum to 1. None where the
            group cannot be corrected: adjusted counts give shares that no chance explains (below 0
            or above 1), so the classifier confuses labels otherwise here than on the gold.
        interval: its interval; None with a single article, or without a corrected share.
        method: how it was corrected.
        gold_articles: how many gold articles corrected it.
    """

    value: str
    label: str
    articles: int
    sentences: int
    abstained: float
    raw: float
    raw_interval: Interval | None
    corrected: float | None
    interval: Interval | None
    method: Method
    gold_articles: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "label": self.label,
            "articles": self.articles,
            "sentences": self.sentences,
            "abstained": round(self.abstained, 4),
            "raw": round(self.raw, 4),
            "raw_interval": self.raw_interval and self.raw_interval.to_list(),
            "corrected": None if self.corrected is None else round(self.corrected, 4),
            "interval": self.interval and self.interval.to_list(),
            "method": self.method,
            "gold_articles": self.gold_articles,
        }


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of all labels by a column.

    Args:
        by: the column; None for all articles together.
        level: confidence of the intervals.
        rows: ordered by value, then as in the label set.
    """

    by: str | None
    level: float
    rows: tuple[Share, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "format": FORMAT,
            "by": self.by,
            "level": self.level,
            "shares": [row.to_dict() for row in self.rows],
        }


def shares(
    labelled: Iterable[Document],
    gold: Iterable[Document],
    *,
    by: str | None = None,
    predicted: Iterable[Document] | None = None,
    level: float = LEVEL,
    date: str = "date",
) -> Shares:
    """Shares of the labels among sentences, raw and corrected.

    A group with `OWN_GOLD` gold articles or more is corrected by prediction-powered inference from
    its own gold; any other one by adjusted counts from all the gold.

    Args:
        labelled: articles that the classifier labelled.
        gold: articles with gold labels: a random sample of the labelled ones, or, with
            ``predicted``, articles from elsewhere.
        by: a column of the metadata, or ``year`` or ``month``; None for all articles together.
        predicted: the classifier's labels of the gold articles where these are from elsewhere; they
            correct the shares and do not count in them, and all groups have adjusted counts.
        level: confidence of the intervals.
        date: the column of the metadata from which ``year`` and ``month`` come.

    Raises:
        InputError: there are no labelled sentences, or no article has the column; a gold article
            has no prediction; there are fewer than two gold articles; adjusted counts are needed
            and the gold lacks a label, or the classifier tells labels apart too badly.
    """
    articles = _by_id(labelled)
    references = list(gold)
    if predicted is None:
        unknown = sorted({d.doc_id for d in references} - articles.keys())
        if unknown:
            raise InputError(
                f"{len(unknown)} gold articles are not among the labelled ones: "
                f"{', '.join(unknown[:10])}",
                remedy="label them too, or give their predictions apart if they are from elsewhere",
            )
        answers = [articles[d.doc_id] for d in references]
    else:
        answers = list(predicted)
    pairs = pair(references, answers)
    if len(pairs) < 2:
        raise InputError("one gold article gives no interval", remedy="annotate two or more")
    labels = pairs[0].gold.labels
    confusion = np.array(
        [Confusion.of(labels.names, Counter(j.labels for j in judge(p))).cells for p in pairs],
        float,
    )
    own_ids = [p.gold.doc_id if predicted is None else None for p in pairs]
    groups: dict[str, list[Document]] = {}
    for doc_id in sorted(articles):
        if articles[doc_id].sentences:
            value = ALL if by is None else article_value(articles[doc_id], by, date)
            groups.setdefault(value, []).append(articles[doc_id])
    if not groups:
        raise InputError("there are no labelled sentences")
    if by is not None and set(groups) == {UNKNOWN}:
        raise InputError(f"no labelled article has a column {by!r}", remedy=_columns(by, date))
    rows = [
        row
        for value in sorted(groups)
        for row in _group(value, groups[value], labels, confusion, own_ids, level)
    ]
    return Shares(by, level, tuple(rows))


def _columns(by: str, date: str) -> str:
    if by in ("year", "month"):
        return f"it comes from the column {date!r}, as 2022-02-24; name another one"
    return "metadata of the input are kept by natostance label: give it a column of that name"


def _group(
    value: str,
    documents: Sequence[Document],
    labels: LabelSet,
    confusion: Floats,
    gold_ids: Sequence[str | None],
    level: float,
) -> list[Share]:
    names = labels.names
    counts = np.array([_counts(d, names) for d in documents], float)
    place_of = {d.doc_id: i for i, d in enumerate(documents)}
    places = [None if i is None else place_of.get(i) for i in gold_ids]
    own = [i for i, place in enumerate(places) if place is not None]
    method: Method = "ppi" if len(own) >= OWN_GOLD else "adjusted"
    several = len(documents) > 1
    if method == "ppi":
        estimate = prediction_powered(counts, confusion[own], [places[i] for i in own])
    else:
        estimate = adjusted_counts(counts, confusion, places)
    raw = raw_shares(counts) if several else None
    possible = method == "ppi" or estimate.possible(level)
    corrected = nearest_shares(estimate.shares)
    total = counts.sum(0)
    unsure = Counter(s.label for d in documents for s in d.sentences if s.abstained)
    return [
        Share(
            value=value,
            label=name,
            articles=len(documents),
            sentences=int(total.sum()),
            abstained=unsure[name] / float(total[i]) if total[i] else 0.0,
            raw=float(total[i] / total.sum()),
            raw_interval=raw.interval(i, level) if raw else None,
            corrected=float(corrected[i]) if possible else None,
            interval=_around(estimate.interval(i, level), float(corrected[i]))
            if several and possible
            else None,
            method=method,
            gold_articles=len(own) if method == "ppi" else len(confusion),
        )
        for i, name in enumerate(names)
    ]


def _around(interval: Interval, share: float) -> Interval:
    """The interval, stretched where the share was moved out of it."""
    return Interval(min(interval.low, share), max(interval.high, share), interval.level)


def _counts(document: Document, names: tuple[str, ...]) -> list[int]:
    counts = Counter(s.label for s in document.sentences)
    if counts[None]:
        raise InputError(
            f"the article {document.doc_id!r} has sentences without a label",
            remedy="label it with natostance label",
        )
    if unknown := counts.keys() - set(names):
        raise InputError(
            f"the article {document.doc_id!r} has the label {min(map(str, unknown))!r}, "
            "which the gold does not know"
        )
    return [counts[name] for name in names]


def _by_id(labelled: Iterable[Document]) -> dict[str, Document]:
    articles: dict[str, Document] = {}
    for document in labelled:
        if document.doc_id in articles:
            raise InputError(f"the labelled article {document.doc_id!r} stands there twice")
        articles[document.doc_id] = document
    return articles

"""Figures by outlet, year, kind of speech, length and whatever else is known of a sentence.

A column gives every sentence one value; a slice is all sentences with the same value.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from natostance.document import Document
from natostance.evaluation import bootstrap, rates
from natostance.evaluation.alignment import Judged
from natostance.evaluation.bootstrap import Interval
from natostance.evaluation.counts import Confusion
from natostance.evaluation.speech import speech

UNKNOWN = "unknown"
# below either of these a slice is marked as small
SMALL_SENTENCES, SMALL_ARTICLES = 30, 5
RESAMPLES = 2_000

# a year, perhaps a month behind it (2022-02, 2022/2, 20220224); a longer number is no date: seconds
# since 1970, say
_DATE = re.compile(
    r"(\d{4})(?:[-/.](0?[1-9]|1[0-2])(?!\d)|(0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\d))?(?!\d)"
)

# a month with its year
MONTH = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True, slots=True)
class Slice:
    """The sentences with one value of one column.

    Args:
        column: for instance ``"outlet"``.
        value: for instance ``"Example Gazette"``.
        articles: how many articles have such sentences.
        sentences: their confusion.
        interval: of macro-F1; None where a single article has such sentences.
    """

    column: str
    value: str
    articles: int
    sentences: Confusion
    interval: Interval | None

    @property
    def small(self) -> bool:
        """Whether it is too small to be a finding."""
        return self.sentences.total < SMALL_SENTENCES or self.articles < SMALL_ARTICLES

    def to_dict(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "value": self.value,
            "articles": self.articles,
            "sentences": self.sentences.total,
            "macro_f1": round(self.sentences.macro_f1, 4),
            "interval": self.interval and self.interval.to_list(),
            "accuracy": round(self.sentences.accuracy, 4),
            "small": self.small,
        }


def article_value(document: Document, column: str, date: str = "date") -> str:
    """The value of a column that holds for a whole article.

    ``year`` and ``month`` (``2022-02``) come from the metadata column of the date (ISO 8601) where
    there are none of their own, and so does a month that does not say of which year; any other
    column is metadata. What an article does not have is
    ``unknown``, and so is a date that does not begin with the year.
    """
    value = document.meta.get(column)
    if column == "year" and value is None:
        value = dated(document, date)[0]
    elif column == "month" and not MONTH.fullmatch(str(value)):
        value = dated(document, date)[1] or value
    return UNKNOWN if value is None or value == "" else str(value)


def dated(document: Document, date: str = "date") -> tuple[str | None, str | None]:
    """Year and month (``2022-02``) of an article by the metadata column of its date.

    None for what cannot be read: a date that does not begin with the year, a month that it lacks.
    """
    found = _DATE.match(str(document.meta.get(date) or "").strip())
    if not found:
        return None, None
    month = found[2] or found[3]
    return found[1], month and f"{found[1]}-{int(month):02d}"


def slices(
    articles: Iterable[Sequence[Judged]],
    columns: Sequence[str] = (),
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Slice, ...]:
    """All slices, the worst macro-F1 first; small ones stand behind the others.

    Args:
        articles: the judged sentences of each article.
        columns: metadata columns, beside outlet, family and year where an article has them and the
            columns of the sentences themselves: speech, length, mixed, doubtful, position.
        resamples: for the intervals.
        seed: for the intervals.
    """
    judged = [sentences for sentences in articles if sentences]
    documents = [sentences[0].article for sentences in judged]
    wanted = [
        *(c for c in ("outlet", "family", "year") if any(_known(d, c) for d in documents)),
        *columns,
    ]
    pairs: defaultdict[tuple[str, str], defaultdict[int, Counter[tuple[str, str]]]]
    pairs = defaultdict(lambda: defaultdict(Counter))
    for i, sentences in enumerate(judged):
        document = documents[i]
        fixed = [(column, article_value(document, column)) for column in dict.fromkeys(wanted)]
        how = speech(document)
        for sentence in sentences:
            own = [(column, value(sentence)) for column, value in _COLUMNS.items()]
            for key in (*fixed, ("speech", how[sentence.number]), *own):
                pairs[key][i][sentence.labels] += 1
    found = []
    for (column, value), by_article in pairs.items():
        names = documents[0].labels.names
        confusions = [Confusion.of(names, counts) for counts in by_article.values()]
        interval = None
        if len(confusions) > 1:
            interval = bootstrap.interval(
                [c.cells for c in confusions], rates.macro_f1, resamples=resamples, seed=seed
            )
        total = sum(confusions, Confusion.of(names, {}))
        found.append(Slice(column, value, len(confusions), total, interval))
    return tuple(sorted(found, key=lambda s: (s.small, s.sentences.macro_f1, s.column, s.value)))


def _known(document: Document, column: str) -> bool:
    return article_value(document, column) != UNKNOWN


def _length(judged: Judged) -> str:
    words = len(judged.article[judged.gold].split())
    for last in (10, 20, 30, 40):
        if words <= last:
            return f"{last - 9}-{last} words"
    return "over 40 words"


def _position(judged: Judged) -> str:
    for first, last in ((1, 3), (4, 10), (11, 20)):
        if judged.number < last:
            return f"sentences {first}-{last}"
    return "sentences 21 and on"


def _doubtful(judged: Judged) -> str:
    return _yes(any(span.doubtful for span in judged.article.spans_of(judged.gold)))


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


_COLUMNS: dict[str, Callable[[Judged], str]] = {
    "length": _length,
    "mixed": lambda judged: _yes(judged.gold.mixed),
    "doubtful": _doubtful,
    "position": _position,
}

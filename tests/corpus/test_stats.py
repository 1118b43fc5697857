"""Counts by group, and variety."""

from __future__ import annotations

import pytest

from natostance.corpus.stats import count, metadata, variety
from natostance.document import STANCE, Document, Sentence, Span


def article(name: str, sentences: list[str], span: Span | None = None, **meta: str) -> Document:
    text, places = "", []
    for sentence in sentences:
        places.append(Sentence(len(text), len(text) + len(sentence)))
        text += sentence + " "
    spans = (span,) if span else ()
    return Document(text, name, tuple(places), spans, STANCE, meta).with_labels_from_spans()


A = article("a", ["She said no.", "It rained."], Span(9, 12, "NATO"), date="2021-05-01", outlet="x")
B = article("b", ["It snowed."], date="2022-01-01", outlet="x")
C = article("c", ["It was hot."])


def test_counts_by_year() -> None:
    rows = {r.group: r for r in count([A, B, C], metadata("year"), STANCE)}
    assert set(rows) == {"2021", "2022", "not known"}
    assert rows["2021"].labels == {"NATO": 1, "RUSSIA": 0, "NEUTRAL": 1}
    assert (rows["2021"].articles, rows["2021"].sentences, rows["2021"].spans) == (1, 2, 1)


def test_counts_by_outlet_add_up_the_largest_first() -> None:
    rows = count([A, B, C], metadata("outlet"), STANCE)
    assert [(r.group, r.sentences) for r in rows] == [("x", 3), ("not known", 1)]


def test_variety_by_hand() -> None:
    same = "the minister said on monday that talks would go on"
    found = variety([article("a", [same, "It rained."]), article("b", [same, "It rained, too."])])
    assert found.sentences == 4
    assert found.repeated == pytest.approx(2 / 4)
    assert found.near_duplicates == pytest.approx(2 / 4)
    assert found.openings == 1.0
    assert found.article_sentences == (2.0, 2.0, 2.0)


def test_variety_of_nothing() -> None:
    assert variety([]).sentences == 0

"""Slices by what is known of articles and sentences."""

from __future__ import annotations

import pytest
from evaluation_cases import article

from natostance.document import Document, Sentence, Span
from natostance.evaluation.alignment import Judged, judge, pair
from natostance.evaluation.counts import Counts
from natostance.evaluation.slices import Slice, article_value, slices


def judged(*articles: tuple[Document, Document]) -> list[tuple[Judged, ...]]:
    gold, predicted = zip(*articles, strict=True)
    return [judge(p) for p in pair(gold, predicted)]


def by_key(found: tuple[Slice, ...]) -> dict[tuple[str, str], Slice]:
    return {(s.column, s.value): s for s in found}


@pytest.mark.parametrize(
    ("meta", "column", "value"),
    [
        ({"outlet": "Gazette"}, "outlet", "Gazette"),
        ({}, "outlet", "unknown"),
        ({"outlet": ""}, "outlet", "unknown"),
        ({"date": "2022-02-24"}, "year", "2022"),
        ({"date": "2022-02-24"}, "month", "2022-02"),
        ({"date": "2022"}, "month", "unknown"),
        ({"date": "2022-02-24T23:10:00Z"}, "month", "2022-02"),
        ({"date": " 2022/2/24"}, "month", "2022-02"),
        ({"date": "20220224"}, "month", "2022-02"),
        ({"date": "2022-13-01"}, "month", "unknown"),
        ({"date": "17/03/2024"}, "year", "unknown"),
        # seconds since 1970
        ({"date": 1710633600}, "year", "unknown"),
        ({"date": "1710633600.0"}, "month", "unknown"),
        ({"date": None}, "year", "unknown"),
        ({"date": "yesterday"}, "year", "unknown"),
        ({"date": 20220224}, "year", "2022"),
        ({"date": "2022-2-4"}, "year", "2022"),
        ({"date": "2022-2-4"}, "month", "2022-02"),
        ({"date": 1645660800}, "year", "unknown"),
        ({"date": "1645660800.5"}, "year", "unknown"),
        ({"date": "12022-01"}, "year", "unknown"),
        ({"year": 2019, "date": "2022-02-24"}, "year", "2019"),
        ({"month": "2019-05", "date": "2022-02-24"}, "month", "2019-05"),
        # a month of no year gives way to the date, where there is one
        ({"month": 5, "date": "2022-05-24"}, "month", "2022-05"),
        ({"month": 5}, "month", "5"),
        ({"page": 0}, "page", "0"),
    ],
)
def test_values_of_an_article(meta: dict[str, object], column: str, value: str) -> None:
    assert article_value(Document("", meta=meta), column) == value


def test_slices_count_their_sentences() -> None:
    found = by_key(
        slices(
            judged(
                (article("NN-", "a", meta={"outlet": "X"}), article("NR-", "a")),
                (article("R-", "b", meta={"outlet": "Y"}), article("R-", "b")),
                (article("R", "c", meta={"outlet": "X"}), article("-", "c")),
            )
        )
    )
    outlet = found["outlet", "X"]
    assert (outlet.articles, outlet.sentences.total) == (2, 4)
    assert outlet.sentences.counts("NATO") == Counts(tp=1, fn=1)
    assert outlet.small
    assert found["outlet", "Y"].sentences.accuracy == 1
    assert found["outlet", "Y"].interval is None  # a single article
    assert found["length", "1-10 words"].sentences.total == 6
    assert found["position", "sentences 1-3"].sentences.total == 6
    assert ("family", "unknown") not in found  # no article has one


def test_columns_of_sentences() -> None:
    text = 'One two. "Yes," he said. ' + "word " * 45 + "end. Last."
    ends = [8, 24, len(text) - 6, len(text)]
    starts = [0, 9, 25, len(text) - 5]
    spans = (Span(0, 3, "NATO", doubtful=True), Span(4, 8, "RUSSIA"))
    gold = Document(
        text, "a", tuple(Sentence(a, b) for a, b in zip(starts, ends, strict=True)), spans
    ).with_labels_from_spans()
    found = by_key(slices(judged((gold, gold))))
    assert found["mixed", "yes"].sentences.total == 1
    assert found["doubtful", "yes"].sentences.total == 1
    assert found["doubtful", "no"].sentences.total == 3
    assert found["length", "over 40 words"].sentences.total == 1
    assert found["position", "sentences 4-10"].sentences.total == 1
    assert {value for column, value in found if column == "speech"} == {"writer", "reported"}


def test_any_metadata_column() -> None:
    one = article("N", "a", meta={"desk": "sports"})
    found = by_key(slices(judged((one, one)), ["desk", "desk"]))
    assert found["desk", "sports"].sentences.total == 1


def test_the_worst_come_first_and_small_ones_last() -> None:
    articles = []
    for i in range(6):
        good = article("NR-" * 4, f"good{i}", meta={"outlet": "Good"})
        bad = article("NR-" * 4, f"bad{i}", meta={"outlet": "Bad"})
        articles += [(good, article("NR-" * 4, f"good{i}")), (bad, article("RN-" * 4, f"bad{i}"))]
    tiny = article("N", "tiny", meta={"outlet": "Tiny"})
    found = [
        s for s in slices(judged(*articles, (tiny, article("R", "tiny")))) if s.column == "outlet"
    ]
    assert [(s.value, s.small) for s in found] == [("Bad", False), ("Good", False), ("Tiny", True)]
    assert found[0].to_dict() == {
        "column": "outlet",
        "value": "Bad",
        "articles": 6,
        "sentences": 72,
        "macro_f1": pytest.approx(1 / 3, abs=1e-4),
        "interval": [0.3333, 0.3333],
        "accuracy": pytest.approx(1 / 3, abs=1e-4),
        "small": False,
    }


def test_an_empty_article_has_no_slice() -> None:
    assert {
        s.articles
        for s in slices(judged((article("", "a"), article("", "a")), (article("N", "b"),) * 2))
    } == {1}

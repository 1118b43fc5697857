"""The output row: what it holds, under which names, and how a table shows it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natostance.document import Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats.rows import csv_cells, metadata, rows, table_columns, table_rows, to_json

TEXT = "We shall defend it.\n\nNothing happened, he said."
SCORES = {"NATO": 0.123456789, "RUSSIA": 0.0, "NEUTRAL": 0.876543211}


def article(**meta: object) -> Document:
    return Document(
        TEXT,
        "a1",
        (
            Sentence(0, 19, "NATO", {"NATO": 1.0, "RUSSIA": 0.0, "NEUTRAL": 0.0}),
            Sentence(21, 47, "NEUTRAL", SCORES, abstained=True),
        ),
        (Span(0, 8, "NATO", 0.98765432), Span(9, 18, "NATO")),
        meta=meta,
    )


def test_a_row_is_a_sentence_with_everything_that_is_known_of_it() -> None:
    first, second = rows(article(outlet="Wire", language="en"))
    assert list(first.items()) == [
        ("doc_id", "a1"),
        ("sentence", 0),
        ("paragraph", 0),
        ("start", 0),
        ("end", 19),
        ("text", "We shall defend it."),
        ("label", "NATO"),
        ("scores", {"NATO": 1.0, "RUSSIA": 0.0, "NEUTRAL": 0.0}),
        ("mixed", False),
        ("abstained", False),
        (
            "spans",
            [
                {"start": 0, "end": 8, "label": "NATO", "score": 0.987654},
                {"start": 9, "end": 18, "label": "NATO", "score": None},
            ],
        ),
        ("language", "en"),
        ("outlet", "Wire"),
    ]
    assert second["sentence"] == second["paragraph"] == 1
    assert second["scores"] == {"NATO": 0.123457, "RUSSIA": 0.0, "NEUTRAL": 0.876543}
    assert second["abstained"] is True
    assert second["spans"] == []


def test_a_span_over_two_sentences_is_listed_with_both() -> None:
    document = Document("Ab. Cd.", "x", (Sentence(0, 3), Sentence(4, 7)), (Span(1, 5, "RUSSIA"),))
    span = {"start": 1, "end": 5, "label": "RUSSIA", "score": None}
    assert [row["spans"] for row in rows(document)] == [[span], [span]]


def test_scores_stand_in_the_order_of_the_label_set_whatever_the_order_given() -> None:
    labels = LabelSet(("FAVOR", "AGAINST"), "NONE")
    scores = {"NONE": 0.2, "AGAINST": 0.3, "FAVOR": 0.5}
    document = Document("Yes.", sentences=(Sentence(0, 4, "FAVOR", scores),), labels=labels)
    (row,) = rows(document)
    assert list(row["scores"]) == ["FAVOR", "AGAINST", "NONE"]
    assert "score_AGAINST" in table_columns(labels)


def test_a_document_without_sentences_has_no_rows_to_give() -> None:
    with pytest.raises(InputError, match="'a' has no sentences; label it first"):
        list(rows(Document("Text.", "a")))


def test_metadata_under_our_names_is_renamed_and_never_lost() -> None:
    named = metadata(article(text="a", label="b", score_NATO="c", meta_text="d", metadata="e"))
    assert named == {
        "meta_meta_text": "a",
        "meta_label": "b",
        "meta_score_NATO": "c",
        "meta_text": "d",
        "meta_metadata": "e",
    }


@given(
    st.dictionaries(
        st.sampled_from(["text", "meta_text", "meta_meta_text", "scores", "label", "outlet"]),
        st.integers(),
    )
)
def test_renaming_keeps_every_value_and_stays_clear_of_our_columns(meta: dict[str, int]) -> None:
    named = metadata(article(**meta))
    assert sorted(named.values()) == sorted(meta.values())
    (row, _) = rows(article(**meta))
    assert row["text"] == "We shall defend it."


def test_a_table_has_one_column_a_label_and_metadata_as_text() -> None:
    document = article(outlet="Wire", words=12, tags=["a", "b"], none=None, language="en")
    first, _ = table_rows(document, ("outlet", "words", "absent", "none"))
    assert list(first) == [
        *table_columns(document.labels),
        *("outlet", "words", "absent", "none", "metadata"),
    ]
    assert (first["score_NATO"], first["score_RUSSIA"]) == (1.0, 0.0)
    assert first["outlet"] == "Wire"
    assert first["words"] == "12"
    assert first["absent"] is None
    assert first["none"] is None
    assert json.loads(first["metadata"]) == {"tags": ["a", "b"]}
    assert first["language"] == "en"


def test_labels_from_spans_alone_have_no_scores() -> None:
    document = article().replace(sentences=(Sentence(0, 19, "NATO"),))
    (row,) = rows(document)
    assert row["scores"] is None
    (table,) = table_rows(document, ())
    assert table["score_NATO"] is None


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-x", "@SUM(A1)", "\tx", "\rx", "'=x"]
)
def test_a_spreadsheet_does_not_run_a_cell(text: str) -> None:
    assert csv_cells([text]) == [f"'{text}"]


@pytest.mark.parametrize("text", ["-5", "+3.5", "-1e9", "a=1", "", " =x", "'x"])
def test_cells_that_no_spreadsheet_runs_stay_as_they_are(text: str) -> None:
    assert csv_cells([text]) == [text]


def test_csv_cells_of_other_values() -> None:
    spans = [{"start": 0, "end": 2, "label": "NATO", "score": None}]
    assert csv_cells([None, True, False, 3, 0.25, spans]) == [
        *("", "true", "false", "3", "0.25"),
        '[{"start": 0, "end": 2, "label": "NATO", "score": null}]',
    ]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_every_cell_comes_back_from_csv_but_for_the_apostrophe(texts: list[str]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow(csv_cells([*texts, "end"]))
    file.seek(0)
    (read,) = csv.reader(file)
    for text, cell in zip(texts, read, strict=False):
        assert cell in (text, f"'{text}")
        assert cell == text or text[0] in "=+-@\t\r\n"


def test_a_lone_surrogate_is_replaced_in_tables_alone() -> None:
    document = Document("Ab\ud800.", "x", (Sentence(0, 4, "NATO"),))
    assert [row["text"] for row in rows(document)] == ["Ab\ud800."]
    assert [row["text"] for row in table_rows(document, ())] == ["Ab\ufffd."]


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_metadata_that_json_cannot_hold_is_an_error(value: object) -> None:
    with pytest.raises(InputError, match="metadata that is not JSON"):
        to_json(value)

"""doccano JSONL: both ways of listing spans, UTF-16 offsets, doubt, what its exports add."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from any_document import PLAIN, as_document, documents, everything, there_and_back
from hypothesis import given, settings

from natostance.document import Document, LabelSet, Span
from natostance.errors import InputError
from natostance.formats import doccano
from natostance.formats.draft import Kind, Remark, check

EMOJI = "💩 Kyiv said no. 💩 Moscow too."


def read_one(folder: Path, record: dict[str, Any]) -> Any:
    (item,) = everything(doccano.read, folder / "x.jsonl", json.dumps(record))
    return item


@settings(max_examples=100)
@given(documents(aligned=True))
def test_any_document_comes_back(document: Document) -> None:
    assert there_and_back(doccano.read, doccano.write, "x.jsonl", document) == document


def test_what_is_written(tmp_path: Path) -> None:
    doccano.write([PLAIN], tmp_path / "x.jsonl")
    assert json.loads((tmp_path / "x.jsonl").read_text()) == {
        "doc_id": "a",
        "text": PLAIN.text,
        "label": [[10, 27, "NATO"], [35, 45, "RUSSIA?"]],
        "sentences": [[0, 27], [28, 45]],
        "meta": {"outlet": "The Rift Courier (invented)", "year": 2023},
    }


def test_an_emoji_counts_two(tmp_path: Path) -> None:
    document = Document(EMOJI, "a", spans=(Span(2, 6, "NATO"), Span(18, 24, "RUSSIA")))
    assert document[document.spans[1]] == "Moscow"
    doccano.write([document], tmp_path / "x.jsonl")
    label = json.loads((tmp_path / "x.jsonl").read_text())["label"]
    assert label == [[3, 7, "NATO"], [20, 26, "RUSSIA"]]


def test_code_points_are_read_where_only_they_fit_the_words(tmp_path: Path) -> None:
    record = {"text": EMOJI, "label": [[2, 6, "NATO"], [18, 24, "RUSSIA"]]}
    document = as_document(read_one(tmp_path, record))
    assert [document[s] for s in document.spans] == ["Kyiv", "Moscow"]


def test_where_neither_unit_fits_it_is_utf_16(tmp_path: Path) -> None:
    record = {"text": EMOJI, "label": [[3, 6, "NATO"], [20, 26, "RUSSIA"]]}
    document, remarks = check(read_one(tmp_path, record))
    assert document is None
    assert [(r.start, r.end) for r in remarks] == [(2, 5)]
    inside = {"text": "💩", "label": [[0, 1, "NATO"], [0, 9, "NATO"]]}
    _, remarks = check(read_one(tmp_path, inside))
    assert "inside a character" in remarks[0].reason
    assert "outside the text" in remarks[1].reason


def test_an_export_with_entities(tmp_path: Path) -> None:
    record = {
        "id": 12,
        "text": "Kyiv said no.",
        "Comments": ["?"],
        "outlet": "x",
        "entities": [{"id": 1, "label": "NATO", "start_offset": 10, "end_offset": 12}],
        "relations": [{"id": 1, "from_id": 1, "to_id": 1, "type": "t"}],
    }
    document, remarks = check(read_one(tmp_path, record))
    assert document == Document(
        "Kyiv said no.", "12", spans=(Span(10, 12, "NATO"),), meta={"outlet": "x"}
    )
    assert [(r.kind, r.reason) for r in remarks] == [
        (Kind.LEFT_OUT, "doccano's relations: 1"),
        (Kind.LEFT_OUT, "doccano's comments: 1"),
    ]


def test_a_label_that_looks_doubtful_is_refused(tmp_path: Path) -> None:
    document = Document("Yes", "a", spans=(Span(0, 3, "A?"),), labels=LabelSet(("A?",)))
    with pytest.raises(InputError, match="looks like a doubtful one"):
        doccano.write([document], tmp_path / "x.jsonl")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"label": []}, "the text is not a string"),
        ({"text": "a", "label": [[0, 1]]}, "not a list of start, end and label"),
        ({"text": "a", "label": ["NATO"]}, "not an object"),
        ({"text": "a", "label": [[0, 0.5, "NATO"]]}, "not a whole number: 0.5"),
        ({"text": "a", "label": [[0, True, "NATO"]]}, "not a whole number: True"),
        ({"text": "a", "label": [[0, 1, 3]]}, "label of a span is not a string"),
        ({"text": "a", "sentences": [[1]]}, "not a pair"),
        ({"text": "a", "meta": 1}, "metadata"),
    ],
)
def test_records_that_are_none(tmp_path: Path, record: dict[str, Any], reason: str) -> None:
    item = read_one(tmp_path, record)
    assert isinstance(item, Remark)
    assert reason in item.reason
    assert str(item).startswith(f"{tmp_path / 'x.jsonl'}, line 1: ")

"""Prodigy JSONL: tokens that fit the spans, scores, doubt, answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from any_document import PLAIN, as_document, documents, everything, there_and_back
from hypothesis import given, settings

from natostance.document import Document, Span
from natostance.errors import InputError
from natostance.formats import prodigy
from natostance.formats.draft import Draft, Kind, Remark


@settings(max_examples=100)
@given(documents())
def test_any_document_comes_back(document: Document) -> None:
    assert there_and_back(prodigy.read, prodigy.write, "x.jsonl", document) == document


@settings(max_examples=50)
@given(documents())
def test_tokens_make_the_text_and_hold_the_spans(document: Document) -> None:
    task = json.loads(prodigy._line(document))
    rebuilt = "".join(t["text"] + " " * t["ws"] for t in task["tokens"])
    assert rebuilt == document.text
    assert [t["id"] for t in task["tokens"]] == list(range(len(task["tokens"])))
    for span in task["spans"]:
        assert task["tokens"][span["token_start"]]["start"] == span["start"]
        assert task["tokens"][span["token_end"]]["end"] == span["end"]


def test_what_is_written(tmp_path: Path) -> None:
    document = Document(
        "💩 No, he said.", "a", spans=(Span(2, 5, "NATO", 0.5, True),), meta={"x": 1}
    )
    prodigy.write([document], tmp_path / "x.jsonl")
    task = json.loads((tmp_path / "x.jsonl").read_text())
    assert [(t["text"], t["start"], t["ws"]) for t in task["tokens"]] == [
        ("💩", 0, True),
        ("No", 2, False),
        (",", 4, True),
        ("he", 6, True),
        ("said", 9, False),
        (".", 13, False),
    ]
    assert task["spans"] == [
        {
            "start": 2,
            "end": 5,
            "token_start": 1,
            "token_end": 2,
            "label": "NATO",
            "score": 0.5,
            "doubtful": True,
        }
    ]
    assert task["meta"] == {"x": 1}


def test_a_task_without_tokens_and_with_prodigys_own_fields(tmp_path: Path) -> None:
    task = {
        "text": "Kyiv said no.",
        "_input_hash": 1,
        "_task_hash": -77,
        "answer": "accept",
        "spans": [{"start": 10, "end": 12, "label": "NATO"}],
        "meta": {"source": "x"},
    }
    (draft,) = everything(prodigy.read, tmp_path / "x.jsonl", json.dumps(task))
    expected = Document("Kyiv said no.", "-77", spans=(Span(10, 12, "NATO"),), meta={"source": "x"})
    assert as_document(draft) == expected


def test_tasks_that_were_not_accepted_are_left_out(tmp_path: Path) -> None:
    tasks = [
        {"text": "a", "doc_id": "1", "answer": "reject"},
        {"text": "b", "doc_id": "2", "answer": "accept"},
        {"text": "c", "doc_id": "3", "answer": "ignore"},
    ]
    lines = "\n".join(json.dumps(task) for task in tasks)
    items = everything(prodigy.read, tmp_path / "x.jsonl", lines)
    assert [item.doc_id for item in items if isinstance(item, Draft)] == ["2"]
    left = [item for item in items if isinstance(item, Remark)]
    assert [(r.kind, r.doc_id, r.line) for r in left] == [
        (Kind.LEFT_OUT, "1", 1),
        (Kind.LEFT_OUT, "3", 3),
    ]


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ({"spans": []}, "the text is not a string"),
        (
            {"text": "💩 a", "tokens": [{"text": "a", "start": 3, "end": 4}]},
            "does not stand from 3",
        ),
        ({"text": "a", "spans": [{"start": 0, "label": "NATO"}]}, "the end of a span"),
        ({"text": "a", "spans": [{"start": 0, "end": 1}]}, "the label of a span"),
        (
            {"text": "a", "spans": [{"start": 0, "end": 1, "label": "NATO", "score": "x"}]},
            "score is not a number",
        ),
        ({"text": "a", "spans": 3}, "not a list"),
    ],
)
def test_tasks_that_are_none(tmp_path: Path, task: dict[str, Any], reason: str) -> None:
    (item,) = everything(prodigy.read, tmp_path / "x.jsonl", json.dumps(task))
    assert isinstance(item, Remark)
    assert reason in item.reason


def test_plain_document_has_sentences(tmp_path: Path) -> None:
    prodigy.write([PLAIN], tmp_path / "x.jsonl")
    assert json.loads((tmp_path / "x.jsonl").read_text())["sentences"] == [[0, 27], [28, 45]]


def test_two_annotators_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    tasks = [
        {"text": "No.", "doc_id": "a", "spans": spans, "_annotator_id": f"set-{who}"}
        for who, spans in (("ann", []), ("bob", [{"start": 0, "end": 3, "label": "NATO"}]))
    ]
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks))
    first, second = prodigy.read(path)
    assert isinstance(first, Draft)
    assert isinstance(second, Remark)
    assert "annotated by set-ann and by set-bob; choose one" in str(second)
    (draft,) = prodigy.read(path, "set-bob")
    assert isinstance(draft, Draft)
    assert [mark.label for mark in draft.marks] == ["NATO"]
    with pytest.raises(InputError, match="no task of 'eve'; the annotators are set-ann, set-bob"):
        list(prodigy.read(path, "eve"))

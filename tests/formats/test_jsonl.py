"""natostance JSONL: everything comes back; a line that is no document is one problem."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from any_document import LONE, PLAIN, documents, everything, there_and_back
from hypothesis import given, settings

from natostance.document import Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats import jsonl
from natostance.formats.draft import Draft, Remark, check


@settings(max_examples=100)
@given(documents())
def test_any_document_comes_back(document: Document) -> None:
    assert there_and_back(jsonl.read, jsonl.write, "x.jsonl", document) == document


def test_labels_scores_and_label_set_come_back(tmp_path: Path) -> None:
    labels = LabelSet(("FAVOR", "AGAINST"), "NONE")
    scores = {"FAVOR": 0.5, "AGAINST": 0.25, "NONE": 0.25}
    document = Document(
        "Yes. No.",
        "a",
        (Sentence(0, 4, "FAVOR", scores, abstained=True), Sentence(5, 8, "NONE", mixed=True)),
        (Span(0, 3, "FAVOR", 0.75),),
        labels,
    )
    jsonl.write([document], tmp_path / "x.jsonl")
    (draft,) = jsonl.read(tmp_path / "x.jsonl")
    assert isinstance(draft, Draft)
    assert check(draft) == (document, [])


def test_lines_that_are_no_documents(tmp_path: Path) -> None:
    good = PLAIN.to_json()
    items = everything(
        jsonl.read,
        tmp_path / "x.jsonl",
        b"\xef\xbb\xbf" + good.encode() + b"\r\n\r\n"
        b'{"text": \n'
        b"[1]\n"
        b'{"doc_id": "b"}\n'
        b'{"text": "a", "colour": 1}\n'
        b'{"text": "a", "spans": [{"start": 0, "end": "1", "label": "NATO"}]}\n'
        b'{"text": "a", "spans": [{"start": 0, "end": 1, "label": "NATO", "mood": 1}]}\n'
        b'{"text": "a", "sentences": [{"start": 1, "end": 1}]}\n'
        b'{"text": "a", "sentences": [{"start": 0, "end": 1, "mood": 1}]}\n'
        b'{"text": "a", "format": 99}\n'
        b'{"text": "\xff"}\n' + good.encode(),
    )
    found = [(item.line, item.reason) for item in items if isinstance(item, Remark)]
    assert [line for line, _ in found] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    for (_, reason), expected in zip(
        found,
        [
            "not JSON",
            "not an object",
            "the text is not a string",
            "unknown field 'colour'",
            "the end of a span is not a whole number: '1'",
            "unknown field 'mood'",
            "empty or reversed",
            "not a document",
            "format 99",
            "not UTF-8",
        ],
        strict=True,
    ):
        assert expected in reason
    assert [item.doc_id for item in items if isinstance(item, Draft)] == ["a", "a"]


def test_a_document_without_an_id_is_named_by_its_line(tmp_path: Path) -> None:
    (draft,) = everything(jsonl.read, tmp_path / "x.jsonl", '\n{"text": "a"}\n')
    assert draft.doc_id == "x-2"


def test_no_character_ends_a_line_but_the_line_feed(tmp_path: Path) -> None:
    text = f"a\u2028b\u2029c\x85d\r\ne\x1cf{LONE}g"
    jsonl.write([Document(text, "a")], tmp_path / "x.jsonl")
    (line,) = (tmp_path / "x.jsonl").read_bytes().decode().splitlines()
    assert json.loads(line)["text"] == text


def test_a_pair_of_surrogates_is_refused(tmp_path: Path) -> None:
    # JSON would give back the one character that they stand for, and move every offset after it
    document = Document("\ud83d\udca9 no", "a")
    with pytest.raises(InputError, match=r"x\.jsonl: document 'a': cannot be written: a surrogate"):
        jsonl.write([document], tmp_path / "x.jsonl")
    assert not list(tmp_path.iterdir())
    refused: list[Remark] = []
    jsonl.write([document, PLAIN], tmp_path / "x.jsonl", refused)
    assert len(refused) == 1
    assert len(list(jsonl.read(tmp_path / "x.jsonl"))) == 1


def test_metadata_that_is_not_json(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="metadata is not JSON"):
        jsonl.write([PLAIN.replace(meta={"a": {1, 2}})], tmp_path / "x.jsonl")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(jsonl.read(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scores": "ab"}, "the scores of a sentence is not an object"),
        ({"scores": [["NATO", 1.0]]}, "the scores of a sentence is not an object"),
        ({"scores": {"NATO": "x"}}, "a score is not a number: 'x'"),
        ({"scores": {"NATO": None}}, "a score of a sentence is missing"),
        ({"label": ["NATO"]}, "the label of a sentence is not a string"),
    ],
)
def test_a_sentence_that_is_malformed_leaves_the_other_lines_alone(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    good = PLAIN.to_dict()
    bad = {**good, "doc_id": "bad", "sentences": [{"start": 0, "end": 2, **changes}]}
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in (bad, good)), encoding="utf-8")
    problem, draft = jsonl.read(path)
    assert isinstance(problem, Remark)
    assert isinstance(draft, Draft)
    assert problem.reason.startswith(reason)
    assert problem.line == 1


def test_scores_that_are_no_scores_are_an_error_with_a_reason() -> None:
    with pytest.raises(InputError, match="not a document: "):
        Document.from_json('{"text": "No.", "sentences": [{"start": 0, "end": 3, "scores": "ab"}]}')

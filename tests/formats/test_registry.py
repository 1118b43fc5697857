"""Formats by name, by suffix and by content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from any_document import PLAIN

from natostance.document import STANCE, Document, LabelSet, Span
from natostance.errors import InputError
from natostance.formats.registry import FORMATS, find, of_source, of_target, read_documents

NAMES = {
    "natostance": "x.jsonl",
    "markup": "x.marked.txt",
    "label-studio": "x.json",
    "doccano": "x.jsonl",
    "brat": "folder",
    "prodigy": "x.jsonl",
    "iob2": "x.conll",
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("document", [PLAIN, Document("No.")], ids=["spans", "bare"])
def test_what_was_written_is_recognised(name: str, document: Document, tmp_path: Path) -> None:
    path = tmp_path / NAMES[name]
    FORMATS[name].write([document], path, None)
    assert of_source(path).name == name
    assert list(read_documents(path)) == [document]


def test_a_folder_of_marked_files_is_recognised(tmp_path: Path) -> None:
    FORMATS["markup"].write([PLAIN], tmp_path / "out", None)
    assert of_source(tmp_path / "out").name == "markup"


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"text": "a", "entities": []}, "doccano"),
        ({"text": "a", "labels": []}, "doccano"),
        ({"text": "a", "spans": []}, "prodigy"),
        ({"text": "a", "answer": "accept"}, "prodigy"),
        ({"id": 1, "data": {"text": "a"}}, "label-studio"),
        ({"text": "a"}, "natostance"),
    ],
)
def test_jsonl_by_its_first_record(record: object, name: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("broken\n[]\n" + json.dumps(record))
    assert of_source(tmp_path / "x.jsonl").name == name


def test_a_label_set_that_a_file_declares_holds_before_the_given_one(tmp_path: Path) -> None:
    dispute = LabelSet(("FAVOR", "AGAINST"), "NONE")
    declared = Document("No.", "a", spans=(Span(0, 2, "AGAINST"),), labels=dispute)
    for name in ("natostance", "doccano"):
        FORMATS[name].write([declared], tmp_path / name, None)
    assert list(read_documents(tmp_path / "natostance", "natostance", STANCE)) == [declared]
    # doccano does not say which labels there are
    assert list(read_documents(tmp_path / "doccano", "doccano", dispute)) == [declared]
    with pytest.raises(InputError, match="unknown label 'AGAINST'"):
        list(read_documents(tmp_path / "doccano", "doccano"))
    mapping = {"AGAINST": "RUSSIA"}
    [mapped] = read_documents(tmp_path / "natostance", "natostance", STANCE, mapping)
    assert (mapped.labels, mapped.spans) == (STANCE, (Span(0, 2, "RUSSIA"),))


@pytest.mark.parametrize(
    ("target", "name"),
    [("x.jsonl", "natostance"), ("X.JSON", "label-studio"), ("x.iob2", "iob2")],
)
def test_targets(target: str, name: str) -> None:
    assert of_target(Path(target)).name == name


def test_formats_that_cannot_be_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name it with --to: natostance, markup"):
        of_target(tmp_path / "out")
    with pytest.raises(InputError, match="name it with natostance convert --from"):
        of_source(tmp_path)
    (tmp_path / "x.txt").write_text("a")
    with pytest.raises(InputError, match="name it with natostance convert --from"):
        of_source(tmp_path / "x.txt")
    with pytest.raises(InputError, match="no such file"):
        of_source(tmp_path / "none")
    with pytest.raises(InputError, match="unknown format 'spacy'; the formats are natostance, "):
        find("spacy")


def test_reading_stops_at_the_first_problem(tmp_path: Path) -> None:
    bad = {"text": "no", "doc_id": "b", "label": [[0, 1, "NATO"]]}
    FORMATS["doccano"].write([PLAIN], tmp_path / "x.jsonl", None)
    with (tmp_path / "x.jsonl").open("a") as file:
        file.write(json.dumps(bad))
    documents = read_documents(tmp_path / "x.jsonl")
    assert next(documents) == PLAIN
    with pytest.raises(InputError, match="line 2: document 'b': the span from 0 to 1"):
        next(documents)
    repaired = list(read_documents(tmp_path / "x.jsonl", repair=True))
    assert repaired[1].spans == (Span(0, 2, "NATO"),)


def test_every_format_is_described() -> None:
    assert all(format.about and format.name == name for name, format in FORMATS.items())

"""Conversion: any document through every format, and a full account of what is not converted."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from any_document import PLAIN, documents
from hypothesis import given, settings

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats import jsonl
from natostance.formats.convert import ConversionReport, convert
from natostance.formats.registry import FORMATS, read_documents

FILES = {
    "markup": f"1{FORMATS['markup'].suffixes[0]}",
    "label-studio": "2.json",
    "doccano": "3.jsonl",
    "brat": "4",
    "prodigy": "5.jsonl",
    "iob2": "6.conll",
    "natostance": "7.jsonl",
}


@settings(max_examples=40, deadline=None)
@given(documents(solid=True, lone=False))
def test_a_document_goes_through_every_format_and_comes_back(document: Document) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, kind = folder / "0.jsonl", "natostance"
        jsonl.write([document], source)
        for target, file in FILES.items():
            report = convert(source, folder / file, source_format=kind, target_format=target)
            assert report == ConversionReport(kind, target, 1, len(document.spans), ())
            source, kind = folder / file, target
        assert list(read_documents(source)) == [document]


def doccano(folder: Path, *records: object) -> Path:
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def record(doc_id: str, *label: object) -> dict[str, object]:
    return {"doc_id": doc_id, "text": "Kyiv said no.", "label": list(label)}


def test_tasks_on_one_line_are_counted_one_by_one(tmp_path: Path) -> None:
    source = tmp_path / "in.json"
    text = {"text": "Kyiv said no.", "doc_id": "good"}
    source.write_text(json.dumps([{"data": text}, {"x": 1}, {"data": {}}, {"data": 3}]))
    report = convert(source, tmp_path / "out.jsonl")
    assert (report.documents, report.rejected) == (1, 3)


def test_what_is_right_is_converted_and_the_rest_is_listed(tmp_path: Path) -> None:
    source = doccano(
        tmp_path,
        record("good", [0, 4, "NATO"]),
        record("bad", [0, 3, "NATO"], [2, 9, "CHINA"], [5, 99, "NATO"]),
        3,
        record("good", [0, 4, "NATO"]),
        record("fine", [5, 9, "RUSSIA"], [10, 13, "NATO"]),
    )
    report = convert(source, tmp_path / "out.json")
    assert [d.doc_id for d in read_documents(tmp_path / "out.json")] == ["good", "fine"]
    assert (report.source_format, report.target_format) == ("doccano", "label-studio")
    assert (report.documents, report.spans, report.rejected) == (2, 3, 3)
    assert [(r.line, r.doc_id, r.start, r.end) for r in report.problems] == [
        (2, "bad", 0, 3),
        (2, "bad", 2, 9),
        (2, "bad", 5, 99),
        (3, "", None, None),
        (4, "good", None, None),
    ]
    assert str(report.problems[1]) == (
        f"{source}, line 2: document 'bad': the span from 2 to 9: unknown label 'CHINA'; "
        "map it to one of NATO, RUSSIA"
    )
    assert not report.repaired
    assert not report.left_out


def test_repair_and_mapping(tmp_path: Path) -> None:
    source = doccano(tmp_path, record("a", [0, 3, "WEST"], [2, 9, "EAST?"], [10, 12, "NONE"]))
    report = convert(
        source,
        tmp_path / "out.jsonl",
        mapping={"WEST": "NATO", "EAST": "RUSSIA", "NONE": "NEUTRAL"},
        repair=True,
    )
    (document,) = read_documents(tmp_path / "out.jsonl")
    assert document.spans == (Span(0, 4, "NATO"), Span(5, 9, "RUSSIA", doubtful=True))
    assert not report.problems
    assert [(r.start, r.end) for r in report.repaired] == [(0, 3), (2, 9)]
    assert [(r.start, r.end) for r in report.left_out] == [(10, 12)]


def test_label_sets(tmp_path: Path) -> None:
    labels = LabelSet(("FAVOR", "AGAINST"), "NONE")
    document = Document("Yes.", "a", (), (Span(0, 3, "FAVOR"),), labels)
    jsonl.write([document], tmp_path / "in.jsonl")
    # natostance JSONL says which labels it has; the other formats have to be told
    assert convert(tmp_path / "in.jsonl", tmp_path / "x.json").documents == 1
    assert convert(tmp_path / "x.json", tmp_path / "y.jsonl").documents == 0
    assert convert(tmp_path / "x.json", tmp_path / "y.jsonl", labels=labels).documents == 1
    assert list(read_documents(tmp_path / "y.jsonl")) == [document]


def test_what_the_target_cannot_hold_is_listed(tmp_path: Path) -> None:
    scores = {"NATO": 1.0, "RUSSIA": 0.0, "NEUTRAL": 0.0}
    scored = Document("No.", "a", (Sentence(0, 3, "NATO", scores),), (Span(0, 3, "NATO", 0.5),))
    awkward = Document("a\nb", "b", (), (Span(0, 2, "NATO"),))
    jsonl.write([scored, awkward], tmp_path / "in.jsonl")
    report = convert(tmp_path / "in.jsonl", tmp_path / "out", target_format="brat")
    assert (report.documents, report.spans, report.rejected) == (1, 1, 1)
    (problem,) = report.problems
    assert str(problem) == (
        f"{tmp_path / 'out'}: document 'b': cannot be written: "
        "the span from 0 to 2 begins or ends with a line break"
    )
    assert [r.reason for r in report.left_out] == [
        "the scores of the spans, in 1 of the documents: brat does not hold them",
        "the labels and scores of the sentences, in 1 of the documents: brat does not hold them",
    ]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "a.ann",
        "a.txt",
        "annotation.conf",
    ]


@pytest.mark.parametrize("target", ["out.json", "out.conll", "out.jsonl"])
def test_where_nothing_is_right_nothing_is_written(tmp_path: Path, target: str) -> None:
    source = doccano(tmp_path, record("bad", [0, 3, "NATO"]))
    (tmp_path / target).write_text("old")
    report = convert(source, tmp_path / target)
    assert (report.documents, report.rejected) == (0, 1)
    assert (tmp_path / target).read_text() == "old"
    (tmp_path / "s.marked.txt").write_text("---\nid: a\n---\n\\u{d83d}\\u{dca9}\n")
    report = convert(tmp_path / "s.marked.txt", tmp_path / target)
    assert (report.documents, report.rejected) == (0, 1)
    assert (tmp_path / target).read_text() == "old"
    assert not list(tmp_path.glob(".*"))


def test_targets_that_are_refused(tmp_path: Path) -> None:
    jsonl.write([PLAIN], tmp_path / "in.jsonl")
    with pytest.raises(InputError, match="source and target are the same"):
        convert(tmp_path / "in.jsonl", tmp_path / "in.jsonl", target_format="doccano")
    with pytest.raises(InputError, match="a folder with files in it"):
        convert(tmp_path / "in.jsonl", tmp_path, target_format="brat")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is a folder, and doccano is one file"):
        convert(tmp_path / "in.jsonl", tmp_path / "empty", target_format="doccano")
    assert convert(tmp_path / "in.jsonl", tmp_path / "empty", target_format="brat").documents == 1


def test_no_documents(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("\n")
    with pytest.raises(InputError, match="no documents"):
        convert(tmp_path / "in.jsonl", tmp_path / "out.json")


def test_many_documents_keep_their_order(tmp_path: Path) -> None:
    many = [Document(f"No {i}.", f"d{i}", (), (Span(0, 2, "NATO"),), STANCE) for i in range(30)]
    jsonl.write(many, tmp_path / "in.jsonl")
    convert(tmp_path / "in.jsonl", tmp_path / "out.conll")
    convert(tmp_path / "out.conll", tmp_path / "out.json")
    assert list(read_documents(tmp_path / "out.json")) == many


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    jsonl.write([PLAIN], tmp_path / "in.jsonl")
    (tmp_path / "out").write_text("mine")
    for format in ("brat", "markup"):
        with pytest.raises(InputError, match=rf"out: is a file, and {format} is a folder"):
            convert(tmp_path / "in.jsonl", tmp_path / "out", target_format=format)
    with pytest.raises(InputError, match=r"out/x\.json: cannot be written: .*; write elsewhere"):
        convert(tmp_path / "in.jsonl", tmp_path / "out" / "x.json")
    assert (tmp_path / "out").read_text() == "mine"
    with pytest.raises(InputError, match=r"cannot be written: File name too long"):
        convert(tmp_path / "in.jsonl", tmp_path / f"{'x' * 300}.json")
    assert not list(tmp_path.glob(".*"))

"""Writers: rows in three formats, files that appear when they are complete; composed texts."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from natostance.batch.writers import DocumentWriter, write_documents
from natostance.document import Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats.rows import rows

SCORES = {"NATO": 0.75, "RUSSIA": 0.125, "NEUTRAL": 0.125}


def article(doc_id: str, **meta: object) -> Document:
    return Document(
        "=We stay.\nIt snowed, «said» \U0001f600.",
        doc_id,
        (Sentence(0, 9, "NATO", SCORES), Sentence(10, 29, "NEUTRAL", SCORES)),
        (Span(1, 8, "NATO", 0.5),),
        meta={"language": "en", **meta},
    )


ARTICLES = [
    article("a", outlet="Wire", words=5),
    article("b", outlet="-Post", tags=["x"]),
    article("c", words=None),
]


@pytest.mark.parametrize("name", ["out.jsonl", "out.ndjson", "out.jsonl.gz", "out.JSONL"])
def test_jsonl_holds_one_row_a_sentence_as_it_is(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    assert write_documents(ARTICLES, out) == 3
    data = out.read_bytes()
    text = (gzip.decompress(data) if name.endswith("gz") else data).decode()
    assert [json.loads(line) for line in text.splitlines()] == [
        row for document in ARTICLES for row in rows(document)
    ]
    assert "«said» \U0001f600" in text
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz"])
def test_csv_has_the_columns_of_the_first_document_and_loses_nothing(
    tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    write_documents(ARTICLES, out)
    data = out.read_bytes()
    text = (gzip.decompress(data) if name.endswith("gz") else data).decode()
    found = list(csv.DictReader(text.splitlines()))
    assert found[0] == {
        "doc_id": "a",
        "sentence": "0",
        "paragraph": "0",
        "start": "0",
        "end": "9",
        "text": "'=We stay.",
        "label": "NATO",
        "score_NATO": "0.75",
        "score_RUSSIA": "0.125",
        "score_NEUTRAL": "0.125",
        "mixed": "false",
        "abstained": "false",
        "spans": '[{"start": 1, "end": 8, "label": "NATO", "score": 0.5}]',
        "language": "en",
        "outlet": "Wire",
        "words": "5",
        "metadata": "",
    }
    assert [(r["doc_id"], r["outlet"], r["words"], r["metadata"]) for r in found[1:]] == [
        ("a", "Wire", "5", ""),
        *[("b", "'-Post", "", '{"tags": ["x"]}')] * 2,
        *[("c", "", "", "")] * 2,
    ]


def test_a_header_is_guarded_like_a_cell(tmp_path: Path) -> None:
    write_documents([article("a", **{"=cmd()": 1})], tmp_path / "out.csv")
    assert b",'=cmd(),metadata\r\n" in (tmp_path / "out.csv").read_bytes()


@pytest.mark.parametrize("line_break", ["\r", "\n", "\r\n", "\u2028", "\0"])
def test_any_line_break_inside_a_sentence_stays_inside_its_cell(
    tmp_path: Path, line_break: str
) -> None:
    document = Document(f"A{line_break}b, c.", "x", (Sentence(0, 6 + len(line_break), "NATO"),))
    write_documents([document, article("y")], tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert [row["text"] for row in found[:2]] == [f"A{line_break}b, c.", "'=We stay."]


def test_parquet_holds_the_same_columns_with_types(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    write_documents(ARTICLES, out)
    table = pq.read_table(out)
    assert table.num_rows == 6
    types = {field.name: str(field.type) for field in table.schema}
    assert list(types) == [
        *("doc_id", "sentence", "paragraph", "start", "end", "text", "label"),
        *("score_NATO", "score_RUSSIA", "score_NEUTRAL", "mixed", "abstained", "spans"),
        *("language", "outlet", "words", "metadata"),
    ]
    assert types["start"] == "int64"
    assert types["score_NATO"] == "double"
    assert types["mixed"] == "bool"
    assert types["words"] == "string"
    first, third = table.to_pylist()[0], table.to_pylist()[2]
    assert first["text"] == "=We stay."
    assert first["spans"] == [{"start": 1, "end": 8, "label": "NATO", "score": 0.5}]
    assert (first["words"], first["metadata"]) == ("5", None)
    assert (third["words"], third["metadata"]) == (None, '{"tags": ["x"]}')


def test_parquet_is_written_in_row_groups(tmp_path: Path) -> None:
    sentences = tuple(Sentence(i, i + 1, "NATO", SCORES) for i in range(25_000))
    document = Document("x" * 25_000, "long", sentences)
    write_documents([document], tmp_path / "out.parquet")
    file = pq.ParquetFile(tmp_path / "out.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(3)] == [10_000, 10_000, 5_000]


@pytest.mark.parametrize("name", ["out.jsonl.gz", "out.csv.gz", "out.parquet"])
def test_the_same_documents_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()
    write_documents(ARTICLES, tmp_path / name)
    write_documents(ARTICLES, tmp_path / "sub" / name)
    assert (tmp_path / name).read_bytes() == (tmp_path / "sub" / name).read_bytes()


def test_without_documents_a_table_has_its_header(tmp_path: Path) -> None:
    for name in ("out.jsonl", "out.csv", "out.parquet"):
        assert write_documents([], tmp_path / name) == 0
    assert (tmp_path / "out.jsonl").read_bytes() == b""
    assert (tmp_path / "out.csv").read_text().startswith("doc_id,sentence,")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_lone_surrogates_can_be_written(tmp_path: Path) -> None:
    document = Document("A\ud83d.", "x", (Sentence(0, 3, "NATO", SCORES),), meta={"k": "\udc00"})
    for name in ("out.jsonl", "out.csv", "out.parquet"):
        write_documents([document], tmp_path / name)
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert (row["text"], row["k"]) == ("A\ud83d.", "\udc00")
    assert "A\ufffd." in (tmp_path / "out.csv").read_text()
    assert pq.read_table(tmp_path / "out.parquet")["text"].to_pylist() == ["A\ufffd."]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.csv", "out.parquet"])
def test_where_the_work_breaks_off_the_part_stays_with_what_was_written(
    tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    out.write_text("from an earlier run")

    def broken() -> Iterator[Document]:
        yield from ARTICLES[:2]
        raise RuntimeError("broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        write_documents(broken(), out)
    assert out.read_text() == "from an earlier run"
    part = tmp_path / f"{name}.part"
    if name.endswith("parquet"):
        assert pq.read_table(part)["doc_id"].to_pylist() == ["a", "a", "b", "b"]
    else:
        data = part.read_bytes()
        text = (gzip.decompress(data) if name.endswith("gz") else data).decode()
        assert len(text.splitlines()) == (5 if "csv" in name else 4)


def test_a_link_is_kept_and_its_file_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.jsonl").touch()
    (tmp_path / "out.jsonl").symlink_to("real.jsonl")
    write_documents(ARTICLES, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").is_symlink()
    assert len((tmp_path / "real.jsonl").read_text().splitlines()) == 6


@pytest.mark.parametrize(
    ("out", "format", "message"),
    [
        ("out.txt", None, "out.txt: its suffix tells no format; end it in .jsonl"),
        ("out.jsonl", "xml", "no format 'xml'; choose one of jsonl, csv, parquet"),
        ("out.parquet.gz", None, "out.parquet.gz: Parquet is compressed inside"),
        ("-", "parquet", "standard output: Parquet needs a file"),
        ("gone/out.jsonl", None, "gone/out.jsonl: the folder of the output does not exist"),
        (".", "jsonl", "the output is a folder"),
        ("/dev/null", "jsonl", "/dev/null: no regular file"),
    ],
)
def test_a_bad_output_is_an_error_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, format: str | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        DocumentWriter(out, format)
    assert os.listdir(tmp_path) == []


def test_documents_that_cannot_be_written_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the document 'x' has no sentences; label it first"):
        write_documents([Document("Text.", "x")], tmp_path / "out.jsonl")
    other = Document("A.", "y", (Sentence(0, 2),), labels=LabelSet(("FAVOR",), "NONE"))
    with pytest.raises(InputError, match="'y' has the labels FAVOR, NONE, others have NATO"):
        write_documents([ARTICLES[0], other], tmp_path / "out.csv")


@pytest.mark.parametrize(("format", "count"), [(None, 6), ("csv", 7)])
def test_standard_output(
    capfdbinary: pytest.CaptureFixture[bytes], format: str | None, count: int
) -> None:
    write_documents(ARTICLES, "-", format)
    assert len(capfdbinary.readouterr().out.decode().splitlines()) == count


def test_a_reader_that_goes_away_is_no_drama() -> None:
    program = (
        "from natostance.batch.writers import write_documents\n"
        "from natostance.document import Document, Sentence\n"
        "import itertools\n"
        "document = Document('A.', 'x', (Sentence(0, 2, 'NATO'),))\n"
        "try:\n"
        "    write_documents(itertools.repeat(document), '-')\n"
        "except BrokenPipeError:\n"
        "    print('more')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["doc_id"] == "x"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=30) == 0
    process.stderr.close()

"""Readers: what is read, where it stood, and what is rejected; composed texts."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.batch.articles import Fields
from natostance.batch.readers import Meter, read_articles, read_documents
from natostance.batch.rejects import Rejected
from natostance.batch.sources import find_sources
from natostance.document import Document, Sentence, Span
from natostance.errors import InputError
from natostance.formats.compression import zstd

Write = Callable[[str, bytes | str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file into the working folder."""
    monkeypatch.chdir(tmp_path)

    def put(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        packers = {".gz": gzip.compress, ".zst": zstd.compress}
        path.write_bytes(packers.get(path.suffix, bytes)(data))
        return path

    return put


def read(paths: str | list[str], **options: str) -> tuple[list[Document], list[Rejected]]:
    rejects: list[Rejected] = []
    return list(read_documents(paths, rejected=rejects.append, **options)), rejects


def only_reject(paths: str, **options: str) -> str:
    documents, rejects = read(paths, **options)
    assert documents == []
    (reject,) = rejects
    return str(reject)


def made(source: str, text: str, **meta: object) -> str:
    """The id of a record that gives none."""
    content = json.dumps([text, meta], sort_keys=True)
    return f"{source}#{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


# --- one article a file


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.txt.zst", "sub/a.md"])
def test_a_text_is_kept_to_the_character(write: Write, name: str) -> None:
    text = "\ufeff# One.\r\n\r\nTwo \U0001f600 …\rThree.\u2028\n\n"
    write(name, text)
    ((document,), rejects) = read(name)
    assert (document.text, document.doc_id, rejects) == (text, name, [])


def test_mark_up_keeps_its_sentences_and_its_metadata(write: Write) -> None:
    source = "---\nid: m1\noutlet: Wire\n---\nDr. Who\nsaid [NATO: we stay.]\n"
    write("m.marked.txt", source)
    write("n.marked.txt.gz", source.replace("id: m1\n", ""))
    (first, second), _ = read(["m.marked.txt", "n.marked.txt.gz"])
    assert [first[s] for s in first.sentences] == ["Dr. Who", "said we stay."]
    assert (first.doc_id, dict(first.meta)) == ("m1", {"outlet": "Wire"})
    assert second.doc_id == "n.marked.txt.gz"


def test_a_web_page_gives_its_main_text(write: Write) -> None:
    body = "<p>The lighthouse will be lit before autumn, the chairwoman of the island said.</p>" * 3
    page = f"<html><head><title>Lit</title></head><body><article>{body}</article></body></html>"
    write("a.html", page)
    write("b.htm.gz", page)
    write("empty.html", " \n")
    write("nothing.html", "<html></html>")
    documents, rejects = read(["a.html", "b.htm.gz", "empty.html", "nothing.html"])
    assert [d.doc_id for d in documents] == ["a.html", "b.htm.gz"]
    assert documents[0].text.startswith("The lighthouse will be lit")
    assert documents[0].meta["title"] == "Lit"
    assert [r.reason for r in rejects] == ["no text", "no main text was found in the page"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "bad.txt: no text"),
        (b" \r\n\t\xc2\xa0", "bad.txt: no text"),
        (b"\xef\xbb\xbf\n", "bad.txt: no text"),
        (
            b"caf\xe9 au lait",
            "bad.txt: not UTF-8: byte 0xe9 at byte offset 3 of the text; convert it",
        ),
        ("text".encode("utf-16"), "bad.txt: UTF-16, not UTF-8; convert it: iconv -f UTF-16"),
        (b"\x7fELF\0\0\0", "bad.txt: a binary file, not text"),
    ],
)
def test_a_file_that_holds_no_text_is_rejected_and_the_others_go_on(
    write: Write, content: bytes, message: str
) -> None:
    write("a.txt", "Good.")
    write("bad.txt", content)
    write("c.txt", "Good.")
    documents, (reject,) = read(["a.txt", "bad.txt", "c.txt"])
    assert [d.doc_id for d in documents] == ["a.txt", "c.txt"]
    assert str(reject).startswith(message)


def test_a_damaged_or_missing_file_is_rejected(write: Write, tmp_path: Path) -> None:
    whole = gzip.compress(lines(*({"text": f"Line {i}."} for i in range(20_000))).encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "not.txt.gz").write_bytes(b"plain text")
    packed = zstd.compress(b"A. " * 1000)
    (tmp_path / "cut.txt.zst").write_bytes(packed[:-5])
    (tmp_path / "two.txt.zst").write_bytes(packed + zstd.compress(b"End."))
    (tmp_path / "gone.txt").symlink_to("nowhere")
    write("bad.marked.txt", "---\nid: x\n---\nA [NATO: span\n")
    write("notes.docx", "x")
    documents, rejects = read([".", "notes.docx"])
    assert 0 < len(documents) < 20_000
    assert documents[-1].text.endswith("A. End.")
    assert documents[-2].text == f"Line {len(documents) - 2}."
    assert [str(r) for r in rejects] == [
        "bad.marked.txt, line 4: a span that does not end on its line; add a ]",
        "cut.jsonl.gz: cannot be read: Compressed file ended before the end-of-stream marker was "
        "reached; check the file",
        "cut.txt.zst: cannot be read: Compressed file ended before the end-of-stream marker was "
        "reached; check the file",
        "gone.txt: cannot be read: No such file or directory; check the file",
        "not.txt.gz: cannot be read: Not a gzipped file (b'pl'); check the file",
        "notes.docx: its suffix tells no format that is read; name files that end in .txt .md "
        ".html .htm .jsonl .ndjson .csv .tsv .parquet, each but .parquet also with .gz or .zst",
    ]


# --- JSONL


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson.gz"])
def test_each_line_of_jsonl_is_an_article_and_its_fields_travel_along(
    write: Write, name: str
) -> None:
    text = "One.\r\nTwo\u2028three."
    write(
        name,
        "\ufeff"
        + lines({"text": text, "tags": ["x", None], "n": 1.5})
        + "\n"
        + lines({"id": 7, "text": "B."}, {"doc_id": "c", "id": 9, "text": "C."}),
    )
    documents, rejects = read(name)
    assert rejects == []
    assert [(d.doc_id, d.text, dict(d.meta)) for d in documents] == [
        (made(name, text, tags=["x", None], n=1.5), text, {"tags": ["x", None], "n": 1.5}),
        ("7", "B.", {}),
        ("c", "C.", {"id": 9}),
    ]


def test_a_bad_line_is_rejected_and_the_others_go_on(write: Write) -> None:
    write(
        "a.jsonl",
        lines({"text": "A."}).encode()
        + b'{"text": "B."\n'
        + lines(["no object"], {"body": "C.", "n": 1}, {"text": 3}).encode()
        + lines({"text": " "}, {"text": None}, {"text": "D.", "id": [1]}).encode()
        + b'{"text": "caf\xe9"}\n'
        + ("[" * 100_000 + "\n").encode()
        + b'{"text": "E."}',
    )
    documents, rejects = read("a.jsonl")
    assert [d.text for d in documents] == ["A.", "E."]
    assert [(r.file, r.line, r.reason) for r in rejects[:9]] == [
        ("a.jsonl", 2, "not JSON: Expecting ',' delimiter at column 14"),
        ("a.jsonl", 3, "not a JSON object"),
        ("a.jsonl", 4, "no field 'text' with the text"),
        ("a.jsonl", 5, "the field 'text' holds int, not text"),
        ("a.jsonl", 6, "no text"),
        ("a.jsonl", 7, "no text"),
        ("a.jsonl", 8, "the id in 'id' is list"),
        ("a.jsonl", 9, "not UTF-8: byte 0xe9 at byte offset 146 of the text"),
        ("a.jsonl", 10, rejects[8].reason),
    ]
    assert rejects[8].reason.startswith("not JSON: ")
    assert rejects[2].remedy == "its fields are body, n; name one of them with --text-column"


def test_the_byte_offset_is_that_in_the_file(write: Write) -> None:
    content = lines({"text": "Ärger."}).encode() + b'\n{"text": "\xff"}\n'
    write("a.jsonl", content)
    _, (reject,) = read("a.jsonl")
    assert f"byte offset {content.index(0xFF)} " in reject.reason


def test_the_text_and_the_id_may_stand_in_other_fields(write: Write) -> None:
    write("a.jsonl", lines({"body": "A.", "key": 5, "id": "x"}, {"body": "B.", "key": ""}))
    documents, (reject,) = read("a.jsonl", text_column="body", id_column="key")
    assert [(d.doc_id, d.text, dict(d.meta)) for d in documents] == [("5", "A.", {"id": "x"})]
    assert str(reject) == "a.jsonl, line 2: no id in 'key'; give each article an id"


def test_a_document_of_ours_is_read_whole(write: Write) -> None:
    document = Document(
        "Ab. Cd.", "x", (Sentence(0, 7),), (Span(0, 2, "NATO"),), meta={"outlet": "Wire"}
    )
    broken = {**document.to_dict(), "doc_id": "y", "sentences": [{"start": 0, "end": 99}]}
    nameless = {**document.to_dict(), "doc_id": ""}
    numbered = {**document.to_dict(), "doc_id": 3}
    plain = {"format": "html", "text": "A record with a field of that name."}
    write("a.jsonl", lines(document.to_dict(), broken, nameless, numbered, plain))
    documents, rejects = read("a.jsonl")
    assert documents[0] == document
    assert documents[1] == document.replace(doc_id=made("a.jsonl", "Ab. Cd.", outlet="Wire"))
    assert documents[2].meta == {"format": "html"}
    assert [(r.line, r.reason.partition(" lies")[0]) for r in rejects] == [
        (2, "the sentence from 0 to 99"),
        (4, "not a document: its doc_id is not a string"),
    ]


def test_numbers_that_json_does_not_have_become_null(write: Write) -> None:
    write("a.jsonl", '{"text": "A.", "a": NaN, "b": -Infinity, "c": 1e999, "d": 0.5}')
    ((document,), _) = read("a.jsonl")
    assert document.meta == {"a": None, "b": None, "c": None, "d": 0.5}


# --- CSV


def test_each_row_of_csv_is_an_article_and_its_columns_travel_along(write: Write) -> None:
    write("a.csv", '\ufefftext,outlet,\r\n"One, ""two"".\r\nThree.",Wire,5\r\n\r\nFour.,,\r\n')
    write("b.tsv.gz", "id\ttext\nx\tOne, two.\n")
    documents, rejects = read(["a.csv", "b.tsv.gz"])
    assert rejects == []
    assert [(d.doc_id, d.text, dict(d.meta)) for d in documents] == [
        (
            made("a.csv", 'One, "two".\r\nThree.', outlet="Wire", column_3="5"),
            'One, "two".\r\nThree.',
            {"outlet": "Wire", "column_3": "5"},
        ),
        (
            made("a.csv", "Four.", outlet="", column_3=""),
            "Four.",
            {"outlet": "", "column_3": ""},
        ),
        ("x", "One, two.", {}),
    ]


def test_a_bad_row_is_rejected_and_the_others_go_on(write: Write) -> None:
    write(
        "a.csv",
        b"id,text\n1,A.\n2,B.,more\n3\n4,caf\xe9\n5,\n6,E.\n"
        b'7,"F." x\n8,"G.\nG."\n1,H.\n9,"never closed\n10,I.\n',
    )
    documents, rejects = read("a.csv")
    own = "; lines of it may have been read as rows of their own"
    assert [d.doc_id for d in documents] == ["1", "6", "8"]
    assert [(r.line, r.reason) for r in rejects] == [
        (3, "3 cells where the header has 2"),
        (4, "1 cells where the header has 2"),
        (5, "not UTF-8: byte 0xe9 at byte offset 30 of the text"),
        (6, "no text"),
        (8, f"not CSV: ',' expected after '\"'{own}"),
        (11, "an earlier article has the id '1' too"),
        (12, "not CSV: unexpected end of data; the rest of the file is left out"),
    ]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            "\ufeffid;text\n1;A.\n",
            {},
            "a.csv: its header has semicolons where commas are expected between columns; save it "
            "with commas",
        ),
        (
            "id\ttext\n1\tA.\n",
            {},
            "a.csv: its header has tabs where commas are expected between columns; save it with "
            "commas, or name a file with tabs .tsv",
        ),
        (
            "id,body\n1,A.\n",
            {},
            "a.csv: no column 'text' with the text; its columns are id, body; name one of them "
            "with --text-column",
        ),
        (
            "id,text\n1,A.\n",
            {"id_column": "key"},
            "a.csv: no column 'key' with the id; its columns are id, text; name one of them with "
            "--id-column",
        ),
        ("text,a,a\n", {}, "a.csv: the column 'a' stands 2 times; rename the others"),
        ("text,id\n", {}, "a.csv: no text; the file holds no article"),
        ("", {}, "a.csv: no text; the file is empty"),
        (b"text,caf\xe9\n", {}, "a.csv: not UTF-8: byte 0xe9 at byte offset 8 of the text; "),
        ('"text\n', {}, "a.csv, line 1: not CSV: unexpected end of data"),
    ],
)
def test_a_csv_that_cannot_be_used_is_rejected_as_a_whole(
    write: Write, content: str, options: dict[str, str], message: str
) -> None:
    write("a.csv", content)
    assert only_reject("a.csv", **options).startswith(message)


def test_an_article_of_megabytes_in_one_cell_or_line(write: Write) -> None:
    text = "Nothing new. " * 200_000
    write("a.csv", f"text\n{text}\n")
    write("b.jsonl", lines({"text": text}))
    documents, rejects = read(["a.csv", "b.jsonl"])
    assert rejects == []
    assert [d.text for d in documents] == [text, text]


# --- Parquet


def test_each_row_of_parquet_is_an_article(write: Write, tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["A.", None, "C."],
            "date": [datetime.date(2021, 3, 4)] * 3,
            "tags": [["x"], [], None],
            "n": [1.0, 2.0, float("nan")],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    write("b.parquet", b"PAR1 nothing")
    pq.write_table(table.drop(["text"]), tmp_path / "c.parquet")
    documents, rejects = read(["a.parquet", "b.parquet", "c.parquet"])
    assert [(d.text, dict(d.meta)) for d in documents] == [
        ("A.", {"date": "2021-03-04", "tags": ["x"], "n": 1.0}),
        ("C.", {"date": "2021-03-04", "tags": None, "n": None}),
    ]
    assert [(r.file, r.line, r.reason.partition(":")[0]) for r in rejects] == [
        ("a.parquet", 2, "no text"),
        ("b.parquet", None, "not Parquet that can be read"),
        ("c.parquet", None, "no column 'text' with the text"),
    ]


# --- standard input


@pytest.mark.parametrize(
    ("stdin_format", "content", "ids"),
    [
        ("txt", "One.\r\nTwo.", ["stdin"]),
        ("md", "# One.", ["stdin"]),
        ("jsonl", lines({"text": "A."}, {"text": "B.", "id": "b"}), [made("stdin", "A."), "b"]),
        ("csv", "text,x\nA.,1\n", [made("stdin", "A.", x="1")]),
    ],
)
def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, stdin_format: str, content: str, ids: list[str]
) -> None:
    buffer = io.BufferedReader(io.BytesIO(content.encode()))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(buffer))
    documents, rejects = read("-", stdin_format=stdin_format)
    assert [d.doc_id for d in documents] == ids
    assert rejects == []
    assert not buffer.closed


def test_nothing_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b""))))
    assert only_reject("-").startswith("standard input: no text")


# --- all together


def test_an_id_names_one_article_of_the_run(write: Write) -> None:
    write("a.jsonl", lines({"text": "A.", "id": "x"}, {"text": "B.", "id": "x"}))
    write("b.jsonl", lines({"text": "A.", "id": "x"}, {"text": "C.", "id": "a.jsonl#9"}))
    documents, rejects = read(["a.jsonl", "b.jsonl"])
    assert [d.text for d in documents] == ["A.", "C."]
    assert [str(r) for r in rejects] == [
        "a.jsonl, line 2: an earlier article has the id 'x' too; "
        "give each article an id of its own",
        "b.jsonl, line 1: an earlier article has the id 'x' too; "
        "give each article an id of its own",
    ]


def test_an_id_that_is_made_follows_the_record_and_not_its_line(write: Write) -> None:
    write("a.jsonl", lines({"text": "A.", "n": 1}, {"text": "B."}))
    (first, second), _ = read("a.jsonl")
    write("a.jsonl", lines({"text": "New."}, {"text": "B."}, {"n": 1, "text": "A."}))
    moved = {d.text: d.doc_id for d in read("a.jsonl")[0]}
    assert (moved["A."], moved["B."]) == (first.doc_id, second.doc_id)


def test_records_that_are_alike_are_numbered_where_they_give_no_id(write: Write) -> None:
    base = made("a.jsonl", "A.")
    # somebody gives an article the id that the second would get
    write("a.jsonl", lines({"text": "X.", "id": f"{base}-2"}, *[{"text": "A."}] * 3))
    documents, rejects = read("a.jsonl")
    assert [d.doc_id for d in documents] == [f"{base}-2", base, f"{base}-3", f"{base}-4"]
    assert rejects == []


def test_without_a_place_for_rejects_the_first_one_raises(write: Write) -> None:
    write("a.jsonl", lines({"text": "A."}, {}, {"text": "B."}))
    documents = read_documents("a.jsonl")
    assert next(documents).text == "A."
    with pytest.raises(InputError, match=r"^a.jsonl, line 2: no field 'text'"):
        next(documents)


def test_a_wrong_call_is_an_error_before_anything_is_read(write: Write) -> None:
    write("a.txt", "A.")
    with pytest.raises(InputError, match="gone: no such file or folder"):
        read_documents(["a.txt", "gone"])


def test_a_large_file_is_read_as_it_is_needed(write: Write) -> None:
    write("a.jsonl", lines({"text": "A."}) * 50_000)
    sources = find_sources("a.jsonl")
    meter = Meter(sources)
    articles = read_articles(sources, Fields(), lambda _: None, meter)
    for _ in range(100):
        next(articles)
    fraction = meter.fraction
    assert fraction is not None
    assert 0 < fraction < 0.1


def test_the_meter_goes_from_nothing_to_all_over_several_files(write: Write) -> None:
    for name in ("a.txt", "b.txt.gz", "c.jsonl"):
        write(name, lines({"text": "A."}))
    sources = find_sources(".")
    meter = Meter(sources)
    seen = [meter.fraction]
    for _ in read_articles(sources, Fields(), lambda _: None, meter):
        seen.append(meter.fraction)
    seen.append(meter.fraction)
    assert seen == sorted(seen, key=lambda f: f or 0.0)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert Meter(find_sources("-")).fraction is None


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["txt", "md", "jsonl", "csv", "tsv"]))
def test_any_bytes_are_read_or_rejected(data: bytes, stdin_format: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        buffer = io.BufferedReader(io.BytesIO(data))
        patch.setattr("sys.stdin", io.TextIOWrapper(buffer))
        documents, rejects = read("-", stdin_format=stdin_format)
    assert documents or rejects


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
            lambda t: bool(t.replace("\ufeff", "").strip())
        ),
        min_size=1,
        max_size=5,
    )
)
def test_texts_come_back_from_jsonl_and_csv(texts: list[str]) -> None:
    def documents(content: str, stdin_format: str) -> Iterable[str]:
        with pytest.MonkeyPatch.context() as patch:
            buffer = io.BufferedReader(io.BytesIO(content.encode()))
            patch.setattr("sys.stdin", io.TextIOWrapper(buffer))
            return [d.text for d in read_documents("-", stdin_format=stdin_format)]

    jsonl = "".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in texts)
    assert documents(jsonl, "jsonl") == texts
    if "\0" not in "".join(texts):
        cells = "text,x\n" + "".join('"' + t.replace('"', '""') + '",\n' for t in texts)
        assert documents(cells, "csv") == texts

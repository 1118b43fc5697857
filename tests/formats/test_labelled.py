"""Rows and documents read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from any_document import PIECES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natostance.batch.writers import write_documents
from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.formats.labelled import is_labelled, read_labelled, with_text
from natostance.formats.rows import rows
from natostance.text.segmentation import segment

SCORES = {"NATO": 0.75, "RUSSIA": 0.125, "NEUTRAL": 0.125}
ARTICLES = [
    Document(
        "  =We stay.\n\nIt snowed. '=x \U0001f600.",
        "a",
        (
            Sentence(2, 11, "NATO", SCORES, mixed=True),
            Sentence(13, 23, "NEUTRAL", SCORES, abstained=True),
            Sentence(24, 30, "RUSSIA", SCORES),
        ),
        (Span(3, 10, "NATO", 0.5), Span(20, 30, "RUSSIA")),
        meta={"outlet": "-Post", "words": 5},
    ),
    Document("No one.", "b", (Sentence(0, 7, "NEUTRAL", SCORES),), meta={"language": "en"}),
]
NAMES = ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.csv", "a.csv.gz", "a.csv.zst", "a.parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_what_was_written_is_read_back(tmp_path: Path, name: str) -> None:
    write_documents(ARTICLES, tmp_path / name)
    found = list(read_labelled(tmp_path / name))
    for document, again in zip(ARTICLES, found, strict=True):
        assert (again.doc_id, again.sentences, again.spans, again.labels) == (
            document.doc_id,
            document.sentences,
            document.spans,
            document.labels,
        )
        assert [again[s] for s in again.sentences] == [document[s] for s in document.sentences]
        assert again.paragraphs() == document.paragraphs()
    assert found[0].meta["outlet"] == "-Post"
    assert str(found[0].meta["words"]) == "5"
    assert found[1].meta["language"] == "en"


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
@pytest.mark.parametrize("meta", [{"score_tone": "0.7"}, {"score_": "high"}, {"names": "Ann; Bob"}])
def test_no_metadata_is_taken_for_labels(tmp_path: Path, name: str, meta: dict[str, str]) -> None:
    document = ARTICLES[0].replace(meta=meta)
    write_documents([document], tmp_path / name)
    [found] = read_labelled(tmp_path / name)
    assert (found.labels, found.sentences) == (document.labels, document.sentences)
    assert list(found.meta.values()) == list(meta.values())


def test_rows_take_the_whole_text_of_their_article(tmp_path: Path) -> None:
    text = "A heading\nIt snowed.\n\n(END)"
    sentences = (Sentence(0, 9, "NEUTRAL", SCORES), Sentence(10, 20, "NEUTRAL", SCORES))
    write_documents([Document(text, "a", sentences)], tmp_path / "a.csv")
    [found] = read_labelled(tmp_path / "a.csv")
    assert found.text != text
    assert with_text(found, text) == Document(text, "a", sentences)
    with pytest.raises(InputError, match="its sentence 2, from 10 to 20, is not there"):
        with_text(found, text.replace("snowed", "rained"))


def test_documents_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f"{d.to_json()}\n" for d in ARTICLES), encoding="utf-8")
    assert list(read_labelled(path)) == ARTICLES


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_scores_among_the_metadata_are_no_labels(tmp_path: Path, name: str) -> None:
    document = ARTICLES[0].replace(meta={"score_tone": "high"})
    write_documents([document], tmp_path / name)
    [found] = read_labelled(tmp_path / name)
    assert found.labels == STANCE
    assert found.meta["meta_score_tone"] == "high"


@pytest.mark.parametrize("words", [("True", "False"), ("TRUE", "FALSE")])
def test_csv_that_another_program_saved_again(tmp_path: Path, words: tuple[str, str]) -> None:
    path = tmp_path / "a.csv"
    write_documents(ARTICLES, path)
    before = list(read_labelled(path))
    assert any(s.mixed for d in before for s in d.sentences)
    rows = path.read_text(encoding="utf-8")
    path.write_text(rows.replace("true", words[0]).replace("false", words[1]), encoding="utf-8")
    assert list(read_labelled(path)) == before


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *product(["a.jsonl.gz", "a.jsonl.zst", "a.csv.gz", "a.csv.zst"], ["cut", "another file"]),
        # gzip finds it at the end only, Zstandard at once
        *product(["a.jsonl.zst", "a.csv.zst"], ["one byte"]),
    ],
)
def test_damaged_rows_are_one_message(tmp_path: Path, name: str, damage: str) -> None:
    path = tmp_path / name
    write_documents(ARTICLES, path)
    packed = bytearray(path.read_bytes())
    if damage == "cut":
        del packed[-20:]
    elif damage == "another file":
        packed[:] = b"no compressed file"
    else:
        packed[len(packed) // 2] ^= 255
    path.write_bytes(packed)
    assert is_labelled(path)
    with pytest.raises(InputError, match=f"{name}: cannot be read: .*; give the file that"):
        list(read_labelled(path))


def test_documents_without_sentences_are_not_labelled_yet(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(Document("Yes.", "a").to_json() + "\n")
    assert not is_labelled(tmp_path / "a.jsonl")


def test_a_folder_of_shards_is_read_in_order(tmp_path: Path) -> None:
    for i, document in enumerate(ARTICLES):
        write_documents([document], tmp_path / f"part-{i}.jsonl")
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "rejected.jsonl").write_text('{"file": "x"}\n')
    assert [d.doc_id for d in read_labelled(tmp_path)] == ["a", "b"]
    assert is_labelled(tmp_path)


def test_other_label_sets_come_through(tmp_path: Path) -> None:
    labels = LabelSet(("FAVOR", "AGAINST"), "NONE")
    scores = {"FAVOR": 0.5, "AGAINST": 0.25, "NONE": 0.25}
    document = Document("Yes.", "a", (Sentence(0, 4, "FAVOR", scores),), labels=labels)
    for name in ("a.jsonl", "a.csv"):
        write_documents([document], tmp_path / name)
        [found] = read_labelled(tmp_path / name)
        assert found.labels == labels


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join), st.data())
def test_any_article_keeps_its_sentences_paragraphs_and_spans(
    tmp_path: Path, text: str, data: st.DataObject
) -> None:
    sentences = tuple(
        Sentence(s.start, s.end, data.draw(st.sampled_from(STANCE.names)), SCORES)
        for s in segment(text)
    )
    if not sentences:
        return
    spans = tuple(Span(s.start, s.end, s.label) for s in sentences if s.label in STANCE.sides)
    document = Document(text, "a", sentences, spans)
    for name in ("a.jsonl", "a.csv"):
        write_documents([document], tmp_path / name)
        [found] = read_labelled(tmp_path / name)
        ours, theirs = list(rows(found)), list(rows(document))
        for row, other in zip(ours, theirs, strict=True):
            # the line breaks between sentences are not in the rows
            row["paragraph"] = other["paragraph"] = None
            assert row == other


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "x"}, "with a text of 1 characters"),
        ({"label": None}, "without a label"),
        ({"label": "EAST"}, "unknown label 'EAST'"),
        ({"sentence": 3}, "sentence 0 of the article 'a' is missing"),
        ({"end": "x"}, "offset"),
        ({"spans": [{"start": 0}]}, "no row of natostance label"),
        ({"scores": None, "label": "EAST"}, "do not say which labels"),
    ],
)
def test_what_is_no_row_is_named_by_file_and_line(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    first = next(rows(ARTICLES[0]))
    path = tmp_path / "a.jsonl"
    path.write_text("\n" + json.dumps({**first, **change}) + "\n")
    with pytest.raises(InputError, match=reason) as found:
        list(read_labelled(path))
    assert (found.value.file, found.value.line) == (str(path), 2)


def test_a_broken_file_an_empty_folder_and_an_unknown_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_labelled(tmp_path / "x.jsonl"))
    with pytest.raises(InputError, match="holds no"):
        list(read_labelled(tmp_path))
    (tmp_path / "a.jsonl").write_text("{\n")
    with pytest.raises(InputError, match="line 1: not JSON"):
        list(read_labelled(tmp_path / "a.jsonl"))
    (tmp_path / "a.xml").write_text("")
    with pytest.raises(InputError, match="tells no format"):
        list(read_labelled(tmp_path / "a.xml"))
    (tmp_path / "b.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="cannot be read"):
        list(read_labelled(tmp_path / "b.jsonl.gz"))
    (tmp_path / "c.csv").write_text("doc_id,text\na\n")
    with pytest.raises(InputError, match="line 2: a row of another length"):
        list(read_labelled(tmp_path / "c.csv"))


@pytest.mark.parametrize("change", [str, str.upper, str.title])
def test_a_table_that_was_saved_again_keeps_what_is_mixed_and_unsure(
    tmp_path: Path, change: Callable[[str], str]
) -> None:
    path = tmp_path / "a.csv"
    write_documents(ARTICLES, path)
    source = path.read_text(encoding="utf-8")
    for word in ("true", "false"):
        source = source.replace(f",{word},", f",{change(word)},")
    path.write_text(source, encoding="utf-8")
    assert [d.sentences for d in read_labelled(path)] == [d.sentences for d in ARTICLES]
    path.write_text(source.replace(f",{change('true')},", ",1,"), encoding="utf-8")
    with pytest.raises(InputError, match="line 2: mixed is '1', neither true nor false"):
        list(read_labelled(path))


def test_an_article_in_two_files_of_a_folder_is_refused(tmp_path: Path) -> None:
    for name in ("a.csv", "b.jsonl"):
        write_documents(ARTICLES, tmp_path / name)
    with pytest.raises(InputError, match=r"b\.jsonl, line 1: the article 'a' stands in .*a\.csv"):
        list(read_labelled(tmp_path))


def test_an_article_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f"{ARTICLES[i].to_json()}\n" for i in (0, 1, 0)), encoding="utf-8")
    with pytest.raises(InputError, match="line 3: the article 'a' stands there twice"):
        list(read_labelled(path))

"""Predictions brought onto the texts that they are of."""

from __future__ import annotations

from pathlib import Path

import pytest
from any_document import documents
from batch_support import many, word_classifier
from evaluation_cases import article
from evaluation_files import documents_file, rows_file
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from natostance.batch.job import label_files
from natostance.document import STANCE, Document, Sentence
from natostance.errors import InputError
from natostance.formats.labelled import read_labelled
from natostance.formats.predictions import holds_rows, on_texts, read_predictions

TEXT = "Heading\n\nabcd efgh.\tijkl \r\nmnop.  \n"
SENTENCES = (
    Sentence(9, 19, "NATO", {"NATO": 0.7, "RUSSIA": 0.2, "NEUTRAL": 0.1}),
    Sentence(20, 31, "NEUTRAL", {"NATO": 0.2, "RUSSIA": 0.2, "NEUTRAL": 0.6}, abstained=True),
)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "csv.gz", "jsonl.gz"])
def test_rows_get_the_whole_text_back(tmp_path: Path, suffix: str) -> None:
    document = Document(TEXT, "a", SENTENCES)
    path = rows_file(tmp_path / f"rows.{suffix}", [document])
    (found,) = read_predictions(path, [document], STANCE)
    assert found.text == TEXT
    assert found.sentences == SENTENCES


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(documents(), st.sampled_from(["jsonl", "csv"]))
def test_any_document_comes_back_from_rows(tmp_path: Path, document: Document, suffix: str) -> None:
    assume(document.sentences)
    # a classifier marks no span outside sentences
    labelled = document.with_labels_from_spans().replace(spans=())
    path = rows_file(tmp_path / f"rows.{suffix}", [labelled])
    found = [
        d.replace(doc_id=document.doc_id)
        for d in on_texts(path, read_labelled(path), {_written(document.doc_id): document.text})
    ]
    assert [(d.text, d.sentences) for d in found] == [(document.text, labelled.sentences)]


def _written(doc_id: str) -> str:
    """An id as a table has it."""
    return doc_id.encode("utf-8", "replace").decode("utf-8")


def test_an_empty_article_needs_no_rows(tmp_path: Path) -> None:
    gold = [article("NR", "a"), Document("", "b"), Document(" \n", "c")]
    path = rows_file(tmp_path / "rows.jsonl", gold[:1])
    assert [d.doc_id for d in read_predictions(path, gold, STANCE)] == ["a", "b", "c"]


def test_a_folder_of_rows(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    labelled = [article("NR", "a"), article("--", "b")]
    for document in labelled:
        rows_file(folder / f"{document.doc_id}.jsonl", [document])
    assert holds_rows(folder)
    assert [d.doc_id for d in read_predictions(folder, labelled, STANCE)] == ["a", "b"]


@pytest.mark.parametrize("out", ["rows", "single/rows.csv"])
def test_the_folder_that_a_job_wrote(tmp_path: Path, out: str) -> None:
    many(tmp_path / "in.jsonl", 3, bad=[1])
    (tmp_path / "single").mkdir()
    target = tmp_path / out
    label_files(tmp_path / "in.jsonl", target, classifier=word_classifier(), shard_articles=1)
    folder = target if target.is_dir() else target.parent
    assert any(file.name.endswith("run.json") for file in folder.iterdir())
    found = read_predictions(folder, [], STANCE)
    assert [(d.doc_id, len(d.sentences)) for d in found] == [("n0", 2), ("n2", 2)]


def test_rows_of_another_text_are_refused(tmp_path: Path) -> None:
    document = Document(TEXT, "a", SENTENCES)
    path = rows_file(tmp_path / "rows.csv", [document])
    for other in (TEXT.replace("efgh", "efgX"), " " + TEXT, TEXT[:20]):
        with pytest.raises(InputError, match="in another text") as error:
            read_predictions(path, [Document(other, "a")], STANCE)
        assert error.value.file == str(path)


def test_documents_keep_their_own_text_for_the_comparison_to_judge(tmp_path: Path) -> None:
    document = Document(TEXT, "a", SENTENCES)
    path = documents_file(tmp_path / "d.jsonl", [document])
    assert not holds_rows(path)
    (found,) = read_predictions(path, [Document("Another text.", "a")], STANCE)
    assert found.text == TEXT


def test_a_lone_surrogate_that_a_table_cannot_hold_is_no_other_text(tmp_path: Path) -> None:
    document = Document("a \ud800 b.", "a", (Sentence(0, 6, "NATO"),))
    path = rows_file(tmp_path / "rows.csv", [document])
    (found,) = read_predictions(path, [document], STANCE)
    assert found.text == document.text


def test_nothing_there() -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read_predictions(Path("nowhere.csv"), [], STANCE)

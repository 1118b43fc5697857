"""The job: every article is labelled or rejected, and the counts say so; composed texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from batch_support import many, word_classifier, written

from natostance.batch.job import label_files
from natostance.batch.rejects import Rejected
from natostance.batch.report import JobReport, Progress
from natostance.document import Document
from natostance.errors import InputError
from natostance.inference.classifier import StanceClassifier


@pytest.fixture
def classifier() -> StanceClassifier:
    return word_classifier()


ENGLISH = "The alliance will stay in the valley. Snow fell on the road to the old town all night."
RUSSIAN = "Комитет собрался во вторник и одобрил план строительства нового маяка в заливе."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    records = [
        {"id": "j1", "text": ENGLISH, "outlet": "Wire", "language": "English"},
        {"id": "j2", "text": "The Kremlin will answer the letter before the end of the month."},
    ]
    good = [json.dumps(record) for record in records]
    (tmp_path / "in" / "a.txt").write_text(ENGLISH)
    (tmp_path / "in" / "b.jsonl").write_text(f"{good[0]}\n{{broken\n{good[1]}\n")
    (tmp_path / "in" / "c.txt").write_bytes(b"\xff")
    (tmp_path / "in" / "d.txt").write_text(RUSSIAN)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_good_articles_are_labelled_and_bad_ones_listed(classifier: StanceClassifier) -> None:
    report = label_files("in", "out.jsonl", classifier=classifier)
    rows = written("out.jsonl")
    assert [(r["doc_id"], r["sentence"], r["label"], r["language"]) for r in rows] == [
        ("in/a.txt", 0, "NATO", "en"),
        ("in/a.txt", 1, "NEUTRAL", "en"),
        ("j1", 0, "NATO", "en"),
        ("j1", 1, "NEUTRAL", "en"),
        ("j2", 0, "RUSSIA", "en"),
        ("in/d.txt", 0, "NEUTRAL", "ru"),
    ]
    assert (rows[2]["outlet"], rows[2]["meta_language"]) == ("Wire", "English")
    assert (report.read, report.labelled, report.rejected, report.sentences) == (6, 4, 2, 6)
    assert report.labels == {"NATO": 2, "RUSSIA": 1, "NEUTRAL": 3}
    assert report.languages == {"en": 3, "ru": 1}
    assert [(r.file, r.line) for r in report.rejects] == [("in/b.jsonl", 2), ("in/c.txt", None)]
    assert report.status == 1
    assert report.seconds > 0
    assert sorted(p.name for p in Path().iterdir()) == [
        *("in", "out.jsonl", "out.jsonl.rejected.jsonl", "out.jsonl.run.json")
    ]
    assert [(r["file"], r["line"]) for r in written("out.jsonl.rejected.jsonl")] == [
        ("in/b.jsonl", 2),
        ("in/c.txt", None),
    ]


@pytest.mark.usefixtures("folder")
def test_what_happens_is_told_while_it_happens(classifier: StanceClassifier) -> None:
    progress: list[Progress] = []
    rejects: list[Rejected] = []
    foreign: list[tuple[str, str]] = []
    report = label_files(
        "in",
        "out.csv",
        classifier=classifier,
        on_progress=progress.append,
        on_reject=rejects.append,
        on_foreign=lambda document, language: foreign.append((document.doc_id, language)),
    )
    assert [p.labelled + p.rejected for p in progress] == [1, 2, 3, 4, 5, 6]
    assert progress[-1] == Progress(4, 2, 6, 1.0)
    assert rejects == report.rejects
    assert foreign == [("in/d.txt", "ru")]
    assert report.foreign == 1


@pytest.mark.usefixtures("folder")
def test_what_is_foreign_depends_on_the_model(classifier: StanceClassifier) -> None:
    classifier.language = "ru"
    assert label_files("in", "out.jsonl", classifier=classifier).foreign == 3


@pytest.mark.usefixtures("folder")
def test_a_sink_takes_the_documents(classifier: StanceClassifier) -> None:
    documents: list[Document] = []
    report = label_files("in", sink=documents.append, classifier=classifier)
    assert [d.doc_id for d in documents] == ["in/a.txt", "j1", "j2", "in/d.txt"]
    assert [s.label for s in documents[0].sentences] == ["NATO", "NEUTRAL"]
    assert documents[3].meta == {"language": "ru"}
    assert report.labelled == 4


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["out.jsonl", "out.csv.gz", "out.parquet"])
def test_twice_the_same_bytes(classifier: StanceClassifier, name: str) -> None:
    label_files("in", name, classifier=classifier)
    first = Path(name).read_bytes()
    label_files("in", name, classifier=classifier)
    assert Path(name).read_bytes() == first


def test_an_article_that_breaks_the_network_is_rejected_alone(
    tmp_path: Path, classifier: StanceClassifier
) -> None:
    many(tmp_path / "a.jsonl", 200, bad=[0, 70, 71, 199])
    report = label_files(tmp_path / "a.jsonl", tmp_path / "out.jsonl", classifier=classifier)
    ids = [row["doc_id"] for row in written(tmp_path / "out.jsonl") if row["sentence"] == 0]
    assert ids == [f"n{i}" for i in range(200) if i not in (0, 70, 71, 199)]
    assert [(r.line, r.reason) for r in report.rejects] == [
        (line, "could not be labelled: FloatingPointError: the network broke")
        for line in (1, 71, 72, 200)
    ]
    assert (report.read, report.labelled) == (200, 196)


def test_where_nothing_is_labelled_no_file_is_made(
    tmp_path: Path, classifier: StanceClassifier
) -> None:
    (tmp_path / "a.txt").write_text(" ")
    report = label_files(tmp_path / "a.txt", tmp_path / "out.jsonl", classifier=classifier)
    assert (report.status, report.read) == (2, 1)
    assert not (tmp_path / "out.jsonl").exists()
    (reject,) = written(tmp_path / "out.jsonl.rejected.jsonl")
    assert reject["reason"] == "no text"


def test_where_all_is_labelled_the_status_is_zero() -> None:
    assert JobReport(labelled=1).status == 0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("paths", "out", "message"),
    [
        ("gone", "out.jsonl", "gone: no such file or folder"),
        ("in", "gone/out.jsonl", "the folder of the output does not exist"),
        ("in", "out.txt", "its suffix tells no format"),
        ("in", "in/b.jsonl", "in/b.jsonl: the output is one of the inputs; write elsewhere"),
        ("in", None, "a job needs either an output or a sink"),
    ],
)
def test_a_wrong_call_is_an_error_before_the_model_is_loaded(
    paths: str, out: str | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        label_files(paths, out, model="no such model")
    assert [p.name for p in Path().iterdir()] == ["in"]


def test_memory_does_not_grow_with_the_input(tmp_path: Path, classifier: StanceClassifier) -> None:
    import tracemalloc

    many(tmp_path / "a.jsonl", 1200)
    peaks = []
    tracemalloc.start()

    def measure(progress: Progress) -> None:
        if progress.labelled % 400 == 0:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()

    label_files(
        tmp_path / "a.jsonl", tmp_path / "out.jsonl", classifier=classifier, on_progress=measure
    )
    tracemalloc.stop()
    assert peaks[2] - peaks[1] < 200_000

"""The job: every article is labelled or rejected, and the counts say so; composed texts."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support import WORDS
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from natostance.batch import writers
from natostance.batch.job import JobInterrupted, JobReport, Progress, label_files
from natostance.batch.rejects import Rejected
from natostance.document import STANCE, Document
from natostance.errors import InputError
from natostance.inference.classifier import StanceClassifier
from natostance.text.windows import SpecialTokens, Window, WindowReader, WindowSettings

ALLIANCE, KREMLIN, POISON = 4, 5, 6


class WordBackend:
    """Scores that follow from single words: "alliance" is NATO's, "kremlin" Russia's."""

    name = "words"

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        return [self._window(np.array(window.ids)) for window in windows]

    def _window(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        if POISON in ids:
            raise FloatingPointError("the network broke")
        sides = np.stack([ids == ALLIANCE, ids == KREMLIN, np.zeros_like(ids)], axis=1)
        logits = np.where(sides, 8.0, np.array([0.0, 0.0, 2.0]))
        weight = np.where(sides.any(axis=1), 6.0, 0.0)[:, None]
        return np.concatenate([logits, weight, logits], axis=1).astype(np.float32)


@pytest.fixture
def classifier() -> StanceClassifier:
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "alliance", "kremlin", "poison", *WORDS]
    tokenizer = Tokenizer(WordLevel({w: i for i, w in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    special = SpecialTokens(start=2, end=3, pad=0, unknown=1)
    settings = WindowSettings(tokens=40, left_context=8)
    return StanceClassifier(WindowReader(tokenizer, special, settings), WordBackend(), STANCE)


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


def written(path: str | Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def many(path: Path, count: int, bad: Iterable[int] = ()) -> None:
    texts = [f"Alliance w{i} w{i + 1}. Snow w{i % 7} again." for i in range(count)]
    for i in bad:
        texts[i] = f"Poison w{i}."
    path.write_text(
        "".join(json.dumps({"id": f"n{i}", "text": t}) + "\n" for i, t in enumerate(texts))
    )


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
    assert sorted(p.name for p in Path().iterdir()) == ["in", "out.jsonl"]


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
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_where_all_is_labelled_the_status_is_zero() -> None:
    assert JobReport(labelled=1).status == 0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("paths", "out", "message"),
    [
        ("gone", "out.jsonl", "gone: no such file or folder"),
        ("in", "gone/out.jsonl", "the folder of the output does not exist"),
        ("in", "out.txt", "its suffix tells no format"),
        ("in", "in/b.jsonl", "in/b.jsonl: the output is one of the inputs; write to another file"),
        ("in", None, "a job needs either an output or a sink"),
    ],
)
def test_a_wrong_call_is_an_error_before_the_model_is_loaded(
    paths: str, out: str | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        label_files(paths, out, model="no such model")
    assert [p.name for p in Path().iterdir()] == ["in"]


def test_an_interrupted_job_says_where_its_rows_are(
    tmp_path: Path, classifier: StanceClassifier
) -> None:
    many(tmp_path / "a.jsonl", 200)

    def interrupt(progress: Progress) -> None:
        if progress.labelled == 50:
            raise KeyboardInterrupt

    with pytest.raises(JobInterrupted) as caught:
        label_files(
            tmp_path / "a.jsonl",
            tmp_path / "out.jsonl",
            classifier=classifier,
            on_progress=interrupt,
        )
    part = tmp_path / "out.jsonl.part"
    assert str(caught.value) == (
        f"interrupted; the rows of the 50 articles labelled so far are in {part}"
    )
    assert len({row["doc_id"] for row in written(part)}) == 50
    assert not (tmp_path / "out.jsonl").exists()


def test_a_full_disk_says_where_the_rows_are(
    tmp_path: Path, classifier: StanceClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(tmp_path / "a.jsonl", 5)
    write = writers.DocumentWriter.write

    def full(self: writers.DocumentWriter, document: Document) -> None:
        if document.doc_id == "n3":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, document)

    monkeypatch.setattr(writers.DocumentWriter, "write", full)
    with pytest.raises(InputError) as caught:
        label_files(tmp_path / "a.jsonl", tmp_path / "out.jsonl", classifier=classifier)
    part = tmp_path / "out.jsonl.part"
    assert str(caught.value) == (
        f"{tmp_path / 'out.jsonl'}: cannot be written: No space left on device; what fitted, the "
        f"last row perhaps cut, is in {part}; make room or write elsewhere, and run the job again"
    )
    assert len(written(part)) == 6


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
    # what grows is the set of ids, about 100 bytes an article
    assert peaks[2] - peaks[1] < 200_000

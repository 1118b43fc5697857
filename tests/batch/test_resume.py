"""A job that broke off goes on where it was, or says why it cannot; composed texts."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batch_support import WordBackend, many, word_classifier, written
from numpy.typing import NDArray

from natostance.batch import papers, storage
from natostance.batch.job import JobInterrupted, label_files
from natostance.batch.output import Output
from natostance.batch.report import JobReport, Progress
from natostance.errors import InputError, StoreError
from natostance.inference.classifier import StanceClassifier
from natostance.text.windows import Window

OUTS = ["rows.jsonl", "rows.csv", "rows.csv.gz", "rows.jsonl.zst", "rows.parquet", "rows"]
COUNT, SHARD = 50, 12


@pytest.fixture
def classifier() -> StanceClassifier:
    return word_classifier()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    many(tmp_path / "a.jsonl", COUNT, bad=[3, 30])
    with (tmp_path / "a.jsonl").open("a") as file:
        # refused: its id is taken by an article of the first part
        file.write(json.dumps({"id": "n0", "text": "Alliance w1."}) + "\n")
    (tmp_path / "b.txt").write_text("Kremlin w7. Snow w8.")
    return tmp_path


def label(out: str | Path, classifier: StanceClassifier, **options: Any) -> JobReport:
    options = {"classifier": classifier, "shard_articles": SHARD, **options}
    return label_files(["a.jsonl", "b.txt"], out, **options)


def break_off(out: str, classifier: StanceClassifier, after: int, **options: Any) -> str:
    def interrupt(progress: Progress) -> None:
        if progress.labelled + progress.rejected == after:
            raise KeyboardInterrupt

    with pytest.raises(JobInterrupted) as caught:
        label(out, classifier, on_progress=interrupt, **options)
    return str(caught.value)


def content(*names: str) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in sorted(Path().rglob("*"))
        if path.is_file() and not str(path).endswith("run.json") and str(path).startswith("rows")
    }


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("out", OUTS)
def test_a_run_that_broke_off_ends_with_the_same_bytes(
    classifier: StanceClassifier, out: str
) -> None:
    whole = label(out, classifier)
    expected = content()
    assert len(expected) == (7 if out == "rows" else 2)
    for path in expected:
        os.unlink(path)
    Path("rows/run.json" if out == "rows" else f"{out}.run.json").unlink()
    message = break_off(out, classifier, 7)
    assert message == (
        "interrupted; 6 articles were labelled, and whole parts of them are kept; go on with "
        "--resume"
    )
    for after in (20, 29, 48):
        break_off(out, classifier, after, resume=True)
    report = label(out, classifier, resume=True)
    assert content() == expected
    assert (report.read, report.labelled, report.rejected) == (52, 49, 3)
    assert (report.labels, report.languages) == (whole.labels, whole.languages)
    assert report.resumed == 34
    assert not list(Path().rglob("*.ledger"))
    assert not list(Path().rglob("*.part"))


class Dying(WordBackend):
    """Fails at every call after so many."""

    def __init__(self, left: int, error: Exception) -> None:
        self.left, self.error = left, error

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        self.left -= 1
        if self.left < 0:
            raise self.error
        return super().scores(windows)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("calls", "resumed", "error"),
    # the first part takes 14 calls, as one of its articles is rejected, the second one
    [
        (0, 0, MemoryError()),
        (9, 0, RuntimeError("CUDA error\nmore")),
        (14, 11, RuntimeError("CUDA error\nmore")),
        (20, 23, MemoryError()),
    ],
)
@pytest.mark.parametrize("out", ["rows.jsonl", "rows"])
def test_a_model_that_stops_working_costs_no_article(
    classifier: StanceClassifier, out: str, calls: int, resumed: int, error: Exception
) -> None:
    label(out, classifier)
    expected = content()
    for path in expected:
        os.unlink(path)
    Path("rows/run.json" if out == "rows" else f"{out}.run.json").unlink()
    dying = word_classifier()
    dying.backend = Dying(calls, error)
    with pytest.raises(StoreError) as caught:
        label(out, dying)
    said = "RuntimeError: CUDA error" if str(error) else "MemoryError"
    assert caught.value.reason == f"the model stopped working here: {said}"
    assert (caught.value.file, caught.value.line is not None) == ("a.jsonl", True)
    assert "a run that was begun goes on with --resume" in str(caught.value)
    report = label(out, classifier, resume=True)
    assert (report.read, report.labelled, report.rejected) == (52, 49, 3)
    assert report.resumed == resumed
    assert content() == expected


@pytest.mark.usefixtures("here")
def test_a_run_that_ended_is_not_done_again(classifier: StanceClassifier) -> None:
    first = label("rows.jsonl", classifier)
    before = os.stat("rows.jsonl").st_mtime_ns

    def never(progress: Progress) -> None:
        raise AssertionError("an article was labelled again")

    report = label("rows.jsonl", classifier, resume=True, on_progress=never)
    assert (report.read, report.labelled, report.resumed) == (first.read, 49, 49)
    assert (report.labels, report.status) == (first.labels, 1)
    assert os.stat("rows.jsonl").st_mtime_ns == before
    Path("b.txt").write_text("Kremlin w9.")
    with pytest.raises(InputError, match="the run there ended, and the input is no longer the sa"):
        label("rows.jsonl", classifier, resume=True)


@pytest.mark.usefixtures("here")
def test_resume_begins_a_run_where_there_is_none(classifier: StanceClassifier) -> None:
    assert label("rows", classifier, resume=True).resumed == 0


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("out", ["rows.jsonl", "rows/"])
def test_a_run_that_broke_off_is_not_lost_by_a_new_one(
    classifier: StanceClassifier, out: str
) -> None:
    break_off(out, classifier, 30)
    with pytest.raises(InputError) as caught:
        label(out, classifier)
    ledger = Path(out.rstrip("/") + ".ledger").resolve()
    assert str(caught.value) == (
        f"{out}: a run into it broke off; go on with --resume, or remove {ledger} and begin anew"
    )


@pytest.mark.usefixtures("here")
def test_the_ledger_tells_what_is_done(classifier: StanceClassifier) -> None:
    break_off("rows", classifier, 30)
    parts = [json.loads(p.read_bytes()) for p in sorted(Path("rows.ledger").glob("*.part.json"))]
    assert [p["file"] for p in parts] == ["rows-000000.jsonl", "rows-000001.jsonl"]
    assert [(p["articles"], p["rejected"]) for p in parts] == [(11, 1), (12, 0)]
    assert sorted(p.name for p in Path("rows").iterdir()) == [p["file"] for p in parts]
    (reject,) = written("rows.ledger/000000.rejected.jsonl")
    assert reject["line"] == 4


def other_model(patch: pytest.MonkeyPatch, classifier: StanceClassifier) -> dict[str, Any]:
    classifier.sha256 = "b" * 64
    return {}


def other_code(patch: pytest.MonkeyPatch, classifier: StanceClassifier) -> dict[str, Any]:
    patch.setattr(papers, "code_sha256", lambda: "c" * 64)
    return {}


def other_runtime(patch: pytest.MonkeyPatch, classifier: StanceClassifier) -> dict[str, Any]:
    patch.setattr(papers, "packages", lambda: {"openvino": "1.0"})
    return {}


def other_column(patch: pytest.MonkeyPatch, classifier: StanceClassifier) -> dict[str, Any]:
    return {"text_column": "body"}


def other_format(patch: pytest.MonkeyPatch, classifier: StanceClassifier) -> dict[str, Any]:
    return {"format": "csv"}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_model, "model was aaaaaaaaaaaa… and is bbbbbbbbbbbb…; call it as it was begun"),
        (other_code, "code was .*… and is cccccccccccc…; call it"),
        (other_runtime, "version of openvino was .* and is 1.0"),
        (other_column, "text column was text and is body; call it"),
        (other_format, "format was .jsonl and is .csv; call it"),
    ],
)
def test_another_run_is_not_resumed_and_the_difference_named(
    classifier: StanceClassifier,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[pytest.MonkeyPatch, StanceClassifier], dict[str, Any]],
    message: str,
) -> None:
    classifier.sha256 = "a" * 64
    break_off("rows", classifier, 30)
    before = content()
    with pytest.raises(InputError, match=f"rows: the run there was begun otherwise: .*{message}"):
        label("rows", classifier, resume=True, **change(monkeypatch, classifier))
    assert content() == before


@pytest.mark.usefixtures("here")
def test_a_run_over_other_input_is_not_resumed(classifier: StanceClassifier) -> None:
    break_off("rows", classifier, 30)
    Path("b.txt").write_text("Kremlin w9. Alliance.")
    with pytest.raises(InputError, match=r"b.txt: it has changed since the run was begun; begin"):
        label("rows", classifier, resume=True)
    with pytest.raises(InputError, match=r"b.txt: it was in the input of the run and no longer"):
        label_files("a.jsonl", "rows", classifier=classifier, shard_articles=SHARD, resume=True)
    with pytest.raises(InputError, match=r"b.txt: not in the input .* next file is a.jsonl"):
        label_files("b.txt", "rows", classifier=classifier, shard_articles=SHARD, resume=True)


@pytest.mark.usefixtures("here")
def test_a_shard_that_is_gone_or_cut_is_noticed(classifier: StanceClassifier) -> None:
    break_off("rows", classifier, 30)
    with open("rows/rows-000001.jsonl", "r+b") as file:
        file.truncate(100)
    with pytest.raises(InputError, match=r"rows-000001.jsonl: not the file that the run wrote"):
        label("rows", classifier, resume=True)


@pytest.mark.usefixtures("here")
def test_an_entry_that_is_gone_or_damaged_is_noticed(classifier: StanceClassifier) -> None:
    break_off("rows", classifier, 40)
    entry = Path("rows.ledger/000001.part.json")
    whole = entry.read_bytes()
    entry.write_bytes(whole[:50])
    with pytest.raises(InputError, match=r"rows.ledger: the ledger is damaged: .*; begin a new"):
        label("rows", classifier, resume=True)
    entry.unlink()
    with pytest.raises(InputError, match=r"rows.ledger: the entry 000001 is missing; begin a new"):
        label("rows", classifier, resume=True)
    entry.write_bytes(whole)
    assert label("rows", classifier, resume=True).resumed == 34


@pytest.mark.usefixtures("here")
def test_two_processes_do_not_write_the_same_output(classifier: StanceClassifier) -> None:
    pytest.importorskip("fcntl")
    tried: list[str] = []

    def again(progress: Progress) -> None:
        if progress.labelled == 20:
            with pytest.raises(InputError) as caught:
                label("rows", classifier, resume=True)
            tried.append(str(caught.value))

    assert label("rows", classifier, on_progress=again).labelled == 49
    ledger = Path("rows.ledger").resolve()
    assert tried == [f"{ledger}: another process is writing there; wait for it, or end it"]


@pytest.mark.usefixtures("here")
def test_what_a_run_left_that_ended_while_it_tidied_up_is_removed(
    classifier: StanceClassifier,
) -> None:
    label("rows.jsonl", classifier)
    Path("rows.jsonl.ledger").mkdir()
    Path("rows.jsonl.ledger/000000.rows").write_text("left")
    label("rows.jsonl", classifier, resume=True)
    assert not Path("rows.jsonl.ledger").exists()


@pytest.mark.usefixtures("here")
def test_a_folder_that_holds_something_is_left_alone(classifier: StanceClassifier) -> None:
    Path("rows").mkdir()
    Path("rows/mine.txt").touch()
    with pytest.raises(InputError, match="rows: the folder of the output is not empty; name a"):
        label("rows", classifier)
    assert os.listdir("rows") == ["mine.txt"]
    assert not Path("rows.ledger").exists()


@pytest.mark.usefixtures("here")
def test_standard_output_and_standard_input_cannot_be_resumed(
    classifier: StanceClassifier,
) -> None:
    with pytest.raises(InputError, match="only a run into a file or folder can be resumed"):
        label("-", classifier, resume=True)
    break_off("rows", classifier, 30)
    with pytest.raises(InputError, match="standard input cannot be read a second time"):
        label_files("-", "rows", classifier=classifier, resume=True)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("out", ["rows.jsonl", "rows"])
def test_a_run_into_the_folder_that_it_reads_is_resumed(
    classifier: StanceClassifier, out: str
) -> None:
    options: dict[str, Any] = {"classifier": classifier, "shard_articles": SHARD}

    def interrupt(progress: Progress) -> None:
        if progress.labelled == 30:
            raise KeyboardInterrupt

    with pytest.raises(JobInterrupted):
        label_files(".", out, on_progress=interrupt, **options)
    report = label_files(".", out, resume=True, **options)
    assert (report.read, report.labelled, report.resumed) == (52, 49, 23)
    # one that ended is known as well; without --resume its rows would be read as articles
    assert label_files(".", out, resume=True, **options).labelled == 49
    with pytest.raises(InputError, match="the output is one of the inputs"):
        label_files(".", out, **options)


@pytest.mark.remote
def test_a_whole_bucket_is_no_output() -> None:
    pytest.importorskip("s3fs")
    # as s3fs and gcsfs have them: a bucket's path holds no slash
    for out in ("s3://bucket", "s3://bucket/", "s3://rows.jsonl"):
        with pytest.raises(InputError, match="a whole bucket; name a folder or a file in it"):
            Output(out)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("out", ["/", "//", "/./", "/tmp/.."])
def test_the_root_is_no_output(classifier: StanceClassifier, out: str) -> None:
    before = sorted(Path().iterdir())
    with pytest.raises(InputError) as caught:
        label_files("a.jsonl", out, classifier=classifier)
    assert str(caught.value) == (
        f"{out}: the root of the file system; name a folder or a file in it"
    )
    assert sorted(Path().iterdir()) == before


@pytest.mark.usefixtures("here")
def test_nothing_means_the_current_folder(classifier: StanceClassifier) -> None:
    with pytest.raises(InputError, match="the output is one of the inputs"):
        label_files("a.jsonl", "", classifier=classifier)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("out", ["memory://bucket/rows.jsonl", "memory://bucket/rows"])
def test_a_run_behind_a_url_is_resumed_too(classifier: StanceClassifier, out: str) -> None:
    fsspec = pytest.importorskip("fsspec")
    fs = fsspec.filesystem("memory")
    fs.store.clear()

    def held() -> dict[str, bytes]:
        return {path: fs.cat(path) for path in fs.find("/") if not path.endswith("run.json")}

    fs.pipe({"/in/a.jsonl": Path("a.jsonl").read_bytes(), "/in/b.txt": b"Kremlin w7. Snow w8."})
    label_files("memory://in", out, classifier=classifier, shard_articles=SHARD)
    expected = held()
    assert len(expected) == (4 if out.endswith("jsonl") else 9)
    fs.rm("/bucket", recursive=True)

    def interrupt(progress: Progress) -> None:
        if progress.labelled == 30:
            raise KeyboardInterrupt

    with pytest.raises(JobInterrupted):
        label_files(
            *("memory://in", out),
            classifier=classifier,
            shard_articles=SHARD,
            on_progress=interrupt,
        )
    report = label_files(
        *("memory://in", out), classifier=classifier, shard_articles=SHARD, resume=True
    )
    assert (report.read, report.labelled, report.resumed) == (52, 49, 23)
    assert held() == expected


def steps_that_fail(patch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """The step of that number that changes the disk fails, as on a full disk."""
    step, count = getattr(storage, name), iter(range(1, 10_000))

    def full(*arguments: Any) -> None:
        if next(count) == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        step(*arguments)

    patch.setattr(storage, name, full)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("step", ["sync", "rename"])
@pytest.mark.parametrize("out", ["rows.jsonl", "rows"])
def test_whatever_step_fails_the_run_goes_on(
    classifier: StanceClassifier, monkeypatch: pytest.MonkeyPatch, step: str, out: str
) -> None:
    label(out, classifier, shard_articles=40)
    expected = content()
    number, message = 1, "begin"
    while message:
        for path in content():
            os.unlink(path)
        Path("rows/run.json" if out == "rows" else f"{out}.run.json").unlink(missing_ok=True)
        message = ""
        with monkeypatch.context() as patch:
            steps_that_fail(patch, step, number)
            try:
                label(out, classifier, shard_articles=40)
            except InputError as error:
                message = str(error)
        if message:
            assert message == (
                f"{out}: cannot be written: No space left on device; what is done is kept; "
                "make room or see to the cause, and go on with --resume"
            )
            label(out, classifier, shard_articles=40, resume=True)
        assert content() == expected
        number += 1
    assert number > 10


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kilobytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.name == "nt" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.mark.parametrize("out", ["rows.jsonl", "rows"])
def test_a_full_disk(
    tmp_path: Path, small_disk: Path, classifier: StanceClassifier, out: str
) -> None:
    many(tmp_path / "a.jsonl", 300)
    options: dict[str, Any] = {"classifier": classifier, "shard_articles": 100}
    (small_disk / "ballast").write_bytes(bytes(150_000))
    with pytest.raises(InputError) as caught:
        label_files(tmp_path / "a.jsonl", small_disk / out, **options)
    assert str(caught.value) == (
        f"{small_disk / out}: cannot be written: No space left on device; what is done is kept; "
        "make room or see to the cause, and go on with --resume"
    )
    assert not list(small_disk.rglob("*.part"))
    assert not (small_disk / out).is_file()
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    report = label_files(tmp_path / "a.jsonl", small_disk / out, resume=True, **options)
    assert (report.read, report.labelled) == (300, 300)
    label_files(tmp_path / "a.jsonl", tmp_path / out, **options)
    if out == "rows":
        for shard in (tmp_path / out).glob("rows-*"):
            assert (small_disk / out / shard.name).read_bytes() == shard.read_bytes()
    else:
        assert (small_disk / out).read_bytes() == (tmp_path / out).read_bytes()


@pytest.mark.parametrize("out", ["rows.jsonl", "rows"])
def test_a_disk_that_cannot_be_written(
    tmp_path: Path, small_disk: Path, classifier: StanceClassifier, out: str
) -> None:
    many(tmp_path / "a.jsonl", 5)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(InputError, match=r"cannot be written"):
        label_files(tmp_path / "a.jsonl", small_disk / out, classifier=classifier)
    assert list(small_disk.iterdir()) == []

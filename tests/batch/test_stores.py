"""A store that fails: one message and no reject, unless it is about one object alone."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batch_support import many, word_classifier, written

from natostance.batch import readers, storage
from natostance.batch.job import label_files
from natostance.batch.storage import folder_at, whole
from natostance.errors import StoreError

fsspec = pytest.importorskip("fsspec")
memory = pytest.importorskip("fsspec.implementations.memory")


class NoCredentials(Exception):  # noqa: N818
    """No `OSError`, like botocore's ``NoCredentialsError``."""


class ClientError(Exception):
    """As botocore has it: what S3 answered."""

    def __init__(self, code: str) -> None:
        self.response = {"Error": {"Code": code}}


def refused(code: str) -> PermissionError:
    """What s3fs makes of an answer of S3."""
    error = PermissionError("The provided token has expired.")
    error.__cause__ = ClientError(code)
    return error


class Failing(memory.MemoryFileSystem):  # type: ignore[name-defined, misc]
    """A store in memory that fails from the call of that number of a method on."""

    protocol = "failing"
    method, left = "", 0
    error: Exception = NoCredentials("Unable to locate credentials")
    once = False  # it fails at that call alone

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("failing://")))

    @classmethod
    def step(cls, method: str) -> None:
        if method == cls.method:
            cls.left -= 1
            if cls.left == 0 or (cls.left < 0 and not cls.once):
                raise cls.error

    def info(self, path: str, **options: Any) -> Any:
        self.step("info")
        return super().info(path, **options)

    def find(self, path: str, *arguments: Any, **options: Any) -> Any:
        self.step("find")
        return super().find(path, *arguments, **options)

    def isdir(self, path: str) -> bool:
        self.step("isdir")
        return bool(super().isdir(path))

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        self.step("ls")
        return super().ls(path, detail, **options)

    def put_file(self, here: str, there: str, *arguments: Any, **options: Any) -> None:
        self.step("put")
        super().put_file(here, there, *arguments, **options)

    def rm_file(self, path: str) -> None:
        self.step("rm")
        super().rm_file(path)

    def open(self, path: str, mode: str = "rb", *arguments: Any, **options: Any) -> Any:
        if mode != "rb":
            return super().open(path, mode, *arguments, **options)
        self.step("open")
        return Reading(super().open(path, mode, *arguments, **options))


class Reading:
    """A file that is read, and fails at that."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        Failing.step("read")
        return bytes(self._file.read(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.fixture
def store() -> Iterator[Any]:
    fsspec.register_implementation("failing", Failing, clobber=True)
    fs = fsspec.filesystem("failing")
    Failing.method, Failing.once = "", False
    Failing.error = NoCredentials("Unable to locate credentials")
    fs.store.clear()
    lines = [json.dumps({"id": f"n{i}", "text": f"Alliance w{i}. Snow w2."}) for i in range(30)]
    table = ["id,text", *(f"c{i},Kremlin w{i}." for i in range(3))]
    fs.pipe({"/in/a.jsonl": "\n".join(lines).encode(), "/in/b.csv": "\n".join(table).encode()})
    yield fs
    Failing.method = ""
    fs.store.clear()


def label(resume: bool = False) -> Any:
    return label_files(
        *("failing://in", "failing://lake/rows"),
        classifier=word_classifier(),
        shard_articles=10,
        resume=resume,
    )


def rows(fs: Any) -> dict[str, bytes]:
    return {p: fs.cat(p) for p in fs.find("/lake") if not p.endswith("run.json")}


@pytest.mark.parametrize(
    ("method", "number"),
    [
        *(("find", 1), ("isdir", 1), ("info", 4), ("open", 1), ("open", 2), ("read", 1)),
        *(("read", 3), ("put", 1), ("put", 2), ("put", 4), ("put", 9), ("ls", 3), ("rm", 1)),
    ],
)
def test_an_error_of_the_store_is_one_message_and_the_run_goes_on(
    store: Any, method: str, number: int
) -> None:
    assert label().labelled == 33
    expected = rows(store)
    assert len(expected) == 6
    store.rm("/lake", recursive=True)
    Failing.method, Failing.left = method, number
    with pytest.raises(StoreError) as caught:
        label()
    assert Failing.left <= 0
    assert (caught.value.file or "").startswith("failing://")
    assert caught.value.reason == "the store failed: NoCredentials: Unable to locate credentials"
    assert str(caught.value).endswith(
        "check credentials, network and endpoint; a run that was begun goes on with --resume"
    )
    Failing.method = ""
    kept = [path for path in store.find("/lake") if path.endswith(".part.json")]
    report = label(resume=True)
    assert (report.labelled, report.rejected) == (33, 0)
    assert report.resumed == min(33, 10 * len(kept))
    assert rows(store) == expected


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError("timed out"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        OSError(errno.EIO, "We encountered an internal error"),
        OSError(errno.EBUSY, "Please reduce your request rate"),
        refused("ExpiredToken"),
        refused("SignatureDoesNotMatch"),
    ],
    ids=lambda error: f"{type(error).__name__}-{error.errno}",
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_short_failure_of_the_network_costs_no_article(
    store: Any, error: OSError, number: int
) -> None:
    assert label().labelled == 33
    expected = rows(store)
    store.rm("/lake", recursive=True)
    Failing.method, Failing.left, Failing.error, Failing.once = "read", number, error, True
    with pytest.raises(StoreError, match=f"the store failed: {type(error).__name__}"):
        label()
    report = label(resume=True)
    assert (report.labelled, report.rejected) == (33, 0)
    assert rows(store) == expected


@pytest.mark.parametrize("name", ["c.parquet", "c.jsonl.gz", "c.csv.zst", "c.txt"])
def test_so_in_every_format(store: Any, tmp_path: Path, name: str) -> None:
    many(tmp_path / "c.jsonl", 3)
    kind = name.partition(".")[2]
    if kind == "txt":
        (tmp_path / name).write_text("Alliance w1.")
    else:
        label_files(tmp_path / "c.jsonl", tmp_path / name, classifier=word_classifier())
    store.rm("/in", recursive=True)
    store.put_file(str(tmp_path / name), f"/in/{name}")
    Failing.method, Failing.left, Failing.error = "read", 1, TimeoutError("timed out")
    with pytest.raises(StoreError, match="the store failed: TimeoutError: timed out"):
        label()
    Failing.method = ""
    assert label(resume=True).labelled > 0


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such object"),
        PermissionError("Forbidden"),
        refused("AccessDenied"),
        refused("InvalidObjectState"),
    ],
    ids=["missing", "forbidden", "denied", "archived"],
)
def test_what_a_store_says_of_one_object_rejects_that_one(store: Any, error: OSError) -> None:
    Failing.method, Failing.left, Failing.error, Failing.once = "open", 1, error, True
    report = label()
    assert (report.labelled, report.rejected) == (3, 1)
    (reject,) = report.rejects
    assert reject.file == "failing:///in/a.jsonl"
    assert reject.reason.startswith("cannot be read: ")


def test_an_input_that_cannot_be_looked_at_is_not_said_to_have_changed(store: Any) -> None:
    Failing.method, Failing.left = "put", 6
    with pytest.raises(StoreError):
        label()
    Failing.method, Failing.once, Failing.error = "info", True, TimeoutError("timed out")
    # fsspec itself takes no answer to its first question, whether it is a file, for a no
    said = []
    for number in range(2, 100):
        Failing.left = number
        try:
            report = label(resume=True)
            break
        except StoreError as error:
            said.append(error.reason)
    assert len(said) > 4
    assert set(said) == {"the store failed: TimeoutError: timed out"}
    assert (report.labelled, report.rejected) == (33, 0)


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EMFILE, errno.EIO])
def test_on_the_disk_too_what_is_not_the_files_own_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / "in").mkdir()
    for i in range(3):
        many(tmp_path / "in" / f"{i}.jsonl", 4)
    out, classifier = tmp_path / "out.jsonl", word_classifier()

    def failing(path: str) -> Any:
        if path.endswith("1.jsonl"):
            raise OSError(number, os.strerror(number), path)
        return storage.open_binary(path)

    with monkeypatch.context() as patch:
        patch.setattr(readers, "open_binary", failing)
        if number == errno.EIO:  # a bad sector is of the one file
            report = label_files(tmp_path / "in", out, classifier=classifier)
            assert [r.reason for r in report.rejects if "1.jsonl" in r.file] == [
                f"cannot be read: {os.strerror(number)}"
            ]
            return
        with pytest.raises(StoreError, match=f"1.jsonl: reading failed: {os.strerror(number)}; "):
            label_files(tmp_path / "in", out, classifier=classifier, shard_articles=2)
    report = label_files(tmp_path / "in", out, classifier=classifier, shard_articles=2, resume=True)
    assert report.resumed >= 2
    assert len(written(out)) == report.sentences > 0


def test_a_folder_on_a_network_that_is_away_is_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    many(tmp_path / "in" / "a.jsonl", 2)
    scan = os.scandir

    def away(path: str) -> Any:
        if str(path).endswith("sub"):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", away)
    with pytest.raises(StoreError, match=r"in/sub: reading failed: Stale file handle; see to "):
        label_files(tmp_path / "in", tmp_path / "out.jsonl", classifier=word_classifier())
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("named", [False, True], ids=["no name", "named"])
@pytest.mark.parametrize("kind", ["failing", "file"])
def test_what_waits_to_be_put_leaves_nothing(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, named: bool
) -> None:
    waiting = tmp_path / "tmp"
    waiting.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(waiting))
    if named:  # as on systems that have no names for open files
        monkeypatch.setattr(storage, "_open_file", lambda _: str(tmp_path / "nothing"))
    folder = folder_at("failing://spooled" if kind == "failing" else f"file://{tmp_path}/spooled")
    folder.make()
    content = bytes(range(256)) * 9000  # more than a buffer holds
    with whole(folder, "rows") as stream:
        stream.write(content)
        # killed here, the process would leave what has a name
        assert len(list(waiting.iterdir())) == (named or not os.path.exists("/proc/self/fd"))
    with folder.open("rows") as stream:
        assert stream.read() == content
    draft = folder.create("other")
    draft.stream.write(content)
    draft.discard()
    assert folder.names() == ["rows"]
    assert not list(waiting.iterdir())

"""A store whose package raises errors of its own, as botocore does: one message, and no reject."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from batch_support import word_classifier

from natostance.batch.job import label_files
from natostance.errors import StoreError

fsspec = pytest.importorskip("fsspec")
memory = pytest.importorskip("fsspec.implementations.memory")


class NoCredentials(Exception):  # noqa: N818
    """No `OSError`, like botocore's ``NoCredentialsError``."""


class Failing(memory.MemoryFileSystem):  # type: ignore[name-defined, misc]
    """A store in memory that fails from the call of that number of a method on."""

    protocol = "failing"
    method, left = "", 0

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("failing://")))

    @classmethod
    def step(cls, method: str) -> None:
        if method == cls.method:
            cls.left -= 1
            if cls.left <= 0:
                raise NoCredentials("Unable to locate credentials")

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
    Failing.method = ""
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

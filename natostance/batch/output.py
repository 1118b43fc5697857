"""The output of a job: one file, or a folder of shards with a manifest.

    rows.jsonl                 or  rows/rows-000000.jsonl ...  the rows
    rows.jsonl.rejected.jsonl      rows/rejected.jsonl         what was rejected
                                   rows/manifest.json          the shards: sha256, rows, articles
    rows.jsonl.run.json            rows/run.json               the run's papers
    rows.jsonl.ledger/             rows.ledger/                until it is done: what is done

Both are written part by part (see `natostance.batch.ledger`). A part becomes a shard of the folder,
or waits in the ledger until all are joined to the one file. Shards have the numbers of their parts;
a part in which everything was rejected has none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from os import PathLike
from typing import Any, BinaryIO

from natostance.batch.ledger import START_ANEW, SUFFIX, Ledger, Part
from natostance.batch.parts import PartWriter
from natostance.batch.rowfiles import Columns, RowFormat, join
from natostance.batch.storage import (
    PART,
    Folder,
    copy,
    file_system,
    folder_at,
    is_url,
    reaching,
    read_bytes,
    split,
    whole,
)
from natostance.batch.writers import check_writable
from natostance.errors import InputError

MANIFEST, REJECTED, PAPERS = "manifest.json", "rejected.jsonl", "run.json"


class Output:
    """Where a job writes. Making one checks that it can; nothing is created.

    Args:
        out: the output. It is a folder where it ends in ``/``, is a folder, or has no suffix;
            otherwise a file.
        format: the format, where the suffix does not say it; see `RowFormat.of`.

    Raises:
        InputError: it cannot be written, or its format is not known.
    """

    def __init__(self, out: str | PathLike[str], format: str | None = None) -> None:
        self.out = os.fspath(out)
        if is_url(self.out):
            _check_url(self.out)
        self.is_folder = _is_folder(self.out)
        # the root is all separators, and what is empty is the current folder
        path = (self.out.rstrip("/" + os.sep) or self.out[:1]) if self.is_folder else self.out
        # through a link, so that replacing the file keeps the link
        self.target = path if is_url(path) else os.path.realpath(path)
        self.format = RowFormat.of(
            "" if self.is_folder else self.out, format, "jsonl" if self.is_folder else None
        )
        if not is_url(self.target):
            if self.is_folder:
                _check_folder(self.out, self.target)
            else:
                check_writable(self.out, self.target)
        head, self._name = split(self.target)
        self._folder: Folder = folder_at(self.target if self.is_folder else head)
        self.ledger = Ledger(self.target)

    def holds(self, path: str) -> bool:
        """Whether a file is the output or part of it."""
        separator = "/" if is_url(self.target) else os.sep
        companions = {f"{self.target}.{name}" for name in (REJECTED, PAPERS)}
        return path in {self.target, *companions} or path.startswith(
            (self.target + SUFFIX + separator, self.target + separator)
        )

    def check_new(self) -> None:
        """Raise `InputError` where a folder holds something already."""
        if self.is_folder and self._folder.names():
            raise InputError(
                "the folder of the output is not empty",
                file=self.out,
                remedy="name a new or an empty folder",
            )

    def make(self) -> None:
        """Make the folder of the shards, where there is none."""
        if self.is_folder:
            self._folder.make()

    def share(self) -> None:
        """Let several processes write parts."""
        self._folder.shared = self.ledger.folder.shared = True

    def part(self, name: str, columns: Columns) -> PartWriter:
        """The writer of a part.

        Args:
            name: its name; names sort as the parts lie in the input.
            columns: the columns of a table.
        """
        shard = f"rows-{name}{self.format.suffix}"
        return PartWriter(
            Part(name),
            self.format,
            columns,
            header=self.is_folder,
            rows=(self._rows_folder, shard if self.is_folder else f"{name}.rows"),
            rejects=(self.ledger.folder, f"{name}.rejected.jsonl"),
        )

    @property
    def _rows_folder(self) -> Folder:
        return self._folder if self.is_folder else self.ledger.folder

    def check(self, part: Part) -> None:
        """Raise `InputError` where the rows of a part that is done are not there any more."""
        if part.file is None:
            return
        folder = self._rows_folder
        if folder.size(part.file) != part.size:
            raise InputError(
                "not the file that the run wrote",
                file=f"{folder.path}/{part.file}",
                remedy=START_ANEW,
            )

    def papers(self) -> dict[str, Any] | None:
        """The papers of a run that ended here; None where there is none."""
        name = self._companion(PAPERS)
        if self._folder.size(name) is None:
            return None
        try:
            found = json.loads(read_bytes(self._folder, name))
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def finish(self, papers: Mapping[str, Any], columns: Columns) -> None:
        """Put everything in its place, all parts being done, and remove the ledger.

        It may be done again from the start, however often it broke off.

        Args:
            papers: the run's papers.
            columns: the columns of a table.
        """
        # names alone: a part also holds the ids of its articles
        files = [part.file for part in self.ledger.parts() if part.file]
        if self.is_folder:
            for name in self._folder.names():
                if name.endswith(PART):
                    self._folder.remove(name)  # of a process that died
        with whole(self._folder, self._companion(REJECTED)) as stream:
            for part in self.ledger.parts():
                if part.rejects:
                    with self.ledger.folder.open(part.rejects) as rejects:
                        copy(rejects, stream)
        if self.is_folder:
            with whole(self._folder, MANIFEST) as stream:
                stream.write(_json(manifest(self.format, self.ledger.parts())))
        elif files:
            with whole(self._folder, self._name) as stream:
                join(self.format, self._opened(files), stream, columns)
        with whole(self._folder, self._companion(PAPERS)) as stream:
            stream.write(_json(papers))
        self.ledger.clear()

    def _opened(self, files: list[str]) -> Iterator[BinaryIO]:
        for file in files:
            with ExitStack() as stack:
                yield stack.enter_context(self.ledger.folder.open(file))

    def _companion(self, name: str) -> str:
        return name if self.is_folder else f"{self._name}.{name}"


def manifest(format: RowFormat, parts: Iterator[Part]) -> dict[str, Any]:
    """What a folder of shards holds; the same for the same input, model and settings."""
    shards, rejected = [], 0
    for part in parts:
        rejected += part.rejected
        if part.file:
            shards.append(
                {
                    "file": part.file,
                    "sha256": part.sha256,
                    "bytes": part.size,
                    "rows": part.rows,
                    "articles": part.articles,
                }
            )
    return {
        "format": format.suffix.lstrip("."),
        "rows": sum(shard["rows"] for shard in shards),
        "articles": sum(shard["articles"] for shard in shards),
        "rejected": rejected,
        "shards": shards,
    }


def _is_folder(out: str) -> bool:
    if out.endswith(("/", os.sep)):
        return True
    if is_url(out):
        fs, path = file_system(out)
        with reaching(out):
            is_there = bool(fs.isdir(path))
        return is_there or "." not in path.rpartition("/")[2]
    return os.path.isdir(out) or (
        not os.path.exists(out) and "." not in os.path.basename(out).lstrip(".")
    )


def _check_url(out: str) -> None:
    """Raise `InputError` where a URL names a whole bucket: its ledger would be a second one."""
    if "/" not in file_system(out)[1].rstrip("/"):
        raise InputError("a whole bucket", file=out, remedy="name a folder or a file in it")


def _check_folder(out: str, target: str) -> None:
    parent = os.path.dirname(target)
    if parent == target:
        raise InputError(
            "the root of the file system", file=out, remedy="name a folder or a file in it"
        )
    if os.path.exists(target) and not os.path.isdir(target):
        raise InputError("a file, no folder", file=out, remedy="name a new or an empty folder")
    if not os.path.isdir(parent):
        raise InputError("the folder above it does not exist", file=out, remedy="make it")
    for folder in (parent, target):
        if os.path.isdir(folder) and not os.access(folder, os.W_OK):
            raise InputError(
                "the folder of the output cannot be written to",
                file=out,
                remedy="check its permissions, or write elsewhere",
            )


def _json(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode(
        "utf-8", "backslashreplace"
    )

"""Labelled documents out, one row a sentence; see `natostance.formats.rows` for the row.

A file is written beside its name as ``<name>.part`` and takes its place when it is complete. Where
the work breaks off, the part stays and holds every document that was written until then.
"""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from gzip import GzipFile
from itertools import islice
from os import PathLike
from types import TracebackType
from typing import Any, BinaryIO, Protocol

from natostance.document import STANCE, Document
from natostance.errors import InputError
from natostance.extras import require
from natostance.formats.rows import (
    MORE_METADATA,
    csv_cells,
    metadata,
    rows,
    score_column,
    table_columns,
    table_rows,
    to_json,
)

Stream = BinaryIO | GzipFile

STDOUT = "-"
FORMATS = ("jsonl", "csv", "parquet")

_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_ROW_GROUP = 10_000  # rows of Parquet held in memory


def write_documents(
    documents: Iterable[Document], out: str | PathLike[str], format: str | None = None
) -> int:
    """Write labelled documents.

    In a table (CSV, Parquet) the columns of metadata are those of the first document; what a
    later document has beyond them stands in the column ``metadata``, as JSON. Documents are taken
    one at a time.

    Args:
        documents: labelled documents, all with the same label set.
        out: the file, or ``-`` for standard output. A name that ends in ``.gz`` is compressed.
        format: ``jsonl``, ``csv`` or ``parquet``; by default what the suffix says, and JSONL on
            standard output.

    Returns:
        How many documents were written.

    Raises:
        InputError: before anything is written, where ``out`` cannot be written or its format is
            not known; later, where a document has no sentences or another label set.
        MissingExtraError: Parquet is asked for and the extra ``[parquet]`` is not installed.
    """
    written = 0
    with DocumentWriter(out, format) as writer:
        for document in documents:
            writer.write(document)
            written += 1
    return written


class DocumentWriter:
    """Writes labelled documents to a file or to standard output; a context manager.

    Making one checks that ``out`` can be written, and raises `InputError` where it cannot;
    nothing is created before the context is entered.

    Args:
        out: the file, or ``-``.
        format: the format, where the suffix does not say it.
    """

    def __init__(self, out: str | PathLike[str], format: str | None = None) -> None:
        self.out = os.fspath(out)
        self.format, self._compressed = _format(self.out, format)
        if self.format == "parquet":
            require("pyarrow.parquet", "parquet", "Writing Parquet files")
        # through a link, so that replacing the file keeps the link
        self.target = os.path.realpath(self.out)
        if not self.is_stdout:
            _check_writable(self.out, self.target)

    @property
    def is_stdout(self) -> bool:
        return self.out == STDOUT

    @property
    def part(self) -> str | None:
        """The file that is being written; None for standard output."""
        return None if self.is_stdout else f"{self.target}.part"

    def __enter__(self) -> DocumentWriter:
        if self.part is None:
            self._streams: list[Stream] = [sys.stdout.buffer]
        else:
            try:
                self._streams = [open(self.part, "wb")]
            except OSError as error:
                raise InputError(
                    f"cannot be written: {error.strerror}", file=self.out, remedy="write elsewhere"
                ) from None
            if self._compressed:
                # without name and time, so that the same rows give the same bytes
                self._streams.append(GzipFile("", "wb", fileobj=self._streams[0], mtime=0))
        self._rows = _ROW_WRITERS[self.format](self._streams[-1])
        return self

    def write(self, document: Document) -> None:
        """Write the rows of a document, all of them or none.

        Raises:
            InputError: the document has no sentences, or another label set than the one before.
            BrokenPipeError: nobody reads standard output any more; writing more does no harm.
            OSError: the disk is full, for instance.
        """
        try:
            self._rows.write(document)
            if self.is_stdout:
                sys.stdout.buffer.flush()
        except BrokenPipeError:
            _silence_stdout()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.part is None:
            try:
                self._rows.close()
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                _silence_stdout()
            return
        try:
            self._close()
        except OSError:
            if error is None:
                raise
            return  # the first error tells more
        if error is None:
            os.replace(self.part, self.target)

    def _close(self) -> None:
        with ExitStack() as stack:
            for stream in self._streams:
                stack.callback(stream.close)
            self._rows.close()


class _RowWriter(Protocol):
    def write(self, document: Document) -> None: ...

    def close(self) -> None: ...


class _Jsonl:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def write(self, document: Document) -> None:
        lines = "".join(f"{to_json(row)}\n" for row in rows(document))
        # a lone surrogate stays what it is, as the escape that JSON has for it
        self._stream.write(lines.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        pass


class _Table:
    """The columns of a table, settled by its first document."""

    def __init__(self) -> None:
        self.labels = STANCE
        self.meta_columns: tuple[str, ...] | None = None

    def settle(self, document: Document | None) -> bool:
        """Fix the columns, the first time; returns whether this was the first time."""
        if self.meta_columns is None:
            if document is not None:
                self.labels = document.labels
            self.meta_columns = tuple(metadata(document)) if document else ()
            return True
        if document is not None and document.labels != self.labels:
            names, others = ", ".join(document.labels.names), ", ".join(self.labels.names)
            raise InputError(
                f"the document {document.doc_id!r} has the labels {names}, others have {others}",
                remedy="write them to files of their own",
            )
        return False

    @property
    def columns(self) -> tuple[str, ...]:
        return (*table_columns(self.labels), *(self.meta_columns or ()), MORE_METADATA)

    def rows(self, document: Document) -> Iterator[dict[str, Any]]:
        return table_rows(document, self.meta_columns or ())


class _Csv:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._table = _Table()

    def write(self, document: Document | None) -> None:
        if self._table.settle(document):
            self._put([self._table.columns])
        if document is not None:
            self._put(row.values() for row in self._table.rows(document))

    def close(self) -> None:
        if self._table.meta_columns is None:
            self.write(None)

    def _put(self, lines: Iterable[Iterable[Any]]) -> None:
        text = io.StringIO(newline="")
        # lines end in CRLF, as RFC 4180 has them; with another end a lone CR would not be quoted
        csv.writer(text).writerows(map(csv_cells, lines))
        self._stream.write(text.getvalue().encode("utf-8", "replace"))


class _Parquet:
    """Own columns have types of their own; those of metadata are strings."""

    def __init__(self, stream: Stream) -> None:
        self._pyarrow = require("pyarrow", "parquet", "Writing Parquet files")
        self._parquet = require("pyarrow.parquet", "parquet", "Writing Parquet files")
        self._stream = stream
        self._table = _Table()
        self._writer: Any = None
        self._waiting: list[dict[str, Any]] = []

    def write(self, document: Document | None) -> None:
        if self._table.settle(document):
            self._schema = self._make_schema()
            self._writer = self._parquet.ParquetWriter(self._stream, self._schema)
        if document is None:
            return
        made = self._table.rows(document)
        while block := list(islice(made, _ROW_GROUP)):
            self._waiting += block
            if len(self._waiting) >= _ROW_GROUP:
                self._flush()

    def close(self) -> None:
        if self._writer is None:
            self.write(None)
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            table = self._pyarrow.Table.from_pylist(self._waiting, schema=self._schema)
            self._writer.write_table(table)
            self._waiting = []

    def _make_schema(self) -> Any:
        pa = self._pyarrow
        span = pa.struct(
            [
                ("start", pa.int64()),
                ("end", pa.int64()),
                ("label", pa.string()),
                ("score", pa.float64()),
            ]
        )
        types = {
            **dict.fromkeys(("sentence", "paragraph", "start", "end"), pa.int64()),
            **dict.fromkeys(map(score_column, self._table.labels.names), pa.float64()),
            **dict.fromkeys(("mixed", "abstained"), pa.bool_()),
            "spans": pa.list_(span),
        }
        return pa.schema([(name, types.get(name, pa.string())) for name in self._table.columns])


_ROW_WRITERS: dict[str, Callable[[Stream], _RowWriter]] = {
    "jsonl": _Jsonl,
    "csv": _Csv,
    "parquet": _Parquet,
}


def _format(out: str, format: str | None) -> tuple[str, bool]:
    """The format, and whether the file is compressed with gzip."""
    if format is not None and format not in FORMATS:
        raise InputError(f"no format {format!r}", remedy=f"choose one of {', '.join(FORMATS)}")
    plain = out.removesuffix(".gz")
    compressed = plain != out
    if format is None:
        format = "jsonl" if out == STDOUT else _SUFFIXES.get(os.path.splitext(plain)[1].lower())
    if format is None:
        raise InputError(
            "its suffix tells no format",
            file=out,
            remedy=f"end it in {' '.join(_SUFFIXES)}, or give --format",
        )
    if format == "parquet" and (compressed or out == STDOUT):
        raise InputError(
            "Parquet is compressed inside" if compressed else "Parquet needs a file",
            file="standard output" if out == STDOUT else out,
            remedy="write to a file that ends in .parquet",
        )
    return format, compressed


def _check_writable(out: str, target: str) -> None:
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise InputError("the output is a folder", file=out, remedy="name a file in it")
    if os.path.exists(target) and not os.path.isfile(target):
        raise InputError(
            "no regular file", file=out, remedy="name a file, or - for standard output"
        )
    if not os.path.isdir(folder):
        raise InputError("the folder of the output does not exist", file=out, remedy="make it")
    if not os.access(folder, os.W_OK):
        raise InputError(
            "the folder of the output cannot be written to",
            file=out,
            remedy="check its permissions, or write elsewhere",
        )


def _silence_stdout() -> None:
    """Let what is still to come go nowhere, so that Python does not complain when it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)

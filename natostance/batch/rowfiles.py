"""Rows as they stand in a file: JSONL, CSV, Parquet. The row is `natostance.formats.rows`'s."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Protocol

from natostance.document import STANCE, Document, LabelSet
from natostance.errors import InputError
from natostance.extras import require
from natostance.formats.compression import split_suffix, writing
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

FORMATS = ("jsonl", "csv", "parquet")
SUFFIX_FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_ROW_GROUP = 10_000  # rows of Parquet held in memory
_BLOCK = 1_000  # rows of the other formats


@dataclass(frozen=True, slots=True)
class RowFormat:
    """How rows are written.

    Args:
        kind: one of `FORMATS`.
        compression: ``gz`` or ``zst``, where the file is compressed.
    """

    kind: str
    compression: str | None = None

    @property
    def suffix(self) -> str:
        """The end of a file's name."""
        return f".{self.kind}" + (f".{self.compression}" if self.compression else "")

    @classmethod
    def of(cls, out: str, format: str | None, default: str | None = None) -> RowFormat:
        """The format of an output.

        Args:
            out: its name.
            format: what is asked for: one of `FORMATS`, perhaps with ``.gz`` or ``.zst``.
            default: the format where the name tells none.

        Raises:
            InputError: there is no such format, or none can be told.
        """
        name, compression = split_suffix(out)
        kind = SUFFIX_FORMATS.get(os.path.splitext(name)[1].lower(), default)
        if format is not None:
            kind, asked = split_suffix(format)
            compression = compression or asked
            if kind not in FORMATS:
                raise InputError(
                    f"no format {format!r}", remedy=f"choose one of {', '.join(FORMATS)}"
                )
        if kind is None:
            raise InputError(
                "its suffix tells no format",
                file=out,
                remedy=f"end it in {' '.join(SUFFIX_FORMATS)}, or give --format",
            )
        if kind == "parquet":
            if compression:
                raise InputError(
                    "Parquet is compressed inside",
                    file=out,
                    remedy="write to a file that ends in .parquet",
                )
            require("pyarrow.parquet", "parquet", "Writing Parquet files")
        return cls(kind, compression)


class Columns:
    """The columns of a table, settled by its first document, the same in all files of a run.

    Args:
        meta: the columns of metadata, where they are settled already.
    """

    def __init__(self, labels: LabelSet = STANCE, meta: tuple[str, ...] | None = None) -> None:
        self.labels = labels
        self.meta = meta

    def settle(self, document: Document) -> None:
        """Fix the columns, the first time.

        Raises:
            InputError: the document has other labels than those before.
        """
        if self.meta is None:
            self.labels = document.labels
            self.meta = tuple(metadata(document))
        elif document.labels != self.labels:
            names, others = ", ".join(document.labels.names), ", ".join(self.labels.names)
            raise InputError(
                f"the document {document.doc_id!r} has the labels {names}, others have {others}",
                remedy="write them to files of their own",
            )

    @property
    def names(self) -> tuple[str, ...]:
        return (*table_columns(self.labels), *(self.meta or ()), MORE_METADATA)

    def rows(self, document: Document) -> Iterator[dict[str, Any]]:
        return table_rows(document, self.meta or ())


class RowWriter(Protocol):
    """Writes documents to a stream, a row a sentence."""

    def write(self, document: Document) -> None:
        """Write a document.

        Raises:
            InputError: it has no sentences, or other labels than those before, or metadata that is
                not JSON; nothing of it is written then.
        """

    def close(self) -> None:
        """Write what is still held back; the stream stays open."""


def row_writer(
    format: RowFormat, stream: BinaryIO, columns: Columns, *, header: bool = True
) -> RowWriter:
    """A writer of rows.

    Args:
        format: the format; compression is the stream's own affair.
        stream: where the rows go.
        columns: the columns of the table.
        header: write the header of CSV.
    """
    if format.kind == "csv":
        return _Csv(stream, columns, header)
    return _OTHERS[format.kind](stream, columns)


class _Jsonl:
    def __init__(self, stream: BinaryIO, columns: Columns) -> None:
        self._stream = stream

    def write(self, document: Document) -> None:
        lines = (f"{to_json(row)}\n" for row in rows(document))
        # what cannot be written shows in the first row
        while block := "".join(islice(lines, _BLOCK)):
            # a lone surrogate stays what it is, as the escape that JSON has for it
            self._stream.write(block.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        pass


class _Csv:
    def __init__(self, stream: BinaryIO, columns: Columns, header: bool) -> None:
        self._stream = stream
        self._columns = columns
        self._header = header

    def write(self, document: Document) -> None:
        self._columns.settle(document)
        cells = (list(row.values()) for row in self._columns.rows(document))
        block = list(islice(cells, _BLOCK))
        self._begin()
        while block:
            self._put(block)
            block = list(islice(cells, _BLOCK))

    def close(self) -> None:
        self._begin()

    def _begin(self) -> None:
        if self._header:
            self._put([self._columns.names])
        self._header = False

    def _put(self, lines: Iterable[Iterable[Any]]) -> None:
        text = io.StringIO(newline="")
        # lines end in CRLF, as RFC 4180 has them; with another end a lone CR would not be quoted
        csv.writer(text).writerows(map(csv_cells, lines))
        self._stream.write(text.getvalue().encode("utf-8", "replace"))


class _Parquet:
    """Own columns have types of their own; those of metadata are strings."""

    def __init__(self, stream: BinaryIO, columns: Columns) -> None:
        self._pyarrow = require("pyarrow", "parquet", "Writing Parquet files")
        self._parquet = require("pyarrow.parquet", "parquet", "Writing Parquet files")
        self._stream = stream
        self._columns = columns
        self._writer: Any = None
        self._waiting: list[dict[str, Any]] = []

    def write(self, document: Document) -> None:
        self._columns.settle(document)
        made = self._columns.rows(document)
        while block := list(islice(made, _ROW_GROUP)):
            self._waiting += block
            if len(self._waiting) >= _ROW_GROUP:
                self._flush()

    def close(self) -> None:
        self._flush()
        self._open().close()

    def _flush(self) -> None:
        if self._waiting:
            writer = self._open()
            writer.write_table(
                self._pyarrow.Table.from_pylist(self._waiting, schema=self._make_schema())
            )
            self._waiting = []

    def _open(self) -> Any:
        if self._writer is None:
            self._writer = self._parquet.ParquetWriter(self._stream, self._make_schema())
        return self._writer

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
            **dict.fromkeys(map(score_column, self._columns.labels.names), pa.float64()),
            **dict.fromkeys(("mixed", "abstained"), pa.bool_()),
            "spans": pa.list_(span),
        }
        return pa.schema([(name, types.get(name, pa.string())) for name in self._columns.names])


_OTHERS: dict[str, Callable[[BinaryIO, Columns], RowWriter]] = {
    "jsonl": _Jsonl,
    "parquet": _Parquet,
}


def join(format: RowFormat, parts: Iterable[BinaryIO], stream: BinaryIO, columns: Columns) -> None:
    """Make one file of several that have no headers.

    Compressed files are joined as they are: gzip and Zstandard allow it. Row groups of Parquet are
    written again.
    """
    if format.kind != "parquet":
        with writing(stream, format.compression) as packed:
            row_writer(format, packed, columns).close()  # the header
        for part in parts:
            while data := part.read(1 << 20):
                stream.write(data)
        return
    parquet = require("pyarrow.parquet", "parquet", "Writing Parquet files")
    writer = None
    for part in parts:
        file = parquet.ParquetFile(part)
        writer = writer or parquet.ParquetWriter(stream, file.schema_arrow)
        for group in range(file.num_row_groups):
            writer.write_table(file.read_row_group(group))
    if writer:
        writer.close()

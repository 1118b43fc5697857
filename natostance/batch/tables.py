"""Readers of tables: CSV, TSV, Parquet. Each row is an article."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterator
from typing import Any

from natostance.batch.articles import MEGABYTE, Fields, check_columns, finite, from_record
from natostance.batch.rejects import Rejected
from natostance.batch.sources import Source
from natostance.batch.texts import Records, decode
from natostance.errors import InputError, StoreError
from natostance.extras import require
from natostance.formats.compression import too_long

_LONGEST_CELL = 2**31 - 1  # the most that the csv module takes on every platform
_QUOTING = 'put quotation marks around cells that hold one, and write each inside as ""'
_PARQUET_ROWS = 256  # decoded at a time, or fewer where they are long
_PARQUET_BYTES = 32 * MEGABYTE


def read_csv(source: Source, stream: io.BufferedReader, fields: Fields) -> Records:
    """CSV, or TSV, with a header."""
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
    try:
        yield from _csv_rows(source, _Lines(text, fields.limit), fields)
    finally:
        text.detach()  # the stream is closed by the one who opened it


def _csv_rows(source: Source, lines: _Lines, fields: Fields) -> Records:
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = "\t" if source.format == "tsv" else ","
    # strict: a quotation mark that never closes would swallow the rest of the file silently
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", line=1, remedy=_QUOTING) from None
    if lines.wrong:
        raise lines.wrong
    if not header:
        raise InputError("no text", remedy="the file is empty")
    columns = [name or f"column_{i}" for i, name in enumerate(header, 1)]
    if fields.text not in columns:
        _check_delimiter(columns, delimiter)
    check_columns(columns, fields)
    while True:
        number = reader.line_num + 1
        lines.begin_row()
        try:
            row = next(reader, None)
            if row is None:
                return
            if lines.wrong:
                raise lines.wrong
            if not row:
                continue
            if len(row) != len(columns):
                raise InputError(
                    f"{len(row)} cells where the header has {len(columns)}",
                    remedy="quote cells that hold the delimiter or line breaks",
                )
            record = dict(zip(columns, row, strict=True))
            article = from_record(source, number, record, fields)
        except csv.Error as error:
            # nothing tells where the row was to end
            what = "lines of it may have been read as rows of their own"
            if "end of data" in str(error):
                what = "the rest of the file is left out"
            yield Rejected(source.name, number, f"not CSV: {error}; {what}", _QUOTING)
        except _RowTooLong:
            # what follows cannot be told from the row's own text
            reason = f"{too_long(fields.limit).reason}; the rest of the file is left out"
            yield Rejected(source.name, number, reason, _QUOTING)
            return
        except StoreError:
            raise
        except InputError as error:
            yield Rejected.because(error, source.name, number)
        else:
            yield article


def _check_delimiter(columns: list[str], delimiter: str) -> None:
    """Raise `InputError` where a header of one cell holds what other programs put between cells."""
    if len(columns) > 1:
        return
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), (",", "commas"), ("|", "bars")):
        if sign != delimiter and sign in columns[0]:
            ours = "tabs" if delimiter == "\t" else "commas"
            raise InputError(
                f"its header has {name} where {ours} are expected between columns",
                remedy=f"save it with {ours}"
                + (", or name a file with tabs .tsv" if sign == "\t" else ""),
            )


class _RowTooLong(Exception):  # noqa: N818
    """A row goes beyond the limit."""


class _Lines:
    """Lines of a CSV file; ``wrong`` is set where one of the row is not UTF-8."""

    def __init__(self, text: io.TextIOWrapper, limit: int) -> None:
        self.wrong: InputError | None = None
        self._text = text
        self._limit = limit
        self._offset = 0
        self._row = 0

    def begin_row(self) -> None:
        """A new row begins."""
        self.wrong, self._row = None, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._limit + 1)
        if not line:
            raise StopIteration
        data = line.encode("utf-8", "surrogateescape")
        self._row += len(data)
        if self._row > self._limit:
            raise _RowTooLong
        try:
            decode(data, self._offset)
        except InputError as error:
            self.wrong = self.wrong or error
        first = self._offset == 0
        self._offset += len(data)
        return line.removeprefix("\ufeff") if first else line


def read_parquet(source: Source, stream: io.BufferedReader, fields: Fields) -> Records:
    """Parquet; what JSON lacks becomes text."""
    parquet = require("pyarrow.parquet", "parquet", "Reading Parquet files")
    pyarrow = require("pyarrow", "parquet", "Reading Parquet files")
    number = 0
    try:
        file = parquet.ParquetFile(stream)
        check_columns(file.schema_arrow.names, fields)
        for row in _parquet_rows(file):
            number += 1
            try:
                record = {name: _json_value(value) for name, value in row.items()}
                text = record.get(fields.text)
                if isinstance(text, str) and len(text) > fields.limit:
                    raise too_long(fields.limit)
                article = from_record(source, number, record, fields)
            except InputError as error:
                yield Rejected.because(error, source.name, number)
            else:
                yield article
    # pyarrow's own errors are also OSError, ValueError, ...; RecursionError: deeply nested values
    except (
        pyarrow.ArrowException,
        UnicodeDecodeError,
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:
        reason = str(error).partition("\n")[0]
        after = f" after row {number}" if number else ""
        yield Rejected(
            source.name, None, f"not Parquet that can be read{after}: {reason}", "write it again"
        )


def _parquet_rows(file: Any) -> Iterator[dict[str, Any]]:
    for group in range(file.num_row_groups):
        about = file.metadata.row_group(group)
        longest = max(1, about.total_byte_size // max(1, about.num_rows))
        rows = max(1, min(_PARQUET_ROWS, _PARQUET_BYTES // longest))
        for batch in file.iter_batches(batch_size=rows, row_groups=[group]):
            yield from batch.to_pylist()


def _json_value(value: Any) -> Any:
    """A value of Parquet as JSON has it; what JSON lacks (times, decimals, bytes) becomes text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, list):
        return [_json_value(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _json_value(v) for k, v in value.items()}
    return str(value)

"""Files in, documents out, one at a time, however large a file is.

Plain text, Markdown and JSONL keep every character of the text, a byte order mark and all line
breaks included, so offsets are those of the file's own text. Of a web page the main text is
extracted, and offsets are those of the extracted text.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import json
import math
import os
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from typing import Any, BinaryIO, cast

from natostance.batch import html
from natostance.batch.rejects import Rejected
from natostance.batch.sources import MARKED, Paths, Source, find_sources, known_suffixes
from natostance.document import STANCE, Document, LabelSet
from natostance.errors import InputError
from natostance.extras import require
from natostance.formats import markup

_ID_FIELDS = ("doc_id", "id")
_HEAD = 8192  # bytes in which a binary file shows itself
_PARQUET_ROWS = 256  # decoded at a time
_LONGEST_CELL = 2**31 - 1  # the most that the csv module takes on every platform


Stream = io.BufferedReader | GzipFile


@dataclass(frozen=True, slots=True)
class Article:
    """A document and where it was read.

    Args:
        document: the document.
        file: the file that holds it.
        line: its 1-based line, or its row in Parquet; None where it is the whole file.
    """

    document: Document
    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """Which columns or fields of a record are read.

    Args:
        text: the one with the text.
        id: the one with the id; by default ``doc_id`` or ``id`` where there is one.
        labels: the labels that spans in inline mark-up may have.
    """

    text: str = "text"
    id: str | None = None
    labels: LabelSet = STANCE


class Meter:
    """How much of the input has been read, in bytes as they lie on the disk."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._total: int | None = 0
        self._done = 0
        self._within = 0
        self._current: BinaryIO | None = None
        for source in sources:
            size = None if source.is_stdin else _size(source.path)
            self._total = None if size is None or self._total is None else self._total + size

    @property
    def fraction(self) -> float | None:
        """The share that has been read, from 0 to 1; None where the total is not known."""
        if not self._total:
            return None
        if self._current and not self._current.closed:
            self._within = self._current.tell()
        return min(1.0, (self._done + self._within) / self._total)

    def begin(self, file: BinaryIO) -> None:
        """A file is being read."""
        self._current = file

    def end(self, source: Source) -> None:
        """A file has been read, as far as that was possible."""
        self._current, self._within = None, 0
        self._done += _size(source.path) or 0


def read_documents(
    paths: Paths,
    *,
    text_column: str = "text",
    id_column: str | None = None,
    stdin_format: str = "txt",
    rejected: Callable[[Rejected], None] | None = None,
) -> Iterator[Document]:
    """Read articles.

    The id of an article is what stands in ``id_column``, or in a column or field ``doc_id`` or
    ``id``; otherwise the path of its file, followed by ``#`` and the line (row, in Parquet) where
    the file holds several. Columns and fields other than text and id become metadata.

    Args:
        paths: files, folders, patterns, or ``-`` for standard input; see
            `natostance.batch.sources.find_sources`.
        text_column: the column of CSV and Parquet, or the field of JSONL, with the text.
        id_column: the column or field with the id.
        stdin_format: how standard input is read.
        rejected: is given each record that cannot be read, while the others go on; without it
            the first such record raises.

    Returns:
        A lazy iterator over the documents, in the order of the input.

    Raises:
        InputError: a path does not exist or holds no articles; without ``rejected``, also for the
            first record that cannot be read.
        MissingExtraError: the input needs an extra that is not installed.
    """
    articles = read_articles(
        find_sources(paths, stdin_format), Fields(text_column, id_column), rejected or _raise
    )
    return (article.document for article in articles)


def read_articles(
    sources: list[Source],
    fields: Fields,
    rejected: Callable[[Rejected], None],
    meter: Meter | None = None,
) -> Iterator[Article]:
    """Read articles with the places where they stand.

    About 100 bytes are kept for each, to refuse a second article with the same id.

    Args:
        sources: the files.
        fields: which columns or fields are read.
        rejected: is given each record that cannot be read, while the others go on.
        meter: follows how much has been read.

    Raises:
        MissingExtraError: the input needs an extra that is not installed.
    """
    formats = {source.format for source in sources}
    if "html" in formats:
        html.require_html()
    if "parquet" in formats:
        require("pyarrow.parquet", "parquet", "Reading Parquet files")
    return _articles(sources, fields, rejected, meter)


def _articles(
    sources: list[Source],
    fields: Fields,
    rejected: Callable[[Rejected], None],
    meter: Meter | None,
) -> Iterator[Article]:
    seen: set[int] = set()
    for source in sources:
        for record in _read(source, fields, meter):
            if isinstance(record, Rejected):
                rejected(record)
                continue
            doc_id = record.document.doc_id
            key = _digest(doc_id)
            if key in seen:
                rejected(
                    Rejected(
                        record.file,
                        record.line,
                        f"an earlier article has the id {doc_id!r} too",
                        "give each article an id of its own",
                    )
                )
                continue
            seen.add(key)
            yield record
        if meter:
            meter.end(source)


def _read(source: Source, fields: Fields, meter: Meter | None) -> Iterator[Article | Rejected]:
    """The records of one file; what goes wrong with the file itself is the last of them."""
    if source.format is None:
        yield Rejected(
            source.name,
            None,
            "its suffix tells no format that is read",
            f"name files that end in {known_suffixes()}",
        )
        return
    try:
        with _open(source) as (raw, stream):
            if meter:
                meter.begin(raw)
            if source.format in _TEXTS:
                _check_head(stream)
            records = _READERS[source.format](source, stream, fields)
            first = next(records, None)
            yield first or Rejected(source.name, None, "no text", "the file holds no article")
            yield from records
    except InputError as error:
        yield Rejected.because(error, source.name)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        yield Rejected(source.name, None, f"cannot be read: {reason}", "check the file")


@contextmanager
def _open(source: Source) -> Iterator[tuple[BinaryIO, Stream]]:
    """The file as it lies on the disk, and the stream of its content."""
    if source.is_stdin:
        stdin = cast(io.BufferedReader, sys.stdin.buffer)
        yield stdin, stdin
        return
    with open(source.path, "rb") as raw:
        if source.compressed:
            with GzipFile(fileobj=raw) as stream:
                yield raw, stream
        else:
            yield raw, raw


def _check_head(stream: Stream) -> None:
    head = stream.peek(_HEAD)[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("UTF-16, not UTF-8", remedy="convert it: iconv -f UTF-16 -t UTF-8")
    if b"\0" in head:
        raise InputError("a binary file, not text", remedy="name files of text only")


def _decode(data: bytes, offset: int = 0) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(data[error.start], offset + error.start) from None


def _not_utf8(byte: int, offset: int) -> InputError:
    return InputError(
        f"not UTF-8: byte 0x{byte:02x} at byte offset {offset} of the text",
        remedy="convert it to UTF-8, for instance with iconv",
    )


def _txt(source: Source, stream: Stream, fields: Fields) -> Iterator[Article]:
    yield _whole(source, _decode(stream.read()))


def _html(source: Source, stream: Stream, fields: Fields) -> Iterator[Article]:
    data = stream.read()
    page = html.decode_page(data)
    if page is None:
        page = _decode(data)  # says which byte is wrong
    if _is_blank(page):
        raise InputError("no text", remedy="the file is empty")
    text, meta = html.main_text(page)
    yield _whole(source, text, meta)


def _marked(source: Source, stream: Stream, fields: Fields) -> Iterator[Article]:
    document = markup.read_markup(_decode(stream.read()), fields.labels)
    yield Article(_checked(document, source.doc_id), source.name)


def _whole(source: Source, text: str, meta: dict[str, str] | None = None) -> Article:
    document = Document(text, source.doc_id, meta=meta or {})
    return Article(_checked(document, source.doc_id), source.name)


def _jsonl(source: Source, stream: Stream, fields: Fields) -> Iterator[Article | Rejected]:
    offset = 0
    for number, line in enumerate(stream, 1):
        begin, offset = offset, offset + len(line)
        if not line.strip():
            continue
        try:
            record = _json_object(_decode(line, begin).removeprefix("\ufeff").rstrip("\r\n"))
            doc_id = f"{source.doc_id}#{number}"
            # a document of ours (Document.to_json), as against a record with a field "format"
            if isinstance(record.get("format"), int) and "sentences" in record:
                document = _from_ours(record, doc_id)
            else:
                document = _from_record(record, doc_id, fields)
        except InputError as error:
            yield Rejected.because(error, source.name, number)
        else:
            yield Article(document, source.name, number)


def _json_object(line: str) -> dict[str, Any]:
    """The object of a line. NaN and infinities, which are not JSON, become null."""
    remedy = "write one JSON object a line"
    try:
        record = json.loads(line, parse_constant=lambda _: None, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg} at column {error.colno}", remedy=remedy) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", remedy=remedy) from None
    if not isinstance(record, dict):
        raise InputError("not a JSON object", remedy=remedy)
    return record


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


def _csv(source: Source, stream: Stream, fields: Fields) -> Iterator[Article | Rejected]:
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
    try:
        yield from _csv_rows(source, _Lines(text), fields)
    finally:
        text.detach()  # the stream is closed by the one who opened it


def _csv_rows(source: Source, lines: _Lines, fields: Fields) -> Iterator[Article | Rejected]:
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
    _check_columns(columns, fields)
    while True:
        number, lines.wrong = reader.line_num + 1, None
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
            document = _from_record(
                dict(zip(columns, row, strict=True)), f"{source.doc_id}#{number}", fields
            )
        except csv.Error as error:
            yield Rejected(source.name, number, f"not CSV: {error}", _QUOTING)
        except InputError as error:
            yield Rejected.because(error, source.name, number)
        else:
            yield Article(document, source.name, number)


_QUOTING = 'put quotation marks around cells that hold one, and write each inside as ""'


class _Lines:
    """Lines of a CSV file; ``wrong`` is set where one is not UTF-8."""

    def __init__(self, text: Iterator[str]) -> None:
        self.wrong: InputError | None = None
        self._text = text
        self._offset = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        data = line.encode("utf-8", "surrogateescape")
        try:
            _decode(data, self._offset)
        except InputError as error:
            self.wrong = self.wrong or error
        first = self._offset == 0
        self._offset += len(data)
        return line.removeprefix("\ufeff") if first else line


def _parquet(source: Source, stream: Stream, fields: Fields) -> Iterator[Article | Rejected]:
    parquet = require("pyarrow.parquet", "parquet", "Reading Parquet files")
    pyarrow = require("pyarrow", "parquet", "Reading Parquet files")
    number = 0
    try:
        file = parquet.ParquetFile(stream)
        _check_columns(file.schema_arrow.names, fields)
        for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
            for row in batch.to_pylist():
                number += 1
                try:
                    document = _from_record(
                        {name: _json_value(value) for name, value in row.items()},
                        f"{source.doc_id}#{number}",
                        fields,
                    )
                except InputError as error:
                    yield Rejected.because(error, source.name, number)
                else:
                    yield Article(document, source.name, number)
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0]
        after = f" after row {number}" if number else ""
        yield Rejected(
            source.name, None, f"not Parquet that can be read{after}: {reason}", "write it again"
        )


def _json_value(value: Any) -> Any:
    """A value of Parquet as JSON has it; what JSON lacks (times, decimals, bytes) becomes text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, list):
        return [_json_value(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _json_value(v) for k, v in value.items()}
    return str(value)


_Reader = Callable[[Source, Stream, Fields], Iterator[Article | Rejected]]
_READERS: dict[str, _Reader] = {
    "txt": _txt,
    "md": _txt,
    "html": _html,
    MARKED: _marked,
    "jsonl": _jsonl,
    "csv": _csv,
    "tsv": _csv,
    "parquet": _parquet,
}
_TEXTS = _READERS.keys() - {"parquet"}


def _check_columns(columns: list[str], fields: Fields) -> None:
    """Raise `InputError` where a table lacks a column that is needed, or has one twice."""
    for wanted in (fields.text, fields.id):
        if wanted is not None and wanted not in columns:
            raise _lacks("column", wanted, columns, fields)
    name, times = Counter(columns).most_common(1)[0]
    if times > 1:
        raise InputError(f"the column {name!r} stands {times} times", remedy="rename the others")


def _lacks(kind: str, wanted: str, names: Iterable[str], fields: Fields) -> InputError:
    purpose, option = (
        ("the id", "--id-column") if wanted == fields.id else ("the text", "--text-column")
    )
    return InputError(
        f"no {kind} {wanted!r} with {purpose}",
        remedy=f"its {kind}s are {', '.join(names)}; name one of them with {option}",
    )


def _from_record(record: dict[str, Any], default_id: str, fields: Fields) -> Document:
    """The document of a line of JSONL or a row of a table, whose fields are taken from it."""
    for wanted in (fields.text, fields.id):
        if wanted is not None and wanted not in record:
            raise _lacks("field", wanted, record, fields)
    text = record.pop(fields.text)
    if text is None:
        raise _no_text()
    if not isinstance(text, str):
        raise InputError(
            f"the field {fields.text!r} holds {type(text).__name__}, not text",
            remedy="write the text as a string",
        )
    doc_id = _take_id(record, fields) or default_id
    return _checked(Document(text, doc_id, meta=record), default_id)


def _from_ours(record: dict[str, Any], default_id: str) -> Document:
    """The document of a line that `Document.to_json` wrote."""
    if not isinstance(record.get("doc_id", ""), str):
        raise InputError("not a document: its doc_id is not a string")
    try:
        return _checked(Document.from_dict(record), default_id)
    except ValueError as error:
        raise InputError(f"not a document: {error}") from None


def _take_id(record: dict[str, Any], fields: Fields) -> str | None:
    """The id that a record gives, which is taken from it."""
    names = _ID_FIELDS if fields.id is None else (fields.id,)
    name = next((name for name in names if name in record), None)
    if name is None:
        return None
    value = record.pop(name)
    if value is None or value == "":
        if fields.id is None:
            return None
        raise InputError(f"no id in {name!r}", remedy="give each article an id")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise InputError(
            f"the id in {name!r} is {type(value).__name__}", remedy="use a string or an integer"
        )
    return str(value)


def _checked(document: Document, default_id: str) -> Document:
    """The document with an id, provided that it has a text."""
    if _is_blank(document.text):
        raise _no_text()
    return document if document.doc_id else document.replace(doc_id=default_id)


def _no_text() -> InputError:
    return InputError("no text", remedy="leave it out, or add its text")


def _is_blank(text: str) -> bool:
    return all(c.isspace() or c == "\ufeff" for c in text)


def _size(path: str) -> int | None:
    try:
        return os.path.getsize(path)
    except OSError:
        return None


def _digest(doc_id: str) -> int:
    data = doc_id.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=16).digest(), "little")


def _raise(rejected: Rejected) -> None:
    raise rejected.error()

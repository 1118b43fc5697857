"""Files in, documents out, one at a time, however large a file is.

Plain text, Markdown and JSONL keep every character of the text, a byte order mark and all line
breaks included, so offsets are those of the file's own text. Of a web page the main text is
extracted, and offsets are those of the extracted text.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO, cast

from natostance.batch import html, tables, texts
from natostance.batch.articles import MAX_ARTICLE, Article, Fields
from natostance.batch.ids import SeenIds
from natostance.batch.rejects import Rejected
from natostance.batch.sources import MARKED, Paths, Source, find_sources, known_suffixes
from natostance.batch.storage import open_binary, reading_failed, stamp
from natostance.document import Document
from natostance.errors import InputError, StoreError
from natostance.extras import require
from natostance.formats.compression import DAMAGED, reading

_Reader = Callable[[Source, io.BufferedReader, Fields], Iterator[Article | Rejected]]
_READERS: dict[str, _Reader] = {
    "txt": texts.read_txt,
    "md": texts.read_txt,
    "html": texts.read_html,
    MARKED: texts.read_marked,
    "jsonl": texts.read_jsonl,
    "csv": tables.read_csv,
    "tsv": tables.read_csv,
    "parquet": tables.read_parquet,
}
_TEXTS = _READERS.keys() - {"parquet"}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the input.

    Args:
        source: 0-based number of the file.
        record: how many of its records, rejects included, lie before the place.
    """

    source: int = 0
    record: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """What the input holds at a place: an article, or why there is none.

    Args:
        content: the article or the reject.
        after: the place behind it.
        ids: digests of the ids by which it is known; see `natostance.batch.ids`.
    """

    content: Article | Rejected
    after: Place
    ids: bytes = b""


class Meter:
    """How much of the input has been read, in bytes as they lie on the disk."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._total: int | None = 0
        self._done = 0
        self._within = 0
        self._current: BinaryIO | None = None
        for source in sources:
            size = None if source.is_stdin else stamp(source.path)[0]
            self._total = None if size is None or self._total is None else self._total + size

    @property
    def fraction(self) -> float | None:
        """The share that has been read, from 0 to 1; None where the total is not known."""
        if not self._total:
            return None
        current = self._current
        if current:
            with suppress(OSError, ValueError):  # the reader's thread may have closed it
                self._within = current.tell()
        return min(1.0, (self._done + self._within) / self._total)

    def begin(self, file: BinaryIO) -> None:
        """A file is being read."""
        self._current = file

    def end(self, source: Source) -> None:
        """A file has been read, as far as that was possible."""
        self._current, self._within = None, 0
        self._done += (None if source.is_stdin else stamp(source.path)[0]) or 0


def read_documents(
    paths: Paths,
    *,
    text_column: str = "text",
    id_column: str | None = None,
    stdin_format: str = "txt",
    max_article: int = MAX_ARTICLE,
    rejected: Callable[[Rejected], None] | None = None,
) -> Iterator[Document]:
    """Read articles.

    The id of an article is what stands in ``id_column``, or in a column or field ``doc_id`` or
    ``id``; otherwise the path of its file, followed, where the file holds several, by ``#`` and a
    hash of the record. Columns and fields other than text and id become metadata.

    Args:
        paths: files, folders, patterns, URLs, or ``-`` for standard input; see
            `natostance.batch.sources.find_sources`.
        text_column: the column of CSV and Parquet, or the field of JSONL, with the text.
        id_column: the column or field with the id.
        stdin_format: how standard input is read.
        max_article: the most bytes that one article may have; a longer one is rejected.
        rejected: is given each record that cannot be read, while the others go on; without it
            the first such record raises.

    Returns:
        A lazy iterator over the documents, in the order of the input.

    Raises:
        InputError: a path does not exist or holds no articles; without ``rejected``, also for the
            first record that cannot be read.
        MissingExtraError: the input needs an extra that is not installed.
    """
    sources = find_sources(paths, stdin_format)
    fields = Fields(text_column, id_column, limit=max_article)
    return (a.document for a in read_articles(sources, fields, rejected or _raise))


def read_articles(
    sources: list[Source],
    fields: Fields,
    rejected: Callable[[Rejected], None],
    meter: Meter | None = None,
) -> Iterator[Article]:
    """Read articles with the places where they stand.

    Args:
        sources: the files.
        fields: what is read of a record.
        rejected: is given each record that cannot be read, while the others go on.
        meter: follows how much has been read.

    Raises:
        MissingExtraError: the input needs an extra that is not installed.
    """
    check_extras(sources)
    return _articles(sources, fields, rejected, meter)


def _articles(
    sources: list[Source],
    fields: Fields,
    rejected: Callable[[Rejected], None],
    meter: Meter | None,
) -> Iterator[Article]:
    with closing(SeenIds()) as seen:
        for item in read_unique(sources, fields, seen, meter):
            if isinstance(item.content, Rejected):
                rejected(item.content)
            else:
                yield item.content


def check_extras(sources: Iterable[Source]) -> None:
    """Raise `MissingExtraError` where the input needs an extra that is not installed."""
    formats = {source.format for source in sources}
    if "html" in formats:
        html.require_html()
    if "parquet" in formats:
        require("pyarrow.parquet", "parquet", "Reading Parquet files")


def read_unique(
    sources: list[Source],
    fields: Fields,
    seen: SeenIds,
    meter: Meter | None = None,
    begin: Place | None = None,
) -> Iterator[Item]:
    """What the input holds from a place on, in order; an article whose id is taken is a reject."""
    for item in read_items(sources, fields, meter, begin):
        if isinstance(item.content, Article):
            content, ids = seen.admit(item.content)
            item = replace(item, content=content, ids=ids)
        yield item


def read_items(
    sources: list[Source],
    fields: Fields,
    meter: Meter | None = None,
    begin: Place | None = None,
) -> Iterator[Item]:
    """The same, but ids are not looked at."""
    begin = begin or Place()
    for number, source in enumerate(sources):
        if number >= begin.source:
            skipped = begin.record if number == begin.source else 0
            records = islice(_read(source, fields, meter), skipped, None)
            for record, content in enumerate(records, skipped + 1):
                yield Item(content, Place(number, record))
        if meter:
            meter.end(source)


def _read(source: Source, fields: Fields, meter: Meter | None) -> Iterator[Article | Rejected]:
    """The records of one file; what goes wrong with the file itself is the last of them."""
    if source.problem:
        yield Rejected(source.name, None, source.problem, "check its permissions")
        return
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
                texts.check_head(stream)
            records = _READERS[source.format](source, stream, fields)
            first = next(records, None)
            yield first or Rejected(source.name, None, "no text", "the file holds no article")
            yield from records
    except StoreError:
        raise  # the next file would fail too; the run is to go on from here later
    except InputError as error:
        yield Rejected.because(error, source.name)
    except DAMAGED as error:
        failed = reading_failed(source.name, error)
        if failed:
            raise failed from None
        reason = getattr(error, "strerror", None) or error
        yield Rejected(source.name, None, f"cannot be read: {reason}", "check the file")


@contextmanager
def _open(source: Source) -> Iterator[tuple[BinaryIO, io.BufferedReader]]:
    """The file as it lies on the disk, and the stream of its content."""
    if source.is_stdin:
        stdin = cast(io.BufferedReader, sys.stdin.buffer)
        yield stdin, stdin
        return
    with open_binary(source.path) as raw:
        yield raw, reading(raw, source.compression)


def _raise(rejected: Rejected) -> None:
    raise rejected.error()

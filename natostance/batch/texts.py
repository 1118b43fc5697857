"""Readers of what is text: plain, Markdown, web pages, inline mark-up, JSONL.

Each reads the stream of one file and gives articles and rejects in the order of the file. What is
wrong with the file as a whole is raised as an `InputError`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from natostance.batch import html
from natostance.batch.articles import Article, Fields, finite, from_file, from_record, is_blank
from natostance.batch.rejects import Rejected
from natostance.batch.sources import Source
from natostance.document import Document
from natostance.errors import InputError
from natostance.formats import markup
from natostance.formats.compression import lines, read_all, too_long

Records = Iterator[Article | Rejected]

_HEAD = 8192  # bytes in which a binary file shows itself


def check_head(stream: io.BufferedReader) -> None:
    """Raise `InputError` where a stream begins like no text."""
    head = stream.peek(_HEAD)[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("UTF-16, not UTF-8", remedy="convert it: iconv -f UTF-16 -t UTF-8")
    # where the first line is JSON, each line is looked at by itself
    if b"\0" in head and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise InputError("a binary file, not text", remedy="name files of text only")


def decode(data: bytes, offset: int = 0) -> str:
    """UTF-8 as text.

    Raises:
        InputError: naming the first byte that is wrong, and where it stands in the file.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8: byte 0x{data[error.start]:02x} at byte offset {offset + error.start} of "
            "the text",
            remedy="convert it to UTF-8, for instance with iconv",
        ) from None


def read_txt(source: Source, stream: io.BufferedReader, fields: Fields) -> Records:
    """A text or a Markdown file: one article, kept to the character."""
    yield from_file(source, Document(decode(read_all(stream, fields.limit))))


def read_html(source: Source, stream: io.BufferedReader, fields: Fields) -> Records:
    """A web page: one article, its main text."""
    data = read_all(stream, fields.limit)
    page = html.decode_page(data)
    if page is None:
        page = decode(data)  # says which byte is wrong
    if is_blank(page):
        raise InputError("no text", remedy="the file is empty")
    text, meta = html.main_text(page)
    yield from_file(source, Document(text, meta=meta))


def read_marked(source: Source, stream: io.BufferedReader, fields: Fields) -> Records:
    """A file with inline mark-up: one article, with its sentences."""
    text = decode(read_all(stream, fields.limit))
    yield from_file(source, markup.read_markup(text, fields.labels))


def read_jsonl(source: Source, stream: io.BufferedReader, fields: Fields) -> Records:
    """JSONL: each line that is not blank is an article."""
    offset = 0
    for number, line in enumerate(lines(stream, fields.limit), 1):
        if isinstance(line, int):
            offset += line
            yield Rejected.because(too_long(fields.limit), source.name, number)
            continue
        begin, offset = offset, offset + len(line)
        if not line.strip():
            continue
        try:
            record = _json_object(decode(line, begin).removeprefix("\ufeff").rstrip("\r\n"))
            article = from_record(source, number, record, fields)
        except InputError as error:
            yield Rejected.because(error, source.name, number)
        else:
            yield article


def _json_object(line: str) -> dict[str, Any]:
    """The object of a line. NaN and infinities, which are not JSON, become null."""
    remedy = "write one JSON object a line"
    try:
        record = json.loads(
            line, parse_constant=lambda _: None, parse_float=lambda number: finite(float(number))
        )
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg} at column {error.colno}", remedy=remedy) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", remedy=remedy) from None
    if not isinstance(record, dict):
        raise InputError("not a JSON object", remedy=remedy)
    return record

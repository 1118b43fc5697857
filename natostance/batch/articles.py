"""An article and where it stands, and which fields of a record it is made of.

An article whose record gives no id gets one that is made of its source and content: the file's
name, ``#``, and a hash of text and metadata. It stays the same wherever in the file the record
stands. An article that is a file of its own has the file's path as its id.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from natostance.batch.sources import Source
from natostance.document import STANCE, Document, LabelSet
from natostance.errors import InputError

MEGABYTE = 1 << 20
MAX_ARTICLE = 256 * MEGABYTE

_ID_FIELDS = ("doc_id", "id")
_HASH = 16  # hexadecimal digits
_NAMES = 20  # columns that a message lists


@dataclass(frozen=True, slots=True)
class Article:
    """A document and where it was read.

    Args:
        document: the document.
        file: the file that holds it.
        line: its 1-based line, or its row in Parquet; None where it is the whole file.
        made_id: natostance made its id.
    """

    document: Document
    file: str
    line: int | None = None
    made_id: bool = False

    def with_id(self, doc_id: str) -> Article:
        """The article under an id."""
        if doc_id == self.document.doc_id:
            return self
        return replace(self, document=self.document.replace(doc_id=doc_id))


@dataclass(frozen=True, slots=True)
class Fields:
    """What is read of a record, and how much of it.

    Args:
        text: the column or field with the text.
        id: the one with the id; by default ``doc_id`` or ``id`` where there is one.
        labels: the labels that spans in inline mark-up may have.
        limit: the most bytes that one article may have; a longer one is refused, so that a file
            which unpacks to much more than it seems to hold does no harm.
    """

    text: str = "text"
    id: str | None = None
    labels: LabelSet = STANCE
    limit: int = MAX_ARTICLE


def from_file(source: Source, document: Document) -> Article:
    """The article that is a whole file."""
    _check_text(document.text)
    document = document if document.doc_id else document.replace(doc_id=source.doc_id)
    return Article(document, source.name)


def from_record(source: Source, line: int, record: dict[str, Any], fields: Fields) -> Article:
    """The article of a line of JSONL or a row of a table, whose fields are taken from it."""
    # a document of ours (Document.to_json), as against a record with a field "format"
    if isinstance(record.get("format"), int) and "sentences" in record:
        return _placed(source, line, _document(record))
    for wanted in (fields.text, fields.id):
        if wanted is not None and wanted not in record:
            raise lacks("field", wanted, record, fields)
    text = record.pop(fields.text)
    if text is not None and not isinstance(text, str):
        raise InputError(
            f"the field {fields.text!r} holds {type(text).__name__}, not text",
            remedy="write the text as a string",
        )
    text = text or ""
    _check_text(text)
    doc_id = _take_id(record, fields)
    return _placed(source, line, Document(text, doc_id or "", meta=record))


def check_columns(columns: list[str], fields: Fields) -> None:
    """Raise `InputError` where a table lacks a column that is needed, or has one twice."""
    for wanted in (fields.text, fields.id):
        if wanted is not None and wanted not in columns:
            raise lacks("column", wanted, columns, fields)
    name, times = Counter(columns).most_common(1)[0]
    if times > 1:
        raise InputError(f"the column {name!r} stands {times} times", remedy="rename the others")


def lacks(kind: str, wanted: str, names: Iterable[str], fields: Fields) -> InputError:
    """What is said where the text or the id is not where it should be."""
    purpose, option = (
        ("the id", "--id-column") if wanted == fields.id else ("the text", "--text-column")
    )
    return InputError(
        f"no {kind} {wanted!r} with {purpose}",
        remedy=f"its {kind}s are {_listed(names)}; name one of them with {option}",
    )


def _listed(names: Iterable[str]) -> str:
    """Names for a message: on one line, and not too many."""
    shown = [name if name.isprintable() else repr(name) for name in names]
    more = ["..."] if len(shown) > _NAMES else []
    return ", ".join([*shown[:_NAMES], *more])


def is_blank(text: str) -> bool:
    """Whether a text holds nothing that could be labelled."""
    return all(c.isspace() or c == "\ufeff" for c in text)


def finite(number: float) -> float | None:
    """A number that JSON has; NaN and infinities, which it has not, become null."""
    return number if math.isfinite(number) else None


def _placed(source: Source, line: int, document: Document) -> Article:
    _check_text(document.text)
    made = not document.doc_id
    if made:
        document = document.replace(doc_id=f"{source.doc_id}#{_content_hash(document)}")
    return Article(document, source.name, line, made)


def _content_hash(document: Document) -> str:
    try:
        content = json.dumps([document.text, dict(document.meta)], sort_keys=True)
    except RecursionError:
        raise InputError("its metadata is nested too deeply", remedy="leave it out") from None
    return hashlib.sha256(content.encode()).hexdigest()[:_HASH]


def _document(record: dict[str, Any]) -> Document:
    """The document of a line that `Document.to_json` wrote."""
    if not isinstance(record.get("doc_id", ""), str):
        raise InputError("not a document: its doc_id is not a string")
    try:
        return Document.from_dict(record)
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


def _check_text(text: str) -> None:
    if is_blank(text):
        raise InputError("no text", remedy="leave it out, or add its text")

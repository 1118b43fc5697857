"""natostance JSONL: one document a line, as `Document.to_dict` gives it; everything is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from natostance.document import JSON_FORMAT, Document, LabelSet, Sentence
from natostance.errors import InputError
from natostance.formats.draft import Draft, Kind, Mark, Remark
from natostance.formats.records import (
    as_list,
    as_object,
    as_offset,
    as_score,
    as_text,
    document_id,
    dumps,
    encoded,
    records,
    write_parts,
)

_FIELDS = {"format", "doc_id", "text", "labels", "sentences", "spans", "meta"}
_SPAN_FIELDS = {"start", "end", "label", "score", "doubtful"}


def read(path: Path) -> Iterator[Draft | Remark]:
    """The documents of a file, one a line; a line that holds none is a problem.

    Raises:
        InputError: the file cannot be read.
    """
    for item in records(path):
        if isinstance(item, Remark):
            yield item
            continue
        line, record = item
        try:
            yield _draft(record, path, line)
        except (InputError, TypeError, KeyError) as error:
            reason = error.reason if isinstance(error, InputError) else f"not a document: {error}"
            yield Remark(Kind.PROBLEM, reason, path, line)


def write(documents: Iterable[Document], path: Path, refused: list[Remark] | None = None) -> None:
    """Write documents, one a line; those that JSON cannot hold go to ``refused``.

    Raises:
        InputError: JSON cannot hold a document and ``refused`` is None.
    """
    write_parts(path, encoded(documents, _line, path, refused))


def _line(document: Document) -> str:
    return dumps(document.to_dict()) + "\n"


def _draft(record: dict[str, Any], path: Path, line: int) -> Draft:
    if unknown := sorted(set(record) - _FIELDS):
        raise InputError(f"unknown field {unknown[0]!r} in a document")
    if record.get("format", JSON_FORMAT) != JSON_FORMAT:
        raise InputError(f"document format {record['format']!r} is not {JSON_FORMAT}")
    labels = as_object(record["labels"], "the label set") if "labels" in record else None
    sentences = as_list(record.get("sentences", []), "the list of sentences")
    return Draft(
        text=as_text(record.get("text"), "the text"),
        doc_id=document_id(record, path, line),
        file=path,
        line=line,
        marks=tuple(_mark(span) for span in as_list(record.get("spans", []), "the list of spans")),
        sentences=tuple(_sentence(as_object(s, "a sentence")) for s in sentences),
        meta=as_object(record.get("meta", {}), "the metadata"),
        labels=LabelSet.from_dict(labels) if labels else None,
    )


def _mark(span: Any) -> Mark:
    span = as_object(span, "a span")
    if unknown := sorted(set(span) - _SPAN_FIELDS):
        raise InputError(f"unknown field {unknown[0]!r} in a span")
    return Mark(
        as_offset(span.get("start"), "the start of a span"),
        as_offset(span.get("end"), "the end of a span"),
        as_text(span.get("label"), "the label of a span"),
        span.get("doubtful", False) is True,
        as_score(span.get("score")),
    )


def _sentence(sentence: dict[str, Any]) -> Sentence:
    as_offset(sentence.get("start"), "the start of a sentence")
    as_offset(sentence.get("end"), "the end of a sentence")
    if sentence.get("label") is not None:
        as_text(sentence["label"], "the label of a sentence")
    if sentence.get("scores") is not None:
        for score in as_object(sentence["scores"], "the scores of a sentence").values():
            if as_score(score) is None:
                raise InputError("a score of a sentence is missing")
    return Sentence(**sentence)

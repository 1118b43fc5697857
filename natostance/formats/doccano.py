"""doccano JSONL: one document a line, its spans under ``label`` or ``entities``.

``label`` (in old exports ``labels``) lists ``[start, end, label]``; ``entities``, which doccano
writes for projects with relations, lists objects with ``start_offset``, ``end_offset`` and
``label``. Written is ``label``. doccano has no flags on spans: a doubtful one has a question mark
after its label, a label of its own in the project. Our ``doc_id``, ``sentences`` (in code points)
and ``meta`` are metadata to doccano, which gives them back; its other metadata is read as such.

doccano counts UTF-16 code units: an emoji is two. So that is what is written, and how a file is
read, unless its spans then end inside words or outside the text and in code points none does: such
a file was made by a program that counts code points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from natostance.document import Document
from natostance.errors import InputError
from natostance.formats.draft import Draft, Kind, Mark, Remark
from natostance.formats.offsets import code_points, from_code_points, utf16
from natostance.formats.records import (
    as_list,
    as_object,
    as_offset,
    as_sentences,
    as_text,
    document_id,
    dumps,
    encoded,
    metadata,
    records,
    sentence_offsets,
    write_parts,
)
from natostance.formats.tokens import inside_token

_LISTS = ("label", "labels", "entities")
# what doccano's own exports hold beside the text and the spans
_NO_PLACE = ("relations", "Comments", "comments", "cats")
_KNOWN = ("id", "doc_id", "text", "data", "sentences", *_LISTS, *_NO_PLACE)


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
        except InputError as error:
            yield Remark(Kind.PROBLEM, error.reason, path, line, remedy=error.remedy)


def write(documents: Iterable[Document], path: Path, refused: list[Remark] | None = None) -> None:
    """Write documents, one a line; those that cannot be written go to ``refused``.

    Raises:
        InputError: a document cannot be written and ``refused`` is None.
    """
    write_parts(path, encoded(documents, _line, path, refused))


def _line(document: Document) -> str:
    offsets = from_code_points(document.text)
    spans = []
    for span in document.spans:
        if span.label.endswith("?"):
            raise InputError(f"the label {span.label!r} looks like a doubtful one")
        label = span.label + "?" * span.doubtful
        spans.append([offsets[span.start], offsets[span.end], label])
    record: dict[str, Any] = {"doc_id": document.doc_id, "text": document.text, "label": spans}
    if document.sentences:
        record["sentences"] = sentence_offsets(document)
    if document.meta:
        record["meta"] = dict(document.meta)
    return dumps(record) + "\n"


def _draft(record: dict[str, Any], path: Path, line: int) -> Draft:
    text = as_text(record.get("text", record.get("data")), "the text")
    stated = [
        _stated(span) for key in _LISTS for span in as_list(record.get(key) or [], f"{key!r}")
    ]
    return Draft(
        text=text,
        doc_id=document_id(record, path, line),
        file=path,
        line=line,
        marks=_marks(text, stated),
        sentences=as_sentences(record.get("sentences") or []),
        meta=metadata(record, _KNOWN),
        left_out=tuple(
            f"doccano's {key.lower()}: {len(record[key])}"
            for key in _NO_PLACE
            if isinstance(record.get(key), list) and record[key]
        ),
    )


def _stated(span: Any) -> tuple[int, int, str]:
    if isinstance(span, list):
        if len(span) != 3:
            raise InputError("a span is not a list of start, end and label")
        start, end, label = span
    else:
        span = as_object(span, "a span")
        start, end, label = span.get("start_offset"), span.get("end_offset"), span.get("label")
    return as_offset(start), as_offset(end), as_text(label, "the label of a span")


def _marks(text: str, stated: list[tuple[int, int, str]]) -> tuple[Mark, ...]:
    found = _in_unit(utf16(text), stated)
    if not _aligned(text, found):
        in_points = _in_unit(code_points(text), stated)
        found = in_points if _aligned(text, in_points) else found
    return tuple(found)


def _in_unit(unit: Callable[[int], int | None], stated: list[tuple[int, int, str]]) -> list[Mark]:
    marks = []
    for stated_start, stated_end, label in stated:
        start, end = unit(stated_start), unit(stated_end)
        inside = start is None or end is None
        marks.append(
            Mark(
                stated_start if start is None else start,
                stated_end if end is None else end,
                label.removesuffix("?"),
                doubtful=label.endswith("?"),
                fault="an edge lies inside a character" if inside else None,
            )
        )
    return marks


def _aligned(text: str, marks: list[Mark]) -> bool:
    return not any(
        mark.fault
        or mark.start < 0
        or mark.end > len(text)
        or inside_token(text, mark.start)
        or inside_token(text, mark.end)
        for mark in marks
    )

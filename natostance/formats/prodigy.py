"""Prodigy JSONL: one task a line, its spans under ``spans``, its words under ``tokens``.

Offsets are code points. Tokens are written so that the task can be edited as it stands, cut at the
edges of spans; they may be missing in a file that is read, and must fit the text where they are
there. A doubtful span has ``"doubtful": true``. Metadata is the task's ``meta``; ``doc_id`` and
``sentences`` stand beside the text and travel along. A task that was not accepted is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from natostance.document import Document, Span
from natostance.errors import InputError
from natostance.formats.draft import Draft, Kind, Mark, Remark
from natostance.formats.records import (
    as_list,
    as_object,
    as_offset,
    as_score,
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
from natostance.formats.tokens import pieces

_TASK = (
    "text",
    "doc_id",
    "spans",
    "tokens",
    "sentences",
    "answer",
    "_input_hash",
    "_task_hash",
    "_view_id",
    "_session_id",
    "_annotator_id",
    "_timestamp",
    "_is_binary",
)
_ANNOTATORS = ("_annotator_id", "_session_id")


def read(path: Path, annotator: str | None = None) -> Iterator[Draft | Remark]:
    """The documents of a file, one a line; a line that holds none is a problem.

    Args:
        path: the file.
        annotator: whose tasks are read, by Prodigy's ``_annotator_id`` or ``_session_id``; by
            default all.

    Raises:
        InputError: the file cannot be read, or nothing in it is by the annotator.
    """
    people: dict[str, None] = {}
    authors: dict[str, str] = {}
    for item in records(path):
        if isinstance(item, Remark):
            yield item
            continue
        line, record = item
        names = [str(record[key]) for key in _ANNOTATORS if record.get(key) is not None]
        people.update(dict.fromkeys(names))
        if annotator is not None and annotator not in names:
            continue
        try:
            answer = record.get("answer", "accept")
            if answer == "accept":
                draft = _draft(record, path, line)
                who = names[0] if names else ""
                first = authors.setdefault(draft.doc_id, who)
                if first and who and first != who:
                    reason = f"annotated by {first} and by {who}"
                    raise InputError(
                        f"document {draft.doc_id!r}: {reason}",
                        remedy="choose one with natostance convert --annotator",
                    )
                yield draft
            else:
                reason = f"the task was answered with {answer!r}"
                doc_id = document_id(record, path, line, own="_task_hash")
                yield Remark(Kind.LEFT_OUT, reason, path, line, doc_id)
        except InputError as error:
            yield Remark(Kind.PROBLEM, error.reason, path, line, remedy=error.remedy)
    if annotator is not None and annotator not in people:
        who = f"the annotators are {', '.join(people)}" if people else "it names no annotators"
        raise InputError(f"no task of {annotator!r}", file=path, remedy=who)


def write(documents: Iterable[Document], path: Path, refused: list[Remark] | None = None) -> None:
    """Write documents, one task a line; those that JSON cannot hold go to ``refused``.

    Raises:
        InputError: JSON cannot hold a document and ``refused`` is None.
    """
    write_parts(path, encoded(documents, _line, path, refused))


def _line(document: Document) -> str:
    tokens = _tokens(document)
    starts = {token["start"]: token["id"] for token in tokens}
    ends = {token["end"]: token["id"] for token in tokens}
    task: dict[str, Any] = {
        "text": document.text,
        "doc_id": document.doc_id,
        "tokens": tokens,
        "spans": [_span(span, starts[span.start], ends[span.end]) for span in document.spans],
    }
    if document.sentences:
        task["sentences"] = sentence_offsets(document)
    if document.meta:
        task["meta"] = dict(document.meta)
    return dumps(task) + "\n"


def _tokens(document: Document) -> list[dict[str, Any]]:
    """The tokens as Prodigy has them from spaCy: a single space belongs to the one before."""
    text = document.text
    starts = {span.start for span in document.spans}
    ends = {span.end for span in document.spans}
    tokens: list[dict[str, Any]] = []
    for start, end in pieces(text, starts | ends):
        space = text[start:end] == " " and start not in starts and end not in ends
        if space and tokens and tokens[-1]["end"] == start:
            tokens[-1]["ws"] = True
            continue
        tokens.append(
            {"text": text[start:end], "start": start, "end": end, "id": len(tokens), "ws": False}
        )
    return tokens


def _span(span: Span, first: int, last: int) -> dict[str, Any]:
    written: dict[str, Any] = {
        "start": span.start,
        "end": span.end,
        "token_start": first,
        "token_end": last,
        "label": span.label,
    }
    if span.score is not None:
        written["score"] = span.score
    if span.doubtful:
        written["doubtful"] = True
    return written


def _draft(record: dict[str, Any], path: Path, line: int) -> Draft:
    text = as_text(record.get("text"), "the text")
    for token in as_list(record.get("tokens") or [], "the list of tokens"):
        token = as_object(token, "a token")
        start, end = as_offset(token.get("start")), as_offset(token.get("end"))
        if token.get("text") != text[start:end]:
            raise InputError(
                f"the token {token.get('text')!r} does not stand from {start} to {end}",
                remedy="give the offsets in code points",
            )
    return Draft(
        text=text,
        doc_id=document_id(record, path, line, own="_task_hash"),
        file=path,
        line=line,
        marks=tuple(_mark(span) for span in as_list(record.get("spans") or [], "'spans'")),
        sentences=as_sentences(record.get("sentences") or []),
        meta=metadata(record, _TASK),
    )


def _mark(span: Any) -> Mark:
    span = as_object(span, "a span")
    return Mark(
        as_offset(span.get("start"), "the start of a span"),
        as_offset(span.get("end"), "the end of a span"),
        as_text(span.get("label"), "the label of a span"),
        doubtful=span.get("doubtful") is True,
        score=as_score(span.get("score")),
    )

"""The output row: one sentence of a labelled document, with its article's metadata.

A row holds, in this order::

    doc_id, sentence (0-based), paragraph (0-based), start, end, text, label,
    scores {label: probability}, mixed, abstained, spans [{start, end, label, score}],
    language, and then the metadata of the document

``language`` is the document's metadata of that name. Metadata whose name is one of ours, or begins
with ``score_``, gets the prefix ``meta_``. JSONL holds rows as they are. In tables (CSV, Parquet)
``scores`` becomes one column a label, ``score_<label>``; metadata is text, other values than
strings being written as JSON; and metadata that has no column stands in the last column,
``metadata``, as JSON.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from natostance.document import Document, LabelSet
from natostance.errors import InputError

COLUMNS = (
    "doc_id",
    "sentence",
    "paragraph",
    "start",
    "end",
    "text",
    "label",
    "scores",
    "mixed",
    "abstained",
    "spans",
    "language",
)
LANGUAGE = "language"
MORE_METADATA = "metadata"

_DECIMALS = 6
# what makes a spreadsheet take a cell for a formula; a plain number is none
# (behind apostrophes too: one in front must be one that was put there)
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def rows(document: Document) -> Iterator[dict[str, Any]]:
    """The rows of a document, one a sentence, in order, JSON-ready.

    Probabilities and scores of spans are rounded to six decimals. A span is listed with every
    sentence that it touches.

    Raises:
        InputError: the document has no sentences yet.
    """
    if not document.sentences:
        raise InputError(
            f"the document {document.doc_id!r} has no sentences", remedy="label it first"
        )
    meta = metadata(document)
    language = document.meta.get(LANGUAGE)
    starts = [span.start for span in document.spans]
    ends = [span.end for span in document.spans]
    numbered = enumerate(zip(document.sentences, document.paragraphs(), strict=True))
    for number, (sentence, paragraph) in numbered:
        touching = document.spans[
            bisect_right(ends, sentence.start) : bisect_left(starts, sentence.end)
        ]
        yield {
            "doc_id": document.doc_id,
            "sentence": number,
            "paragraph": paragraph,
            "start": sentence.start,
            "end": sentence.end,
            "text": document[sentence],
            "label": sentence.label,
            "scores": None
            if sentence.scores is None
            else {
                label: round(sentence.scores[label], _DECIMALS) for label in document.labels.names
            },
            "mixed": sentence.mixed,
            "abstained": sentence.abstained,
            "spans": [
                {
                    "start": span.start,
                    "end": span.end,
                    "label": span.label,
                    "score": None if span.score is None else round(span.score, _DECIMALS),
                }
                for span in touching
            ],
            LANGUAGE: language,
            **meta,
        }


def metadata(document: Document) -> dict[str, Any]:
    """The document's metadata under the names that its columns have."""
    ours = {*table_columns(document.labels), *COLUMNS, MORE_METADATA}
    given = {name: value for name, value in document.meta.items() if name != LANGUAGE}
    taken = set(given)
    named = {}
    for name, value in given.items():
        # by score_ alone a reader knows which columns are probabilities, and so which labels
        if name in ours or name.startswith(score_column("")):
            name = f"meta_{name}"
            while name in ours or name in taken:
                name = f"meta_{name}"
        named[name] = value
    return named


def table_columns(labels: LabelSet) -> tuple[str, ...]:
    """The columns of a table without those of metadata."""
    scores = [score_column(label) for label in labels.names]
    at = COLUMNS.index("scores")
    return (*COLUMNS[:at], *scores, *COLUMNS[at + 1 :])


def score_column(label: str) -> str:
    """The column of a table that holds the probability of a label."""
    return f"score_{label}"


def table_rows(document: Document, meta_columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of a document as a table has them.

    Args:
        document: the document.
        meta_columns: names of the columns of metadata; what has none goes to ``metadata``.

    Returns:
        Rows with the keys of `table_columns`, then ``meta_columns``, then ``metadata``. Values of
        the latter two are strings or None. Lone surrogates, which neither CSV nor Parquet can
        hold, are written as U+FFFD.
    """
    meta = metadata(document)
    values = {name: _meta_cell(meta[name]) if name in meta else None for name in meta_columns}
    more = {name: value for name, value in meta.items() if name not in values}
    ours = table_columns(document.labels)
    for row in rows(document):
        scores = row.pop("scores") or {}
        for label in document.labels.names:
            row[score_column(label)] = scores.get(label)
        table = {name: row[name] for name in ours}
        for name in ("doc_id", "text"):
            table[name] = _encodable(table[name])
        table[LANGUAGE] = _meta_cell(table[LANGUAGE])
        yield {**table, **values, MORE_METADATA: _encodable(to_json(more)) if more else None}


def csv_cells(values: Iterable[Any]) -> list[str]:
    """Values of a table's row, or its header, as they stand in CSV.

    None is an empty cell; spans are JSON. A text that a spreadsheet would run as a formula, since
    it begins with ``= + - @``, a tab or a line break, gets an apostrophe in front; so does one that
    begins with apostrophes and one of these, so that the apostrophe can be taken off again. Plain
    numbers stay as they are.
    """
    return [_csv_cell(value) for value in values]


def is_guarded(cell: str) -> bool:
    """Whether a cell has an apostrophe in front that `csv_cells` put there."""
    return cell.startswith("'") and _risky(cell[1:])


def to_json(value: Any) -> str:
    """A value as one line of JSON.

    Raises:
        InputError: it holds what JSON cannot hold.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"metadata that is not JSON: {error}") from None


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if _risky(value) else value
    if isinstance(value, (list, Mapping)):
        return to_json(value)
    return str(value)


def _risky(text: str) -> bool:
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def _meta_cell(value: Any) -> str | None:
    if value is None:
        return None
    return _encodable(value if isinstance(value, str) else to_json(value))


def _encodable(text: str) -> str:
    return _LONE_SURROGATE.sub("\ufffd", text)

"""Predictions in any format that natostance reads, brought onto the articles that they are of.

Rows of ``natostance label`` hold sentences and offsets, not what stands between them: the text is
taken from the article with the same id, once every sentence is found in it where its row says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.formats import registry
from natostance.formats.labelled import read_labelled, with_text

_TABLES = (".csv", ".parquet", ".csv.gz", ".csv.zst")
_LINES = (".jsonl", ".ndjson")


def read_predictions(
    path: Path, gold: Iterable[Document], labels: LabelSet
) -> tuple[Document, ...]:
    """The predicted documents of a file or folder.

    Args:
        path: rows that ``natostance label`` wrote (JSONL, CSV, Parquet; text files also compressed,
            or a folder of them), or documents in any exchange format.
        gold: the articles that rows take their text from.
        labels: the label set, where a format does not declare one.

    Raises:
        InputError: naming file and line of what cannot be read; rows are of another text than the
            article with their id.
    """
    if not path.exists():
        raise InputError("no such file or folder", file=path, remedy="check the path")
    if not holds_rows(path):
        return tuple(registry.read_documents(path, labels=labels))
    texts = {document.doc_id: document.text for document in gold}
    found = on_texts(path, read_labelled(path), texts)
    # an empty article has no rows
    empty = {i: text for i, text in texts.items() if not text.strip()}
    for document in found:
        empty.pop(document.doc_id, None)
    return (*found, *(Document(text, doc_id, labels=labels) for doc_id, text in empty.items()))


def on_texts(
    path: Path, documents: Iterable[Document], texts: Mapping[str, str]
) -> tuple[Document, ...]:
    """Documents that were read from rows, with the whole texts of their articles where known.

    Raises:
        InputError: a sentence is not in the text where its row says.
    """
    found = []
    for document in documents:
        text = texts.get(document.doc_id)
        try:
            found.append(document if text is None else with_text(document, text))
        except InputError as error:
            raise error.at(path) from None
    return tuple(found)


def holds_rows(path: Path) -> bool:
    """Whether a file, or the first of a folder, holds rows of ``natostance label``."""
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        rows = [p for p in files if not _is_paper(p)]
        return bool(rows) and all(map(_is_table_or_lines, rows)) and holds_rows(rows[0])
    name = path.name.lower()
    if name.endswith(_TABLES):
        return True
    if name.endswith((".gz", ".zst")):
        return True  # nothing else is read compressed
    if not name.endswith(_LINES):
        return False
    try:
        with path.open("rb") as lines:
            first = next((line for line in lines if line.strip()), b"")
        record = json.loads(first.removeprefix(b"\xef\xbb\xbf"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and {"doc_id", "sentence", "start", "label"} <= record.keys()


def _is_paper(path: Path) -> bool:
    """Whether a file is what ``natostance label`` writes beside its rows."""
    return path.name.endswith(("manifest.json", "run.json")) or "rejected" in path.name


def _is_table_or_lines(path: Path) -> bool:
    return path.name.lower().endswith((*_TABLES, *_LINES, ".jsonl.gz", ".jsonl.zst"))

"""Labelled articles read back: rows that ``natostance label`` wrote, or documents.

Rows hold the sentences of an article and their places, not what stands between them, which is white
space. A document that is read from rows has blanks there, with line breaks between its paragraphs:
offsets, sentences, spans and paragraphs are those of the article, line breaks within a paragraph
and what stood before the first sentence are not.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from natostance.document import STANCE, Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.extras import require
from natostance.formats.compression import DAMAGED, reading, split_suffix
from natostance.formats.records import as_list, as_object, as_offset, as_text, json_fault
from natostance.formats.rows import COLUMNS, LANGUAGE, MORE_METADATA, SCORE, is_guarded

_KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_AGAIN = "give the file that natostance label wrote"

# tables cannot hold them
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Numbered = tuple[int, dict[str, Any]]


def read_labelled(path: Path) -> Iterator[Document]:
    """The labelled documents of a file, or of all such files in a folder, in order.

    Args:
        path: rows as JSONL, CSV or Parquet, or documents as JSONL (`Document.to_json`); text files
            may be compressed (``.gz``, ``.zst``). Of a folder, files of these kinds are read whose
            names do not begin with ``.``; ``rejected.jsonl`` is left out.

    Raises:
        InputError: naming file and line of what is no labelled article.
        MissingExtraError: Parquet is read and the extra ``[parquet]`` is not installed.
    """
    seen: dict[str, Path] = {}
    for file in _files(path):
        kind, compression = _kind(file)
        try:
            if kind == "parquet":
                yield from _documents(file, _parquet(file), seen, tables=True)
                continue
            with file.open("rb") as raw, reading(raw, compression) as stream:
                if kind == "csv":
                    yield from _documents(file, _csv(file, stream), seen, tables=True)
                else:
                    yield from _documents(file, _jsonl(file, stream), seen, tables=False)
        except DAMAGED as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"cannot be read: {reason}", file=file, remedy=_AGAIN) from None


def with_text(document: Document, text: str) -> Document:
    """A document that was read from rows, with the whole text of its article.

    Args:
        document: the document.
        text: the article's text.

    Raises:
        InputError: a sentence is not in the text where its row says.
    """
    for number, sentence in enumerate(document.sentences):
        there = text[sentence.start : sentence.end]
        if document[sentence] not in (there, _LONE_SURROGATE.sub("\ufffd", there)):
            raise InputError(
                f"the article {document.doc_id!r} was labelled in another text: its sentence "
                f"{number + 1}, from {sentence.start} to {sentence.end}, is not there",
                remedy="label the very text that was annotated",
            )
    return document.replace(text=text)


def is_labelled(path: Path) -> bool:
    """Whether a file or folder holds what `read_labelled` reads, as far as its beginning says.

    Documents without sentences, or whose sentences have no labels, and other formats with one
    record a line, do not. A damaged compressed file does: nothing else is read compressed, and
    `read_labelled` says what is wrong with it.
    """
    compression = None
    try:
        file = _files(path)[0]
        kind, compression = _kind(file)
        if kind != "jsonl":
            return True
        with file.open("rb") as raw, reading(raw, compression) as stream:
            for _, record in _jsonl(file, stream):
                if type(record.get("format")) is int and "sentences" in record:
                    found = record["sentences"]
                    return bool(found) and all(s.get("label") for s in found)
                return {"sentence", "start", "text", "label"} <= record.keys()
    except DAMAGED:
        return compression is not None
    except (InputError, AttributeError, TypeError):
        pass
    return False


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            raise InputError("no such file or folder", file=path, remedy="check the path")
        if _kind(path)[0] is None:
            raise InputError(
                "its name tells no format", file=path, remedy="the formats are jsonl, csv, parquet"
            )
        return [path]
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file()
        and _kind(file)[0]
        and "rejected" not in file.name
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not files:
        raise InputError("holds no .jsonl, .csv or .parquet", file=path, remedy=_AGAIN)
    return files


def _kind(path: Path) -> tuple[str | None, str | None]:
    name, compression = split_suffix(path.name.lower())
    kind = _KINDS.get(Path(name).suffix)
    return (None if kind == "parquet" and compression else kind), compression


def _jsonl(path: Path, stream: BinaryIO) -> Iterator[Numbered]:
    for number, line in enumerate(stream, 1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        try:
            yield number, as_object(json.loads(line.decode("utf-8")), "a row")
        except (ValueError, RecursionError, InputError) as error:
            raise InputError(json_fault(error), file=path, line=number, remedy=_AGAIN) from None


def _csv(path: Path, stream: BinaryIO) -> Iterator[Numbered]:
    csv.field_size_limit(2**31 - 1)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    reader = csv.DictReader(text)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise InputError("a row of another length than the header")
            yield reader.line_num, {name: _cell(name, value) for name, value in row.items()}
    except UnicodeDecodeError:
        raise InputError("not UTF-8", file=path, line=reader.line_num + 1, remedy=_AGAIN) from None
    except (csv.Error, ValueError, InputError) as error:
        reason = error.reason if isinstance(error, InputError) else str(error)
        raise InputError(reason, file=path, line=reader.line_num, remedy=_AGAIN) from None


def _cell(name: str, cell: str) -> Any:
    if name in ("sentence", "paragraph", "start", "end"):
        return int(cell)
    if name in ("mixed", "abstained"):
        # spreadsheets write TRUE, and pandas True
        if cell.lower() not in ("true", "false"):
            raise InputError(f"{name} is {cell!r}, neither true nor false")
        return cell.lower() == "true"
    if name.startswith(SCORE):
        return float(cell) if cell else None
    if name == "spans":
        return json.loads(cell)
    if name != "text" and is_guarded(cell):
        cell = cell[1:]
    return cell or None


def _parquet(path: Path) -> Iterator[Numbered]:
    parquet = require("pyarrow.parquet", "parquet", "Reading Parquet files")
    pyarrow = require("pyarrow", "parquet", "Reading Parquet files")
    number = 0
    try:
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=4096):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except pyarrow.ArrowException as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"not Parquet that can be read: {reason}", file=path, remedy=_AGAIN
        ) from None


def _documents(
    path: Path, records: Iterator[Numbered], seen: dict[str, Path], *, tables: bool
) -> Iterator[Document]:
    """The documents of a file; ``seen`` is in which file each article stands, and grows."""

    def key(item: Numbered) -> object:
        number, record = item
        is_document = not tables and type(record.get("format")) is int and "sentences" in record
        return number if is_document else (record.get("doc_id"),)

    for found, group in groupby(records, key):
        rows = list(group)
        line, first = rows[0]
        try:
            document = (
                Document.from_dict(first)
                if isinstance(found, int)
                else _article(
                    [_from_table(row) if tables else row for _, row in rows],
                    _scored(first) if tables else tuple(first.get("scores") or ()),
                )
            )
            if document.doc_id in seen:
                before = seen[document.doc_id]
                raise InputError(
                    f"the article {document.doc_id!r} stands "
                    f"{'there twice' if before == path else f'in {before} too'}",
                    remedy="leave one of them out",
                )
            if any(s.label is None for s in document.sentences) or not document.sentences:
                raise InputError(
                    f"the article {document.doc_id!r} has sentences without a label",
                    remedy="label it with natostance label",
                )
        except InputError as error:
            raise error.at(path, line) from None
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(
                f"no row of natostance label: {error}", file=path, line=line, remedy=_AGAIN
            ) from None
        seen[document.doc_id] = path
        yield document


def _scored(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels that a row of a table has columns of probabilities for."""
    return tuple(name.removeprefix(SCORE) for name in row if name.startswith(SCORE))


def _from_table(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSONL has it."""
    scores = {label: row[SCORE + label] for label in _scored(row)}
    plain = {name: value for name, value in row.items() if not name.startswith(SCORE)}
    more = plain.pop(MORE_METADATA, None)
    plain["scores"] = scores if any(value is not None for value in scores.values()) else None
    return {**plain, **(as_object(json.loads(more), "the metadata") if more else {})}


def _article(rows: Sequence[Mapping[str, Any]], names: tuple[str, ...]) -> Document:
    """An article of its rows; ``names`` are the labels, as far as the rows say which there are."""
    first = rows[0]
    if missing := [name for name in COLUMNS if name not in first]:
        raise InputError(f"no row of natostance label: it lacks {missing[0]!r}", remedy=_AGAIN)
    sentences, spans, texts = [], {}, []
    for number, row in enumerate(rows):
        start, end = as_offset(row["start"]), as_offset(row["end"])
        text = as_text(row["text"], "the text of a sentence")
        if row["sentence"] != number:
            raise InputError(
                f"the sentence {number} of the article {first['doc_id']!r} is missing",
                remedy="give the rows in the order in which they were written",
            )
        if len(text) == end - start + 1 and is_guarded(text):
            text = text[1:]
        if len(text) != end - start:
            raise InputError(
                f"a sentence from {start} to {end} with a text of {len(text)} characters",
                remedy=_AGAIN,
            )
        texts.append(text)
        sentences.append(
            Sentence(
                start,
                end,
                row["label"],
                row["scores"],
                row["mixed"] is True,
                row["abstained"] is True,
            )
        )
        for span in as_list(row["spans"], "the spans"):
            made = Span(**as_object(span, "a span"))
            spans[made.start, made.end] = made
    meta = {name: value for name, value in first.items() if name not in COLUMNS}
    if first[LANGUAGE] is not None:
        meta[LANGUAGE] = first[LANGUAGE]
    paragraphs = tuple(row["paragraph"] for row in rows)
    # rows do not say whether blank lines or line breaks end a paragraph of this article
    for blank in (True, False):
        document = Document(
            _joined(sentences, texts, paragraphs, blank),
            as_text(first["doc_id"] or "", "the id"),
            tuple(sentences),
            tuple(spans.values()),
            _labels(rows, names),
            meta,
        )
        if document.paragraphs() == paragraphs:
            break
    return document


def _joined(
    sentences: Sequence[Sentence], texts: Sequence[str], paragraphs: Sequence[int], blank: bool
) -> str:
    parts, at = [], 0
    for number, (sentence, text) in enumerate(zip(sentences, texts, strict=True)):
        gap = sentence.start - at
        if gap < 0:
            raise InputError(f"the sentence {number} overlaps the one before", remedy=_AGAIN)
        begins = number > 0 and paragraphs[number] != paragraphs[number - 1]
        breaks = ("\n\n" if blank else "\n")[:gap] if begins else ""
        parts += [breaks.ljust(gap), text]
        at = sentence.end
    return "".join(parts)


def _labels(rows: Sequence[Mapping[str, Any]], names: tuple[str, ...]) -> LabelSet:
    if names:
        return STANCE if names == STANCE.names else LabelSet(names[:-1], names[-1])
    found = {row["label"] for row in rows} - {None}
    if found <= set(STANCE.names):
        return STANCE
    raise InputError(
        f"rows without probabilities do not say which labels there are: {', '.join(sorted(found))}",
        remedy="give documents (Document.to_json) in place of rows",
    )

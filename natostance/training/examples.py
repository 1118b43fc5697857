"""Annotated documents as windows with targets, in a `datasets.Dataset`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.text.windows import Part, WindowReader
from natostance.training.distillation import SoftTargets

IGNORED = -100


def build(
    documents: Sequence[Document],
    reader: WindowReader,
    labels: LabelSet,
    soft: Mapping[str, Sequence[SoftTargets]] | None = None,
) -> datasets.Dataset:
    """Windows of documents with their targets.

    Args:
        documents: what is learned from. Where sentences have no labels, teachers must have spoken.
        reader: cuts them into windows.
        labels: the labels.
        soft: what teachers say of each document's sentences; it may leave documents out.

    Raises:
        InputError: the teachers cut words into other tokens than the student.

    Returns:
        A dataset with the columns ``input_ids``, ``sentence_index`` (for each token, the part of
        the window that it is scored in, -1 for context), ``token_labels`` (-100 for context) and
        ``sentence_labels`` (one a part). A part of a long sentence has the sentence's label. With
        teachers also ``soft_sentences`` (for each part the probabilities of the labels) and
        ``soft_tokens`` (for each token; zeros for context), all zeros in a document that is left
        out; and ``annotated``, whether the labels are annotators': if not, they mean nothing.
    """
    columns = _Columns(len(labels.names))
    for document in documents:
        _add(columns, document, reader, labels, soft)
    return columns.dataset()


class _Columns:
    """Columns of lists while they grow."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._values: dict[str, list[NDArray[Any]]] = {}

    def add(self, row: Mapping[str, NDArray[Any]]) -> None:
        for name, values in row.items():
            self._values.setdefault(name, []).append(values)

    def dataset(self) -> datasets.Dataset:
        """A dataset of them: from flat arrays, as lists of lists of numbers take minutes."""
        table = {}
        for name, rows in self._values.items():
            if not rows[0].ndim:
                table[name] = pa.array(np.stack(rows))
                continue
            flat = np.concatenate(rows)
            ends = np.cumsum([0, *map(len, rows)], dtype=np.int64)
            items = pa.array(flat.ravel())
            if flat.ndim > 1:
                items = pa.FixedSizeListArray.from_arrays(items, self.width)
            table[name] = pa.LargeListArray.from_arrays(pa.array(ends), items)
        return datasets.Dataset(pa.table(table))


def _add(
    columns: _Columns,
    document: Document,
    reader: WindowReader,
    labels: LabelSet,
    soft: Mapping[str, Sequence[SoftTargets]] | None,
) -> None:
    """Add a document's windows."""
    annotated = all(sentence.label is not None for sentence in document.sentences)
    sides = _side_of_characters(document, labels) if annotated else []
    said = soft.get(document.doc_id, ()) if soft is not None else ()
    assert annotated or said, "the corpus labels every sentence"
    used = [0] * len(said)
    for window in reader.windows(document):
        length = len(window.ids)
        index = np.full(length, -1, np.int16)
        tokens = np.full(length, IGNORED, np.int16)
        of_sentences = np.zeros(len(window.parts), np.int16)
        for number, part in enumerate(window.parts):
            index[part.start : part.end] = number
            label = document.sentences[part.sentence].label
            if annotated and label is not None:
                of_sentences[number] = labels.index(label)
                tokens[part.start : part.end] = _token_labels(part, sides, labels)
            else:
                tokens[part.start : part.end] = 0
        row: dict[str, Any] = {
            "input_ids": np.array(window.ids, np.int32),
            "sentence_index": index,
            "token_labels": tokens,
            "sentence_labels": of_sentences,
        }
        if soft is not None:
            row["annotated"] = np.bool_(annotated)
            row |= (
                _soft(window.parts, length, said, used, document.doc_id)
                if said
                else {
                    "soft_sentences": np.zeros((len(window.parts), columns.width), np.float32),
                    "soft_tokens": np.zeros((length, columns.width), np.float32),
                }
            )
        columns.add(row)


def _soft(
    parts: Sequence[Part],
    length: int,
    said: Sequence[SoftTargets],
    used: list[int],
    doc_id: str,
) -> dict[str, NDArray[np.float32]]:
    """A window's soft targets; ``used`` counts the tokens of each sentence that are dealt out."""
    tokens = np.zeros((length, len(said[0].sentence)), dtype=np.float32)
    for part in parts:
        target, first = said[part.sentence], used[part.sentence]
        used[part.sentence] = last = first + part.end - part.start
        if not np.array_equal(target.offsets[first:last], part.offsets):
            raise InputError(
                f"the teachers cut the words of {doc_id!r} into other tokens than the student",
                remedy="use teachers with the student's tokenizer",
            )
        tokens[part.start : part.end] = target.tokens[first:last]
    sentences = np.stack([said[part.sentence].sentence for part in parts])
    return {"soft_sentences": sentences.astype(np.float32), "soft_tokens": tokens}


class Windows(torch.utils.data.Dataset[dict[str, Any]]):
    """Examples as arrays, without what it costs to make Python lists of them.

    Args:
        examples: see `build`.
    """

    def __init__(self, examples: datasets.Dataset) -> None:
        if examples._indices is not None:  # a selection, which the columns know nothing of
            examples = examples.flatten_indices()
        self._columns = {}
        for name in examples.column_names:
            column = examples.data.column(name).combine_chunks()
            if not pa.types.is_large_list(column.type):
                self._columns[name] = (column.to_numpy(zero_copy_only=False), None)
                continue
            values, width = column.values, None
            if pa.types.is_fixed_size_list(values.type):
                width, values = values.type.list_size, values.values
            flat = values.to_numpy()
            ends = column.offsets.to_numpy()
            self._columns[name] = (flat if width is None else flat.reshape(-1, width), ends)
        self._length = len(examples)

    def __len__(self) -> int:
        return self._length

    @property
    def lengths(self) -> NDArray[Any]:
        """Tokens of each window."""
        _, ends = self._columns["input_ids"]
        assert ends is not None
        lengths: NDArray[Any] = np.diff(ends)
        return lengths

    def __getitem__(self, place: int) -> dict[str, Any]:
        if not 0 <= place < self._length:
            raise IndexError(place)
        return {
            name: flat[place] if ends is None else flat[ends[place] : ends[place + 1]]
            for name, (flat, ends) in self._columns.items()
        }


def _side_of_characters(document: Document, labels: LabelSet) -> list[int]:
    neutral = labels.index(labels.neutral)
    sides = [neutral] * len(document.text)
    for span in document.spans:
        sides[span.start : span.end] = [labels.index(span.label)] * (span.end - span.start)
    return sides


def _token_labels(part: Part, sides: list[int], labels: LabelSet) -> list[int]:
    """A token has the label that most of its characters have, the earlier one of equals."""
    found = []
    for start, end in part.offsets:
        own = sides[start:end] or [labels.index(labels.neutral)]
        found.append(max(dict.fromkeys(own), key=own.count))
    return found


def collate(rows: Sequence[dict[str, Any]], pad: int) -> dict[str, Tensor]:
    """A batch, padded on the right.

    Args:
        rows: of `build` or of `Windows`.
        pad: id of the padding token.

    Returns:
        ``input_ids``, ``attention_mask``, ``sentence_index`` and ``token_labels``, each
        ``[batch, length]``, and ``sentence_labels`` ``[batch, sentences]``; with teachers also
        ``soft_sentences`` ``[batch, sentences, labels]`` and ``soft_tokens``
        ``[batch, length, labels]``, zero where there is nothing to learn, and ``annotated``
        ``[batch]``.
    """
    lengths = np.array([len(row["input_ids"]) for row in rows])
    length = -(-int(lengths.max()) // 8) * 8
    sentences = max(len(row["sentence_labels"]) for row in rows)

    def stack(key: str, fill: int, width: int) -> Tensor:
        first = np.asarray(rows[0][key])
        kind = np.float32 if first.ndim > 1 else np.int64
        batch = np.full((len(rows), width, *first.shape[1:]), fill, kind)
        for place, row in enumerate(rows):
            batch[place, : len(row[key])] = row[key]
        return torch.from_numpy(batch)

    batch = {
        "input_ids": stack("input_ids", pad, length),
        "attention_mask": torch.from_numpy((np.arange(length) < lengths[:, None]).astype(np.int64)),
        "sentence_index": stack("sentence_index", -1, length),
        "token_labels": stack("token_labels", IGNORED, length),
        "sentence_labels": stack("sentence_labels", IGNORED, sentences),
    }
    if "soft_tokens" in rows[0]:
        batch["soft_sentences"] = stack("soft_sentences", 0, sentences)
        batch["soft_tokens"] = stack("soft_tokens", 0, length)
        batch["annotated"] = torch.tensor([bool(row["annotated"]) for row in rows])
    return batch

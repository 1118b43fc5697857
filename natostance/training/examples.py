"""Annotated documents as windows with targets, in a `datasets.Dataset`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import datasets
import numpy as np
import torch
from torch import Tensor, nn

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
    """Windows of annotated documents with their targets.

    Args:
        documents: what is learned from.
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
        ``soft_tokens`` (for each token; zeros for context); all zeros in a document that is left
        out.
    """
    rows = list(_rows(documents, reader, labels, soft))
    return datasets.Dataset.from_list(rows)


def _rows(
    documents: Iterable[Document],
    reader: WindowReader,
    labels: LabelSet,
    soft: Mapping[str, Sequence[SoftTargets]] | None,
) -> Iterator[dict[str, Any]]:
    for document in documents:
        sides = _side_of_characters(document, labels)
        said = soft.get(document.doc_id, ()) if soft is not None else ()
        used = [0] * len(said)
        for window in reader.windows(document):
            index = [-1] * len(window.ids)
            tokens = [IGNORED] * len(window.ids)
            sentences = []
            for number, part in enumerate(window.parts):
                index[part.start : part.end] = [number] * (part.end - part.start)
                tokens[part.start : part.end] = _token_labels(part, sides, labels)
                label = document.sentences[part.sentence].label
                assert label is not None, "the corpus labels every sentence"
                sentences.append(labels.index(label))
            row = {
                "input_ids": window.ids,
                "sentence_index": index,
                "token_labels": tokens,
                "sentence_labels": sentences,
                "length": len(window.ids),
            }
            if said:
                row |= _soft(window.parts, len(window.ids), said, used, document.doc_id)
            elif soft is not None:
                nothing = [0.0] * len(labels.names)
                row["soft_sentences"] = [nothing] * len(window.parts)
                row["soft_tokens"] = [nothing] * len(window.ids)
            yield row


def _soft(
    parts: Sequence[Part],
    length: int,
    said: Sequence[SoftTargets],
    used: list[int],
    doc_id: str,
) -> dict[str, Any]:
    """A window's soft targets; ``used`` counts the tokens of each sentence that are dealt out."""
    tokens = np.zeros((length, len(said[0].sentence)), dtype=np.float32)
    for part in parts:
        target, first = said[part.sentence], used[part.sentence]
        used[part.sentence] = last = first + part.end - part.start
        if target.offsets[first:last] != tuple(part.offsets):
            raise InputError(
                f"the teachers cut the words of {doc_id!r} into other tokens than the student",
                remedy="use teachers with the student's tokenizer",
            )
        tokens[part.start : part.end] = target.tokens[first:last]
    return {
        "soft_sentences": [said[part.sentence].sentence.tolist() for part in parts],
        "soft_tokens": tokens.tolist(),
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

    Returns:
        ``input_ids``, ``attention_mask``, ``sentence_index`` and ``token_labels``, each
        ``[batch, length]``, and ``sentence_labels`` ``[batch, sentences]``; with teachers also
        ``soft_sentences`` ``[batch, sentences, labels]`` and ``soft_tokens``
        ``[batch, length, labels]``, zero where there is nothing to learn.
    """
    length = -(-max(len(row["input_ids"]) for row in rows) // 8) * 8
    sentences = max(len(row["sentence_labels"]) for row in rows)

    def stack(key: str, fill: int, width: int) -> Tensor:
        return torch.tensor([row[key] + [fill] * (width - len(row[key])) for row in rows])

    ids = stack("input_ids", pad, length)
    lengths = torch.tensor([len(row["input_ids"]) for row in rows])
    batch = {
        "input_ids": ids,
        "attention_mask": (torch.arange(length)[None] < lengths[:, None]).long(),
        "sentence_index": stack("sentence_index", -1, length),
        "token_labels": stack("token_labels", IGNORED, length),
        "sentence_labels": stack("sentence_labels", IGNORED, sentences),
    }
    for key, width in (("soft_sentences", sentences), ("soft_tokens", length)):
        if key in rows[0]:
            values = [torch.tensor(row[key]) for row in rows]
            batch[key] = torch.stack(
                [nn.functional.pad(v, (0, 0, 0, width - len(v))) for v in values]
            )
    return batch

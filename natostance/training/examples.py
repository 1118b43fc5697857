"""Annotated documents as windows with targets, in a `datasets.Dataset`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import datasets
import torch
from torch import Tensor

from natostance.document import Document, LabelSet
from natostance.text.windows import Part, WindowReader

IGNORED = -100


def build(
    documents: Sequence[Document], reader: WindowReader, labels: LabelSet
) -> datasets.Dataset:
    """Windows of annotated documents with their targets.

    Returns:
        A dataset with the columns ``input_ids``, ``sentence_index`` (for each token, the part of
        the window that it is scored in, -1 for context), ``token_labels`` (-100 for context) and
        ``sentence_labels`` (one a part). A part of a long sentence has the sentence's label.
    """
    rows = list(_rows(documents, reader, labels))
    return datasets.Dataset.from_list(rows)


def _rows(
    documents: Iterable[Document], reader: WindowReader, labels: LabelSet
) -> Iterator[dict[str, Any]]:
    for document in documents:
        sides = _side_of_characters(document, labels)
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
            yield {
                "input_ids": window.ids,
                "sentence_index": index,
                "token_labels": tokens,
                "sentence_labels": sentences,
                "length": len(window.ids),
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
        ``[batch, length]``, and ``sentence_labels`` ``[batch, sentences]``.
    """
    length = -(-max(len(row["input_ids"]) for row in rows) // 8) * 8
    sentences = max(len(row["sentence_labels"]) for row in rows)

    def stack(key: str, fill: int, width: int) -> Tensor:
        return torch.tensor([row[key] + [fill] * (width - len(row[key])) for row in rows])

    ids = stack("input_ids", pad, length)
    lengths = torch.tensor([len(row["input_ids"]) for row in rows])
    return {
        "input_ids": ids,
        "attention_mask": (torch.arange(length)[None] < lengths[:, None]).long(),
        "sentence_index": stack("sentence_index", -1, length),
        "token_labels": stack("token_labels", IGNORED, length),
        "sentence_labels": stack("sentence_labels", IGNORED, sentences),
    }

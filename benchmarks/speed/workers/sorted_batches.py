"""Batches of sentences of like length: what somebody who knows would do with a bare model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.speed.workers.protocol import Job, Work, labels_texts


def label_sorted(
    texts: Sequence[str],
    batch: int,
    tokenize: Callable[[list[str]], Any],
    logits: Callable[[Any], Any],
) -> list[int]:
    """The index of the best label of each text, in the order of the texts.

    Args:
        texts: the texts.
        batch: how many go through the model together.
        tokenize: gives the model's input for a batch, padded to its longest text.
        logits: gives ``[batch, labels]``.
    """
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    labels = [-1] * len(texts)
    for first in range(0, len(order), batch):
        chosen = order[first : first + batch]
        best = logits(tokenize([texts[i] for i in chosen])).argmax(-1)
        for i, label in zip(chosen, best, strict=True):
            labels[i] = int(label)
    return labels


def work_sorted(job: Job, model: Any) -> Work:
    """The work of a model of optimum, with its tokenizer of transformers.

    Args:
        job: what is to be done.
        model: takes what the tokenizer gives, as arrays, and has ``logits``.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(job.model)

    def tokenize(texts: list[str]) -> Any:
        return tokenizer(
            texts, padding=True, truncation=True, max_length=job.most, return_tensors="np"
        )

    def label(texts: Sequence[str]) -> list[int]:
        return label_sorted(texts, job.batch, tokenize, lambda batch: model(**batch).logits)

    return labels_texts(job, label)

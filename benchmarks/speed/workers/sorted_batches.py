"""Batches of sentences of like length: what somebody who knows would do with a bare model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


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

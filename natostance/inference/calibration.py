"""Probabilities that mean what they say: temperature scaling.

Temperature scaling: Guo et al. 2017, https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def fit_temperature(logits: Floats, gold: NDArray[np.int64]) -> float:
    """The temperature with the least negative log-likelihood.

    Args:
        logits: ``[sentences, labels]``, of sentences that the model was not trained on.
        gold: ``[sentences]``, the index of the right label.

    Returns:
        The temperature, between 0.05 and 20; 1 where there are no sentences.
    """
    if not len(gold):
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = logits.astype(np.float64) / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        picked = scaled[np.arange(len(gold)), gold]
        return float((np.log(np.exp(scaled).sum(axis=1)) - picked).mean())

    # one smooth variable with one minimum: golden-section search needs no library
    low, high, ratio = np.log(0.05), np.log(20.0), (np.sqrt(5) - 1) / 2
    while high - low > 1e-5:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def probabilities(logits: Floats, temperature: float) -> Floats:
    """Softmax of ``logits / temperature`` over the last axis."""
    return softmax(logits / np.float32(temperature))


def softmax(logits: Floats) -> Floats:
    """Softmax over the last axis, in single precision."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    normed: Floats = (shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)
    return normed

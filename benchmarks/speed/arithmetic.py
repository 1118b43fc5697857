"""How much arithmetic labelling takes: floating-point operations that the text makes necessary.

Counted are the products of matrices alone, two operations (multiply, add) for each pair of factors,
over real tokens: padding is not useful. For an encoder of width ``w``, inner width ``f`` and ``d``
layers, and heads for ``l`` labels, one token of a window costs

    2 * (d * (4 * w * w + 2 * w * f) + w * w + w * (l + 1) + w * l)

(queries, keys, values and output; the two layers of the feed-forward part; the sentence head's two
layers; the token head), and attention costs a window of ``n`` tokens

    4 * d * n * n * w

(scores, and the sum weighted by them). Embeddings, normalisation, softmax and activations are left
out: they take time, and no product.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from natostance.checkpoint import ModelConfig
from natostance.text.windows import Window


@dataclass(frozen=True)
class Work:
    """What was read, and the operations that it takes.

    Args:
        tokens: real tokens that go through the network, special tokens and context included.
        operations: floating-point operations for all of them.
        scored: tokens that are scored; without context that is repeated, and special tokens.
        scored_operations: operations of the rows of scored tokens alone.
    """

    tokens: int
    operations: float
    scored: int
    scored_operations: float


@dataclass(frozen=True)
class Shape:
    """The sizes of a network."""

    width: int
    inner: int
    layers: int
    labels: int

    @classmethod
    def of(cls, config: ModelConfig) -> Shape:
        encoder = config.encoder
        return cls(
            encoder["hidden_size"],
            encoder["intermediate_size"],
            encoder["num_hidden_layers"],
            len(config.labels.names),
        )

    @property
    def per_token(self) -> int:
        """Operations of one token, attention left out."""
        w, f, labels = self.width, self.inner, self.labels
        encoder = self.layers * (4 * w * w + 2 * w * f)
        return 2 * (encoder + w * w + w * (labels + 1) + w * labels)

    def attention(self, rows: int, tokens: int) -> int:
        """Operations of attention from some rows of a window to all of its tokens."""
        return 4 * self.layers * rows * tokens * self.width


def work(windows: Iterable[Window], shape: Shape) -> Work:
    """The arithmetic of windows."""
    tokens = scored = operations = scored_operations = 0
    for window in windows:
        length = len(window.ids)
        rows = sum(part.end - part.start for part in window.parts)
        tokens += length
        scored += rows
        operations += length * shape.per_token + shape.attention(length, length)
        scored_operations += rows * shape.per_token + shape.attention(rows, length)
    return Work(tokens, operations, scored, scored_operations)

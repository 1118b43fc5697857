from __future__ import annotations

from benchmarks.speed.arithmetic import Shape, work
from natostance.checkpoint import Checkpoint
from natostance.text.windows import Part, Window


def test_operations_are_those_that_a_hand_counts() -> None:
    shape = Shape(width=2, inner=8, layers=3, labels=3)
    # a layer: 4 products of 2x2 and two of 2x8; heads: 2x2, 2x4, 2x3; two operations a factor
    assert shape.per_token == 2 * (3 * (16 + 32) + 4 + 8 + 6)
    # a window of 6 tokens: 1 special, 1 of context, 3 scored, 1 special
    window = Window([101, 7, 8, 9, 10, 102], (Part(0, 2, 5, [(0, 1)] * 3, True),))
    found = work([window, window], shape)
    assert (found.tokens, found.scored) == (12, 6)
    assert found.operations == 2 * (6 * 324 + 4 * 3 * 6 * 6 * 2)
    assert found.scored_operations == 2 * (3 * 324 + 4 * 3 * 3 * 6 * 2)


def test_the_released_networks_products_are_those_of_its_weights() -> None:
    """Every matrix of the encoder's layers and of the heads is counted once."""
    from safetensors.numpy import load_file

    checkpoint = Checkpoint.find()
    matrices = {
        name: value
        for name, value in load_file(checkpoint.weights).items()
        if value.ndim == 2 and "embeddings" not in name
    }
    expected = 2 * sum(value.size for value in matrices.values())
    assert Shape.of(checkpoint.config).per_token == expected

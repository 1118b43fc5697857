"""The order of windows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from natostance.training.order import LengthGrouped


@given(
    st.lists(st.integers(1, 256), min_size=1, max_size=300),
    st.integers(1, 9),
    st.integers(0, 2**32),
    st.integers(0, 9),
)
def test_every_window_comes_once_an_epoch_and_epochs_are_repeatable(
    lengths: list[int], batch: int, seed: int, epoch: int
) -> None:
    order = list(LengthGrouped(lengths, batch, seed, lambda: epoch))
    assert sorted(order) == list(range(len(lengths)))
    assert order == list(LengthGrouped(lengths, batch, seed, lambda: epoch))


def test_batches_hold_similar_lengths_and_come_in_no_order_of_lengths() -> None:
    lengths = np.random.default_rng(1).integers(10, 257, 3203)

    def batches(seed: int, epoch: int) -> list[list[int]]:
        order = list(LengthGrouped(lengths, 16, seed, lambda: epoch))
        return [order[i : i + 16] for i in range(0, len(order), 16)]

    first = batches(1, 0)
    padding = sum(len(b) * max(lengths[b]) - sum(lengths[b]) for b in first)
    assert padding < 0.03 * lengths.sum()
    means = [float(np.mean(lengths[b])) for b in first[:-1]]
    assert abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.2
    assert len({str(batches(seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4

"""Pooling of token votes into sentences."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from natostance.inference.decoding import sentence_logits
from natostance.modeling.heads import pool_sentences


def test_equal_weights_give_the_mean() -> None:
    votes = torch.tensor([[[1.0, 0.0, 0.0], [3.0, 2.0, 0.0], [9.0, 9.0, 0.0]]])
    pooled = pool_sentences(votes, torch.tensor([[0, 0, 1]]), 2)
    assert pooled.tolist() == [[[2.0, 1.0], [9.0, 9.0]]]


def test_weights_are_a_softmax_within_the_sentence() -> None:
    votes = torch.tensor([[[1.0, np.log(3.0)], [5.0, 0.0], [100.0, 50.0]]])
    pooled = pool_sentences(votes, torch.tensor([[0, 0, -1]]), 1)
    assert torch.isclose(pooled[0, 0, 0], torch.tensor(0.75 * 1 + 0.25 * 5))


def test_a_row_without_the_sentence_has_a_gradient() -> None:
    votes = torch.randn(2, 4, 4, requires_grad=True)
    index = torch.tensor([[0, 0, 1, 1], [0, 0, 0, -1]])
    pooled = pool_sentences(votes, index, 2)
    loss = torch.nn.functional.cross_entropy(
        pooled.flatten(0, 1), torch.tensor([0, 1, 2, -100]), ignore_index=-100
    )
    loss.backward()
    assert votes.grad is not None
    assert torch.isfinite(votes.grad).all()
    assert not votes.grad[1, 3].any()


@given(st.integers(1, 12), st.integers(0, 2**31))
def test_training_and_inference_pool_alike(tokens: int, seed: int) -> None:
    votes = torch.from_numpy(np.random.default_rng(seed).normal(size=(1, tokens, 4))).float()
    pooled = pool_sentences(votes, torch.zeros(1, tokens, dtype=torch.long), 1)[0, 0]
    np.testing.assert_allclose(sentence_logits(votes[0].numpy()), pooled.numpy(), atol=1e-5)

"""The fast modules for processors compute what the standard ones do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from natostance.modeling.cpu_training import ATTENTION, ByteDropout, attention, prepare
from natostance.modeling.encoder import load_encoder


@pytest.mark.parametrize("shape", [None, (2, 1, 1, 7), (1, 3, 7, 7), (2, 3, 7, 7)])
def test_attention_and_its_gradients_are_those_of_torch(shape: tuple[int, ...] | None) -> None:
    torch.manual_seed(0)
    given = [torch.randn(2, 3, 7, 4, dtype=torch.float64) for _ in range(3)]
    bias = None if shape is None else torch.randn(shape, dtype=torch.float64)
    target = torch.randn(2, 3, 7, 4, dtype=torch.float64)

    def run(function: object) -> list[torch.Tensor]:
        leaves = [t.clone().requires_grad_() for t in given]
        extra = [] if bias is None else [bias.clone().requires_grad_()]
        output = function(*leaves, *extra)  # type: ignore[operator]
        (output * target).sum().backward()
        return [output.detach(), *(leaf.grad for leaf in (*leaves, *extra))]

    def reference(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *b: torch.Tensor) -> object:
        return nn.functional.scaled_dot_product_attention(q, k, v, *b, scale=1.0)

    for ours, theirs in zip(run(attention), run(reference), strict=True):
        torch.testing.assert_close(ours, theirs, check_dtype=False, atol=1e-6, rtol=1e-5)


def test_an_encoder_reads_the_same_after_it_was_prepared(tiny_encoder: Path) -> None:
    ids = torch.arange(100, 124).reshape(2, 12)
    mask = torch.ones_like(ids)
    mask[1, 8:] = 0
    found = []
    for prepared in (False, True):
        encoder = load_encoder(str(tiny_encoder), dropout=0.1).eval()
        if prepared:
            prepare(encoder)
            assert encoder.config._attn_implementation == ATTENTION
            assert any(isinstance(m, ByteDropout) for m in encoder.modules())
        states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        states[mask > 0].square().sum().backward()
        grads = [p.grad for p in encoder.parameters() if p.grad is not None]
        found.append([states[mask > 0].detach(), *grads])
    for before, after in zip(*found, strict=True):
        torch.testing.assert_close(before, after, atol=1e-4, rtol=1e-4)


@given(st.floats(0.02, 0.9), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_dropout_drops_its_share_and_keeps_the_mean(share: float, seed: int) -> None:
    torch.manual_seed(seed)
    dropout = ByteDropout(share)
    states = torch.ones(40_001)
    dropped = dropout(states)
    assert (dropped == 0).float().mean().item() == pytest.approx(share, abs=0.02)
    assert dropped.mean().item() == pytest.approx(1, abs=0.1)
    assert dropout.eval()(states) is states


def test_dropout_repeats_with_the_seed() -> None:
    dropout = ByteDropout(0.3)
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(dropout(torch.ones(5, 7)))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])

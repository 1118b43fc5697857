"""Attention and dropout that train fast on processors.

Both compute what the standard modules compute. The standard ones spend more than half of a small
encoder's training step on a processor outside of matrix products: in the backward pass of softmax,
in scaling scores that could have been scaled as queries, and in drawing one random number a
feature.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import eager_mask

ATTENTION = "natostance_cpu"


class _Attention(torch.autograd.Function):
    """softmax(Q Kᵀ + bias) V, one row of the batch at a time, so that scores stay in the cache.

    With P the probabilities and O the output, the gradient of the scores is
    dS = P ∘ (dP - rowsum(dO ∘ O)); P is computed again in the backward pass. Both as in
    FlashAttention (Dao et al. 2022, https://arxiv.org/abs/2205.14135, appendix B).
    """

    @staticmethod
    def forward(
        context: Any, query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None
    ) -> Tensor:
        context.wants_bias = bias is not None and bias.requires_grad
        context.shape = None if bias is None else bias.shape
        if bias is not None:
            bias = bias.expand(len(query), *bias.shape[1:])
        output = torch.empty_like(query)
        for row in range(len(query)):
            chances = _chances(query[row], key[row], None if bias is None else bias[row])
            torch.bmm(chances, value[row], out=output[row])
        context.save_for_backward(query, key, value, output, bias)
        return output

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, output, bias = context.saved_tensors
        gradient = gradients[0].to(value.dtype).contiguous()
        of_query, of_key, of_value = map(torch.empty_like, (query, key, value))
        of_bias = torch.zeros(context.shape) if context.wants_bias else None
        shift = (gradient * output).sum(-1, keepdim=True)
        for row in range(len(query)):
            chances = _chances(query[row], key[row], None if bias is None else bias[row])
            torch.bmm(chances.transpose(1, 2), gradient[row], out=of_value[row])
            scores = torch.bmm(gradient[row], value[row].transpose(1, 2))
            scores.sub_(shift[row]).mul_(chances)
            torch.bmm(scores, key[row], out=of_query[row])
            torch.bmm(scores.transpose(1, 2), query[row], out=of_key[row])
            if of_bias is not None:
                into = of_bias[row if len(of_bias) > 1 else 0]
                into += scores.float().sum_to_size(into.shape)
        return of_query, of_key, of_value, of_bias


def _chances(query: Tensor, key: Tensor, bias: Tensor | None) -> Tensor:
    """Attention probabilities of one row, ``[heads, length, length]``."""
    scores = torch.bmm(query, key.transpose(1, 2))
    if bias is not None:
        scores += bias
    return torch.softmax(scores, dim=-1)


def attention(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None) -> Tensor:
    """Attention of scaled queries.

    Args:
        query: ``[batch, heads, length, width]``, scaled.
        key: ``[batch, heads, length, width]``.
        value: ``[batch, heads, length, width]``.
        bias: added to the scores; broadcast to ``[batch, heads, length, length]``.

    Returns:
        ``[batch, heads, length, width]``.
    """
    output: Tensor = _Attention.apply(
        query.contiguous(), key.contiguous(), value.contiguous(), bias
    )  # type: ignore[no-untyped-call]
    return output


def _interface(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """What transformers calls for attention; probabilities are never dropped."""
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    bias = None if attention_mask is None else attention_mask.to(query.dtype)
    return attention(query * scale, key, value, bias).transpose(1, 2).contiguous(), None


class ByteDropout(nn.Dropout):
    """Dropout that draws one random byte a feature.

    The probability is rounded to a multiple of 1/256; what is kept is scaled by the rounded one, so
    the mean is exact.
    """

    def forward(self, states: Tensor) -> Tensor:
        """States of any shape."""
        dropped = round(self.p * 256)
        if not self.training or not dropped:
            return states
        words = torch.empty((states.numel() + 7) // 8, dtype=torch.int64)
        # both ends are given, for otherwise the highest bit is never drawn
        words.random_(-(2**63), None)
        drawn = words.view(torch.uint8)[: states.numel()].view(states.shape)
        kept = (drawn >= dropped).to(states.dtype).mul_(256 / (256 - dropped))
        return states * kept


def prepare(encoder: PreTrainedModel) -> None:
    """Let an encoder train fast on the processor.

    Its dropout is replaced, and its attention where it lets that be chosen (MPNet does not). Where
    attention is replaced, its probabilities are not dropped any more.
    """
    for module in encoder.modules():
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, ByteDropout(child.p).train(child.training))
    # an encoder that cannot let it be chosen is warned of or refused: either way it keeps its own
    with suppress(ValueError):
        encoder.set_attn_implementation(ATTENTION)


AttentionInterface.register(ATTENTION, _interface)
AttentionMaskInterface.register(ATTENTION, eager_mask)

"""The two heads on the encoder: one for sentences, one for tokens.

Both are computed token by token. What belongs together is pooled afterwards, so that a sentence
which is spread over several windows is pooled over all of its tokens, and a runtime graph needs to
know nothing of sentences.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SentenceHead(nn.Module):
    """Per token, a vote for each label and a weight for the vote.

    A sentence's logits are the mean of its tokens' votes, weighted by the softmax of their
    weights over the sentence (attention pooling, Yang et al. 2016,
    https://aclanthology.org/N16-1174).

    Args:
        width: width of the encoder.
        labels: how many labels there are.
        dropout: probability of dropping a feature before each layer.
    """

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(width, width)
        self.out = nn.Linear(width, labels + 1)

    def forward(self, states: Tensor) -> Tensor:
        """States ``[batch, length, width]`` to votes and weight ``[batch, length, labels + 1]``."""
        hidden = nn.functional.gelu(self.dense(self.dropout(states)))
        out: Tensor = self.out(self.dropout(hidden))
        return out


class TokenHead(nn.Module):
    """Per token, the logits of the labels."""

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, labels)

    def forward(self, states: Tensor) -> Tensor:
        """States ``[batch, length, width]`` to logits ``[batch, length, labels]``."""
        out: Tensor = self.out(self.dropout(states))
        return out


def pool_sentences(votes: Tensor, index: Tensor, sentences: int) -> Tensor:
    """Pool the votes of tokens into the logits of sentences.

    Args:
        votes: ``[batch, length, labels + 1]``, the sentence head's output.
        index: ``[batch, length]``, the sentence of each token within its row, -1 for none.
        sentences: highest number of sentences in a row.

    Returns:
        ``[batch, sentences, labels]``; where a row has fewer sentences, what stands there means
        nothing.
    """
    member = index.unsqueeze(1) == torch.arange(sentences, device=index.device)[None, :, None]
    # a finite floor: with minus infinity a row without the sentence would have no gradient but NaN
    weights = votes[..., -1].float().unsqueeze(1).masked_fill(~member, -1e9)
    attention = torch.softmax(weights, dim=-1)
    return attention @ votes[..., :-1].float()

"""Which tokens moved a sentence's label: integrated gradients.

Sundararajan, Taly and Yan 2017 (https://arxiv.org/abs/1703.01365), as Captum computes them. The
gradient of the label's log-odds is summed along the straight line from a text of padding tokens to
the text itself, in the space of token embeddings; special tokens stay as they are. The sum over all
tokens is the difference of the log-odds between the two texts, but for an error that comes back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from natostance.extras import require
from natostance.modeling.network import StanceNetwork


@dataclass(frozen=True, slots=True)
class Gradients:
    """What integrated gradients say of one sentence.

    Args:
        tokens: ``[windows, length]``, how much each token moved the log-odds; 0 on padding.
        log_odds: natural log-odds of the label, text as it is.
        baseline: the same for a text of padding.
        error: how far the tokens' sum is from the difference of the two.
    """

    tokens: NDArray[np.float64]
    log_odds: float
    baseline: float
    error: float


def integrated_gradients(
    network: StanceNetwork,
    ids: NDArray[np.int64],
    mask: NDArray[np.int64],
    scored: NDArray[np.bool_],
    special: NDArray[np.bool_],
    label: int,
    *,
    pad: int,
    temperature: float = 1.0,
    steps: int = 50,
) -> Gradients:
    """Attribute a sentence's label to the tokens of all windows that it is read in.

    Args:
        network: the network.
        ids: ``[windows, length]``, token ids.
        mask: ``[windows, length]``, 0 on padding.
        scored: ``[windows, length]``, the sentence's own tokens.
        special: ``[windows, length]``, tokens that stay as they are.
        label: index of the label.
        pad: id of the padding token.
        temperature: divides the logits.
        steps: points on the line.

    Raises:
        MissingExtraError: Captum is not installed.
    """
    captum = require("captum.attr", "train", "Attribution")
    device = next(network.parameters()).device
    embed = network.encoder.get_input_embeddings()
    attention = torch.from_numpy(mask).to(device)
    own = torch.from_numpy(scored).to(device)
    tokens = torch.from_numpy(ids).to(device)
    blank = torch.where(torch.from_numpy(special).to(device), tokens, pad)

    def log_odds(embedded: Tensor) -> Tensor:
        """Embeddings ``[batch, windows, length, width]`` to log-odds ``[batch]``."""
        batch, windows = embedded.shape[:2]
        states = network.encoder(
            inputs_embeds=embedded.flatten(0, 1), attention_mask=attention.repeat(batch, 1)
        ).last_hidden_state
        votes = network.sentence_head(states).unflatten(0, (batch, windows))[:, own]
        weights = torch.softmax(votes[..., -1], dim=-1)
        logits = torch.einsum("bt,btl->bl", weights, votes[..., :-1]) / temperature
        others = torch.cat([logits[:, :label], logits[:, label + 1 :]], dim=1)
        return logits[:, label] - torch.logsumexp(others, dim=1)

    network.eval()
    with torch.no_grad():
        text, padding = embed(tokens)[None], embed(blank)[None]
        ends = log_odds(torch.cat([text, padding]))
    found, error = captum.IntegratedGradients(log_odds).attribute(
        text,
        baselines=padding,
        n_steps=steps,
        internal_batch_size=max(1, 8 // len(ids)),
        return_convergence_delta=True,
    )
    return Gradients(
        found[0].sum(-1).double().cpu().numpy(), float(ends[0]), float(ends[1]), float(error)
    )

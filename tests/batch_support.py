"""What the tests of the job share: a classifier that follows single words, and composed input."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from support import WORDS
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from natostance.document import STANCE
from natostance.inference.classifier import StanceClassifier
from natostance.text.windows import SpecialTokens, Window, WindowReader, WindowSettings

ALLIANCE, KREMLIN, POISON = 4, 5, 6


class WordBackend:
    """Scores that follow from single words: "alliance" is NATO's, "kremlin" Russia's."""

    name, precision, device, pool = "words", "fp32", "cpu", 64

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        return [self._window(np.array(window.ids)) for window in windows]

    def _window(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        if POISON in ids:
            raise FloatingPointError("the network broke")
        sides = np.stack([ids == ALLIANCE, ids == KREMLIN, np.zeros_like(ids)], axis=1)
        logits = np.where(sides, 8.0, np.array([0.0, 0.0, 2.0]))
        weight = np.where(sides.any(axis=1), 6.0, 0.0)[:, None]
        return np.concatenate([logits, weight, logits], axis=1).astype(np.float32)


def word_classifier() -> StanceClassifier:
    """A classifier that labels a sentence by its words."""
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "alliance", "kremlin", "poison", *WORDS]
    tokenizer = Tokenizer(WordLevel({w: i for i, w in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    special = SpecialTokens(start=2, end=3, pad=0, unknown=1)
    settings = WindowSettings(tokens=40, left_context=8)
    return StanceClassifier(WindowReader(tokenizer, special, settings), WordBackend(), STANCE)


def written(path: str | Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def many(path: Path, count: int, bad: Iterable[int] = ()) -> None:
    texts = [f"Alliance w{i} w{i + 1}. Snow w{i % 7} again." for i in range(count)]
    for i in bad:
        texts[i] = f"Poison w{i}."
    path.write_text(
        "".join(json.dumps({"id": f"n{i}", "text": t}) + "\n" for i, t in enumerate(texts))
    )

"""Where a sentence's label comes from: what was read with it, and which words moved its score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from natostance.checkpoint import Checkpoint
from natostance.document import Document
from natostance.errors import InputError
from natostance.extras import require
from natostance.inference.backend import padded
from natostance.text.windows import Window, WindowReader

if TYPE_CHECKING:
    from natostance.modeling.network import StanceNetwork


@dataclass(frozen=True, slots=True)
class Word:
    """A word with what it did to the score.

    Args:
        start: first character, in code points of the document's text.
        end: one past the last character.
        score: how much it moved the log-odds of the label, in nats; below 0 against it.
        own: it stands in the sentence itself, not around it.
    """

    start: int
    end: int
    score: float
    own: bool


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the label of a sentence comes from. Attributions are hints, not proofs.

    Args:
        sentence: its index.
        label: the label that is explained.
        log_odds: natural log-odds of that label.
        baseline: the same for a text of padding alone.
        words: all words that were read, in the order of the text.
        error: by how much the words' sum misses the difference of the log-odds, in nats.
    """

    sentence: int
    label: str
    log_odds: float
    baseline: float
    words: tuple[Word, ...]
    error: float

    @property
    def probability(self) -> float:
        """Probability of the label, as the classifier gives it."""
        return 0.5 + 0.5 * math.tanh(self.log_odds / 2)

    def strongest(self, most: int = 8) -> list[Word]:
        """The words that moved the score most, either way."""
        return sorted(self.words, key=lambda word: -abs(word.score))[:most]


class Attributor:
    """Explains the labels of a model.

    Args:
        checkpoint: the model.
        steps: points at which gradients are taken; more make the error smaller.
    """

    def __init__(self, checkpoint: Checkpoint, steps: int = 32) -> None:
        require("torch", "train", "Attribution")
        require("captum", "train", "Attribution")
        self.checkpoint = checkpoint
        self.steps = steps
        config = checkpoint.config
        self.reader = WindowReader.from_file(checkpoint.tokenizer, config.special, config.window)

    @classmethod
    def from_pretrained(cls, model: str | Path | None = None, steps: int = 32) -> Attributor:
        """Load a model; see `StanceClassifier.from_pretrained`.

        Raises:
            ModelError: there is no such model.
            MissingExtraError: the extra ``[train]`` is not installed.
        """
        return cls(Checkpoint.find(model), steps)

    @cached_property
    def network(self) -> StanceNetwork:
        from natostance.inference.torch_backend import TorchBackend

        return TorchBackend.from_checkpoint(self.checkpoint).network

    def attribute(self, document: Document, sentence: int, label: str | None = None) -> Attribution:
        """Attribute the label of a sentence to the words that were read.

        Args:
            document: a document with sentences.
            sentence: the index of the sentence.
            label: the label to explain; by default the one that the sentence has.

        Raises:
            InputError: there is no such sentence or label.
        """
        from natostance.modeling.attribution import integrated_gradients

        config = self.checkpoint.config
        if not 0 <= sentence < len(document.sentences):
            raise InputError(
                f"the article {document.doc_id!r} has no sentence {sentence + 1}",
                remedy=f"it has {len(document.sentences)}",
            )
        label = label or document.sentences[sentence].label or ""
        index = config.labels.index(label)
        windows, places = self._windows(document, sentence)
        ids, mask = padded(windows, config.special.pad)
        scored = np.zeros(ids.shape, bool)
        special = np.ones(ids.shape, bool)
        for row, window in enumerate(windows):
            special[row, 1 : len(window.ids) - 1] = False
            for part in window.parts:
                if part.sentence == sentence:
                    scored[row, part.start : part.end] = True
        found = integrated_gradients(
            self.network,
            ids,
            mask,
            scored,
            special,
            index,
            pad=config.special.pad,
            temperature=config.calibration.temperature,
            steps=self.steps,
        )
        moved: dict[tuple[int, int], float] = {}
        for row, offsets in enumerate(places):
            for column, place in enumerate(offsets, 1):
                moved[place] = moved.get(place, 0.0) + float(found.tokens[row, column])
        inside = document.sentences[sentence]
        return Attribution(
            sentence,
            label,
            found.log_odds,
            found.baseline,
            tuple(
                Word(start, end, score, inside.start <= start < inside.end)
                for (start, end), score in _words(document.text, moved)
            ),
            found.error,
        )

    def _windows(
        self, document: Document, sentence: int
    ) -> tuple[list[Window], list[list[tuple[int, int]]]]:
        """The windows that a sentence is scored in, and the place of each of their tokens."""
        offsets = [
            place
            for _, places in self.reader.tokenize(document.text, document.sentences)
            for place in places
        ]
        windows, found = [], []
        first = 0  # the first token, of the whole article, that a window scores
        for window in self.reader.windows(document):
            scored = sum(part.end - part.start for part in window.parts)
            # what a window repeats are the tokens right before those that it scores
            repeated = window.parts[0].start - 1
            if any(part.sentence == sentence for part in window.parts):
                windows.append(window)
                found.append(offsets[first - repeated : first + scored])
            first += scored
        return windows, found


def _words(text: str, moved: dict[tuple[int, int], float]) -> list[tuple[tuple[int, int], float]]:
    """Word pieces put together: whatever stands side by side in letters and digits."""
    words: list[tuple[tuple[int, int], float]] = []
    for (start, end), score in sorted(moved.items()):
        if words and start < end:
            (first, last), sum_ = words[-1]
            if last == start and text[start - 1].isalnum() and text[start].isalnum():
                words[-1] = ((first, end), sum_ + score)
                continue
        words.append(((start, end), score))
    return words

"""Folds by article: what a recipe's networks say of articles that they did not learn from.

Articles that share text lie in one fold, so that no network has seen a part of what it judges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from natostance.corpus.leaks import find_leaks
from natostance.document import Document, LabelSet

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Held:
    """Sentences and what was predicted for them by a network that had not learned from them.

    Args:
        logits: ``[sentences, labels]``.
        gold: ``[sentences]``, index of the right label.
        articles: ``[sentences]``, id of the article.
    """

    logits: Floats
    gold: NDArray[np.int64]
    articles: NDArray[np.str_]

    @classmethod
    def of(cls, documents: Sequence[Document], logits: Sequence[Floats], labels: LabelSet) -> Held:
        """Predictions for the sentences of documents."""
        gold = [labels.index(s.label) for d in documents for s in d.sentences if s.label]
        names = [d.doc_id for d in documents for _ in d.sentences]
        return cls(
            np.concatenate([np.zeros((0, len(labels.names)), "f4"), *logits]),
            np.array(gold, dtype=np.int64),
            np.array(names, dtype=np.str_),
        )

    def save(self, path: Path) -> None:
        """Write them to a file, in whole or not at all."""
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, logits=self.logits, gold=self.gold, articles=self.articles)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Held:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            return cls(data["logits"], data["gold"], data["articles"])

    def __add__(self, other: Held) -> Held:
        return Held(
            np.concatenate([self.logits, other.logits]),
            np.concatenate([self.gold, other.gold]),
            np.concatenate([self.articles, other.articles]),
        )


def folds_of(documents: Sequence[Document], folds: int) -> list[int]:
    """The fold of each document, from 0; it depends on ids and shared text alone.

    Args:
        documents: with sentences.
        folds: how many folds.
    """
    leader = {d.doc_id: d.doc_id for d in documents}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    # each document as a split of its own: every pair that shares text is a leak
    for leak in find_leaks((d.doc_id, d) for d in documents):
        first, second = sorted((find(leak.first), find(leak.second)))
        leader[second] = first
    return [
        int.from_bytes(hashlib.sha256(find(d.doc_id).encode()).digest()[:8], "big") % folds
        for d in documents
    ]


def share_of(documents: Sequence[Document], share: float) -> list[Document]:
    """A share of the documents; it depends on ids alone, and lies within every larger share.

    Args:
        documents: with ids.
        share: above 0, at most 1.
    """

    def place(document: Document) -> float:
        # not the hash that folds are made of: a share must not be a few folds
        digest = hashlib.sha256(f"share {document.doc_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64

    return [d for d in documents if place(d) < share]


def split_fold(
    documents: Sequence[Document], folds: int, fold: int
) -> tuple[list[Document], list[Document]]:
    """Documents outside and inside of a fold."""
    places = folds_of(documents, folds)
    pairs = list(zip(documents, places, strict=True))
    return [d for d, place in pairs if place != fold], [d for d, place in pairs if place == fold]

"""Copies of articles in which words gave way to words that mean something near.

A small student learns an article's words by heart long before it has learned all that its teachers
know. Of copies the teachers can be asked anew, as often as one likes (Jiao et al. 2020,
https://aclanthology.org/2020.findings-emnlp.372). Copies have no annotations, for who says what may
have changed with the words: a student learns them from its teachers alone.

The words are English ones, and near is what the packaged MiniLM holds near.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from natostance.document import Document, Sentence
from natostance.errors import InputError
from natostance.modeling.encoder import PACKAGED, encoder_source

COPY_OF = "copy_of"
# each sentence draws the share of its words that change from 0 to this
SHARE = 0.5
NEAREST = 10

_WORD = re.compile(r"\b[A-Za-z]{2,}\b(?!['\u2019]\w)")
_EMBEDDINGS = "embeddings.word_embeddings.weight"

Neighbours = Mapping[str, Sequence[str]]


def copies(documents: Sequence[Document], count: int) -> list[Document]:
    """Some copies of each document; the same ones on every machine.

    Args:
        documents: with sentences.
        count: how many of each.

    Returns:
        ``count`` documents of each, one after the other: ids end in their numbers (``~1``, ``~2``,
        ...), sentences have no labels, and ``meta["copy_of"]`` is the document's id.

    Raises:
        InputError: a document has the id of a copy.
        MissingExtraError: the packaged MiniLM is not installed.
    """
    words = {word.lower() for d in documents for word in _WORD.findall(d.text)} if count else ()
    near = neighbours(frozenset(words))
    numbers = range(1, count + 1)
    made = [copy(d, number, near) for d in documents for number in numbers]
    taken = {d.doc_id for d in documents} & {d.doc_id for d in made}
    if taken:
        raise InputError(
            f"the id {min(taken)!r} is that of a copy of another article",
            remedy="rename the article, or leave distillation.copies out",
        )
    return made


def copy(document: Document, number: int, near: Neighbours) -> Document:
    """One copy of a document.

    Args:
        document: with sentences.
        number: which one; another number is another copy.
        near: for each word in lower case, those that may take its place.
    """
    draw = random.Random(json.dumps([document.doc_id, number, document.text])).random
    pieces: list[str] = []
    sentences = []
    done = length = 0
    for sentence in document.sentences:
        between = document.text[done : sentence.start]
        changed = _change(document.text[sentence.start : sentence.end], near, draw() * SHARE, draw)
        start = length + len(between)
        length = start + len(changed)
        pieces += between, changed
        sentences.append(Sentence(start, length))
        done = sentence.end
    return Document(
        "".join([*pieces, document.text[done:]]),
        f"{document.doc_id}~{number}",
        tuple(sentences),
        labels=document.labels,
        meta={COPY_OF: document.doc_id},
    )


def original(document: Document) -> str:
    """The id of the article that a document is, or is a copy of."""
    name = document.meta.get(COPY_OF)
    # articles bring meta of their own: what has another id or labels is none of our copies
    if document.doc_id.startswith(f"{name}~") and not any(s.label for s in document.sentences):
        return str(name)
    return document.doc_id


def _change(text: str, near: Neighbours, share: float, draw: Callable[[], float]) -> str:
    """A text with a share of its words changed; capitals stay as they were."""

    def another(match: re.Match[str]) -> str:
        word = match[0]
        others = near.get(word.lower())
        if draw() >= share or not others:
            return word
        new = others[int(draw() * len(others))]
        if word.isupper():
            return new.upper()
        return new.capitalize() if word[0].isupper() else new

    return _WORD.sub(another, text)


# a training run asks twice, of the same words
@lru_cache(maxsize=1)
def neighbours(words: frozenset[str]) -> Neighbours:
    """For each English word that the packaged MiniLM reads as one token, the nearest such words.

    Nearness is the cosine of the word embeddings less their mean. It is computed in whole numbers,
    so that no machine finds other words than another.

    Args:
        words: in lower case; those that are no such word have none.

    Raises:
        MissingExtraError: the packaged MiniLM is not installed.
    """
    found: dict[str, tuple[str, ...]] = {}
    if not words:
        return found
    known, vectors = _vocabulary()
    rows = np.array([i for i, word in enumerate(known) if word in words], dtype=np.int64)
    for first in range(0, len(rows), 1024):
        block = rows[first : first + 1024]
        cosines = vectors[block] @ vectors.T
        cosines[np.arange(len(block)), block] = -np.inf
        worst = torch.topk(torch.from_numpy(cosines), NEAREST).values[:, -1].numpy()
        for near, least, own in zip(cosines, worst, block, strict=True):
            # more than are wanted may be as near as the last: the earlier ones are taken
            among = np.flatnonzero(near >= least)
            order = np.lexsort((among, -near[among]))[:NEAREST]
            found[known[own]] = tuple(known[i] for i in among[order])
    return found


@cache
def _vocabulary() -> tuple[list[str], NDArray[np.float32]]:
    """The words that the packaged MiniLM reads as one token, and their vectors of equal length."""
    folder = Path(encoder_source(PACKAGED))
    tokens = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    words = [token for token in tokens if re.fullmatch("[a-z]{2,}", token)]
    embeddings = load_file(folder / "model.safetensors")[_EMBEDDINGS]
    return words, _whole_numbers(embeddings[[tokens[word] for word in words]])


def _whole_numbers(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors of equal length in whole numbers small enough that single precision is exact."""
    # sums of whole numbers, and single operations, are the same everywhere; sums of others are not
    scaled = np.rint(embeddings.astype(np.float64) * 4096).astype(np.int64)
    centred = scaled * len(scaled) - scaled.sum(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=1).astype(np.float64))
    whole: NDArray[np.float32] = np.rint(centred / lengths[:, None] * 1000).astype(np.float32)
    return whole

"""Learned baselines: what a network that reads sentences in their context has to beat.

Each reads a sentence alone and gives it the label that a logistic regression finds likeliest; a
side's label comes with the whole sentence as its span. They label as `StanceClassifier` does:
``label_many(documents)`` gives labelled documents, lazily and in order; given sentences are kept,
others are segmented. Settings are usual ones, fixed beforehand: nothing was chosen on dev.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from natostance.document import Document, LabelSet, Sentence, Span
from natostance.errors import InputError
from natostance.modeling.encoder import PACKAGED, load_encoder, load_tokenizer
from natostance.text.segmentation import segment

Floats = NDArray[np.float32]
Features = Callable[[Sequence[str]], Any]

# documents whose sentences are scored at once
_POOL = 64
_BATCH = 32


class _Baseline:
    """A logistic regression over features of single sentences."""

    def __init__(self, features: Features, regression: LogisticRegression, labels: LabelSet):
        self._features = features
        self._regression = regression
        self.labels = labels

    def label_many(self, documents: Iterable[str | Document]) -> Iterator[Document]:
        """Label texts or documents, lazily and in order."""
        pool: list[Document] = []
        for item in documents:
            document = item if isinstance(item, Document) else Document(item)
            sentences = document.sentences or tuple(segment(document.text))
            pool.append(
                document.replace(
                    sentences=tuple(Sentence(s.start, s.end) for s in sentences),
                    spans=(),
                    labels=self.labels,
                )
            )
            if len(pool) == _POOL:
                yield from self._labelled(pool)
                pool = []
        yield from self._labelled(pool)

    def _labelled(self, documents: Sequence[Document]) -> Iterator[Document]:
        texts = [document[s] for document in documents for s in document.sentences]
        chances = iter(self._chances(texts))
        for document in documents:
            sentences = []
            for sentence in document.sentences:
                scores = dict(zip(self.labels.names, map(float, next(chances)), strict=True))
                label = max(self.labels.names, key=lambda name: scores[name])
                sentences.append(Sentence(sentence.start, sentence.end, label, scores))
            spans = [
                Span(s.start, s.end, s.label, (s.scores or {}).get(s.label))
                for s in sentences
                if s.label in self.labels.sides
            ]
            yield document.replace(sentences=tuple(sentences), spans=tuple(spans))

    def _chances(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """``[sentences, labels]``; a label that was never learned has no chance."""
        chances = np.zeros((len(texts), len(self.labels.names)))
        if texts:
            found = self._regression.predict_proba(self._features(texts))
            for column, place in enumerate(self._regression.classes_):
                chances[:, place] = found[:, column]
        return chances


class Tfidf(_Baseline):
    """Words and pairs of words, weighted by tf-idf, under logistic regression."""

    @classmethod
    def learn(cls, documents: Sequence[Document], seed: int = 1) -> Tfidf:
        """Learn from annotated documents.

        Raises:
            InputError: there are no labelled sentences, or all have one label.
        """
        texts, gold, labels = _examples(documents)
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        try:
            features = vectorizer.fit_transform(texts)
        except ValueError:  # no word stands in two sentences
            raise InputError(
                "there are too few sentences to learn from", remedy="give more articles"
            ) from None
        # the larger C is usual for sparse features of length 1, which need large weights
        return cls(vectorizer.transform, _fit(features, gold, 10.0, seed), labels)


class FrozenEncoder(_Baseline):
    """Mean token states of an encoder that is left as it is, under logistic regression.

    The states are averaged over a sentence's tokens and scaled to length 1, as the published
    all-MiniLM-L6-v2 does. A sentence that is longer than the encoder reads at once is read in
    parts, all of which count.
    """

    @classmethod
    def learn(
        cls,
        documents: Sequence[Document],
        encoder: str = PACKAGED,
        *,
        cache: Path | None = None,
        seed: int = 1,
    ) -> FrozenEncoder:
        """Learn from annotated documents.

        Args:
            documents: the documents.
            encoder: see `natostance.modeling.encoder.encoder_source`.
            cache: a folder in which states of sentences are kept from run to run.
            seed: of the regression.

        Raises:
            InputError: there are no labelled sentences, or all have one label; the encoder cannot
                be loaded.
        """
        texts, gold, labels = _examples(documents)
        reader = _Reader(encoder, cache)
        return cls(reader, _fit(reader(texts), gold, 1.0, seed), labels)


class _Reader:
    """Texts to vectors, ``[texts, width]``."""

    def __init__(self, encoder: str, cache: Path | None):
        self._name = encoder
        self._cache = cache
        network: Any = load_encoder(encoder)
        self._encoder = network.eval()
        self._tokenizer, self._special = load_tokenizer(encoder)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        limit = getattr(self._encoder.config, "max_position_embeddings", None) or 512
        self._most = limit - 2

    def __call__(self, texts: Sequence[str]) -> Floats:
        path = self._path(texts)
        if path is not None and path.exists():
            with np.load(path, allow_pickle=False) as data:
                kept: Floats = data["states"]
                return kept
        states = self._states(texts)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.savez(file, states=states)
            part.replace(path)
        return states

    def _path(self, texts: Sequence[str]) -> Path | None:
        if self._cache is None or self._name != PACKAGED:
            return None  # what else is behind a name may change
        digest = hashlib.sha256(f"{torch.__version__}\0{self._name}".encode())
        for text in texts:
            digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
        return self._cache / f"frozen-{digest.hexdigest()[:16]}.npz"

    def _states(self, texts: Sequence[str]) -> Floats:
        parts: list[tuple[int, list[int]]] = []
        for place, text in enumerate(texts):
            safe = text.encode("utf-8", "replace").decode("utf-8")
            ids = self._tokenizer.encode(safe, add_special_tokens=False).ids
            for first in range(0, max(len(ids), 1), self._most):
                cut = ids[first : first + self._most]
                parts.append((place, [self._special.start, *cut, self._special.end]))
        parts.sort(key=lambda part: len(part[1]))
        width = self._encoder.config.hidden_size
        sums, counts = np.zeros((len(texts), width), "f4"), np.zeros((len(texts), 1), "f4")
        for first in range(0, len(parts), _BATCH):
            batch = parts[first : first + _BATCH]
            longest = max(len(ids) for _, ids in batch)
            tokens = torch.full((len(batch), longest), self._special.pad)
            mask = torch.zeros_like(tokens)
            for row, (_, ids) in enumerate(batch):
                tokens[row, : len(ids)] = torch.tensor(ids)
                mask[row, : len(ids)] = 1
            with torch.inference_mode():
                found = self._encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
                summed = (found * mask.unsqueeze(-1)).sum(1).numpy()
            for row, (place, ids) in enumerate(batch):
                sums[place] += summed[row]
                counts[place] += len(ids)
        means = sums / counts
        scaled: Floats = means / np.linalg.norm(means, axis=1, keepdims=True).clip(1e-12)
        return scaled


def _examples(documents: Sequence[Document]) -> tuple[list[str], list[int], LabelSet]:
    """Sentences and the numbers of their labels."""
    texts, gold = [], []
    for document in documents:
        for sentence in document.sentences:
            if sentence.label is not None:
                texts.append(document[sentence])
                gold.append(document.labels.names.index(sentence.label))
    if len(set(gold)) < 2:
        raise InputError(
            "there is nothing to tell apart: what is learned from has fewer than two labels",
            remedy="give annotated articles with several labels",
        )
    return texts, gold, documents[0].labels


def _fit(features: Any, gold: Sequence[int], c: float, seed: int) -> LogisticRegression:
    regression = LogisticRegression(C=c, max_iter=2000, random_state=seed)
    with warnings.catch_warnings():
        # weights that were not reached to the last digit label alike
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(features, gold)
    return regression

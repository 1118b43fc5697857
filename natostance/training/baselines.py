"""Learned baselines: what a network that reads sentences in their context has to beat.

Each reads a sentence alone and gives it the label that a logistic regression finds likeliest; a
side's label comes with the whole sentence as its span. They label as `StanceClassifier` does:
``label_many(documents)`` gives labelled documents, lazily and in order; given sentences are kept,
others are segmented. Nothing is chosen on dev: how strongly the regression is held back (its C) is
chosen on a fifth of the training articles, and all of them are then learned from.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
from natostance.evaluation.rates import macro_f1
from natostance.modeling.encoder import PACKAGED, load_encoder, load_tokenizer
from natostance.text.segmentation import segment

Floats = NDArray[np.float32]
Features = Callable[[Sequence[str]], Any]

# documents whose sentences are scored at once, and sentences that are encoded at once
_POOL, _BATCH = 64, 32
# among which C is chosen
_STRENGTHS = (0.1, 1.0, 10.0, 100.0)
_FOLDS = 5


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
        examples = _examples(documents)
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        try:
            features = vectorizer.fit_transform(examples.texts)
        except ValueError:  # no word stands in two sentences
            raise InputError(
                "there are too few sentences to learn from", remedy="give more articles"
            ) from None
        return cls(vectorizer.transform, _fit(features, examples, seed), examples.labels)


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
        examples = _examples(documents)
        reader = _Reader(encoder, cache)
        return cls(reader, _fit(reader(examples.texts), examples, seed), examples.labels)


class _Reader:
    """Texts to vectors, ``[texts, width]``."""

    def __init__(self, encoder: str, cache: Path | None):
        # what is behind another name may change
        self._file = cache / f"{encoder}-states.npz" if cache and encoder == PACKAGED else None
        network: Any = load_encoder(encoder)
        self._encoder = network.eval()
        self._tokenizer, self._special = load_tokenizer(encoder)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        limit = getattr(self._encoder.config, "max_position_embeddings", None) or 512
        self._most = limit - 2

    def __call__(self, texts: Sequence[str]) -> Floats:
        if self._file is None or not texts:
            return self._states(texts)
        known = self._load()
        keys = [_key(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            found = self._states(list(missing.values()))
            known.update(zip(missing, found, strict=True))
            self._save(known)
        return np.stack([known[key] for key in keys])

    def _load(self) -> dict[str, Floats]:
        if self._file is None or not self._file.exists():
            return {}
        with np.load(self._file, allow_pickle=False) as data:
            return dict(zip(data["keys"].tolist(), data["states"], strict=True))

    def _save(self, known: dict[str, Floats]) -> None:
        assert self._file is not None
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, keys=np.array(list(known)), states=np.stack(list(known.values())))
        part.replace(self._file)

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


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class _Examples:
    """Sentences, the numbers of their labels, and the numbers of their articles."""

    texts: list[str]
    gold: NDArray[np.int64]
    articles: NDArray[np.int64]
    labels: LabelSet


def _examples(documents: Sequence[Document]) -> _Examples:
    texts, gold, articles = [], [], []
    for number, document in enumerate(sorted(documents, key=lambda d: d.doc_id)):
        for sentence in document.sentences:
            if sentence.label is not None:
                texts.append(document[sentence])
                gold.append(document.labels.names.index(sentence.label))
                articles.append(number)
    if len(set(gold)) < 2:
        raise InputError(
            "there is nothing to tell apart: what is learned from has fewer than two labels",
            remedy="give annotated articles with several labels",
        )
    return _Examples(texts, np.array(gold), np.array(articles), documents[0].labels)


def _fit(features: Any, examples: _Examples, seed: int) -> LogisticRegression:
    """The regression, its C chosen on every fifth article."""
    held = examples.articles % _FOLDS == _FOLDS - 1
    strength = _STRENGTHS[1]
    if held.any() and len(set(examples.gold[~held].tolist())) > 1:
        size = len(examples.labels.names)

        def measure(c: float) -> float:
            tried = _regression(features[~held], examples.gold[~held], c, seed)
            cells = np.zeros((size, size))
            np.add.at(cells, (examples.gold[held], tried.predict(features[held])), 1)
            return float(macro_f1(cells))

        strength = max(_STRENGTHS, key=measure)
    return _regression(features, examples.gold, strength, seed)


def _regression(features: Any, gold: Any, c: float, seed: int) -> LogisticRegression:
    regression = LogisticRegression(C=c, max_iter=1000, random_state=seed)
    with warnings.catch_warnings():
        # weights that were not reached to the last digit label alike
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(features, gold)
    return regression

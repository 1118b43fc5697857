"""What teachers say of the sentences that a student learns from.

Distillation: Hinton et al. 2015, https://arxiv.org/abs/1503.02531. Several teachers speak with the
mean of their probabilities. Of an article that it learned from, a teacher would repeat the
annotation; so those speak that are known not to have learned from it, where there are any. Teacher
and student must cut words into the same tokens, for the token head learns token by token.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from natostance.checkpoint import RUN, Checkpoint
from natostance.document import Document, LabelSet
from natostance.errors import InputError, ModelError
from natostance.inference.calibration import softmax
from natostance.inference.classifier import StanceClassifier
from natostance.inference.decoding import TokenScores, sentence_logits
from natostance.training.copies import original

Floats = NDArray[np.float32]

# in run.json, under "data": the ids of the articles that a model learned from
LEARNED = "learned"


@dataclass(frozen=True, slots=True)
class SoftTargets:
    """Probabilities of one sentence.

    Args:
        sentence: ``[labels]``.
        tokens: ``[tokens, labels]``.
        offsets: ``[tokens, 2]``: start and end of each token, in code points of the text.
    """

    sentence: Floats
    tokens: Floats
    offsets: NDArray[np.int32]


def soft_targets(
    teachers: Sequence[Path],
    documents: Sequence[Document],
    labels: LabelSet,
    cache: Path | None = None,
) -> dict[str, list[SoftTargets]]:
    """The mean probabilities of teachers for each sentence of each document.

    Args:
        teachers: model folders; one whose ``run.json`` does not say what it learned from
            counts as having learned from all documents.
        documents: what is to be learned from, with the sentences that count; of a copy, those
            speak that speak of its article.
        labels: the student's labels.
        cache: a folder that keeps what each teacher said, for further seeds.

    Raises:
        InputError: a teacher has other labels, or cuts words into other tokens than the first one.
        ModelError: a teacher's ``run.json`` cannot be read.
    """
    # the classifier would cut a document without sentences into some
    found: dict[str, list[SoftTargets]] = {d.doc_id: [] for d in documents if not d.sentences}
    documents = [d for d in documents if d.sentences]
    spoken: Counter[str] = Counter()
    for folder, heard in _hearings(teachers, documents):
        classifier = StanceClassifier.from_pretrained(folder, precision="fp32")
        if classifier.labels != labels:
            raise InputError(
                f"the teacher has the labels {', '.join(classifier.labels.names)}",
                file=folder,
                remedy=f"the corpus has {', '.join(labels.names)}",
            )
        for document, said in zip(heard, _said(folder, classifier, heard, cache), strict=True):
            spoken[document.doc_id] += 1
            if document.doc_id not in found:
                found[document.doc_id] = said
                continue
            before = found[document.doc_id]
            if not all(
                np.array_equal(a.offsets, b.offsets) for a, b in zip(before, said, strict=True)
            ):
                raise InputError(
                    "the teacher cuts words into other tokens than the first one",
                    file=folder,
                    remedy="use teachers with the student's tokenizer",
                )
            # a running mean, so that not all teachers' words lie in memory
            share = np.float32(1 / spoken[document.doc_id])
            found[document.doc_id] = [
                SoftTargets(
                    a.sentence + share * (b.sentence - a.sentence),
                    a.tokens + share * (b.tokens - a.tokens),
                    a.offsets,
                )
                for a, b in zip(before, said, strict=True)
            ]
    return found


def _hearings(
    teachers: Sequence[Path], documents: Sequence[Document]
) -> Iterator[tuple[Path, list[Document]]]:
    """Each teacher with the documents of which it speaks."""
    every = frozenset(map(original, documents))
    learned = [every if (ids := learned_by(folder)) is None else ids for folder in teachers]
    by_all = every.intersection(*learned)
    for folder, names in zip(teachers, learned, strict=True):
        heard = [d for d in documents if original(d) in by_all or original(d) not in names]
        if heard:
            yield folder, heard


def learned_by(folder: Path) -> frozenset[str] | None:
    """The ids of the articles that a model learned from; None where its folder does not say.

    Raises:
        ModelError: there is no such folder, or its ``run.json`` cannot be read.
    """
    if not folder.is_dir():
        raise ModelError(
            "no such model folder", file=folder, remedy="name a folder made by natostance train"
        )
    path = folder / RUN
    if not path.exists():
        return None
    try:
        ids = json.loads(path.read_text(encoding="utf-8")).get("data", {}).get(LEARNED)
        return None if ids is None else frozenset(ids)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ModelError(
            f"this does not say what the model learned from: {error}",
            file=path,
            remedy="make the model again, or remove the file",
        ) from None


def _said(
    folder: Path,
    classifier: StanceClassifier,
    documents: Sequence[Document],
    cache: Path | None,
) -> Iterator[list[SoftTargets]]:
    """What one teacher says of each document, from the cache where it is there."""
    if cache is None:
        yield from _ask(classifier, documents)
        return
    path = cache / f"soft-{_key(folder, documents)}.npz"
    if not path.exists():
        said = list(_ask(classifier, documents))
        every = [s for sentences in said for s in sentences]
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            np.savez(
                file,
                sentences=np.stack([s.sentence for s in every]),
                tokens=np.concatenate([s.tokens for s in every]),
                offsets=np.concatenate([s.offsets for s in every]),
                lengths=np.array([len(s.offsets) for s in every], dtype=np.int64),
            )
        part.replace(path)
    with np.load(path, allow_pickle=False) as data:
        sentences, tokens, offsets = data["sentences"], data["tokens"], data["offsets"]
        ends = np.cumsum(data["lengths"])
    places = iter(zip(sentences, ends, strict=True))
    first = 0
    for document in documents:
        found = []
        for _ in document.sentences:
            sentence, end = next(places)
            found.append(SoftTargets(sentence, tokens[first:end], offsets[first:end]))
            first = int(end)
        yield found


def _ask(
    classifier: StanceClassifier, documents: Sequence[Document]
) -> Iterator[list[SoftTargets]]:
    for scores in classifier.token_scores(documents):
        yield [_targets(s) for s in scores]


def _key(folder: Path, documents: Sequence[Document]) -> str:
    """Names a teacher's words on these sentences: its weights and the texts decide."""
    digest = hashlib.sha256(Checkpoint.load(folder).sha256.encode())
    for document in documents:
        edges = [(s.start, s.end) for s in document.sentences]
        digest.update(json.dumps([document.doc_id, document.text, edges]).encode())
    return digest.hexdigest()[:16]


def _targets(scores: TokenScores) -> SoftTargets:
    return SoftTargets(
        softmax(sentence_logits(scores.votes)),
        softmax(scores.logits),
        np.array(scores.offsets, np.int32).reshape(-1, 2),
    )

"""What teachers say of the sentences that a student learns from.

Distillation: Hinton et al. 2015, https://arxiv.org/abs/1503.02531. Several teachers speak with the
mean of their probabilities. Teacher and student must cut words into the same tokens, for the
token head learns token by token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from natostance.document import Document, LabelSet
from natostance.errors import InputError
from natostance.inference.calibration import softmax
from natostance.inference.classifier import StanceClassifier
from natostance.inference.decoding import TokenScores, sentence_logits

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SoftTargets:
    """Probabilities of one sentence.

    Args:
        sentence: ``[labels]``.
        tokens: ``[tokens, labels]``.
        offsets: start and end of each token, in code points of the document's text.
    """

    sentence: Floats
    tokens: Floats
    offsets: tuple[tuple[int, int], ...]


def soft_targets(
    teachers: Sequence[Path], documents: Sequence[Document], labels: LabelSet
) -> dict[str, list[SoftTargets]]:
    """The mean probabilities of teachers for each sentence of each document.

    Args:
        teachers: model folders.
        documents: what is to be learned from, with the sentences that count.
        labels: the student's labels.

    Raises:
        InputError: a teacher has other labels, or cuts words into other tokens than the first one.
    """
    found: dict[str, list[SoftTargets]] = {}
    for number, folder in enumerate(teachers):
        classifier = StanceClassifier.from_pretrained(folder)
        if classifier.labels != labels:
            raise InputError(
                f"the teacher has the labels {', '.join(classifier.labels.names)}",
                file=folder,
                remedy=f"the corpus has {', '.join(labels.names)}",
            )
        for document, scores in zip(documents, classifier.token_scores(documents), strict=True):
            said = [_targets(s) for s in scores]
            if not number:
                found[document.doc_id] = said
                continue
            before = found[document.doc_id]
            if any(a.offsets != b.offsets for a, b in zip(before, said, strict=True)):
                raise InputError(
                    "the teacher cuts words into other tokens than the first one",
                    file=folder,
                    remedy="use teachers with the student's tokenizer",
                )
            # a running mean, so that not all teachers' words lie in memory
            share = np.float32(1 / (number + 1))
            found[document.doc_id] = [
                SoftTargets(
                    a.sentence + share * (b.sentence - a.sentence),
                    a.tokens + share * (b.tokens - a.tokens),
                    a.offsets,
                )
                for a, b in zip(before, said, strict=True)
            ]
    return found


def _targets(scores: TokenScores) -> SoftTargets:
    return SoftTargets(
        softmax(sentence_logits(scores.votes)), softmax(scores.logits), tuple(scores.offsets)
    )

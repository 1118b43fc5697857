"""From scores of tokens to a sentence's label, probabilities and spans.

The label and the spans of a sentence never contradict each other: the codebook's rule
(`natostance.document.label_from_spans`), applied to the decoded spans, gives the decoded label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from natostance.checkpoint import Calibration
from natostance.document import LabelSet, Sentence, Span, label_from_spans
from natostance.inference.calibration import probabilities, softmax

Floats = NDArray[np.float32]

# inside quotation marks and brackets stands content; a span keeps them, but not other edges
_EDGE = " \t\r\n\u00a0,;:–—-"


@dataclass(frozen=True, slots=True)
class TokenScores:
    """What a backend gives for the tokens of one sentence.

    Args:
        votes: ``[tokens, labels + 1]``, the sentence head's votes, then their weight.
        logits: ``[tokens, labels]``, the token head's logits.
        offsets: start and end of each token, in code points of the document's text.
    """

    votes: Floats
    logits: Floats
    offsets: Sequence[tuple[int, int]]


def sentence_logits(votes: Floats) -> Floats:
    """Pool the votes of a sentence's tokens; see `natostance.modeling.heads.pool_sentences`.

    Args:
        votes: ``[tokens, labels + 1]``.

    Returns:
        ``[labels]``.
    """
    attention = softmax(votes[:, -1])
    pooled: Floats = (attention @ votes[:, :-1]).astype(np.float32)
    return pooled


def decode(
    text: str,
    sentence: Sentence,
    scores: TokenScores,
    labels: LabelSet,
    calibration: Calibration,
) -> tuple[Sentence, list[Span]]:
    """A sentence with its label and probabilities, and its spans.

    The label is that of the highest probability. Spans are the runs of tokens whose best label is
    one side; they give way where they would contradict the label.
    """
    chances = probabilities(sentence_logits(scores.votes), calibration.temperature)
    label = labels.names[int(chances.argmax())]
    tokens = softmax(scores.logits)
    spans = _spans(text, sentence, scores.offsets, tokens, label, labels)
    _, mixed = label_from_spans(spans, sentence.start, sentence.end, labels)
    decoded = Sentence(
        sentence.start,
        sentence.end,
        label,
        {name: float(p) for name, p in zip(labels.names, chances, strict=True)},
        mixed,
        bool(chances.max() < calibration.threshold),
    )
    return decoded, spans


def _spans(
    text: str,
    sentence: Sentence,
    offsets: Sequence[tuple[int, int]],
    tokens: Floats,
    label: str,
    labels: LabelSet,
) -> list[Span]:
    def agrees(found: list[Span]) -> bool:
        return label_from_spans(found, sentence.start, sentence.end, labels)[0] == label

    best = tokens.argmax(axis=1)
    spans = _runs(text, sentence, offsets, tokens, best, labels)
    if agrees(spans):
        return spans
    if label == labels.neutral:
        return []
    side, neutral = labels.index(label), labels.index(labels.neutral)
    one_sided = np.where(tokens[:, side] > tokens[:, neutral], side, neutral)
    spans = _runs(text, sentence, offsets, tokens, one_sided, labels)
    if agrees(spans):
        return spans
    # the token head sees nothing that the sentence head sees: take the likelier half of the tokens
    likelier = np.where(tokens[:, side] >= np.median(tokens[:, side]), side, neutral)
    spans = _runs(text, sentence, offsets, tokens, likelier, labels)
    if agrees(spans):
        return spans
    score = round(float(tokens[:, side].mean()), 6)
    return [Span(sentence.start, sentence.end, label, score)]


def _runs(
    text: str,
    sentence: Sentence,
    offsets: Sequence[tuple[int, int]],
    tokens: Floats,
    best: NDArray[np.intp],
    labels: LabelSet,
) -> list[Span]:
    """Spans of the runs of tokens with the same side, their edges trimmed by the codebook."""
    spans: list[Span] = []
    neutral = labels.index(labels.neutral)
    first = 0
    while first < len(best):
        end = first + 1
        while end < len(best) and best[end] == best[first]:
            end += 1
        if best[first] != neutral:
            start, stop = offsets[first][0], offsets[end - 1][1]
            start, stop = _trim(text, max(start, sentence.start), min(stop, sentence.end))
            if spans:
                start = max(start, spans[-1].end)
            if start < stop:
                side = int(best[first])
                score = round(float(tokens[first:end, side].mean()), 6)
                spans.append(Span(start, stop, labels.names[side], score))
        first = end
    return spans


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Codebook rule 3: no white space and no comma or dash at the edge of a span."""
    while start < end and text[start] in _EDGE:
        start += 1
    while start < end and text[end - 1] in _EDGE:
        end -= 1
    return start, end

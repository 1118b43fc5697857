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

# cost of a change of label between two tokens, in nats; chosen on the dev split
_CHANGE = 1.0
# steps by which a side that the sentence head sees is preferred to neutral, in nats a token
_PUSHES = (0.0, 1.0, 1.0, 1.0, 1.0)


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

    The label is that of the highest probability. Spans are runs of tokens on the best path through
    the token head's labels; they give way where they would contradict the label.
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
    if label == labels.neutral:
        return []

    def agrees(found: list[Span]) -> bool:
        return label_from_spans(found, sentence.start, sentence.end, labels)[0] == label

    evidence = np.log(np.maximum(tokens, 1e-9))
    spans = _runs(text, sentence, offsets, tokens, _best_path(evidence), labels)
    if agrees(spans):
        return spans
    # the token head leans to another label than the sentence head: keep to the one side, and
    # move the balance between it and neutral until it covers something
    side, neutral = labels.index(label), labels.index(labels.neutral)
    others = [i for i in range(len(labels.names)) if i not in (side, neutral)]
    evidence[:, others] = -np.inf
    for push in _PUSHES:
        evidence[:, side] += push
        spans = _runs(text, sentence, offsets, tokens, _best_path(evidence), labels)
        if agrees(spans):
            return spans
    score = round(float(tokens[:, side].mean()), 6)
    return [Span(sentence.start, sentence.end, label, score)]


def _best_path(evidence: Floats) -> NDArray[np.intp]:
    """The labels of tokens with the most evidence, less a cost for each change of label.

    This is Viterbi decoding with one transition cost; without it, a token head in two minds would
    give a span to each word.

    Args:
        evidence: ``[tokens, labels]``, log-probabilities, or minus infinity for what is ruled out.
    """
    count, width = evidence.shape
    back = np.zeros((count, width), dtype=np.intp)
    best = evidence[0].copy()
    stay = np.arange(width)
    for i in range(1, count):
        change = int(best.argmax())
        changed = best[change] - _CHANGE
        back[i] = np.where(best >= changed, stay, change)
        best = np.maximum(best, changed) + evidence[i]
    path = np.empty(count, dtype=np.intp)
    path[-1] = int(best.argmax())
    for i in range(count - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return path


def _runs(
    text: str,
    sentence: Sentence,
    offsets: Sequence[tuple[int, int]],
    tokens: Floats,
    path: NDArray[np.intp],
    labels: LabelSet,
) -> list[Span]:
    """Spans of the runs of tokens with the same side: whole words, edges as the codebook says."""
    spans: list[Span] = []
    neutral = labels.index(labels.neutral)
    first = 0
    while first < len(path):
        end = first + 1
        while end < len(path) and path[end] == path[first]:
            end += 1
        if path[first] != neutral:
            floor = spans[-1].end if spans else sentence.start
            start = max(floor, _word_start(text, offsets[first][0], floor))
            stop = min(_word_end(text, offsets[end - 1][1], sentence.end), sentence.end)
            start, stop = _trim(text, start, stop)
            if any(map(str.isalnum, text[start:stop])):
                side = int(path[first])
                score = round(float(tokens[first:end, side].mean()), 6)
                spans.append(Span(start, stop, labels.names[side], score))
        first = end
    return spans


def _word_start(text: str, at: int, floor: int) -> int:
    while at > floor and text[at - 1].isalnum() and text[at].isalnum():
        at -= 1
    return at


def _word_end(text: str, at: int, ceiling: int) -> int:
    while at < ceiling and text[at - 1].isalnum() and text[at].isalnum():
        at += 1
    return at


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Codebook rule 3: no white space and no comma or dash at the edge of a span."""
    while start < end and text[start] in _EDGE:
        start += 1
    while start < end and text[end - 1] in _EDGE:
        end -= 1
    return start, end

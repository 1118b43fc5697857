"""From scores of tokens to a sentence's label, probabilities and spans.

The label and the spans of a sentence never contradict each other: the codebook's rule
(`natostance.document.label_from_spans`), applied to the decoded spans, gives the decoded label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

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


# a sentence of a document with this text; and what comes of it
Scored: TypeAlias = tuple[str, Sentence, TokenScores]
Decoded: TypeAlias = tuple[Sentence, list[Span]]


def sentence_logits(votes: Floats) -> Floats:
    """Pool the votes of a sentence's tokens; see `natostance.modeling.heads.pool_sentences`.

    Args:
        votes: ``[tokens, labels + 1]``.

    Returns:
        ``[labels]``.
    """
    pooled: Floats = _pooled([votes])[0]
    return pooled


def decode(
    text: str,
    sentence: Sentence,
    scores: TokenScores,
    labels: LabelSet,
    calibration: Calibration,
) -> Decoded:
    """Decode one sentence; see `decode_many`."""
    return decode_many([(text, sentence, scores)], labels, calibration)[0]


def decode_many(
    given: Sequence[Scored], labels: LabelSet, calibration: Calibration
) -> list[Decoded]:
    """Sentences with their labels and probabilities, and their spans.

    The label is that of the highest probability. Spans are runs of tokens on the best path through
    the token head's labels; they give way where they would contradict the label. Sentences are
    decoded together because that is fast; none has a part in what comes out for another.

    Args:
        given: for each sentence the text of its document, its offsets, and its tokens' scores.
        labels: the labels, in the order of the scores.
        calibration: turns logits into probabilities.

    Returns:
        For each sentence the sentence with its label, and its spans in order.
    """
    if not given:
        return []
    pooled = _pooled([scores.votes for _, _, scores in given])
    chances = probabilities(pooled, calibration.temperature)
    abstained = (chances.max(axis=-1) < calibration.threshold).tolist()
    chosen = chances.argmax(axis=-1).tolist()
    names, neutral = labels.names, labels.index(labels.neutral)
    sided = [i for i, label in enumerate(chosen) if label != neutral]
    found = _spans([given[i] for i in sided], [chosen[i] for i in sided], labels)
    spans_of = dict(zip(sided, found, strict=True))
    decoded = []
    for i, ((_, sentence, _), row) in enumerate(zip(given, chances.tolist(), strict=True)):
        spans, mixed = spans_of.get(i, ([], False))
        scores = dict(zip(names, row, strict=True))
        made = Sentence(sentence.start, sentence.end, names[chosen[i]], scores, mixed, abstained[i])
        decoded.append((made, spans))
    return decoded


def _pooled(votes: Sequence[Floats]) -> Floats:
    """Logits of sentences, ``[sentences, labels]``; of at least one, each of at least one token."""
    lengths = np.array([len(own) for own in votes])
    ends = lengths.cumsum()
    weights = np.concatenate([own[:, -1] for own in votes])
    weights = np.exp(weights - np.repeat(np.maximum.reduceat(weights, ends - lengths), lengths))
    attention = _cut(weights, ends)
    # one by one: the last digit of a sum depends on how many numbers are added in one go
    pooled = [(own / own.sum()) @ cast[:, :-1] for own, cast in zip(attention, votes, strict=True)]
    return np.concatenate(pooled).reshape(len(votes), -1)


def _spans(
    given: Sequence[Scored], sides: Sequence[int], labels: LabelSet
) -> list[tuple[list[Span], bool]]:
    """The spans of sentences that take a side, and whether they are of several sides.

    Args:
        given: the sentences.
        sides: for each sentence the index of its label.
        labels: the labels.
    """
    if not given:
        return []
    ends = np.cumsum([len(scores.logits) for _, _, scores in given])
    chances = softmax(np.concatenate([scores.logits for _, _, scores in given]))
    evidence = _cut(np.log(np.maximum(chances, np.float32(1e-9))), ends)
    tokens = _cut(chances, ends)
    names, neutral = labels.names, labels.index(labels.neutral)
    attempts = {i: _attempts(evidence[i], side, neutral) for i, side in enumerate(sides)}
    found: dict[int, tuple[list[Span], bool]] = {}
    for _ in range(1 + len(_PUSHES)):
        if not attempts:
            break
        paths = _best_paths([next(attempt) for attempt in attempts.values()])
        for i, path in zip(list(attempts), paths, strict=True):
            text, sentence, scores = given[i]
            spans = _runs(text, sentence, scores.offsets, tokens[i], path, names, neutral)
            label, mixed = label_from_spans(spans, sentence.start, sentence.end, labels)
            if label == names[sides[i]]:
                found[i] = spans, mixed
                del attempts[i]
    for i in attempts:
        _, sentence, _ = given[i]
        score = round(float(tokens[i][:, sides[i]].mean()), 6)
        found[i] = [Span(sentence.start, sentence.end, names[sides[i]], score)], False
    return [found[i] for i in range(len(given))]


def _attempts(evidence: Floats, side: int, neutral: int) -> Iterator[Floats]:
    """What to seek the path of a sentence in, until its spans agree with its label.

    Args:
        evidence: ``[tokens, labels]``, log-probabilities; they are changed.
        side: index of the sentence's label.
        neutral: index of neutral.
    """
    yield evidence
    # the token head leans to another label than the sentence head: keep to the one side, and
    # move the balance between it and neutral until it covers something
    evidence[:, [i for i in range(evidence.shape[1]) if i not in (side, neutral)]] = -np.inf
    for push in _PUSHES:
        evidence[:, side] += push
        yield evidence


def _best_paths(evidence: Sequence[Floats]) -> list[list[int]]:
    """The labels of tokens with the most evidence, less a cost for each change of label.

    This is Viterbi decoding with one transition cost; without it, a token head in two minds would
    give a span to each word. All sentences go forward together, a token a step.

    Args:
        evidence: for each sentence ``[tokens, labels]``, log-probabilities, or minus infinity for
            what is ruled out.

    Returns:
        For each sentence the label of each token.
    """
    # longest first, so that those that still have a token are always the first ones; nothing is
    # padded, since one sentence may be as long as a book
    order = sorted(range(len(evidence)), key=lambda i: -len(evidence[i]))
    lengths = np.array([len(evidence[i]) for i in order])
    counts = np.searchsorted(-lengths, -np.arange(lengths[0]))  # sentences longer than each step
    firsts = counts.cumsum() - counts
    # where each sentence's tokens stand when all first tokens come first, then all second ones
    places = np.concatenate([firsts[: len(evidence[i])] + rank for rank, i in enumerate(order)])
    stepwise = np.empty((len(places), evidence[0].shape[1]), dtype=np.float32)
    stepwise[places] = np.concatenate([evidence[i] for i in order])
    steps = [slice(a, a + count) for a, count in zip(firsts.tolist(), counts.tolist(), strict=True)]

    back = np.zeros(stepwise.shape, dtype=np.intp)
    rows, stay = np.arange(len(order)), np.arange(stepwise.shape[1])
    ends = np.empty(len(order), dtype=np.intp)
    best = stepwise[steps[0]]
    for step, count in zip(steps[1:], counts[1:].tolist(), strict=True):
        if count < len(best):
            ends[count : len(best)] = best[count:].argmax(axis=1)
            best = best[:count]
        change = best.argmax(axis=1)
        changed = best[rows[:count], change][:, None] - np.float32(_CHANGE)
        back[step] = np.where(best >= changed, stay, change[:, None])
        best = np.maximum(best, changed) + stepwise[step]
    ends[: len(best)] = best.argmax(axis=1)

    path = np.empty(len(places), dtype=np.intp)
    for step, count in zip(reversed(steps), reversed(counts.tolist()), strict=True):
        path[step] = ends[:count]
        ends[:count] = back[step][rows[:count], ends[:count]]
    paths = _cut(path[places], lengths.cumsum())
    found = {i: one.tolist() for i, one in zip(order, paths, strict=True)}
    return [found[i] for i in range(len(evidence))]


def _cut(array: NDArray[Any], ends: NDArray[np.intp]) -> list[NDArray[Any]]:
    """The stretches of an array that end at these rows."""
    stops = ends.tolist()
    return [array[a:b] for a, b in zip([0, *stops], stops, strict=False)]


def _runs(
    text: str,
    sentence: Sentence,
    offsets: Sequence[tuple[int, int]],
    tokens: Floats,
    path: Sequence[int],
    names: Sequence[str],
    neutral: int,
) -> list[Span]:
    """Spans of the runs of tokens with the same side: whole words, edges as the codebook says."""
    spans: list[Span] = []
    end = 0
    for side, run in groupby(path):
        first, end = end, end + len(list(run))
        if side == neutral:
            continue
        floor = spans[-1].end if spans else sentence.start
        start = max(floor, _word_start(text, offsets[first][0], floor))
        stop = min(_word_end(text, offsets[end - 1][1], sentence.end), sentence.end)
        start, stop = _trim(text, start, stop)
        if any(map(str.isalnum, text[start:stop])):
            score = round(float(tokens[first:end, side].mean()), 6)
            spans.append(Span(start, stop, names[side], score))
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

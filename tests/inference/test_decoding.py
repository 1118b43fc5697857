"""Decoding: label and spans of a sentence, which never contradict each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from natostance.checkpoint import Calibration
from natostance.document import STANCE, Document, Sentence, label_from_spans
from natostance.inference import decoding
from natostance.inference.decoding import Scored, TokenScores, decode, decode_many

TEXT = "He said, the veto is ours, and left."
WORDS = [
    (0, 2),
    (3, 7),
    (7, 8),
    (9, 12),
    (13, 17),
    (18, 20),
    (21, 25),
    (25, 26),
    (27, 30),
    (31, 35),
]
NATO, RUSSIA, NEUTRAL = 0, 1, 2


def scores(sentence: list[float], tokens: list[int], sure: float = 5.0) -> TokenScores:
    """The same vote of every token for the sentence, and the given label for each token."""
    votes = np.array([[*sentence, 0.0]] * len(tokens), dtype=np.float32)
    logits = np.zeros((len(tokens), 3), dtype=np.float32)
    logits[np.arange(len(tokens)), tokens] = sure
    return TokenScores(votes, logits, WORDS[: len(tokens)])


def decoded(given_scores: TokenScores, calibration: Calibration | None = None) -> Document:
    sentence = Sentence(0, len(TEXT))
    found, spans = decode(TEXT, sentence, given_scores, STANCE, calibration or Calibration())
    return Document(TEXT, "", (found,), tuple(spans))


def test_runs_of_tokens_become_spans_without_comma_at_the_edge() -> None:
    tokens = [2, 2, RUSSIA, RUSSIA, RUSSIA, RUSSIA, RUSSIA, RUSSIA, 2, 2]
    document = decoded(scores([0, 3, 0], tokens))
    assert [document[s] for s in document.spans] == ["the veto is ours"]
    assert document.spans[0].score == pytest.approx(np.exp(5) / (np.exp(5) + 2), abs=1e-4)
    (sentence,) = document.sentences
    assert (sentence.label, sentence.mixed) == ("RUSSIA", False)


def test_both_sides_in_one_sentence_are_mixed() -> None:
    tokens = [NATO, NATO, 2, RUSSIA, RUSSIA, RUSSIA, RUSSIA, 2, 2, 2]
    (sentence,) = decoded(scores([0, 3, 0], tokens)).sentences
    assert (sentence.label, sentence.mixed) == ("RUSSIA", True)


def test_a_neutral_sentence_has_no_spans() -> None:
    assert decoded(scores([0, 0, 3], [NATO] * 10)).spans == ()


def test_a_side_without_tokens_of_its_own_gets_a_span() -> None:
    document = decoded(scores([3, 0, 0], [NEUTRAL] * 10))
    assert document.sentences[0].label == "NATO"
    assert {s.label for s in document.spans} == {"NATO"}


def test_scores_are_probabilities_after_temperature() -> None:
    plain = decoded(scores([2, 0, 0], [NATO] * 10)).sentences[0].scores
    cooled = decoded(scores([2, 0, 0], [NATO] * 10), Calibration(temperature=2.0)).sentences[0]
    assert plain is not None
    assert cooled.scores is not None
    assert plain["NATO"] == pytest.approx(np.exp(2) / (np.exp(2) + 2), abs=1e-6)
    assert cooled.scores["NATO"] == pytest.approx(np.exp(1) / (np.exp(1) + 2), abs=1e-6)


def test_abstention_keeps_the_best_label() -> None:
    calibration = Calibration(threshold=0.9)
    (unsure,) = decoded(scores([1, 0, 0], [NATO] * 10), calibration).sentences
    (sure,) = decoded(scores([9, 0, 0], [NATO] * 10), calibration).sentences
    assert (unsure.label, unsure.abstained, sure.abstained) == ("NATO", True, False)


@given(st.integers(0, 2**31), st.integers(1, 10))
def test_label_and_spans_never_contradict_each_other(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    given_scores = TokenScores(
        rng.normal(scale=3, size=(count, 4)).astype(np.float32),
        rng.normal(scale=3, size=(count, 3)).astype(np.float32),
        WORDS[:count],
    )
    document = decoded(given_scores)
    (sentence,) = document.sentences
    label, mixed = label_from_spans(document.spans, sentence.start, sentence.end)
    assert (label, mixed) == (sentence.label, sentence.mixed)
    assert sentence.scores is not None
    assert sum(sentence.scores.values()) == pytest.approx(1, abs=1e-5)
    for span in document.spans:
        assert document[span] == document[span].strip(" ,")


@given(st.integers(0, 2**31), st.lists(st.integers(1, 10), max_size=12))
def test_sentences_decoded_together_come_out_as_each_by_itself(
    seed: int, counts: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    scored: list[Scored] = [
        (
            TEXT,
            Sentence(0, len(TEXT)),
            TokenScores(
                rng.normal(scale=3, size=(count, 4)).astype(np.float32),
                rng.normal(scale=3, size=(count, 3)).astype(np.float32),
                WORDS[:count],
            ),
        )
        for count in counts
    ]
    calibration = Calibration(temperature=1.3, threshold=0.6)
    # to the last bit: what is written must not depend on the company
    together = decode_many(scored, STANCE, calibration)
    assert together == [decode(*one, STANCE, calibration) for one in scored]


@given(st.integers(0, 2**31), st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_a_path_is_the_best_of_all_ways_to_label_the_tokens(seed: int, counts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    evidence = [rng.normal(scale=2, size=(count, 3)).astype(np.float32) for count in counts]

    def worth(own: NDArray[np.float32], way: Sequence[int]) -> float:
        """Evidence less one nat for each change of label."""
        changes = sum(a != b for a, b in itertools.pairwise(way))
        return float(sum(own[i, label] for i, label in enumerate(way))) - changes

    for own, path in zip(evidence, decoding._best_paths(evidence), strict=True):
        ways = itertools.product(range(3), repeat=len(own))
        assert worth(own, path) == pytest.approx(max(worth(own, way) for way in ways), abs=1e-4)

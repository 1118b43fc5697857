"""Span matches, characters and partial credit, counted by hand."""

from __future__ import annotations

from random import Random

import pytest
from evaluation_cases import some_spans
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.document import Span
from natostance.evaluation.counts import Counts
from natostance.evaluation.spans import (
    MODES,
    CreditCounts,
    MatchCounts,
    Mode,
    character_counts,
    credit_counts,
    match,
)

# exact with the right label; exact with a wrong one; overlapping with the right label; overlapping
# with a wrong one; missed
GOLD = [
    Span(0, 10, "NATO"),
    Span(20, 30, "NATO"),
    Span(40, 50, "RUSSIA"),
    Span(60, 70, "RUSSIA"),
    Span(80, 90, "NATO"),
]
# ... and one that is made up
PREDICTED = [
    Span(0, 10, "NATO"),
    Span(20, 30, "RUSSIA"),
    Span(42, 50, "RUSSIA"),
    Span(55, 65, "NATO"),
    Span(95, 99, "NATO"),
]


@pytest.mark.parametrize(
    ("mode", "counts"),
    [
        ("strict", MatchCounts(correct=1, incorrect=3, missed=1, spurious=1)),
        ("exact", MatchCounts(correct=2, incorrect=2, missed=1, spurious=1)),
        ("partial", MatchCounts(correct=2, partial=2, missed=1, spurious=1)),
        ("type", MatchCounts(correct=2, incorrect=2, missed=1, spurious=1)),
    ],
)
def test_modes(mode: Mode, counts: MatchCounts) -> None:
    assert match(GOLD, PREDICTED, mode) == counts


def test_rates_of_a_mode() -> None:
    counts = MatchCounts(correct=2, partial=2, missed=1, spurious=2)
    assert (counts.support, counts.predicted) == (5, 6)
    assert counts.precision == pytest.approx(3 / 6)
    assert counts.recall == pytest.approx(3 / 5)
    assert counts.f1 == pytest.approx(2 * 3 / 11)


def test_nothing_predicted_for_nothing_is_perfect() -> None:
    for mode in MODES:
        assert match([], [], mode).f1 == 1
        assert match(GOLD, [], mode).f1 == 0
        assert match([], PREDICTED, mode).f1 == 0
    assert credit_counts([], []).f1 == 1
    assert credit_counts(GOLD, []).f1 == 0


def test_touching_spans_do_not_overlap() -> None:
    assert match([Span(0, 5, "NATO")], [Span(5, 9, "NATO")], "partial") == MatchCounts(
        missed=1, spurious=1
    )


def test_a_loose_span_does_not_take_the_partner_of_an_exact_one() -> None:
    gold = [Span(0, 10, "NATO")]
    predicted = [Span(0, 14, "NATO"), Span(0, 10, "NATO")]
    assert match(gold, predicted, "strict") == MatchCounts(correct=1, spurious=1)
    assert match(gold, predicted, "partial") == MatchCounts(correct=1, spurious=1)


def test_all_pairs_that_can_be_made_are_made() -> None:
    # the first prediction is closer to the second span, but then the second one has none left
    gold = [Span(0, 4, "NATO"), Span(5, 20, "NATO")]
    predicted = [Span(3, 18, "NATO"), Span(19, 20, "NATO")]
    assert match(gold, predicted, "type") == MatchCounts(correct=2)


def test_characters_by_label() -> None:
    gold = [Span(0, 10, "NATO"), Span(20, 25, "RUSSIA")]
    predicted = [Span(5, 15, "NATO"), Span(20, 25, "NATO")]
    assert character_counts(gold, predicted, "NATO") == Counts(tp=5, fp=10, fn=5)
    assert character_counts(gold, predicted, "RUSSIA") == Counts(tp=0, fp=0, fn=5)


def test_a_character_in_two_spans_counts_once() -> None:
    gold = [Span(0, 10, "NATO"), Span(5, 12, "NATO")]
    assert character_counts(gold, [Span(0, 6, "NATO")], "NATO") == Counts(tp=6, fp=0, fn=6)


def test_partial_credit_by_hand() -> None:
    gold = [Span(0, 10, "NATO"), Span(20, 30, "RUSSIA")]
    predicted = [Span(5, 25, "NATO"), Span(20, 22, "RUSSIA"), Span(40, 44, "RUSSIA")]
    # 5 of 20 characters, 2 of 2, 0 of 4; and 5 of 10, 2 of 10
    counts = credit_counts(gold, predicted)
    assert counts == CreditCounts(found=1.25, predicted=3, covered=0.7, support=2)
    assert counts.precision == pytest.approx(1.25 / 3)
    assert counts.recall == pytest.approx(0.35)
    assert counts.f1 == pytest.approx(2 * (1.25 / 3) * 0.35 / (1.25 / 3 + 0.35))


def test_partial_credit_merges_what_overlaps() -> None:
    doubled = [Span(0, 8, "NATO"), Span(4, 10, "NATO")]
    assert credit_counts([Span(0, 10, "NATO")], doubled) == CreditCounts(1, 1, 1, 1)


@settings(max_examples=100)
@given(some_spans(True), some_spans(True), st.randoms(use_true_random=False))
def test_neither_order_nor_side_matters(
    gold: list[Span], predicted: list[Span], random: Random
) -> None:
    shuffled = [random.sample(spans, len(spans)) for spans in (gold, predicted)]
    for mode in MODES:
        counts = match(gold, predicted, mode)
        assert match(*shuffled, mode) == counts
        turned = match(predicted, gold, mode)
        assert (turned.precision, turned.recall) == (counts.recall, counts.precision)
        assert (turned.missed, turned.spurious) == (counts.spurious, counts.missed)
    credit, turned_credit = credit_counts(gold, predicted), credit_counts(predicted, gold)
    assert turned_credit.precision == pytest.approx(credit.recall)
    for label in ("NATO", "RUSSIA"):
        characters = character_counts(gold, predicted, label)
        swapped = character_counts(predicted, gold, label)
        assert (swapped.tp, swapped.fp) == (characters.tp, characters.fn)


@settings(max_examples=50)
@given(some_spans(True))
def test_perfect_predictions(spans: list[Span]) -> None:
    for mode in MODES:
        assert match(spans, spans, mode) == MatchCounts(correct=len(spans))
    assert credit_counts(spans, spans).f1 == pytest.approx(1)


@settings(max_examples=100)
@given(some_spans(True), some_spans(True))
def test_a_looser_mode_never_gives_less(gold: list[Span], predicted: list[Span]) -> None:
    points = {mode: match(gold, predicted, mode) for mode in MODES}
    assert points["strict"].correct <= points["exact"].correct <= points["partial"].correct
    assert points["strict"].correct <= points["type"].correct


def nervaluate_counts(gold: list[Span], predicted: list[Span], mode: Mode) -> MatchCounts:
    nervaluate = pytest.importorskip("nervaluate")
    sides = [
        # its ends are inclusive
        [[{"label": s.label, "start": s.start, "end": s.end - 1} for s in spans]]
        for spans in (gold, predicted)
    ]
    evaluator = nervaluate.Evaluator(*sides, tags=["NATO", "RUSSIA"], loader="dict")
    result = evaluator.evaluate()["overall"]["ent_type" if mode == "type" else mode]
    return MatchCounts(
        result.correct, result.incorrect, result.partial, result.missed, result.spurious
    )


@pytest.mark.peers
@settings(max_examples=100, deadline=None)
@given(some_spans(False), some_spans(False))
def test_nervaluate_gives_the_same_where_no_side_overlaps_itself(
    gold: list[Span], predicted: list[Span]
) -> None:
    for mode in ("strict", "exact", "partial"):
        assert match(gold, predicted, mode) == nervaluate_counts(gold, predicted, mode)


@pytest.mark.peers
@settings(max_examples=100, deadline=None)
@given(some_spans(False), some_spans(False))
def test_nervaluate_never_finds_more_of_the_right_type(
    gold: list[Span], predicted: list[Span]
) -> None:
    assert (
        nervaluate_counts(gold, predicted, "type").correct <= match(gold, predicted, "type").correct
    )


@pytest.mark.peers
def test_nervaluate_misses_an_exact_span_behind_a_loose_one() -> None:
    """The difference that docs/evaluation.md explains."""
    gold = [Span(0, 10, "NATO")]
    predicted = [Span(0, 14, "NATO"), Span(0, 10, "NATO")]
    assert nervaluate_counts(gold, predicted, "strict").correct == 0
    in_order = nervaluate_counts(gold, predicted[::-1], "strict")
    assert in_order == match(gold, predicted, "strict")


@pytest.mark.peers
@settings(max_examples=60, deadline=None)
@given(some_spans(False), some_spans(False))
def test_seqeval_gives_the_same_strict_figures(gold: list[Span], predicted: list[Span]) -> None:
    metrics = pytest.importorskip("seqeval.metrics")
    scheme = pytest.importorskip("seqeval.scheme")
    tags = []
    for spans in (gold, predicted):
        row = ["O"] * 30
        for span in spans:
            row[span.start : span.end] = [f"I-{span.label}"] * (span.end - span.start)
            row[span.start] = f"B-{span.label}"
        tags.append([row])
    if not gold or not predicted:
        return  # its conventions for nothing are others
    counts = match(gold, predicted, "strict")
    found = [
        getattr(metrics, f"{name}_score")(*tags, mode="strict", scheme=scheme.IOB2)
        for name in ("precision", "recall", "f1")
    ]
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx(found)

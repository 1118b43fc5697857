"""Shares corrected for a classifier's errors, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from evaluation_cases import LABELS, article
from hypothesis import given
from hypothesis import strategies as st

from natostance.document import Document, Sentence
from natostance.errors import InputError
from natostance.evaluation.estimators import (
    Estimate,
    adjusted_counts,
    nearest_shares,
    prediction_powered,
    raw_shares,
    student_quantile,
)
from natostance.evaluation.quantification import OWN_GOLD, Share, shares

# how the simulated classifier confuses labels: gold in rows
CONFUSION = np.array([[0.8, 0.05, 0.15], [0.1, 0.75, 0.15], [0.15, 0.1, 0.75]])
TRUTH = np.array([0.2, 0.15, 0.65])


def population(rng: np.random.Generator, articles: int, truth: np.ndarray = TRUTH) -> np.ndarray:
    """Confusions of articles ``[articles, gold, predicted]``; each has a slant of its own."""
    mix = rng.dirichlet(4 * truth, articles)
    # sentences do not depend on the slant, so that the truth is the same for shares of sentences
    sentences = rng.integers(8, 30, articles)
    gold = rng.multinomial(sentences, mix)
    return np.stack([rng.multinomial(gold[:, g], CONFUSION[g]) for g in range(3)], axis=1)


def row(found: tuple[Share, ...], value: str, label: str) -> Share:
    (one,) = [s for s in found if (s.value, s.label) == (value, label)]
    return one


def test_raw_shares_by_hand() -> None:
    # 3 of 4, 1 of 4: residuals of the ratio 1/2 are 1 and -1 of 8 sentences
    found = raw_shares([[3, 1], [1, 3]])
    assert list(found.shares) == [0.5, 0.5]
    assert found.errors[0] == pytest.approx(np.sqrt(2 * (1 / 8) ** 2 * 2))
    assert found.freedom == 1


def test_prediction_powered_by_hand() -> None:
    # predicted 6 of 16; on the gold, 3 are of the label and 2 predicted, of 8
    predicted = [[2, 2], [0, 4], [2, 2], [2, 2]]
    gold = [[[1, 1], [1, 1]], [[0, 1], [0, 3]]]
    found = prediction_powered(predicted, gold, [0, 1])
    assert list(found.shares) == pytest.approx([6 / 16 + 1 / 8, 10 / 16 - 1 / 8])
    # influences: predictions (0.5, -1.5, 0.5, 0.5) / 16 scaled by 4/3, gold (-0.5, 0.5) / 8 by 2
    plain = np.array([0.5, -1.5, 0.5, 0.5]) / 16 * np.sqrt(4 / 3)
    plain[:2] += np.array([-0.5, 0.5]) / 8 * np.sqrt(2)
    assert found.errors[0] == pytest.approx(np.sqrt((plain**2).sum()))


def test_adjusted_counts_by_hand() -> None:
    # of 10 A, 8 are called A; of 10 B, 4: called A = 0.8 a + 0.4 (1 - a) = 0.6, so a is 0.5
    gold = [[[4, 1], [2, 3]], [[4, 1], [2, 3]]]
    found = adjusted_counts([[6, 4], [6, 4]], gold, [None, None])
    assert list(found.shares) == pytest.approx([0.5, 0.5])
    assert list(found.errors) == pytest.approx([0, 0])


def test_adjusted_counts_that_cannot_be() -> None:
    with pytest.raises(InputError, match="no sentence of a label"):
        adjusted_counts([[6, 4]] * 2, [[[4, 1], [0, 0]]] * 2, [None, None])
    with pytest.raises(InputError, match="too badly"):
        adjusted_counts([[6, 4]] * 2, [[[3, 2], [3, 2]]] * 2, [None, None])


def test_student_quantiles_are_those_of_the_tables() -> None:
    for freedom, quantile in ((5, 2.5706), (10, 2.2281), (30, 2.0423), (1000, 1.9623)):
        assert student_quantile(0.975, freedom) == pytest.approx(quantile, rel=2e-3)
    assert student_quantile(0.975, 0) == float("inf")


def test_intervals_are_cut_at_nothing_and_everything() -> None:
    estimate = Estimate(np.array([0.02, 0.98]), np.array([0.05, 0.05]), 50)
    assert estimate.interval(0).low == 0
    assert estimate.interval(1).high == 1
    assert estimate.possible()
    assert not Estimate(np.array([-0.3, 1.3]), np.array([0.05, 0.05]), 50).possible()


@pytest.mark.parametrize("method", ["ppi", "adjusted"])
def test_intervals_cover_and_raw_ones_do_not(method: str) -> None:
    rng = np.random.default_rng(2024)
    runs, covered, raw = 1500, np.zeros(3), np.zeros(3)
    for _ in range(runs):
        cells = population(rng, 200)
        predicted = cells.sum(1)
        if method == "ppi":  # the gold is a sample of the labelled articles
            found = prediction_powered(predicted, cells[:50], list(range(50)))
        else:  # the gold is from elsewhere, with other shares
            elsewhere = population(rng, 50, np.array([0.35, 0.3, 0.35]))
            found = adjusted_counts(predicted, elsewhere, [None] * 50)
        plain = raw_shares(predicted)
        for i, truth in enumerate(TRUTH):
            interval = found.interval(i)
            covered[i] += interval.low <= truth <= interval.high
            interval = plain.interval(i)
            raw[i] += interval.low <= truth <= interval.high
    assert np.all((covered / runs >= 0.93) & (covered / runs <= 0.97)), covered / runs
    assert np.all(raw / runs < 0.6), raw / runs


def test_shares_of_a_collection() -> None:
    labelled = [
        article("NN-", "a", meta={"outlet": "X"}, abstained="?"),
        article("R--", "b", meta={"outlet": "X"}),
        article("RRR", "c", meta={"outlet": "Y"}),
        article("", "empty", meta={"outlet": "Z"}),
    ]
    gold = [article("NR-", "a"), article("R-N", "b"), article("NRR", "c")]
    found = shares(labelled, gold, by="outlet")
    assert [(s.value, s.label) for s in found.rows] == [(v, n) for v in "XY" for n in LABELS]
    nato = row(found.rows, "X", "NATO")
    assert (nato.raw, nato.abstained, nato.sentences, nato.articles) == (
        pytest.approx(1 / 3),
        0.5,
        6,
        2,
    )
    assert (nato.method, nato.gold_articles) == ("adjusted", 3)
    assert row(found.rows, "Y", "RUSSIA").raw_interval is None  # a single article
    assert found.to_dict()["by"] == "outlet"
    assert {s.value for s in shares(labelled, gold).rows} == {"all"}


def test_a_perfect_classifier_needs_no_correction() -> None:
    labelled = [article("NR--"[i % 3 :] + "N-R", f"a{i}") for i in range(OWN_GOLD + 5)]
    for gold in (labelled[:OWN_GOLD], labelled[:4]):
        for share in shares(labelled, gold).rows:
            assert share.corrected == pytest.approx(share.raw)
            assert share.method == ("ppi" if len(gold) == OWN_GOLD else "adjusted")
            assert share.interval is not None
            assert share.raw_interval is not None
            assert share.interval.low == pytest.approx(share.raw_interval.low, abs=0.02)


def test_a_single_article_is_corrected_also_where_no_label_is_ever_missed() -> None:
    gold = [article("NR-", f"g{i}") for i in range(3)]
    alone = article("NNR-", "alone").replace(meta={"outlet": "Y"})
    found = shares([*gold, alone], gold, by="outlet")
    assert row(found.rows, "Y", "NATO").corrected == pytest.approx(0.5)
    assert row(found.rows, "Y", "NATO").interval is None


def test_gold_from_elsewhere_does_not_count_in_the_shares() -> None:
    labelled = [article("N---", f"a{i}") for i in range(3)]
    gold, predicted = (
        [article("NR-", "x"), article("NR-", "y")],
        [article("NR-", "x"), article("NR-", "y")],
    )
    found = shares(labelled, gold, predicted=predicted)
    assert row(found.rows, "all", "NATO").corrected == pytest.approx(0.25)
    assert row(found.rows, "all", "NATO").sentences == 12


def test_a_correction_that_no_chance_explains_is_withheld() -> None:
    # the gold says that a tenth of neutral sentences are called NATO; here none are
    gold = [article("N" * 5 + "R" * 5 + "-" * 40, f"g{i}") for i in range(6)]
    predicted = [article("N" * 5 + "R" * 5 + "N" * 20 + "-" * 20, f"g{i}") for i in range(6)]
    found = shares([article("-" * 20, f"a{i}") for i in range(6)], gold, predicted=predicted)
    assert {(s.corrected, s.interval) for s in found.rows} == {(None, None)}
    assert row(found.rows, "all", "NEUTRAL").raw == 1


@pytest.mark.parametrize(
    ("labelled", "gold", "complaint"),
    [
        ([article("N", "a")], [article("N", "b")], "not among the labelled ones: b"),
        ([article("N", "a")], [article("N", "a")], "one gold article gives no interval"),
        ([article("N", "a")] * 2, [article("N", "a")], "stands there twice"),
        (
            [article("NR-", "a"), article("NR-", "b"), Document("x", "c", (Sentence(0, 1),))],
            [article("NR-", "a"), article("NR-", "b")],
            "'c' has sentences without a label",
        ),
    ],
)
def test_what_cannot_be_counted_is_named(
    labelled: list[Document], gold: list[Document], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        shares(labelled, gold)


def test_the_nearest_shares_by_hand() -> None:
    assert list(nearest_shares([0.2, 0.3, 0.5])) == pytest.approx([0.2, 0.3, 0.5])
    # the 0.2 below nothing are taken from the others, in equal parts
    assert list(nearest_shares([-0.2, 0.5, 0.7])) == pytest.approx([0, 0.4, 0.6])
    assert list(nearest_shares([-0.4, 0.1, 1.3])) == pytest.approx([0, 0, 1])


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=5))
def test_the_nearest_shares_are_shares_and_none_is_nearer(given_shares: list[float]) -> None:
    estimates = np.array(given_shares)
    estimates[-1] += 1 - estimates.sum()
    found = nearest_shares(estimates)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    others = np.random.default_rng(0).dirichlet(np.ones(len(estimates)), 50)
    least = ((others - estimates) ** 2).sum(1).min()
    assert ((found - estimates) ** 2).sum() <= least + 1e-9


def test_corrected_shares_of_a_group_sum_to_one_and_lie_in_their_intervals() -> None:
    rng = np.random.default_rng(5)
    letters = "NR-"
    truth, seen = [], []
    for i in range(40):
        gold = rng.choice(3, 5, p=(0.05, 0.15, 0.8))
        predicted = [rng.choice(3, p=CONFUSION[g]) for g in gold]
        meta = {"outlet": f"o{i % 8}"}
        truth.append(article("".join(letters[g] for g in gold), f"a{i}", meta=meta))
        seen.append(article("".join(letters[p] for p in predicted), f"a{i}", meta=meta))
    rows = [r for r in shares(seen, truth, by="outlet").rows if r.corrected is not None]
    assert any(r.corrected == 0 < r.raw for r in rows)
    for value in {r.value for r in rows}:
        assert sum(r.corrected or 0 for r in rows if r.value == value) == pytest.approx(1)
    for r in rows:
        assert r.interval is not None
        assert r.interval.low <= (r.corrected or 0) <= r.interval.high


@pytest.mark.peers
def test_ppi_python_gives_the_same_where_sentences_stand_alone() -> None:
    ppi = pytest.importorskip("ppi_py")
    rng = np.random.default_rng(3)
    cells = np.stack(
        [
            np.outer(np.eye(3)[g], np.eye(3)[rng.choice(3, p=CONFUSION[g])])
            for g in rng.choice(3, 1_500, p=TRUTH)
        ]
    )
    gold, apart = cells[:300], cells[300:]
    ours = prediction_powered(apart.sum(1), gold, [None] * len(gold))
    # lam=1: prediction-powered inference as published first
    low, high = ppi.ppi_mean_ci(gold.sum(2), gold.sum(1), apart.sum(1), alpha=0.05, lam=1)
    assert list(ours.shares) == pytest.approx(list((low + high) / 2))
    assert list(ours.errors) == pytest.approx(list((high - low) / 2 / 1.959964), rel=0.01)

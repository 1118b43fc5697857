"""Gold against predictions, end to end."""

from __future__ import annotations

import json

import pytest
from evaluation_cases import article, collections, labelled_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from natostance.document import Document, Sentence, Span
from natostance.errors import InputError
from natostance.evaluation.counts import Counts
from natostance.evaluation.harness import Evaluation, evaluate


def small() -> Evaluation:
    gold = [
        article("NR-", "a", meta={"outlet": "X", "date": "2022-01-01"}),
        article("N---", "b", meta={"outlet": "Y", "date": "2021-01-01"}),
    ]
    predicted = [
        article("N---", "b", scores=[0.9, 0.8, 0.7, 0.6], abstained="---?"),
        article("NN-", "a", scores=[0.9, 0.5, 0.8]),
    ]
    return evaluate(gold, predicted, hashes={"gold": "abc"})


def test_figures_by_hand() -> None:
    found = small()
    assert found.articles == 2
    assert found.sentences.cells == ((2, 0, 0), (1, 0, 0), (0, 0, 4))
    # NATO 2 of 3 predicted and all found, RUSSIA none, NEUTRAL all
    assert found.macro_f1 == pytest.approx((0.8 + 0 + 1) / 3)
    assert found.characters == {"NATO": Counts(20, 10, 0), "RUSSIA": Counts(0, 0, 10)}
    assert found.character_f1 == pytest.approx(2 * 20 / (2 * 20 + 10 + 10))


def test_results_are_json_and_hold_everything() -> None:
    results = small().to_dict(columns=["outlet"], resamples=200)
    assert json.loads(json.dumps(results)) == results
    assert results["format"] == 2
    assert results["hashes"] == {"gold": "abc"}
    assert (results["articles"], results["sentences"]) == (2, 7)
    assert results["classes"]["NATO"] == {
        "precision": 0.6667,
        "recall": 1.0,
        "f1": 0.8,
        "support": 2,
        "predicted": 3,
    }
    strict, exact = (results["spans"]["all"][mode] for mode in ("strict", "exact"))
    assert (strict["correct"], strict["incorrect"]) == (2, 1)
    assert (exact["correct"], exact["f1"]) == (3, 1.0)
    assert results["partial_credit"]["f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert results["alignment"]["same"] == 7
    assert results["abstained"] == {
        "sentences": 1,
        "others_macro_f1": pytest.approx((0.8 + 0 + 1) / 3, abs=1e-4),
        "others_accuracy": pytest.approx(5 / 6, abs=1e-4),
    }
    assert results["calibration"]["sentences"] == 7
    assert results["intervals"]["macro_f1"][0] <= results["macro_f1"]
    assert {"outlet", "year", "speech", "mixed"} <= {s["column"] for s in results["slices"]}
    assert list(results["by_article"]) == ["a", "b"]


def test_what_training_reads_is_there() -> None:
    found = small()
    results = found.to_dict(resamples=100)
    assert results["macro_f1"] == pytest.approx(found.macro_f1, abs=1e-4)
    assert results["character_f1"] == pytest.approx(found.character_f1, abs=1e-4)
    assert {"articles", "sentences", "accuracy", "classes", "confusion"} <= results.keys()


def test_no_scores_no_calibration() -> None:
    found = evaluate([article("NR")], [article("NR")])
    assert found.calibration() is None
    assert found.to_dict()["calibration"] is None


def test_one_article_has_no_intervals() -> None:
    results = evaluate([article("NR")], [article("NR")]).to_dict()
    assert results["intervals"] == {}
    assert results["macro_f1"] == 1


def test_scores_that_are_no_probabilities_are_refused() -> None:
    predicted = Document(
        article("N").text,
        "a",
        (Sentence(0, 10, "NATO", {"NATO": 4.0, "RUSSIA": 1.0, "NEUTRAL": 0.0}),),
    )
    with pytest.raises(InputError, match="no probabilities"):
        evaluate([article("N")], [predicted]).to_dict()


def test_an_absent_class_is_named_and_left_out() -> None:
    results = evaluate([article("N-")], [article("N-")]).to_dict()
    assert results["absent"] == ["RUSSIA"]
    assert results["macro_f1"] == 1


def test_a_rare_label_is_not_perfect_where_a_draw_lacks_it() -> None:
    letters = ["N-RR-", "RR-"] + ["N--N"] * 10
    predicted = ["N-R--", "R--"] + ["N--N"] * 10
    found = evaluate(*collections(list(zip(letters, predicted, strict=True)))).to_dict()
    assert found["classes"]["RUSSIA"]["f1"] == pytest.approx(2 / 3, abs=1e-4)
    for figure in ("f1_RUSSIA", "character_f1_RUSSIA"):
        assert found["intervals"][figure] == [pytest.approx(2 / 3, abs=1e-4)] * 2


def test_what_does_not_occur_has_no_interval() -> None:
    pairs = [("N-", "N-"), ("-N", "--"), ("N", "N")]
    intervals = evaluate(*collections(pairs)).intervals(resamples=200)
    assert {"f1_NATO", "character_f1_NATO", "macro_f1"} <= intervals.keys()
    assert not {"f1_RUSSIA", "character_f1_RUSSIA"} & intervals.keys()
    # one article alone says nothing of how much articles differ
    intervals = evaluate(*collections([*pairs, ("RR", "R-")])).intervals(resamples=200)
    assert "f1_RUSSIA" not in intervals


def test_other_sentences_give_end_to_end_figures() -> None:
    # the system takes the first two sentences for one
    gold = [article("NN-R")]
    text = gold[0].text
    predicted = [
        Document(
            text,
            "a",
            (Sentence(0, 21, "NATO"), Sentence(22, 32, "NATO"), Sentence(33, 43, "RUSSIA")),
            (Span(0, 21, "NATO"), Span(22, 32, "NATO"), Span(33, 43, "RUSSIA")),
        )
    ]
    found = evaluate(gold, predicted)
    assert found.sentences.cells == ((2, 0, 0), (0, 1, 0), (1, 0, 0))
    assert found.total.own.cells == ((1, 0, 0), (0, 1, 0), (1, 0, 0))
    assert (found.total.alignment.same, found.total.alignment.projected) == (2, 2)
    # the long span is cut at the gold's sentences
    assert found.total.spans["all"]["strict"].correct == 3


def test_page_furniture_outside_the_gold_does_not_count() -> None:
    predicted = article("NRN")
    gold = predicted.replace(sentences=predicted.sentences[:2], spans=predicted.spans[:2])
    found = evaluate([gold], [predicted])
    assert found.total.alignment.outside == 1
    assert found.sentences.total == found.total.own.total == 2
    assert found.characters["NATO"] == Counts(tp=10)


def test_labels_without_spans_stand_for_them_and_are_counted() -> None:
    found = evaluate([article("NR-")], [article("NR-", spans=False)])
    assert found.total.alignment.stand_ins == 1
    assert found.character_f1 == 1


def test_spans_without_sentences_are_enough() -> None:
    empty = article("", "b")
    found = evaluate([article("NR-"), empty], [article("NR-").replace(sentences=()), empty])
    # an article without sentences has nothing that its spans could give
    assert found.total.alignment.from_spans == 1
    assert found.macro_f1 == 1


def test_empty_articles_do_no_harm() -> None:
    gold = [article("", "a"), article("N-", "b")]
    assert evaluate(gold, gold).macro_f1 == 1
    assert evaluate(gold, gold).articles == 2


def test_evaluations_of_the_same_article_do_not_add() -> None:
    with pytest.raises(InputError, match="'a' is in both"):
        small() + small()


@settings(max_examples=30)
@given(labelled_pairs, st.integers(0, 5))
def test_parts_add_up_to_the_whole(pairs: list[tuple[str, str]], at: int) -> None:
    gold, predicted = collections(pairs)
    whole = evaluate(gold, predicted)
    at = min(max(at, 1), len(gold) - 1)
    if not 0 < at < len(gold):
        return
    parts = evaluate(gold[:at], predicted[:at]) + evaluate(gold[at:], predicted[at:])
    assert parts.total == whole.total
    assert parts == whole


@settings(max_examples=20)
@given(labelled_pairs)
def test_the_order_of_articles_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = collections(pairs)
    assert evaluate(gold, predicted).to_dict(resamples=50) == evaluate(
        gold[::-1], sorted(predicted, key=lambda d: d.doc_id[::-1])
    ).to_dict(resamples=50)


@settings(max_examples=30)
@given(labelled_pairs)
def test_perfect_predictions_give_one_and_swapping_swaps(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = collections(pairs)
    perfect = evaluate(gold, gold)
    assert perfect.macro_f1 == perfect.character_f1 == perfect.sentences.matthews == 1
    assert all(m.f1 == 1 for modes in perfect.total.spans.values() for m in modes.values())
    one, other = evaluate(gold, predicted), evaluate(predicted, gold)
    for label in one.labels.names:
        assert one.sentences.counts(label).precision == other.sentences.counts(label).recall
    for side in one.labels.sides:
        assert one.characters[side].precision == other.characters[side].recall
    for mode, counts in one.total.spans["all"].items():
        assert counts.precision == other.total.spans["all"][mode].recall
    assert one.total.credit.precision == pytest.approx(other.total.credit.recall)

"""The worst errors, in context."""

from __future__ import annotations

from evaluation_cases import article

from natostance.evaluation.harness import evaluate
from natostance.evaluation.mistakes import mistakes


def test_the_surest_stand_first_and_carry_their_context() -> None:
    gold = [article("NR-N", "a"), article("--", "b")]
    given = [
        article("NN-R", "a", scores=[0.9, 0.6, 0.9, 0.8]),
        article("-R", "b", scores=[0.9, 0.95]),
    ]
    found = evaluate(gold, given)
    worst = mistakes(found.judged.values(), {d.doc_id: d for d in given})
    assert [(m.article.doc_id, m.number) for m in worst] == [("b", 1), ("a", 3), ("a", 1)]
    assert len(worst) == found.sentences.total - sum(found.sentences.cells[i][i] for i in range(3))
    last = worst[-1]
    assert (last.gold, last.predicted) == ("RUSSIA", "NATO")
    assert last.before == "abcd efgh."
    assert last.text == "abcd efgh."
    assert last.after == "abcd efgh. abcd efgh."
    assert last.to_dict() == {
        "doc_id": "a",
        "sentence": 1,
        "start": 11,
        "end": 21,
        "gold": "RUSSIA",
        "predicted": "NATO",
        "scores": {"NATO": 0.6, "RUSSIA": 0.2, "NEUTRAL": 0.2},
        "before": "abcd efgh.",
        "text": "abcd efgh.",
        "after": "abcd efgh. abcd efgh.",
        "gold_spans": [[11, 21, "RUSSIA"]],
        "predicted_spans": [[11, 21, "NATO"]],
    }
    assert (worst[0].before, worst[0].after) == ("abcd efgh.", "")


def test_without_probabilities_they_stand_last_by_article() -> None:
    gold = [article("N-", "a"), article("N", "b"), article("R", "c")]
    given = [article("-N", "a"), article("-", "b"), article("-", "c", scores=[0.5])]
    found = evaluate(gold, given)
    worst = mistakes(found.judged.values(), {d.doc_id: d for d in given})
    assert [(m.article.doc_id, m.number) for m in worst] == [
        ("c", 0),
        ("a", 0),
        ("a", 1),
        ("b", 0),
    ]
    assert worst[1].scores is None


def test_perfect_predictions_have_none() -> None:
    gold = [article("NR-")]
    assert mistakes(evaluate(gold, gold).judged.values(), {"a": gold[0]}) == ()

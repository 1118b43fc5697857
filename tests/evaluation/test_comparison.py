"""Systems against each other, from their results."""

from __future__ import annotations

import json
from typing import Any

import pytest
from evaluation_cases import article

from natostance.errors import InputError
from natostance.evaluation.comparison import compare, compare_with, over_seeds
from natostance.evaluation.harness import evaluate

GOLD = [article("NR-" * 2 + "-N" * (i % 3), f"a{i}") for i in range(12)]


def results(wrong: int, gold_hash: str = "g") -> dict[str, Any]:
    """Of a system that calls so many first sentences neutral in every other article."""
    predicted = [
        article(("-" * wrong if i % 2 else letters[:wrong]) + letters[wrong:], f"a{i}")
        for i, letters in enumerate("NR-" * 2 + "-N" * (i % 3) for i in range(12))
    ]
    found = evaluate(GOLD, predicted, hashes={"gold": gold_hash}).to_dict(resamples=100)
    return json.loads(json.dumps(found))  # as from a file


def test_two_systems() -> None:
    good, bad = results(1), results(2)
    found = compare(good, bad, resamples=500)
    row = found["figures"]["macro_f1"]
    assert (row["first"], row["second"]) == (good["macro_f1"], bad["macro_f1"])
    assert row["effect"] == pytest.approx(good["macro_f1"] - bad["macro_f1"], abs=1e-3)
    assert row["interval"][0] <= row["effect"] <= row["interval"][1]
    assert row["p_permutation"] < 0.1
    assert found["articles"] == 12
    assert {"accuracy", "f1_NATO", "character_f1", "span_f1_strict"} <= found["figures"].keys()


def test_a_system_is_no_better_than_itself() -> None:
    for row in compare(results(1), results(1), resamples=200)["figures"].values():
        assert (row["effect"], row["p_permutation"]) == (0, 1)


def test_one_against_many_is_adjusted() -> None:
    systems = {"ours": results(0), "close": results(1), "far": results(4)}
    found = compare_with("ours", systems, resamples=1000)
    assert list(found) == ["close", "far"]
    assert found["far"]["effect"] > found["close"]["effect"] > 0
    for row in found.values():
        assert row["p_permutation"] <= row["p_holm"] <= 1
    with pytest.raises(InputError, match="no system 'theirs'"):
        compare_with("theirs", systems)
    with pytest.raises(InputError, match="no figure 'speed'"):
        compare_with("ours", systems, figure="speed")


def test_what_is_not_defined_is_not_compared() -> None:
    gold = [article("N-N", f"a{i}") for i in range(4)]
    one = evaluate(gold, gold).to_dict(resamples=100)
    found = compare(one, one, resamples=100)["figures"]
    assert {"f1_NATO", "macro_f1", "span_f1_type"} <= found.keys()
    assert not {"f1_RUSSIA", "character_f1_RUSSIA"} & found.keys()
    assert "f1_RUSSIA" not in over_seeds([one])
    with pytest.raises(InputError, match="fewer than two articles have anything"):
        compare_with("one", {"one": one, "two": one}, figure="f1_RUSSIA")


def test_over_seeds() -> None:
    runs = [results(0), results(1), results(1)]
    found = over_seeds(runs)["accuracy"]
    values = [run["accuracy"] for run in runs]
    assert found["mean"] == pytest.approx(sum(values) / 3, abs=1e-4)
    assert found["runs"] == 3
    assert over_seeds(runs[:1])["accuracy"]["sd"] is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"format": 1}, "format 1 cannot be compared"),
        ({"hashes": {"gold": "other"}}, "different gold"),
        ({"labels": {"sides": ["X"], "neutral": "Y"}}, "different label sets"),
        ({"by_article": {}}, "different articles"),
    ],
)
def test_what_cannot_be_compared(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        compare(results(0), {**results(0), **change})


def test_no_results() -> None:
    with pytest.raises(InputError, match="no results"):
        over_seeds([])

"""The model card: what the papers say, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import ROOT

from natostance.checkpoint import Calibration, Checkpoint
from natostance.errors import InputError
from natostance.report.card import card_of, figures, write_card
from natostance.report.papers import Papers
from natostance.report.sections import replace_section

CONFIG = Checkpoint.load(ROOT / "models" / "minilm-l6").config
RESULTS: dict[str, Any] = {
    "gold": {"split": "dev", "fingerprint": "x"},
    "articles": 2,
    "sentences": 9,
    "macro_f1": 0.5,
    "accuracy": 0.75,
    "character_f1": 0.25,
    "classes": {"NATO": {"precision": 0.1, "recall": 0.2, "f1": 0.3, "support": 4}},
    "intervals": {"macro_f1": [0.4, 0.6], "f1_NATO": [0.2, 0.4]},
    "slices": [
        {"column": "outlet", "value": "A|B", "macro_f1": 0.2, "interval": None, "accuracy": 0.3,
         "sentences": 40, "articles": 6, "small": False},
        {"column": "year", "value": "2020", "macro_f1": 0.1, "interval": None, "accuracy": 0.3,
         "sentences": 4, "articles": 1, "small": True},
    ],
    "calibration": {"calibration_error": 0.05, "brier": 0.3, "aurc": 0.1,
                    "debiased_calibration_error": 0.04},
}  # fmt: skip
CHALLENGE = {
    "all": {"items": 4, "items_right": 3, "groups": 2, "groups_right": 1},
    "phenomena": {
        "denial": {"items": 4, "items_right": 3, "groups": 2, "groups_right": 1,
                   "group_accuracy": 0.5},
    },
}  # fmt: skip


def test_a_card_says_that_others_taught_the_model() -> None:
    data: dict[str, Any] = {"train": {"articles": 2, "sentences": 9}, "fingerprint": "x"}

    def text(**of_teachers: Any) -> str:
        return card_of(Papers(CONFIG, {"data": {**data, **of_teachers}}))

    assert "other models" not in text(teachers=[], said=None)
    assert "from the probabilities of 2 other models" in text(teachers=["a", "b"], said=None)
    told = text(teachers=[], said="0123456789abcdef0123")
    assert "what other models said, kept in a file (sha256 `0123456789abcdef`)" in told
    assert "copies in which words gave way" not in told
    run: dict[str, Any] = {
        "data": {**data, "teachers": ["a"]},
        "recipe": {"distillation": {"copies": 3}},
    }
    assert "3 copies in which words gave way to near ones" in card_of(Papers(CONFIG, run))


def test_a_card_says_what_models_it_was_made_of() -> None:
    seeds = {"runs": ["a", "b"], "figures": {"macro_f1": {"mean": 0.5, "sd": 0.01, "runs": 2}}}

    def text(start: object, epochs: int) -> str:
        data = {"train": {"articles": 2, "sentences": 9}, "fingerprint": "x", "start": start}
        recipe = {"optimisation": {"epochs": epochs}}
        run = {"data": data, "recipe": recipe, "seed": 1}
        return card_of(Papers(CONFIG, run, {"dev": RESULTS}, seeds={"dev": seeds}))

    one, two = "0123456789abcdef01", "fedcba9876543210fe"
    for nothing in (None, []):
        assert "went on from" not in text(nothing, 2)
    for alone in (one, [one]):  # papers of before name one model, without a list
        told = text(alone, 2)
        assert "went on from the model `0123456789abcdef` (sha256)" in told
        assert "This model is seed 1." in told
    told = text([one, two], 0)
    assert "the mean of those of the models `0123456789abcdef`, `fedcba9876543210`" in told
    assert "This model is the mean of such runs' weights." in told
    assert "seed 1" not in told
    assert "Nothing was trained in this last step." in told
    assert "Its weights are those of the model `0123456789abcdef` (sha256)." in text([one], 0)


@pytest.mark.parametrize(
    ("keep", "folds", "threshold", "said"),
    [
        ("best", 0, 0.0, "chose the epoch, and the temperature was fitted on it"),
        ("last", 0, 0.7, "chose among recipes, and temperature and threshold were fitted on it"),
        ("best", 5, 0.7, "chose the epoch (probabilities were calibrated out of fold)"),
    ],
)
def test_a_card_says_what_dev_decided(keep: str, folds: int, threshold: float, said: str) -> None:
    run = {"recipe": {"optimisation": {"keep": keep}, "calibration": {"folds": folds}}}
    config = CONFIG.model_copy(update={"calibration": Calibration(threshold=threshold)})
    text = figures(Papers(config, run, {"dev": RESULTS}))
    assert f"flatter the model a little: the split also {said}." in text


def test_the_card_of_a_folder_names_the_hash_by_which_runs_name_the_model(
    tiny_model: Path,
) -> None:
    text = card_of(Papers.of(tiny_model))
    assert f"`{Checkpoint.load(tiny_model).sha256}`" in text
    assert "sha256 of the model" not in card_of(Papers(CONFIG))


def test_a_card_without_papers_invents_nothing() -> None:
    text = card_of(Papers(CONFIG))
    assert "How good it is was not measured." in text
    assert "Slices were not measured." in text
    assert "Calibration was not measured." in text
    assert "Minimal pairs of one phenomenon each: not measured." in text
    assert "How many of its labels are wrong was not measured" in text
    assert "Its papers do not say what it learned from." in text
    assert "None" not in text
    front = yaml.safe_load(text.split("---")[1])
    assert "model-index" not in front
    assert "base_model" not in front


def test_a_card_gives_the_figures_with_intervals_slices_and_challenge() -> None:
    text = card_of(Papers(CONFIG, {"seed": 7}, {"dev": RESULTS}, CHALLENGE))
    assert "macro-F1 **0.500** (0.400 to 0.600), accuracy 0.750;" in text
    assert "| NATO | 0.100 | 0.200 | 0.300 | 0.200 to 0.400 | 4 |" in text
    assert r"| outlet: A\|B | 0.200 | – | 0.300 | 40 |" in text
    assert "year: 2020" not in text
    assert "expected calibration error 0.050" in text
    assert "| denial | 3 of 4 | 1 of 2 |" in text
    assert "one run (seed 7)" in text
    mean = {"seed": 7, "recipe": {"optimisation": {"epochs": 0}}}
    assert "one run" not in card_of(Papers(CONFIG, mean, {"dev": RESULTS}))
    assert "On the test split it was not measured." in text
    assert "about 25 of a hundred labels are wrong" in text
    assert yaml.safe_load(text.split("---")[1])["model-index"][0]["results"][0]["metrics"][0] == {
        "type": "f1",
        "name": "sentence macro-F1",
        "value": 0.5,
    }


def test_a_label_that_was_never_predicted_has_no_precision() -> None:
    never = {"precision": 1.0, "recall": 0.0, "f1": 0.0, "support": 4, "predicted": 0}
    nowhere = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 0, "predicted": 0}
    results = {**RESULTS, "classes": {"NATO": never, "RUSSIA": nowhere}}
    assert "f1_RUSSIA" not in results["intervals"]
    text = figures(Papers(CONFIG, results={"dev": results}))
    assert "| NATO | – | 0.000 | 0.000 |" in text
    assert "| RUSSIA | – | – | – | – | 0 |" in text


def test_an_interval_that_is_missing_is_not_made_up() -> None:
    results = {key: value for key, value in RESULTS.items() if key != "intervals"}
    text = figures(Papers(CONFIG, {}, {"dev": results}))
    assert "macro-F1 **0.500**, accuracy" in text
    assert "| 0.300 | not measured | 4 |" in text


def test_more_results_in_the_folder_join_the_card(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "config.json").write_text((tiny_model / "config.json").read_text())
    (folder / "results-test.json").write_text(json.dumps({**RESULTS, "macro_f1": 0.123}))
    (folder / "challenge.json").write_text(json.dumps(CHALLENGE))
    text = write_card(folder).read_text()
    assert "Test split: 2 articles, 9 sentences. Sentence macro-F1 **0.123**" in text
    assert "denial" in text
    (folder / "results.json").write_text(json.dumps(RESULTS))
    text = write_card(folder).read_text()
    assert text.index("Dev split") < text.index("Test split: 2")
    assert "On the test split it was not measured." not in text


def test_the_challenge_of_several_systems_gives_that_of_this_model(
    tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text((tiny_model / "config.json").read_text())
    both = {"keywords": {"all": {}}, "tiny": CHALLENGE}
    (tmp_path / "challenge.json").write_text(json.dumps(both))
    assert "3 of 4 sentences right" in write_card(tmp_path).read_text()
    (tmp_path / "challenge.json").write_text(json.dumps({"keywords": CHALLENGE, "majority": {}}))
    assert "one phenomenon each: not measured" in write_card(tmp_path).read_text()


def test_encoders_on_somebodys_disk_are_not_named() -> None:
    def base(encoder: str) -> object:
        run = {"recipe": {"network": {"encoder": encoder}}}
        return yaml.safe_load(card_of(Papers(CONFIG, run)).split("---")[1]).get("base_model")

    assert base("minilm") == "sentence-transformers/all-MiniLM-L6-v2"
    assert base("microsoft/deberta-v3-large") == "microsoft/deberta-v3-large"
    assert base("/home/me/encoder") is None
    assert base("../encoder") is None


def test_papers_that_cannot_be_read_are_named(tmp_path: Path, tiny_model: Path) -> None:
    with pytest.raises(InputError, match="no model folder"):
        write_card(tmp_path)
    (tmp_path / "config.json").write_text((tiny_model / "config.json").read_text())
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(InputError, match=r"results\.json: no JSON object"):
        write_card(tmp_path)


def test_a_section_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("a\n<!-- figures:begin -->\nold\n<!-- figures:end -->\nb\n")
    replace_section(path, "figures", "new\n")
    assert path.read_text() == "a\n<!-- figures:begin -->\nnew\n<!-- figures:end -->\nb\n"
    path.write_text("nothing")
    with pytest.raises(InputError, match="no section 'figures'"):
        replace_section(path, "figures", "new")

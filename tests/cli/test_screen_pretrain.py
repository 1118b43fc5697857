"""``natostance screen`` and ``natostance pretrain``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support import Outcome

from natostance.modeling.encoder import load_encoder

Run = Callable[..., Outcome]


@pytest.fixture
def recipe(tmp_path: Path, tiny_encoder: Path, varied_corpus: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "name": "tiny",
                "data": {"corpus": str(varied_corpus)},
                "window": {"tokens": 48, "left_context": 12},
                "network": {"encoder": str(tiny_encoder)},
                "optimisation": {"epochs": 1, "batch_windows": 4, "precision": "fp32"},
            }
        )
    )
    return path


def test_screening_says_what_it_measured_and_on_what(
    recipe: Path, tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "fold.json"
    done = run("screen", recipe, "--folds", 3, "--fold", 2, "--out", out)
    assert done.status == 0, done.err
    assert "recipe.yaml, seed 1, fold 2 of 3:" in done.out
    results = json.loads(out.read_text())
    assert f"{results['articles']} articles" in done.out
    assert f"macro-F1 {results['macro_f1']:.4f}" in done.out


def test_a_fold_that_does_not_exist_is_refused(recipe: Path, run: Run) -> None:
    done = run("screen", recipe, "--folds", 2, "--fold", 3)
    assert done.status == 2
    assert "no fold 3 of 2" in done.err


def test_reading_writes_an_encoder_that_loads(
    tmp_path: Path, tiny_encoder: Path, varied_corpus: Path, run: Run
) -> None:
    settings = {
        "name": "reader",
        "encoder": str(tiny_encoder),
        "corpus": str(varied_corpus),
        "kept_from": [],
        "tokens": 48,
        "epochs": 1,
    }
    path = tmp_path / "pretrain.yaml"
    path.write_text(yaml.safe_dump(settings))
    done = run("pretrain", path, "--out", tmp_path)
    assert done.status == 0, done.err
    assert load_encoder(str(tmp_path / "reader")).config.hidden_size == 32


def test_a_folder_that_is_not_there_is_refused_before_the_work(
    recipe: Path, tmp_path: Path, run: Run
) -> None:
    done = run("screen", recipe, "--folds", 3, "--out", tmp_path / "no" / "fold.json")
    assert done.status == 2
    assert "fold.json: its folder is not there; make it first" in done.err
    assert "Traceback" not in done.err


def test_figures_are_shown_where_their_file_cannot_be_written(
    recipe: Path, tmp_path: Path, run: Run
) -> None:
    taken = tmp_path / "fold.json"
    taken.mkdir()
    done = run("screen", recipe, "--folds", 3, "--quiet", "--out", taken)
    assert done.status == 2
    assert "macro-F1" in done.out
    assert "fold.json: cannot be written" in done.err
    assert "Traceback" not in done.err

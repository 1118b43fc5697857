"""``natostance train`` and ``natostance evaluate``, one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support import ROOT, Outcome

from natostance.checkpoint import Checkpoint

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path, tiny_corpus: Path) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "small.yaml"
    path.write_text(
        f"name: small\ndata: {{corpus: {tiny_corpus.as_posix()}}}\n"
        f"network: {{encoder: {tiny_encoder.as_posix()}}}\n"
        "window: {tokens: 48, left_context: 12}\n"
        "optimisation: {epochs: 1, precision: fp32}\n",
        encoding="utf-8",
    )
    return path


def test_train_then_evaluate_gives_the_figures_of_the_card(
    run: Run, recipe: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    trained = run("train", recipe, "--out", tmp_path, "--seed", 3)
    assert trained.status == 0, trained.err
    assert "epoch 1: dev macro-F1" in trained.err
    # there is no terminal here: lines in place of a bar, the last one at the end
    steps = re.findall(
        r"^step (\d+) of (\d+), loss (?:-|\d+\.\d{3}), \S+ min, about (.+) left$", trained.err, re.M
    )
    assert len(steps) > 1
    assert steps[-1] == (steps[-1][1], steps[-1][1], "0.0")
    folder = tmp_path / "small"
    papers = json.loads((folder / "run.json").read_text())
    assert papers["seed"] == 3

    results = tmp_path / "results.json"
    done = run(
        "evaluate", tiny_corpus, "--split", "dev", "--model", folder, "--out", results, "--quiet"
    )
    assert done.status == 0, done.err
    figures = json.loads(results.read_text())
    assert figures["macro_f1"] == papers["dev"]["macro_f1"]
    assert f"{figures['macro_f1']:.3f}" in done.out
    assert f"**{figures['macro_f1']:.3f}**" in (folder / "README.md").read_text()
    again = run("train", recipe, "--out", tmp_path, "--quiet")
    assert again.status == 2
    assert "a finished model lies here" in again.err


def test_the_models_to_go_on_from_can_be_named_at_the_call(
    run: Run, recipe: Path, tiny_model: Path, tmp_path: Path
) -> None:
    mean = tmp_path / "mean.yaml"
    mean.write_text(recipe.read_text("utf-8").replace("epochs: 1", "epochs: 0"), encoding="utf-8")
    starts = ("--start", tiny_model, "--start", tiny_model)
    done = run("train", mean, *starts, "--out", tmp_path, "--quiet")
    assert done.status == 0, done.err
    own = Checkpoint.load(tiny_model)
    papers = json.loads((tmp_path / "small" / "run.json").read_text())
    assert papers["data"]["start"] == [own.sha256] * 2
    assert (tmp_path / "small" / own.weights.name).read_bytes() == own.weights.read_bytes()

    missing = run("train", mean, "--start", tmp_path / "none", "--out", tmp_path / "other")
    assert missing.status == 2
    assert f"{tmp_path / 'none'}" in missing.err.replace("\n", "")


def test_the_released_model_is_evaluated_without_torch_or_texts(run: Run) -> None:
    done = run("evaluate", ROOT / "training", "--part", "articles", "--split", "dev", "--quiet")
    assert done.status == 0
    assert "12 articles, 148 sentences" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "no.yaml"], "no.yaml: no such file"),
        (["train", ROOT / "configs" / "tiny.yaml", "--fold", "6/5"], "no fold '6/5'"),
        (["evaluate", "nowhere"], "nowhere: no such file or folder"),
        (["evaluate", ROOT / "training", "--part", "articles"], "choose one with --split"),
        (["evaluate", ROOT / "training", "--part", "real", "--split", "dev"], "--articles FOLDER"),
    ],
)
def test_bad_calls_are_one_line_and_status_2(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[object], message: str
) -> None:
    monkeypatch.delenv("NATOSTANCE_ARTICLES", raising=False)
    done = run(*arguments)
    assert done.status == 2
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1

"""A whole training run, very small and real."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from support import tiny_recipe
from training_support import KillAfterEpoch, KillAfterStep, KilledError, KillWhenMeasured

from natostance.checkpoint import Checkpoint, sha256_of
from natostance.corpus import Corpus
from natostance.errors import InputError
from natostance.evaluation.harness import evaluate
from natostance.inference.classifier import StanceClassifier
from natostance.modeling.conversion import ConversionError
from natostance.report.card import card
from natostance.training import release, states
from natostance.training.recipe import CalibrationSettings, Recipe
from natostance.training.run import screen, train


def test_the_model_learned_what_the_corpus_holds(tiny_model: Path, tiny_corpus: Path) -> None:
    dev = Corpus.load(tiny_corpus).split("dev")
    labelled = StanceClassifier.from_pretrained(tiny_model).label_many(dev)
    assert evaluate(dev, labelled).macro_f1 > 0.9


def test_the_papers_hold_the_figures_of_the_folder(tiny_model: Path, tiny_corpus: Path) -> None:
    run = json.loads((tiny_model / "run.json").read_text())
    corpus = Corpus.load(tiny_corpus)
    again = evaluate(
        corpus.split("dev"),
        StanceClassifier.from_pretrained(tiny_model).label_many(corpus.split("dev")),
    )
    assert run["dev"] == json.loads(json.dumps(again.to_dict()))
    assert run["data"]["fingerprint"] == corpus.fingerprint
    assert run["data"]["train"] == {"articles": 20, "sentences": 80}
    assert [p["differing"] for p in run["parity"] if p["precision"] == "fp32"] == [0, 0]
    assert not (tiny_model / "state").exists()


def test_the_card_says_who_annotated(tiny_model: Path) -> None:
    config = Checkpoint.load(tiny_model).config
    text = card(config, json.loads((tiny_model / "run.json").read_text()))
    assert "Composed for the tests." in text
    assert "4 articles, 16 sentences" in text


def test_the_same_seed_gives_the_same_weights(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    again = train(tiny_recipe(tmp_path, tiny_encoder, tiny_corpus, Recipe))
    assert Checkpoint.load(again).config.sha256 == Checkpoint.load(tiny_model).config.sha256


def test_a_killed_run_goes_on_to_the_same_model(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe(tmp_path, tiny_encoder, tiny_corpus, Recipe)
    with pytest.raises(KilledError):
        train(recipe, callbacks=[KillAfterEpoch(4)])
    with pytest.raises(InputError, match="--resume"):
        train(recipe)
    other = recipe.model_copy(update={"seed": 7})
    with pytest.raises(InputError, match="another recipe"):
        train(other, resume=True)
    resumed = train(recipe, resume=True)
    run, whole = (json.loads((f / "run.json").read_text()) for f in (resumed, tiny_model))
    assert run["epochs"] == whole["epochs"]
    assert run["dev"] == whole["dev"]


def test_a_run_that_is_killed_within_an_epoch_goes_on_to_the_same_weights(
    tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimisation = {"epochs": 3, "keep": "last", "batch_windows": 4, "precision": "fp32"}

    def recipe(name: str) -> Recipe:
        return tiny_recipe(  # type: ignore[return-value]
            tmp_path / name, tiny_encoder, tiny_corpus, Recipe, optimisation=optimisation
        )

    whole = train(recipe("whole"))
    monkeypatch.setattr(states, "SAVE_EVERY_SECONDS", 0)
    # of five steps an epoch
    with pytest.raises(KilledError):
        train(recipe("killed"), callbacks=[KillAfterStep(8)])
    kept = tmp_path / "killed" / "tiny" / "state"
    assert (kept / "checkpoint-8" / "trainer_state.json").exists()
    # a state that was being written
    (kept / "checkpoint-9").mkdir()
    resumed = train(recipe("killed"), resume=True)
    assert Checkpoint.load(resumed).config.sha256 == Checkpoint.load(whole).config.sha256


def test_a_run_that_is_killed_while_an_epoch_is_measured_measures_it_again(
    tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "SAVE_EVERY_SECONDS", 0)
    optimisation = {"epochs": 2, "batch_windows": 4, "precision": "fp32"}
    recipe = tiny_recipe(tmp_path, tiny_encoder, tiny_corpus, Recipe, optimisation=optimisation)
    with pytest.raises(KilledError):
        train(recipe, callbacks=[KillWhenMeasured()])
    run = json.loads((train(recipe, resume=True) / "run.json").read_text())
    assert len(run["epochs"]) == 2


def test_an_error_that_so_few_articles_cannot_promise_is_refused_before_training(
    tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    for folds, message in ((0, "4 dev articles"), (2, "20 articles to learn from")):
        calibration = {"promised_error": 0.04, "folds": folds}
        recipe = tiny_recipe(tmp_path, tiny_encoder, tiny_corpus, Recipe, calibration=calibration)
        with pytest.raises(InputError, match=f"promised_error is 0.04, and the {message}") as error:
            train(recipe)  # type: ignore[arg-type]
        assert "24 " in str(error.value.remedy)
        assert not list(tmp_path.iterdir())


def test_a_promise_that_was_not_kept_may_be_a_larger_one_without_training_again(
    tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    def recipe(promised: float, epochs: int = 1) -> Recipe:
        return tiny_recipe(  # type: ignore[return-value]
            tmp_path,
            tiny_encoder,
            tiny_corpus,
            Recipe,
            # it learns nothing, and is wrong about most sentences
            optimisation={
                "epochs": epochs,
                "keep": "last",
                "learning_rate": 1e-12,
                "head_learning_rate": 1e-12,
                "batch_windows": 4,
                "precision": "fp32",
            },
            calibration={"promised_error": promised},
        )

    with pytest.raises(InputError, match=r"an error of 0\.2; .* with --resume"):
        train(recipe(0.2))
    with pytest.raises(InputError, match="another recipe"):
        train(recipe(0.99, epochs=2), resume=True)
    # not one step is taken
    folder = train(recipe(0.99), resume=True, callbacks=[KillAfterStep(0)])
    run = json.loads((folder / "run.json").read_text())
    assert run["promise"]["error"] == run["recipe"]["calibration"]["promised_error"] == 0.99
    assert len(run["epochs"]) == 1
    threshold = Checkpoint.load(folder).config.calibration.threshold
    assert threshold == pytest.approx(run["promise"]["threshold"], abs=1e-6)


def test_a_run_does_not_go_on_over_changed_data(
    tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(tiny_corpus, corpus)
    optimisation = {"epochs": 2, "batch_windows": 4, "precision": "fp32"}
    recipe = tiny_recipe(tmp_path, tiny_encoder, corpus, Recipe, optimisation=optimisation)
    assert isinstance(recipe, Recipe)
    with pytest.raises(KilledError):
        train(recipe, callbacks=[KillAfterEpoch(1)])
    article = corpus / "articles" / "a00.marked.txt"
    article.write_text(article.read_text().replace("Monday", "Thursday"))
    with pytest.raises(InputError, match=r"what data\.corpus names has changed"):
        train(recipe, resume=True)
    # a state of before this was noted
    (tmp_path / "tiny" / "state" / "material.json").unlink()
    run = json.loads((train(recipe, resume=True) / "run.json").read_text())
    assert len(run["epochs"]) == 2


def test_a_finished_model_is_not_overwritten(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path
) -> None:
    with pytest.raises(InputError, match="a finished model lies here"):
        train(tiny_recipe(tiny_model.parent, tiny_encoder, tiny_corpus, Recipe))


def test_windows_longer_than_the_encoder_are_refused(
    tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe(
        tmp_path, tiny_encoder, tiny_corpus, Recipe, window={"tokens": 256, "left_context": 12}
    )
    with pytest.raises(InputError, match="longer than the encoder's 128"):
        train(recipe)


def test_an_export_that_differs_is_refused(
    tiny_model: Path, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = Corpus.load(tiny_corpus).split("dev")
    assert all(p.accepted and p.sentences == 16 for p in release.check_parity(tiny_model, dev))
    monkeypatch.setattr(release, "TOLERANCE", -1.0)
    with pytest.raises(ConversionError, match=r"differs from torch: 0 of 16 labels, scores by"):
        release.check_parity(tiny_model, dev)


def test_another_dispute_is_learned_without_a_change_in_code(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    part = tmp_path / "corpus" / "articles"
    part.mkdir(parents=True)
    (part.parent / "corpus.yaml").write_text(
        "labels: {sides: [FAVOR, AGAINST], neutral: NONE}\ndev: [a4, a5]\n"
    )
    for i in range(16):
        (part / f"a{i}.marked.txt").write_text(
            f"---\nid: a{i}\n---\nThe vote is on day {i}.\n"
            "They said [FAVOR: the bridge must be built at last.]\n"
            "Others said [AGAINST: nobody needs the bridge.]\n"
        )
    folder = train(tiny_recipe(tmp_path / "out", tiny_encoder, part.parent, Recipe))
    classifier = StanceClassifier.from_pretrained(folder)
    assert classifier.labels.names == ("FAVOR", "AGAINST", "NONE")
    dev = Corpus.load(part.parent).split("dev")
    assert evaluate(dev, classifier.label_many(dev)).macro_f1 > 0.9


def going_on(
    output: Path, encoder: Path, corpus: Path, *start: Path, seed: int = 1, **optimisation: object
) -> Recipe:
    """A tiny recipe that goes on from models."""
    network = {"encoder": str(encoder), "start": [str(model) for model in start]}
    settings = {"precision": "fp32", **optimisation}
    recipe = tiny_recipe(
        output, encoder, corpus, Recipe, seed=seed, network=network, optimisation=settings
    )
    assert isinstance(recipe, Recipe)
    return recipe


def learned_elsewhere(model: Path, folder: Path) -> Path:
    """A copy of a model whose papers say that it learned from another article."""
    shutil.copytree(model, folder)
    papers = json.loads((folder / "run.json").read_text())
    papers["data"]["learned"] = ["elsewhere"]
    (folder / "run.json").write_text(json.dumps(papers))
    return folder


def test_training_goes_on_from_a_model(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    """At a rate of nearly nothing it stays what it was, heads included."""
    start = learned_elsewhere(tiny_model, tmp_path / "start")
    still = {"epochs": 1, "learning_rate": 1e-12, "head_learning_rate": 1e-12}
    recipe = going_on(tmp_path, tiny_encoder, tiny_corpus, start, **still)
    folder = train(recipe)
    dev = Corpus.load(tiny_corpus).split("dev")
    before = StanceClassifier.from_pretrained(tiny_model).logits(dev)
    after = StanceClassifier.from_pretrained(folder).logits(dev)
    for a, b in zip(before, after, strict=True):
        assert b == pytest.approx(a, abs=1e-3)
    run = json.loads((folder / "run.json").read_text())
    assert run["data"]["start"] == [Checkpoint.load(tiny_model).sha256]
    # what it learned from before counts too: as a teacher it must not speak of that
    own = [d.doc_id for d in Corpus.load(tiny_corpus).split("train")]
    assert run["data"]["learned"] == sorted([*own, "elsewhere"])


def test_what_the_start_has_learned_cannot_be_held_out(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, varied_corpus: Path, tmp_path: Path
) -> None:
    start = tmp_path / "start"
    shutil.copytree(tiny_model, start)
    network = {"encoder": str(tiny_encoder), "start": str(start)}
    recipe = tiny_recipe(tmp_path, tiny_encoder, tiny_corpus, Recipe, network=network)
    assert isinstance(recipe, Recipe)
    with pytest.raises(InputError, match="has learned from 20 of the 20 articles"):
        train(recipe.model_copy(update={"calibration": CalibrationSettings(folds=2)}))
    (start / "run.json").unlink()
    other = tiny_recipe(tmp_path, tiny_encoder, varied_corpus, Recipe, network=network)
    assert isinstance(other, Recipe)
    with pytest.raises(InputError, match="does not say what it learned from"):
        screen(other, folds=2, fold=1)


def test_dev_articles_that_the_start_has_learned_from_are_refused(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(tiny_corpus, corpus)
    (corpus / "corpus.yaml").write_text("dev: [a18, a19, a20, a21]\n", encoding="utf-8")
    start = tmp_path / "start"
    shutil.copytree(tiny_model, start)
    recipe = going_on(tmp_path, tiny_encoder, corpus, start, epochs=1)
    with pytest.raises(InputError, match="has learned from 2 of the 4 dev articles"):
        train(recipe)
    assert not (tmp_path / "tiny").exists()
    # one that does not say is taken
    (start / "run.json").unlink()
    assert (train(recipe) / "run.json").exists()


def test_a_model_of_other_labels_is_no_start(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    other = tmp_path / "corpus"
    shutil.copytree(tiny_corpus, other)
    for path in other.rglob("*"):
        if path.is_file():
            text = path.read_text()
            path.write_text(text.replace("NATO", "FAVOR").replace("RUSSIA", "AGAINST"))
    with (other / "corpus.yaml").open("a") as settings:
        settings.write("labels: {sides: [FAVOR, AGAINST], neutral: NEUTRAL}\n")
    network = {"encoder": str(tiny_encoder), "start": str(tiny_model)}
    recipe = tiny_recipe(tmp_path, tiny_encoder, other, Recipe, network=network)
    assert isinstance(recipe, Recipe)
    with pytest.raises(InputError, match="has the labels NATO"):
        train(recipe)


def test_a_model_of_other_tokens_is_no_start(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    encoder = tmp_path / "encoder"
    shutil.copytree(tiny_encoder, encoder)
    path = encoder / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary["the"], vocabulary["of"] = vocabulary["of"], vocabulary["the"]
    path.write_text(json.dumps(tokenizer))
    network = {"encoder": str(encoder), "start": str(tiny_model)}
    recipe = tiny_recipe(tmp_path, encoder, tiny_corpus, Recipe, network=network)
    assert isinstance(recipe, Recipe)
    with pytest.raises(InputError, match="other tokens"):
        train(recipe)


def test_the_mean_of_models_needs_no_epochs(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    branches = [
        train(
            going_on(
                tmp_path / str(seed),
                tiny_encoder,
                tiny_corpus,
                tiny_model,
                seed=seed,
                epochs=1,
                keep="last",
                learning_rate=1e-3,
            )
        )
        for seed in (1, 2)
    ]
    folder = train(going_on(tmp_path / "mean", tiny_encoder, tiny_corpus, *branches, epochs=0))
    one, two, mean = (load_file(f / "model.safetensors") for f in (*branches, folder))
    for name, weights in mean.items():
        between = (one[name].float() + two[name].float()) / 2
        # all are kept in half precision
        assert torch.allclose(weights.float(), between, atol=1e-3, rtol=2e-3), name
    assert any((one[name] != two[name]).any() for name in mean)
    run = json.loads((folder / "run.json").read_text())
    assert run["data"]["start"] == [Checkpoint.load(branch).sha256 for branch in branches]
    assert run["data"]["train"] == {"articles": 20, "sentences": 80}
    assert run["epochs"] == []
    assert run["dev"]["macro_f1"] > 0.9


def test_models_of_other_sizes_have_no_mean(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    weights = load_file(other / "model.safetensors")
    weights["token_head.out.weight"] = weights["token_head.out.weight"][:, :-1].contiguous()
    save_file(weights, other / "model.safetensors")
    config = json.loads((other / "config.json").read_text())
    config["sha256"]["model.safetensors"] = sha256_of(other / "model.safetensors")
    (other / "config.json").write_text(json.dumps(config))
    recipe = going_on(tmp_path, tiny_encoder, tiny_corpus, tiny_model, other, epochs=0)
    with pytest.raises(InputError, match="other names or shapes"):
        train(recipe)


def test_what_is_averaged_must_have_learned_from_the_recipe_s_articles(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    start = learned_elsewhere(tiny_model, tmp_path / "start")
    recipe = going_on(tmp_path, tiny_encoder, tiny_corpus, start, epochs=0)
    with pytest.raises(InputError, match="nothing is left to learn from"):
        train(recipe)


def test_a_run_that_was_refused_is_in_nobody_s_way(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    mistyped = tmp_path / "no-such-model"
    with pytest.raises(InputError, match="no-such-model"):
        train(going_on(tmp_path, tiny_encoder, tiny_corpus, mistyped, epochs=0))
    folder = train(going_on(tmp_path, tiny_encoder, tiny_corpus, tiny_model, epochs=0))
    assert (folder / "run.json").exists()


def test_some_parts_alone_may_decide_the_temperature(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    """Dev articles of another part that are labelled at random shift it only where they count."""
    corpus = tmp_path / "corpus"
    shutil.copytree(tiny_corpus, corpus)
    (corpus / "strange").mkdir()
    lines = [
        "The committee met on [NATO: Monday in the old town hall.]",
        "She said the alliance would defend every inch of its land.",
        "He replied that the bloc had broken its word to the Kremlin.",
    ]
    for name in ("s1", "s2"):
        (corpus / "strange" / f"{name}.marked.txt").write_text(
            f"---\nid: {name}\n---\n" + "\n".join(lines) + "\n", encoding="utf-8"
        )
    (corpus / "corpus.yaml").write_text(
        "annotators: Composed for the tests.\ndev: [a20, a21, a22, a23, s1, s2]\n", encoding="utf-8"
    )

    def temperature(name: str, parts: list[str] | None) -> float:
        recipe = tiny_recipe(
            tmp_path / name,
            tiny_encoder,
            corpus,
            Recipe,
            network={"encoder": str(tiny_encoder), "start": str(tiny_model)},
            optimisation={"epochs": 0},
            calibration={"temperature_parts": parts},
        )
        return Checkpoint.load(train(recipe)).config.calibration.temperature  # type: ignore[arg-type]

    assert temperature("some", ["articles"]) < temperature("all", None) - 0.2
    (corpus / "corpus.yaml").write_text("dev: [s1, s2]\n", encoding="utf-8")
    with pytest.raises(InputError, match="no dev article lies in articles"):
        temperature("none", ["articles"])
    with pytest.raises(ValueError, match="folds do not use these"):
        CalibrationSettings(folds=2, temperature_parts=["articles"])

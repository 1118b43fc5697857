"""Learning from a teacher's probabilities."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from support import soften, tiny_recipe

from natostance.checkpoint import Checkpoint
from natostance.corpus import Corpus
from natostance.document import STANCE, LabelSet
from natostance.errors import InputError, ModelError
from natostance.evaluation.harness import evaluate
from natostance.inference.classifier import StanceClassifier
from natostance.text.windows import WindowReader, WindowSettings
from natostance.training import examples
from natostance.training.copies import copy
from natostance.training.distillation import SoftTargets, soft_targets
from natostance.training.folds import folds_of
from natostance.training.recipe import Recipe
from natostance.training.run import folds_folder, screen, train


def test_two_teachers_speak_with_the_mean_of_their_probabilities(
    tiny_model: Path, tiny_corpus: Path
) -> None:
    documents = Corpus.load(tiny_corpus).split("dev")
    alone = soft_targets([tiny_model], documents, STANCE)
    twice = soft_targets([tiny_model, tiny_model], documents, STANCE)
    classifier = StanceClassifier.from_pretrained(tiny_model)
    for document, labelled in zip(documents, classifier.label_many(documents), strict=True):
        said = alone[document.doc_id]
        assert len(said) == len(document.sentences)
        for one, two, sentence in zip(
            said, twice[document.doc_id], labelled.sentences, strict=True
        ):
            assert STANCE.names[int(one.sentence.argmax())] == sentence.label
            np.testing.assert_allclose(one.sentence.sum(), 1, rtol=1e-5)
            np.testing.assert_allclose(one.tokens, two.tokens, atol=1e-6)
            assert one.tokens.shape == (len(one.offsets), 3)


def test_what_a_teacher_said_is_kept_for_the_next_seed(
    tiny_model: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    documents = Corpus.load(tiny_corpus).split("dev")
    fresh = soft_targets([tiny_model], documents, STANCE)
    for _ in range(2):
        kept = soft_targets([tiny_model], documents, STANCE, tmp_path)
        for name, said in fresh.items():
            for one, two in zip(said, kept[name], strict=True):
                np.testing.assert_array_equal(one.offsets, two.offsets)
                np.testing.assert_array_equal(one.tokens, two.tokens)
                np.testing.assert_array_equal(one.sentence, two.sentence)
    (file,) = tmp_path.iterdir()
    # other articles are another question
    soft_targets([tiny_model], documents[1:], STANCE, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert file.exists()


def test_windows_deal_out_what_the_teachers_say_of_each_token(
    tiny_model: Path, tiny_corpus: Path
) -> None:
    documents = Corpus.load(tiny_corpus).split("dev")
    soft = soft_targets([tiny_model], documents, STANCE)
    checkpoint = Checkpoint.load(tiny_model)
    # windows so short that sentences are spread over several
    settings = WindowSettings(tokens=16, left_context=4)
    reader = WindowReader.from_file(checkpoint.tokenizer, checkpoint.config.special, settings)
    dealt = []
    for row in examples.build(documents, reader, STANCE, soft):
        labels = np.array(row["token_labels"])
        tokens = np.array(row["soft_tokens"], dtype=np.float32)
        assert not tokens[labels == examples.IGNORED].any()
        dealt.append(tokens[labels != examples.IGNORED])
        assert len(row["soft_sentences"]) == len(row["sentence_labels"])
    said = [s.tokens for d in documents for s in soft[d.doc_id]]
    np.testing.assert_allclose(np.concatenate(dealt), np.concatenate(said), atol=1e-6)


def test_a_teacher_that_cuts_words_otherwise_is_refused(
    tiny_model: Path, tiny_corpus: Path
) -> None:
    documents = Corpus.load(tiny_corpus).split("dev")
    checkpoint = Checkpoint.load(tiny_model)
    reader = WindowReader.from_file(
        checkpoint.tokenizer, checkpoint.config.special, WindowSettings(tokens=48, left_context=8)
    )
    soft = {
        name: [SoftTargets(s.sentence, s.tokens, s.offsets + 1) for s in said]
        for name, said in soft_targets([tiny_model], documents, STANCE).items()
    }
    with pytest.raises(InputError, match="student's tokenizer"):
        examples.build(documents, reader, STANCE, soft)


def test_a_student_learns_from_its_teacher_alone(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe(
        tmp_path,
        tiny_encoder,
        tiny_corpus,
        Recipe,
        distillation={"teachers": [tiny_model], "weight": 1.0, "temperature": 2.0},
    )
    folder = train(recipe)  # type: ignore[arg-type]
    run = json.loads((folder / "run.json").read_text())
    assert run["dev"]["macro_f1"] > 0.9
    assert run["data"]["teachers"] == [Checkpoint.load(tiny_model).sha256]


def test_folds_calibrate_and_promise(
    tiny_encoder: Path, varied_corpus: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe(
        tmp_path,
        tiny_encoder,
        varied_corpus,
        Recipe,
        data={"corpus": varied_corpus, "train": ["train", "dev"], "dev": None},
        optimisation={
            "epochs": 6,
            "keep": "last",
            "learning_rate": 5e-3,
            "head_learning_rate": 5e-3,
            "batch_windows": 4,
            "precision": "fp32",
        },
        calibration={"folds": 2, "promised_error": 0.4},
    )
    folder = train(recipe)  # type: ignore[arg-type]
    run = json.loads((folder / "run.json").read_text())
    assert run["out_of_fold"]["articles"] == 24
    assert run["out_of_fold"]["sentences"] == 96
    assert run["promise"]["articles"] == 24
    config = Checkpoint.load(folder).config
    assert config.calibration.threshold == pytest.approx(run["promise"]["threshold"], abs=1e-6)
    assert "dev" not in run
    # a second seed takes the folds that are there
    kept = sorted(tmp_path.glob("cache/folds-*/*.npz"))
    assert len(kept) == 2
    times = [path.stat().st_mtime_ns for path in kept]
    train(recipe.model_copy(update={"seed": 2, "name": "second"}))  # type: ignore[attr-defined]
    assert [path.stat().st_mtime_ns for path in kept] == times


def test_folds_go_with_a_dev_split_that_chooses_the_epoch(
    tiny_encoder: Path, varied_corpus: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe(tmp_path, tiny_encoder, varied_corpus, Recipe, calibration={"folds": 2})
    run = json.loads((train(recipe) / "run.json").read_text())  # type: ignore[arg-type]
    assert run["out_of_fold"]["articles"] == 20
    assert run["data"]["dev"]["articles"] == 4


def test_another_teacher_under_the_same_name_makes_other_folds(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(tiny_model, teacher)

    def folder(**changes: object) -> Path:
        distillation = {"teachers": [teacher]}
        recipe = tiny_recipe(
            tmp_path, tiny_encoder, tiny_corpus, Recipe, distillation=distillation, **changes
        )
        return folds_folder(recipe, "fingerprint")  # type: ignore[arg-type]

    before = folder()
    assert folder(seed=7, name="other") == before
    config = (teacher / "config.json").read_text()
    (teacher / "config.json").write_text(config.replace('"temperature"', ' "temperature"'))
    assert folder() != before


def test_screening_measures_a_fold_and_keeps_nothing(
    tiny_encoder: Path, varied_corpus: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe(tmp_path, tiny_encoder, varied_corpus, Recipe)
    result = screen(recipe, folds=3, fold=1)  # type: ignore[arg-type]
    assert 0 < result.articles < 20
    assert result.macro_f1 > 0.8
    assert not list(tmp_path.iterdir())


def test_other_labels_of_a_teacher_are_refused(tiny_model: Path, varied_corpus: Path) -> None:
    documents = Corpus.load(varied_corpus).split("dev")
    with pytest.raises(InputError, match="the teacher has the labels NATO"):
        soft_targets([tiny_model], documents, LabelSet(("FAVOR", "AGAINST"), "NONE"))


def test_of_an_article_those_speak_that_did_not_learn_from_it(
    tiny_model: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    documents = Corpus.load(tiny_corpus).split("dev")
    first, second = documents[0].doc_id, documents[1].doc_id
    sure, unsure = tmp_path / "sure", tmp_path / "unsure"
    for folder, temperature, learned in ((sure, 1.0, [first]), (unsure, None, [first, second])):
        shutil.copytree(tiny_model, folder)
        if temperature is None:
            soften(folder)
        run = json.loads((folder / "run.json").read_text())
        run["data"]["learned"] = learned
        (folder / "run.json").write_text(json.dumps(run))
    of_sure, of_unsure, of_both = (
        soft_targets(teachers, documents, STANCE) for teachers in ([sure], [unsure], [sure, unsure])
    )

    def tokens(said: dict[str, list[SoftTargets]], name: str) -> np.ndarray:
        return np.concatenate([s.tokens for s in said[name]])

    other = documents[2].doc_id
    # both learned from the first article, one from the second, none from the third
    for name in (first, other):
        mean = (tokens(of_sure, name) + tokens(of_unsure, name)) / 2
        np.testing.assert_allclose(tokens(of_both, name), mean, atol=1e-6)
    np.testing.assert_array_equal(tokens(of_both, second), tokens(of_sure, second))
    assert np.abs(tokens(of_sure, second) - tokens(of_unsure, second)).max() > 0.01
    # of a copy those speak that speak of its article
    made = [copy(document, 1, {}) for document in documents[:3]]
    of_copies = soft_targets([sure, unsure], [*documents, *made], STANCE)
    for name in (first, second, other):
        np.testing.assert_array_equal(tokens(of_copies, f"{name}~1"), tokens(of_both, name))


def test_a_document_without_sentences_shifts_nothing(
    tiny_model: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    first, second, *_ = Corpus.load(tiny_corpus).split("dev")
    empty = first.replace(doc_id="empty", sentences=(), spans=())
    alone = soft_targets([tiny_model], [first, second], STANCE)
    for cache in (None, tmp_path):
        found = soft_targets([tiny_model], [first, empty, second], STANCE, cache)
        assert found["empty"] == []
        for one, two in zip(found[second.doc_id], alone[second.doc_id], strict=True):
            np.testing.assert_array_equal(one.offsets, two.offsets)
            np.testing.assert_allclose(one.tokens, two.tokens, atol=1e-6)


@pytest.mark.parametrize("papers", [None, {"data": {}}, {"data": {"learned": None}}])
def test_a_teacher_that_does_not_say_what_it_learned_from_leaves_it_to_those_that_do(
    tiny_model: Path, tiny_corpus: Path, tmp_path: Path, papers: dict[str, object] | None
) -> None:
    documents = Corpus.load(tiny_corpus).split("dev")
    known, silent = tmp_path / "known", tmp_path / "silent"
    for folder in (known, silent):
        shutil.copytree(tiny_model, folder)
    soften(silent)
    run = json.loads((known / "run.json").read_text())
    run["data"]["learned"] = [documents[0].doc_id]
    (known / "run.json").write_text(json.dumps(run))
    (silent / "run.json").unlink()
    if papers is not None:
        (silent / "run.json").write_text(json.dumps(papers))
    of_known, of_silent, of_both = (
        soft_targets(teachers, documents, STANCE)
        for teachers in ([known], [silent], [known, silent])
    )
    first, second = documents[0].doc_id, documents[1].doc_id
    for a, b, both in zip(of_known[first], of_silent[first], of_both[first], strict=True):
        np.testing.assert_allclose(both.tokens, (a.tokens + b.tokens) / 2, atol=1e-6)
    for a, both in zip(of_known[second], of_both[second], strict=True):
        np.testing.assert_array_equal(both.tokens, a.tokens)


@pytest.mark.parametrize("content", ["{", "[]", '{"data": []}', '{"data": {"learned": 3}}'])
def test_papers_of_a_teacher_that_cannot_be_read_are_named(
    tiny_model: Path, tiny_corpus: Path, tmp_path: Path, content: str
) -> None:
    shutil.copytree(tiny_model, tmp_path / "teacher")
    (tmp_path / "teacher" / "run.json").write_text(content)
    with pytest.raises(ModelError, match=r"run\.json: this does not say what the model learned"):
        soft_targets([tmp_path / "teacher"], Corpus.load(tiny_corpus).split("dev"), STANCE)


def test_a_fold_that_is_held_out_is_not_learned_from_and_is_measured(
    tiny_encoder: Path, varied_corpus: Path, tmp_path: Path
) -> None:
    whole = Corpus.load(varied_corpus).split("train")
    learned = []
    for fold in ("1/3", "2/3", "3/3"):
        recipe = tiny_recipe(
            tmp_path / fold[0],
            tiny_encoder,
            varied_corpus,
            Recipe,
            optimisation={"epochs": 1, "batch_windows": 4, "precision": "fp32"},
        )
        folder = train(recipe.holding_out(fold))  # type: ignore[attr-defined]
        run = json.loads((folder / "run.json").read_text())
        assert run["recipe"]["data"]["hold_out"] == {"number": int(fold[0]), "of": 3}
        held = {d.doc_id for d in whole} - set(run["data"]["learned"])
        assert run["held_out"]["articles"] == len(held)
        # by the calibrated model, as it lies in the folder
        documents = [d for d in whole if d.doc_id in held]
        ready = StanceClassifier.from_pretrained(folder, device="cpu")
        figures = evaluate(documents, ready.label_many(documents)).to_dict()
        brier = figures["calibration"]["brier"]
        assert run["held_out"]["calibration"]["brier"] == pytest.approx(brier, abs=1e-3)
        learned.append(held)
    assert set().union(*learned) == {d.doc_id for d in whole}
    assert sum(map(len, learned)) == len(whole)


def test_an_empty_fold_is_not_held_out(
    tiny_encoder: Path, varied_corpus: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe(tmp_path, tiny_encoder, varied_corpus, Recipe)
    places = set(folds_of(Corpus.load(varied_corpus).split("train"), 1000))
    empty = next(fold for fold in range(1000) if fold not in places) + 1
    with pytest.raises(InputError, match=f"fold {empty} of 1000 is empty; use fewer folds"):
        train(recipe.holding_out(f"{empty}/1000"))  # type: ignore[attr-defined]


def test_r_drop_learns(tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe(tmp_path, tiny_encoder, tiny_corpus, Recipe)
    optimisation = recipe.optimisation.model_copy(update={"r_drop": 1.0})  # type: ignore[attr-defined]
    folder = train(recipe.model_copy(update={"optimisation": optimisation}))  # type: ignore[attr-defined]
    assert json.loads((folder / "run.json").read_text())["dev"]["macro_f1"] > 0.9

"""``natostance teach``, and a student that learns from its file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import Outcome, soften, tiny_recipe

from natostance.checkpoint import Checkpoint, sha256_of
from natostance.corpus import Corpus
from natostance.errors import InputError
from natostance.training.material import lessons, taught
from natostance.training.recipe import Recipe
from natostance.training.run import train

Run = Callable[..., Outcome]


def test_the_command_asks_teachers_and_a_student_learns_from_the_file(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path, run: Run
) -> None:
    recipe = tmp_path / "student.yaml"
    recipe.write_text(f"data: {{corpus: {json.dumps(str(tiny_corpus))}}}\n", encoding="utf-8")
    file = tmp_path / "deep" / "said.npz"
    arguments = ["teach", str(recipe), "--teacher", str(tiny_model), "--out"]
    refused = run(*arguments, "said.txt")
    assert refused.status == 2
    assert "ends in .npz" in refused.err
    done = run(*arguments, str(file))
    assert done.status == 0, done.err
    assert "20 articles" in done.err

    student = tiny_recipe(
        tmp_path,
        tiny_encoder,
        tiny_corpus,
        Recipe,
        distillation={"said": file, "weight": 1.0, "temperature": 2.0},
    )
    folder = train(student)  # type: ignore[arg-type]
    papers = json.loads((folder / "run.json").read_text())
    assert papers["dev"]["macro_f1"] > 0.9
    assert papers["data"]["said"] == sha256_of(file)
    assert papers["data"]["teachers"] == []
    assert papers["data"]["learned"] == [f"a{i:02d}" for i in range(20)]
    assert papers["data"]["unspoken"] == 0


def test_articles_that_teachers_did_not_hear_of_are_learned_where_the_recipe_says_so(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path, run: Run
) -> None:
    recipe = tmp_path / "half.yaml"
    recipe.write_text(
        f"data: {{corpus: {json.dumps(str(tiny_corpus))}, share: 0.5}}\n", encoding="utf-8"
    )
    file = tmp_path / "said.npz"
    done = run("teach", str(recipe), "--teacher", str(tiny_model), "--out", str(file))
    assert done.status == 0, done.err
    with np.load(file) as data:
        spoken = len(data["documents"])
        assert data["teachers"].tolist() == [Checkpoint.load(tiny_model).sha256]
    assert 0 < spoken < 20

    def student(**distillation: object) -> Recipe:
        made = tiny_recipe(
            tmp_path, tiny_encoder, tiny_corpus, Recipe, distillation={"said": file, **distillation}
        )
        assert isinstance(made, Recipe)
        return made

    with pytest.raises(InputError, match=f"did not speak of {20 - spoken} articles or copies"):
        train(student())
    papers = json.loads((train(student(unspoken="annotations")) / "run.json").read_text())
    assert papers["data"]["unspoken"] == 20 - spoken
    assert papers["data"]["train"]["articles"] == 20
    assert papers["dev"]["macro_f1"] > 0.9


def test_teachers_speak_of_copies_too_and_with_those_who_spoke_before(
    tiny_model: Path, tiny_encoder: Path, tiny_corpus: Path, tmp_path: Path, run: Run
) -> None:
    recipe = tmp_path / "student.yaml"
    recipe.write_text(
        f"data: {{corpus: {json.dumps(str(tiny_corpus))}}}\ndistillation: {{said: x, copies: 1}}\n",
        encoding="utf-8",
    )
    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    soften(other)
    files = {}
    for name, arguments in {
        "one": ["--teacher", str(tiny_model)],
        "two": ["--teacher", str(other)],
        "both": ["--teacher", str(other), "--before", str(tmp_path / "one.npz")],
    }.items():
        more = [] if name == "one" else ["--copies", "2"]
        done = run("teach", str(recipe), *arguments, *more, "--out", str(tmp_path / f"{name}.npz"))
        assert done.status == 0, done.err
        with np.load(tmp_path / f"{name}.npz") as data:
            files[name] = {key: data[key] for key in data.files}
    assert len(files["both"]["documents"]) == 60
    assert set(files["both"]["documents"][20:22].tolist()) == {"a00~1", "a00~2"}
    assert files["both"]["teachers"].tolist() == [
        Checkpoint.load(folder).sha256 for folder in (other, tiny_model)
    ]
    # roots of probabilities, in 31 steps
    one, two, both = ((files[name]["tokens"] / 31) ** 2 for name in ("one", "two", "both"))
    own = int(files["one"]["lengths"][:80].sum())  # those of the twenty articles come first
    assert np.abs(one[:, :own] - two[:, :own]).max() > 0.15
    np.testing.assert_allclose(both[:, :own], (one[:, :own] + two[:, :own]) / 2, atol=0.07)
    # of the last copy only the second teacher has spoken
    last = int(files["two"]["lengths"][-4:].sum())
    np.testing.assert_array_equal(
        files["both"]["tokens"][:, -last:], files["two"]["tokens"][:, -last:]
    )

    student = tiny_recipe(
        tmp_path,
        tiny_encoder,
        tiny_corpus,
        Recipe,
        optimisation={"epochs": 3, "keep": "last", "learning_rate": 5e-3, "precision": "fp32"},
        distillation={"said": tmp_path / "both.npz", "copies": 2},
    )
    papers = json.loads((train(student) / "run.json").read_text())  # type: ignore[arg-type]
    # copies are no articles
    assert papers["data"]["train"]["articles"] == 20
    assert papers["data"]["unspoken"] == 0
    assert papers["dev"]["macro_f1"] > 0.9

    more = student.model_copy(  # type: ignore[attr-defined]
        update={
            "name": "more",
            "distillation": student.distillation.model_copy(update={"copies": 3}),
        }  # type: ignore[attr-defined]
    )
    with pytest.raises(InputError, match="of 20 articles or copies, first of a00~3"):
        train(more)
    # nor where articles that nobody spoke of would do
    partly = more.distillation.model_copy(update={"unspoken": "annotations"})
    with pytest.raises(InputError, match="of 20 copies, first of a00~3"):
        train(more.model_copy(update={"name": "partly", "distillation": partly}))

    corpus = Corpus.load(tiny_corpus)
    learned = list(corpus.split("train"))[:3]
    soft = taught(student, learned, corpus.labels)  # type: ignore[arg-type]
    names = [d.doc_id for d in lessons(student, learned, soft)]  # type: ignore[arg-type]
    assert names == ["a00", "a01", "a02", *(f"a0{i}~{n}" for i in range(3) for n in (1, 2))]


def test_copies_without_teachers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("distillation: {copies: 2}\n", encoding="utf-8")
    with pytest.raises(InputError, match="give teachers or said, or no copies"):
        Recipe.load(path)

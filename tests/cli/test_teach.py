"""``natostance teach``, and a student that learns from its file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from support import Outcome, tiny_recipe

from natostance.checkpoint import sha256_of
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

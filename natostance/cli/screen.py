"""``natostance screen``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import Articles, Quiet, err_console, quiet_transformers


def screen(
    recipe: Annotated[Path, typer.Argument(help="Recipe, for instance configs/minilm.yaml.")],
    folds: Annotated[int, typer.Option(help="How many folds by article.", min=2)] = 5,
    fold: Annotated[int, typer.Option(help="Which one is held out.", min=1)] = 1,
    articles: Articles = None,
    seed: Annotated[
        int | None, typer.Option(help="Overrides the recipe's seed.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the figures as JSON to this file.", show_default=False),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Try a recipe on a fold of the training articles, to choose between recipes.

    Dev and test articles are not touched, and no model is kept. Needs the extra `[train]`.
    """
    from natostance.extras import require

    require("transformers", "train", "Training")
    from natostance.cli.outputs import check_folders, write_results
    from natostance.errors import InputError
    from natostance.training.progress import ProgressBar
    from natostance.training.recipe import Recipe
    from natostance.training.run import screen as run

    check_folders(out)
    quiet_transformers()
    if fold > folds:
        raise InputError(f"there is no fold {fold} of {folds}", remedy="count from 1")
    settings = Recipe.load(recipe, **({} if seed is None else {"seed": seed}))
    result = run(
        settings,
        folds=folds,
        fold=fold,
        articles=articles,
        callbacks=[] if quiet else [ProgressBar(err_console())],
    )
    each = ", ".join(f"{x} {result.sentences.counts(x).f1:.4f}" for x in result.labels.names)
    typer.echo(
        f"{recipe.name}, seed {settings.seed}, fold {fold} of {folds}: {result.articles} articles, "
        f"{result.sentences.total} sentences: macro-F1 {result.macro_f1:.4f} ({each}), "
        f"character F1 {result.character_f1:.4f}"
    )
    if out is not None:
        write_results(out, result.to_dict(resamples=2000))

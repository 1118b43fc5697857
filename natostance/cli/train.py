"""``natostance train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import Articles, Quiet, err_console, quiet_transformers


def train(
    recipe: Annotated[Path, typer.Argument(help="Recipe, for instance configs/tiny.yaml.")],
    articles: Articles = None,
    seed: Annotated[
        int | None, typer.Option(help="Overrides the recipe's seed.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder in which the model's folder is made; overrides the recipe's output.",
            show_default=False,
        ),
    ] = None,
    fold: Annotated[
        str | None,
        typer.Option(
            help="Hold a fold of the articles out, for instance 1/5; overrides data.hold_out.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        list[Path] | None,
        typer.Option(
            help="Model folder to go on from; several: the mean of their weights. Overrides "
            "network.start.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train a model from annotated articles, as a recipe says.

    Needs the extra `[train]`. The model's folder holds weights, graph, tokenizer, `run.json` and
    card; `natostance label --model FOLDER` uses it.
    """
    from natostance.extras import require

    require("transformers", "train", "Training")
    from natostance.report.card import write_card
    from natostance.training.progress import ProgressBar
    from natostance.training.recipe import Recipe
    from natostance.training.run import train as run

    quiet_transformers()
    console = err_console()
    overrides = {"seed": seed, "output": out, "network": {"start": start} if start else None}
    settings = Recipe.load(recipe, **{k: v for k, v in overrides.items() if v is not None})
    if fold is not None:
        settings = settings.holding_out(fold)
    folder = run(
        settings,
        articles=articles,
        resume=resume,
        callbacks=[] if quiet else [ProgressBar(console)],
    )
    card = write_card(folder)
    if not quiet:
        console.print(f"model: {folder}, card: {card}")

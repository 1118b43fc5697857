"""``natostance train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from natostance.cli.common import Articles, Quiet, err_console


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
    import transformers

    from natostance.report.card import write_card
    from natostance.training.progress import ProgressBar
    from natostance.training.recipe import Recipe
    from natostance.training.run import train as run

    logging: Any = transformers.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    console = err_console()
    overrides = {"seed": seed, "output": out}
    settings = Recipe.load(recipe, **{k: v for k, v in overrides.items() if v is not None})
    folder = run(
        settings,
        articles=articles,
        resume=resume,
        callbacks=[] if quiet else [ProgressBar(console)],
    )
    card = write_card(folder)
    if not quiet:
        console.print(f"model: {folder}, card: {card}")


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
    import transformers

    from natostance.checkpoint import write_json
    from natostance.errors import InputError
    from natostance.training.progress import ProgressBar
    from natostance.training.recipe import Recipe
    from natostance.training.run import screen as run

    logging: Any = transformers.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
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
    if out is not None:
        write_json(out, result.to_dict(resamples=2000))
    each = ", ".join(f"{x} {result.sentences.counts(x).f1:.4f}" for x in result.labels.names)
    typer.echo(
        f"{recipe.name}, seed {settings.seed}, fold {fold} of {folds}: {result.articles} articles, "
        f"{result.sentences.total} sentences: macro-F1 {result.macro_f1:.4f} ({each}), "
        f"character F1 {result.character_f1:.4f}"
    )


def pretrain(
    recipe: Annotated[Path, typer.Argument(help="Settings, for instance configs/pretrain.yaml.")],
    articles: Articles = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder in which the encoder's folder is made; overrides the settings' output.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Let an encoder read news before it learns to label: it guesses masked words.

    Needs the extra `[train]`. The folder that is written can be the encoder of a recipe.
    """
    from natostance.extras import require

    require("transformers", "train", "Training")
    import transformers

    from natostance.settings import load_yaml
    from natostance.training.pretraining import PretrainingSettings
    from natostance.training.pretraining import pretrain as run
    from natostance.training.progress import ProgressBar

    logging: Any = transformers.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    console = err_console()
    overrides = {} if out is None else {"output": out}
    settings = load_yaml(recipe, PretrainingSettings, **overrides)
    folder = run(settings, articles=articles, callbacks=[] if quiet else [ProgressBar(console)])
    if not quiet:
        console.print(f"encoder: {folder}")

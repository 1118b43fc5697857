"""``natostance pretrain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import Articles, Quiet, err_console, quiet_transformers


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
    from natostance.settings import load_yaml
    from natostance.training.pretraining import PretrainingSettings
    from natostance.training.pretraining import pretrain as run
    from natostance.training.progress import ProgressBar

    quiet_transformers()
    console = err_console()
    overrides = {} if out is None else {"output": out}
    settings = load_yaml(recipe, PretrainingSettings, **overrides)
    folder = run(settings, articles=articles, callbacks=[] if quiet else [ProgressBar(console)])
    if not quiet:
        console.print(f"encoder: {folder}")

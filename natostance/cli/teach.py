"""``natostance teach``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import Articles, Quiet, err_console, quiet_transformers


def teach(
    recipe: Annotated[
        Path, typer.Argument(help="Recipe of the student, for instance configs/minilm.yaml.")
    ],
    teacher: Annotated[
        list[Path], typer.Option(help="Model folder of a teacher; may be given several times.")
    ],
    out: Annotated[Path, typer.Option(help="File for what they say (.npz).")],
    before: Annotated[
        Path | None,
        typer.Option(
            help="File with what other teachers said before (.npz): where both spoke, the mean."
        ),
    ] = None,
    copies: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Copies of each article, with other words, of which they speak too; default: as "
            "many as the recipe learns.",
        ),
    ] = None,
    articles: Articles = None,
    quiet: Quiet = False,
) -> None:
    """Ask teachers what they think of a recipe's articles, and keep it in a file without text.

    A recipe names the file as `distillation.said`. Of an article, those teachers speak that are
    known (`run.json`) not to have learned from it, or all where there is no such one. Needs the
    extra `[train]`.
    """
    from natostance.extras import require

    require("transformers", "train", "Training")
    from natostance.errors import InputError
    from natostance.training.material import teach as ask
    from natostance.training.recipe import Recipe

    if out.suffix != ".npz":
        raise InputError(f"{out} is no .npz file", remedy="give --out a name that ends in .npz")
    quiet_transformers()
    spoken = ask(Recipe.load(recipe), teacher, out, articles, before, copies)
    if not quiet:
        err_console().print(f"{spoken} articles: {out}")

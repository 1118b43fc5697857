"""``natostance card``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def card(
    model: Annotated[
        Path | None,
        typer.Argument(help="Model folder; by default the released one.", show_default=False),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            help="Write the figures alone, between the lines <!-- figures:begin --> and "
            "<!-- figures:end --> of this Markdown file, in place of the card.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a model's card, its README.md: from run.json, results*.json and challenge.json.

    Figures that nobody measured are called so; none is invented. More figures join the card when
    their results lie in the folder:

        natostance evaluate eval --part gold --model models/NAME --out models/NAME/results-gold.json

        natostance card models/NAME
    """
    from natostance.checkpoint import released_folder
    from natostance.cli.common import err_console
    from natostance.report.card import figures, write_card
    from natostance.report.papers import Papers
    from natostance.report.sections import replace_section

    folder = model or released_folder()
    if into is None:
        written = write_card(folder)
    else:
        replace_section(into, "figures", figures(Papers.of(folder)))
        written = into
    err_console().print(f"written: {written}")

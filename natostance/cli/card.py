"""``natostance card``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def card(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
) -> None:
    """Write the card of a model folder, its README.md, from run.json and results.json.

    Figures that nobody measured are called so; none is invented.
    """
    from natostance.cli.common import err_console
    from natostance.report.card import write_card

    err_console().print(f"written: {write_card(model)}")

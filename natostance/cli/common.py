"""What the subcommands share: exit statuses, consoles, options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

# exit statuses, beside 0: everything that was asked for is done
SOME_REJECTED = 1
NOTHING_DONE = 2

Model = Annotated[
    Path | None,
    typer.Option(help="Model folder; by default the released model.", show_default=False),
]
Backend = Annotated[
    str,
    typer.Option(
        help="What computes: openvino, onnx, torch, or auto: torch on a GPU, else the first of "
        "these that is installed."
    ),
]
Device = Annotated[
    str,
    typer.Option(
        help="cpu, cuda (all GPUs), cuda:NUMBER, mps, or auto: a GPU where torch is installed and "
        "finds one."
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        help="fp32 (same labels on every processor), bf16 (faster where the processor or GPU has "
        "it), or auto: bf16 where there is it."
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(help="Cores to use.", show_default="all that the process may use", min=1),
]
Articles = Annotated[
    Path | None,
    typer.Option(
        help="Folder with the texts of stand-off annotations.",
        envvar="NATOSTANCE_ARTICLES",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]


def err_console() -> Console:
    """A console on standard error, for everything that is not a result.

    Names of files and ids are no mark-up.
    """
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def fail(message: object) -> None:
    """Print one line on standard error."""
    print(f"natostance: {message}", file=sys.stderr)


def warn(message: object) -> None:
    """Print a warning on standard error."""
    from rich.text import Text

    err_console().print(Text(f"natostance: {message}", style="yellow"))


def quiet_transformers() -> None:
    """Keep the library's own reports and bars off the terminal; needs the extra ``[train]``."""
    import transformers

    logging: Any = transformers.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()

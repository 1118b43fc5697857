"""What the subcommands of evaluation write, and how they show progress."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from natostance.cli.common import err_console

if TYPE_CHECKING:
    from natostance.document import Document, LabelSet
    from natostance.evaluation.table import Table

Markdown = Annotated[
    Path | None,
    typer.Option(help="Write the tables as Markdown to this file.", show_default=False),
]
Section = Annotated[
    str | None,
    typer.Option(
        help="Write the tables that compare systems into the --markdown file, between its lines "
        "<!-- NAME:begin --> and <!-- NAME:end -->, and leave the rest of it alone.",
        show_default=False,
    ),
]


def comparison_tables(
    results: Mapping[str, Mapping[str, Any]], labels: LabelSet, resamples: int, seed: int
) -> list[Table]:
    """All systems in one table, and the first against each of the others; nothing for one."""
    from natostance.evaluation.comparison import compare_with
    from natostance.evaluation.system_tables import against_table, system_table

    if len(results) < 2:
        return []
    tables = [system_table(results)]
    first = next(iter(results))
    if results[first]["articles"] > 1:
        tested = compare_with(first, results, resamples=resamples, seed=seed)
        tables.append(against_table(first, tested, labels))
    return tables


def check_folders(*paths: Path | None) -> None:
    """Refuse files whose folder is not there, before anything is computed."""
    from natostance.errors import InputError

    for path in paths:
        if path is not None and not path.resolve().parent.is_dir():
            raise InputError("its folder is not there", file=path, remedy="make it first")


def write_results(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON as people like to read it, and name the file where that fails."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file, and name it where that fails."""
    from natostance.errors import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", file=path, remedy="write elsewhere"
        ) from None


def tracked(
    labelled: Iterable[Document], name: str, articles: int, shown: bool
) -> Iterable[Document]:
    from rich.progress import track

    console = err_console()
    if not shown or not console.is_terminal:
        return labelled
    return track(labelled, f"labelling: {name}", articles, console=console, transient=True)

"""``natostance compare``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from natostance.cli.outputs import Markdown


def compare(
    results: Annotated[
        list[Path], typer.Argument(help="What natostance evaluate --out wrote; two or more.")
    ],
    seeds: Annotated[
        bool,
        typer.Option(
            "--seeds", help="The files are runs that differ in their seed alone: mean and sd."
        ),
    ] = False,
    figure: Annotated[
        str, typer.Option(help="Figure by which more than two systems are compared.")
    ] = "macro_f1",
    out: Annotated[
        Path | None,
        typer.Option(help="Write the comparison as JSON to this file.", show_default=False),
    ] = None,
    markdown: Markdown = None,
    resamples: Annotated[int, typer.Option(help="For each test.", min=100)] = 10_000,
    seed: Annotated[int, typer.Option(help="For the tests.")] = 0,
) -> None:
    """Compare systems from their results files alone: differences, intervals, paired tests.

    The first file is compared with each of the others, article by article; results of different
    gold are refused:

        natostance compare ours.json theirs.json

        natostance compare --seeds seed-1.json seed-2.json seed-3.json
    """
    from rich.console import Console

    from natostance.cli.outputs import check_folders, write_results, write_text
    from natostance.cli.tables import show_table
    from natostance.document import LabelSet
    from natostance.errors import InputError
    from natostance.evaluation import comparison, system_tables
    from natostance.evaluation.table import Table, to_markdown

    check_folders(out, markdown)
    if len(results) < 2:
        raise InputError("one file gives nothing to compare", remedy="name two or more")
    read = [read_results(path) for path in results]
    named = dict(zip(_names(results, read), read, strict=True))
    comparison.check_comparable(read)
    labels = LabelSet.from_dict(read[0]["labels"])
    first, *others = named
    found: dict[str, Any]
    tables: list[Table]
    if seeds:
        found = {"runs": list(named), "figures": comparison.over_seeds(read)}
        tables = [system_tables.seed_table(found["figures"], labels)]
    elif len(named) == 2:
        found = comparison.compare(read[0], read[1], resamples=resamples, seed=seed)
        tables = [system_tables.comparison_table(found, labels, (first, others[0]))]
    else:
        rows = comparison.compare_with(first, named, figure=figure, resamples=resamples, seed=seed)
        found = {"reference": first, "figure": figure, "others": rows}
        tables = [
            system_tables.system_table(named, figure),
            system_tables.against_table(first, rows, labels, figure),
        ]
    console = Console(highlight=False)
    for table in tables:
        show_table(console, table)
    if out is not None:
        write_results(out, found)
    if markdown is not None:
        write_text(markdown, to_markdown(tables))


def read_results(path: Path) -> dict[str, Any]:
    """What ``natostance evaluate --out`` wrote.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    from natostance.errors import InputError
    from natostance.evaluation.harness import FORMAT

    again = "make it with natostance evaluate --out"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", file=path, remedy="check the path") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", file=path, remedy=again) from None
    if not isinstance(data, dict) or not {"by_article", "labels", "macro_f1"} <= data.keys():
        raise InputError("no results of an evaluation", file=path, remedy=again)
    if data.get("format") != FORMAT:
        raise InputError(
            f"results of format {data.get('format')!r} cannot be compared",
            file=path,
            remedy=f"make them again with this version of natostance (format {FORMAT})",
        )
    return data


def _names(paths: Sequence[Path], results: Sequence[dict[str, Any]]) -> list[str]:
    """Names for tables: the systems' own, else the files', else the whole paths."""
    own = [r.get("system", {}).get("name") or p.stem for p, r in zip(paths, results, strict=True)]
    for names in (own, [path.stem for path in paths], [str(path) for path in paths]):
        if len(set(names)) == len(names):
            return names
    return [f"{path} ({number})" for number, path in enumerate(paths, 1)]

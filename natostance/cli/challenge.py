"""``natostance challenge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import Articles, Backend, Device, Quiet, Threads
from natostance.cli.outputs import Markdown, Section
from natostance.cli.systems import (
    Baselines,
    Cache,
    FixedPrecision,
    Learning,
    Models,
    Predictions,
    Runtime,
    Train,
    TrainPart,
    TrainSplit,
    find_systems,
)


def challenge(
    suite: Annotated[Path, typer.Argument(help="Folder with the suite.")] = Path("eval/challenge"),
    model: Models = None,
    predictions: Predictions = None,
    baseline: Baselines = None,
    train: Train = None,
    train_part: TrainPart = None,
    train_split: TrainSplit = "train",
    cache: Cache = None,
    articles: Articles = None,
    backend: Backend = "auto",
    device: Device = "auto",
    precision: FixedPrecision = "fp32",
    threads: Threads = None,
    items: Annotated[
        Path | None,
        typer.Option(
            help="Only write the items as documents (JSONL), for any system to label.",
            show_default=False,
        ),
    ] = None,
    wrong: Annotated[int, typer.Option(help="Wrong items of the first system to show.", min=0)] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write figures and wrong items of each system as JSON.", show_default=False
        ),
    ] = None,
    markdown: Markdown = None,
    section: Section = None,
    quiet: Quiet = False,
) -> None:
    """Minimal pairs by phenomenon (who speaks, denial, nesting ...): whole pairs must be right.

    Systems are named as for `natostance evaluate`:

        natostance challenge eval/challenge --model models/minilm-l6 --baseline keywords

        natostance challenge eval/challenge --items items.jsonl
    """
    from rich.console import Console
    from rich.text import Text

    from natostance.cli.common import err_console
    from natostance.cli.outputs import (
        check_folders,
        tracked,
        write_results,
        write_text,
    )
    from natostance.cli.tables import show_table
    from natostance.document import STANCE
    from natostance.errors import InputError
    from natostance.evaluation.challenge import (
        compare_with,
        documents,
        read_challenge,
        score,
        solved,
    )
    from natostance.evaluation.hashes import fingerprint
    from natostance.evaluation.system_tables import (
        challenge_table,
        challenge_tests_table,
        challenges_table,
    )
    from natostance.evaluation.table import to_markdown
    from natostance.formats import jsonl

    check_folders(items, out, markdown)
    if section is not None and markdown is None:
        raise InputError("--section needs a file", remedy="name it with --markdown")
    if not suite.is_dir():
        raise InputError("no such folder", file=suite, remedy="name the folder of the suite")
    groups = read_challenge(suite)
    asked = documents(groups)
    if items is not None:
        jsonl.write(asked, items)
        if not quiet:
            err_console().print(f"{len(asked)} items: {items}", markup=False)
        return
    learning = Learning(train, train_part, train_split, articles, cache)
    runtime = Runtime(backend, device, precision, threads)
    systems = find_systems(model, predictions, baseline, learning, STANCE, runtime)
    scored = {}
    for system in systems:
        labelled = tracked(system.label(asked), system.name, len(asked), not quiet)
        try:
            scored[system.name] = score(groups, labelled)
        except InputError as error:
            if system.file is None:
                raise
            raise error.at(system.file) from None
    results = {name: found.to_dict() for name, found in scored.items()}
    if len(results) == 1:
        tables = [challenge_table(next(iter(results.values())))]
    else:
        first = next(iter(results))
        tables = [
            challenges_table(results),
            challenge_tests_table(first, compare_with(first, scored)),
        ]
    console = Console(highlight=False)
    for table in tables:
        show_table(console, table)
    texts = {document.doc_id: document.text for document in asked}
    for item in next(iter(scored.values())).wrong[:wrong]:
        console.print(Text(f"\n{item.doc_id}: {item.gold}, not {item.predicted}", "bold"))
        console.print(Text(texts[item.doc_id]))
    if out is not None:
        papers = {s.name: {"system": {"name": s.name, "kind": s.kind}, **s.papers} for s in systems}
        suite_hash = {"hashes": {"suite": fingerprint(solved(groups))}}
        write_results(
            out, {name: {**papers[name], **suite_hash, **row} for name, row in results.items()}
        )
    if markdown is not None and section is not None:
        from natostance.report.sections import replace_section

        replace_section(markdown, section, to_markdown(tables))
    elif markdown is not None:
        write_text(markdown, to_markdown(tables))

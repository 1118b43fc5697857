"""``natostance evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import Articles, Model, Quiet, err_console


def evaluate(
    gold: Annotated[Path, typer.Argument(help="Corpus folder, for instance eval or training.")],
    split: Annotated[
        str | None,
        typer.Option(help="Split of the corpus; by default its only one.", show_default=False),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="Subfolder of the corpus; may be repeated.", show_default=False),
    ] = None,
    model: Model = None,
    articles: Articles = None,
    reading: Annotated[int, typer.Option(help="Which annotator's reading.", min=1)] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the figures as JSON to this file.", show_default=False),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compare a model's labels with hand-annotated spans.

    Sentence figures are those of the gold's own sentences, so that segmentation and labelling are
    judged apart; character figures are those of the spans.
    """
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    from natostance.checkpoint import Checkpoint, write_json
    from natostance.corpus import Corpus
    from natostance.errors import InputError
    from natostance.evaluation.harness import evaluate as compare
    from natostance.inference.classifier import StanceClassifier

    corpus = Corpus.load(gold, part, articles, reading)
    if split is None:
        if len(corpus.documents) > 1:
            raise InputError(
                f"the corpus has several splits: {', '.join(corpus.documents)}",
                file=gold,
                remedy="choose one with --split",
            )
        split = next(iter(corpus.documents))
    documents = corpus.split(split)
    checkpoint = Checkpoint.find(model)
    labelled = StanceClassifier.from_pretrained(model).label_many(documents)
    shown = not quiet and err_console().is_terminal
    result = compare(
        documents,
        track(labelled, "labelling", len(documents), console=err_console(), transient=True)
        if shown
        else labelled,
    )
    figures = result.to_dict()
    if out is not None:
        write_json(
            out,
            {
                "gold": {"split": split, "fingerprint": corpus.fingerprint},
                "model": {"name": checkpoint.config.name, "sha256": checkpoint.sha256},
                **figures,
            },
        )
    table = Table(title=f"{checkpoint.config.name} on {gold} ({split})", title_justify="left")
    table.add_column("label")
    for column in ("precision", "recall", "F1", "sentences"):
        table.add_column(column, justify="right")
    for label, rates in figures["classes"].items():
        table.add_row(label, *(_figure(rates[k]) for k in ("precision", "recall", "f1", "support")))
    console = Console()
    console.print(table)
    console.print(
        f"{result.articles} articles, {result.sentences.total} sentences: macro-F1 "
        f"{result.macro_f1:.3f}, accuracy {result.sentences.accuracy:.3f}; characters inside "
        f"spans: F1 {result.character_f1:.3f}",
        highlight=False,
    )


def _figure(value: float | int) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)

"""``natostance shares``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from natostance.cli.common import Articles
from natostance.cli.gold import Part, Reading, Split, read_gold
from natostance.cli.outputs import Markdown

if TYPE_CHECKING:
    from natostance.document import Document


def shares(
    labelled: Annotated[
        Path,
        typer.Argument(
            help="What natostance label wrote (.jsonl .csv .parquet, or a folder of them), or "
            "labelled documents."
        ),
    ],
    gold: Annotated[
        Path,
        typer.Option(
            help="Hand-annotated articles, best a random sample of the labelled ones; as for "
            "natostance evaluate."
        ),
    ],
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="outlet, year, month, or any metadata column; may be repeated. Without it: all "
            "articles together.",
            show_default=False,
        ),
    ] = None,
    gold_predictions: Annotated[
        Path | None,
        typer.Option(
            help="The same model's labels of the gold articles, where these are not among the "
            "labelled ones.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="In place of --gold-predictions: the model folder; labels the gold on the spot.",
            show_default=False,
        ),
    ] = None,
    split: Split = None,
    part: Part = None,
    articles: Articles = None,
    reading: Reading = 1,
    date: Annotated[str, typer.Option(help="Column that year and month come from.")] = "date",
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the shares as JSON to this file.", show_default=False),
    ] = None,
    markdown: Markdown = None,
) -> None:
    """Shares of labels that can be published: corrected for the model's errors, with intervals.

    Raw shares stand beside them. Sentences that abstained count with their best label; how many
    they are is said apart.

        natostance shares rows.parquet --gold annotated/ --by outlet --by month
    """
    from rich.console import Console

    from natostance.cli.outputs import check_folders, write_results, write_text
    from natostance.cli.tables import show_table
    from natostance.errors import InputError
    from natostance.evaluation.quantification import shares as estimate
    from natostance.evaluation.table import to_markdown
    from natostance.evaluation.tables import share_table
    from natostance.formats.predictions import read_predictions

    check_folders(out, markdown)
    if not 0 < level < 1:
        raise InputError(f"a level of {level} is none", remedy="give --level between 0 and 1")
    if gold_predictions is not None and model is not None:
        raise InputError(
            "the labels of the gold are given twice",
            remedy="give --gold-predictions or --model, not both",
        )
    given = read_gold(gold, split=split, part=part, articles=articles, reading=reading)
    if not given.documents:
        raise InputError("there is nothing to correct with: no annotated articles", file=gold)
    labels = given.documents[0].labels
    documents = read_predictions(labelled, given.documents, labels)
    if not documents:
        raise InputError("there are no labelled articles", file=labelled)
    predicted: tuple[Document, ...] | None = None
    if gold_predictions is not None:
        predicted = read_predictions(gold_predictions, given.documents, labels)
    elif model is not None:
        from natostance.inference.classifier import StanceClassifier

        classifier = StanceClassifier.from_pretrained(model)
        predicted = tuple(classifier.label_many(given.documents))
    found = [
        estimate(
            documents, given.documents, by=column, predicted=predicted, level=level, date=date
        ).to_dict()
        for column in by or (None,)
    ]
    tables = [share_table(one) for one in found]
    console = Console(highlight=False)
    for table in tables:
        show_table(console, table)
    if out is not None:
        write_results(out, found[0] if len(found) == 1 else {"format": 1, "by": found})
    if markdown is not None:
        write_text(markdown, to_markdown(tables))

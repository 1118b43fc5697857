"""``natostance corpus check`` and ``natostance corpus stats``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import SOME_REJECTED, Articles, err_console, fail

app = typer.Typer(
    help="Annotated articles: what is wrong with them, what is in them.",
    no_args_is_help=True,
)

Folders = Annotated[
    list[Path], typer.Argument(help="Corpus folders, for instance training and eval.")
]


@app.command()
def check(folders: Folders, articles: Articles = None) -> None:
    """Check annotated articles: structure, offsets, sha256, the codebook's rules on edges, leaks.

    Without the texts of stand-off annotations, these are checked in their offsets alone.
    Exit status: 0 clean, 1 something is wrong.
    """
    from natostance.corpus.check import check as run

    report = run(folders, articles)
    for problem in (*report.problems, *report.leaks):
        fail(problem)
    found = len(report.problems) + len(report.leaks)
    text = f"{report.articles} annotated articles checked: "
    text += f"{found} problems" if found else "clean"
    if report.without_text:
        text += f"; {report.without_text} of them without their text, in their offsets alone"
    err_console().print(text)
    raise typer.Exit(0 if report.clean else SOME_REJECTED)


@app.command()
def stats(
    folders: Folders,
    part: Annotated[
        list[str] | None,
        typer.Option(help="Subfolder of the corpus; may be repeated.", show_default=False),
    ] = None,
    by: Annotated[
        str, typer.Option(help="split, year, outlet, family, style or any metadata.")
    ] = "split",
    articles: Articles = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw the labels by group into this .svg, .pdf or .png (extra `[report]`).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Count articles, sentences, spans and labels by group, and measure how varied they are."""
    from rich.console import Console

    from natostance.cli.tables import show_table
    from natostance.corpus import Corpus
    from natostance.corpus.stats import Row, constant, count, metadata, variety
    from natostance.document import Document
    from natostance.evaluation.table import Table

    console = Console(highlight=False)
    documents: list[Document] = []
    rows: list[Row] = []
    for folder in folders:
        corpus = Corpus.load(folder, part, articles)
        for split, members in corpus.documents.items():
            documents += members
            if by == "split":
                rows += count(members, constant(split), corpus.labels)
        labels = corpus.labels
    if by != "split":
        rows = count(documents, metadata(by), labels)
    columns = ("articles", "sentences", "spans", *labels.names, "mixed", "doubtful")
    cells = []
    for row in rows:
        numbers = (row.articles, row.sentences, row.spans, *row.labels.values())
        cells.append((row.group, *(f"{n:,}" for n in (*numbers, row.mixed, row.doubtful))))
    show_table(console, Table(f"by {by}", ("group", *columns), tuple(cells)))
    found = variety(documents)
    console.print(
        f"{found.sentences:,} sentences of {found.words[0]:.0f}, {found.words[1]:.0f} and "
        f"{found.words[2]:.0f} words (10th, 50th, 90th percentile); "
        f"{found.article_sentences[0]:.0f}, {found.article_sentences[1]:.0f} and "
        f"{found.article_sentences[2]:.0f} sentences an article\n"
        f"{found.repeated:.1%} repeat five words of another article, {found.near_duplicates:.1%} "
        f"are near-duplicates; the ten commonest openings begin {found.openings:.1%}"
    )
    if plot is not None:
        from natostance.report.plots import label_bars

        label_bars(rows, labels, plot)

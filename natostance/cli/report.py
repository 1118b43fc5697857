"""``natostance report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from natostance.cli.common import Articles, Model, Quiet, err_console, warn
from natostance.cli.gold import read_by_hand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natostance.document import Document


def report(
    labelled: Annotated[
        Path,
        typer.Argument(
            help="What natostance label wrote (.jsonl .csv .parquet, or a folder of them), "
            "or annotated articles in any format that natostance convert reads."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="A page (name it .html), or a folder: an index, and a page for each article.",
        ),
    ] = Path("report.html"),
    title: Annotated[str, typer.Option(help="Title of the report.")] = "natostance report",
    by: Annotated[str, typer.Option(help="Metadata by which shares are given.")] = "outlet",
    date: Annotated[
        str, typer.Option(help="Metadata with the date, which begins with the year: 2024-03-17.")
    ] = "date",
    gold: Annotated[
        Path | None,
        typer.Option(
            help="Hand-labelled articles, a random sample of the labelled ones; they correct "
            "the shares.",
            show_default=False,
        ),
    ] = None,
    explain: Annotated[
        list[str] | None,
        typer.Option(
            help="Show where labels come from (extra `[train]`): `unsure` for the least sure "
            "sentence of each article, or ARTICLE:SENTENCE; may be repeated.",
            show_default=False,
        ),
    ] = None,
    model: Model = None,
    articles: Articles = None,
    quiet: Quiet = False,
) -> None:
    """Make a page of labelled articles: self-contained, offline, fit to be sent.

        natostance label articles/ --out rows.jsonl

        natostance report rows.jsonl --out report.html

    With more than a few hundred articles, name a folder:

        natostance report rows.jsonl --out report
    """
    from natostance.formats.labelled import with_text
    from natostance.report.site import write_report

    explainer = None
    if explain:
        from natostance.report.attributions import Explainer

        explainer = Explainer.load(model, explain)
    documents = _documents(labelled, articles)
    references = list(_documents(gold, articles)) if gold else None
    if references is not None:
        # rows don't hold what stands between sentences, and gold is compared in the same text
        texts = {document.doc_id: document.text for document in references}
        documents = (with_text(d, texts.get(d.doc_id, d.text)) for d in documents)
    written = write_report(
        documents,
        out,
        title=title,
        by=by,
        date=date,
        gold=references,
        explain=explainer,
    )
    if explainer:
        explainer.check_all_used()
    if written.missing and not quiet:
        warn(f"the report has no plots: {written.missing}")
    if not quiet:
        for remark in written.remarks:
            warn(remark)
        err_console().print(
            f"{written.articles:,} articles, {written.sentences:,} sentences: {written.path}"
        )


def _documents(path: Path, articles: Path | None) -> Iterator[Document]:
    """Labelled documents; hand-annotated ones are labelled by their spans."""
    from natostance.formats.labelled import is_labelled, read_labelled

    if is_labelled(path):
        yield from read_labelled(path)
        return
    # articles that nobody has read yet would look wholly neutral
    yield from read_by_hand(path, articles, may_be_unmarked=False)

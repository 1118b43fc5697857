"""``natostance label``."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from natostance.cli.common import (
    SOME_REJECTED,
    Backend,
    Device,
    Model,
    Precision,
    Quiet,
    Threads,
    err_console,
    fail,
    warn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from natostance.batch.rejects import Rejected
    from natostance.batch.report import JobReport, Progress
    from natostance.document import Document

# warnings about single articles; the rest is counted in the summary
_SHOWN = 5
# rejects, where a file lists them all
_SHOWN_REJECTS = 20


def label(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="File, folder, pattern, URL (s3://...), or - for standard input: .txt .md .html "
            ".jsonl .csv .tsv .parquet, each also .gz or .zst but Parquet.",
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            help="File for the rows, folder for shards of them (a name without suffix, or ending "
            "in /), or - for standard output. "
            "Without it: articles in colour on a terminal, JSONL into a pipe.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="jsonl, csv or parquet, the first two also with .gz or .zst; default: by the "
            "suffix.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that broke off, or begin one.")
    ] = False,
    model: Model = None,
    text_column: Annotated[
        str, typer.Option(help="Column or field with the text, in tables and JSONL.")
    ] = "text",
    html: Annotated[
        Path | None,
        typer.Option(
            help="Make a page too (name it .html), or a folder of pages; see natostance report.",
            show_default=False,
        ),
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option(help="Column or field with the article's id.", show_default="doc_id or id"),
    ] = None,
    stdin_format: Annotated[
        str, typer.Option(help="What standard input is: txt, md, html, jsonl, csv or tsv.")
    ] = "txt",
    backend: Backend = "auto",
    device: Device = "auto",
    precision: Precision = "fp32",
    threads: Threads = None,
    max_article: Annotated[
        int, typer.Option(help="The most megabytes that one article may have, unpacked.")
    ] = 256,
    shard_articles: Annotated[
        int,
        typer.Option(help="Articles of a shard; what a run that breaks off does again at most."),
    ] = 1000,
    engine: Annotated[
        str, typer.Option(help="local, or ray: the job runs on a Ray cluster.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            help="The Ray cluster; default: the one around, or this machine.", show_default=False
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Label every sentence of articles: whose position does it convey?

    On a terminal, `natostance label article.txt` shows the article in colour. Into a file or pipe
    it writes a row a sentence, with offsets, probabilities and spans:

        natostance label articles/ --html report.html

        natostance label articles/ --out rows.jsonl

        natostance label news.csv --text-column body --out rows.parquet

        cat article.txt | natostance label -

    A run into a file or folder that broke off goes on with --resume, and writes each article
    exactly once. A bad article never stops the others. Exit status: 0 all was labelled, 1 some of
    it was rejected or the page could not be made of the rows, 2 nothing could be done.
    """
    from natostance.batch.articles import MEGABYTE
    from natostance.batch.job import label_files

    # a run into a file lists all rejects in a file of their own
    most = None if out in (None, "-") else _SHOWN_REJECTS
    foreign = shown = 0

    def on_reject(rejected: Rejected) -> None:
        nonlocal shown
        if most is None or shown < most:
            shown += 1
            fail(f"rejected: {rejected}")

    def on_foreign(document: Document, language: str) -> None:
        nonlocal foreign
        foreign += 1
        if foreign <= _SHOWN and not quiet:
            warn(
                f"{document.doc_id}: the language seems to be {language!r}, which the model does "
                "not read; its labels mean little"
            )

    labelled: list[Document] = []
    if html is not None:
        _check_page(out, format, html)
    with ExitStack() as stack:
        on_progress: Callable[[Progress], None] | None = None
        sink: Callable[[Document], None] | None = None
        if html is not None and out is None:
            sink = _collector(labelled, html)
        elif out is None and format is None and sys.stdout.isatty():
            sink = _shower()
        elif not quiet and sys.stderr.isatty():
            on_progress = _bar(stack)
        report = label_files(
            paths,
            None if sink else out or "-",
            format=format,
            sink=sink,
            model=model,
            backend=backend,
            device=device,
            precision=precision,
            threads=threads,
            text_column=text_column,
            id_column=id_column,
            stdin_format=stdin_format,
            resume=resume,
            max_article=max_article * MEGABYTE,
            shard_articles=shard_articles,
            engine=engine,
            address=address,
            on_progress=on_progress,
            on_reject=on_reject,
            on_foreign=on_foreign,
        )
    # beside those beyond the first, those of an earlier session and of other machines
    if hidden := report.rejected - shown:
        fail(f"rejected: {hidden:,} more; all of them are listed in the file of rejects")
    if not quiet:
        err_console().print(_summary(report))
    made = html is None or not report.labelled or _write_page(labelled, out, html)
    raise typer.Exit(report.status if made else SOME_REJECTED)


def _shower() -> Callable[[Document], None]:
    """Shows each article on the terminal as it is labelled."""
    from rich.console import Console

    from natostance.report.terminal import article

    console = Console(highlight=False, soft_wrap=False)

    def show(document: Document) -> None:
        console.print(article(document))

    return show


def _collector(labelled: list[Document], html: Path) -> Callable[[Document], None]:
    """Keeps articles for the page, and stops the run at the first that it cannot take."""
    from natostance.errors import InputError
    from natostance.report.site import MOST_ON_ONE_PAGE, is_page

    most = MOST_ON_ONE_PAGE if is_page(html) else None

    def collect(document: Document) -> None:
        if len(labelled) == most:
            raise InputError(
                f"more than {most} articles are too many for one page, and nothing is kept",
                file=html,
                remedy="name a folder for the pages, and give --out, which keeps the rows",
            )
        labelled.append(document)

    return collect


def _check_page(out: str | None, format: str | None, html: Path) -> None:
    """Find out what is wrong with the page before an hour of labelling."""
    from natostance.errors import InputError
    from natostance.report.site import check_target, is_page

    if out in ("-", ""):
        raise InputError(
            "--html does not go with rows on standard output", remedy="leave out --out -"
        )
    check_target(html)
    if out is None:
        return
    _check_read_again(out, format)
    rows = Path(out).resolve()
    if not is_page(html) and html.resolve() in (rows, *rows.parents):
        raise InputError(
            "the rows would be in the folder of the pages",
            file=html,
            remedy="name another folder for one of them",
        )


def _check_read_again(out: str, format: str | None) -> None:
    """Raise `InputError` where rows are written that cannot be read again for the page."""
    from natostance.batch.output import Output
    from natostance.batch.rowfiles import RowFormat
    from natostance.batch.storage import is_url
    from natostance.errors import InputError

    if is_url(out):
        raise InputError(
            "--html reads the rows again, which it does not from a URL",
            file=out,
            remedy="leave out --html, and call natostance report on a copy of the rows",
        )
    target = Output(out, format)
    if target.is_folder:
        return  # shards are named by their format
    try:
        told = RowFormat.of(out, None)
    except InputError:
        told = None
    if told != target.format:
        raise InputError(
            "--html reads the rows again, and the name does not tell their format, "
            f"{target.format.suffix.lstrip('.')}",
            file=out,
            remedy=f"end the name in {target.format.suffix}",
        )


def _write_page(labelled: list[Document], out: str | None, html: Path) -> bool:
    """The page of what was labelled; where rows were written, they are read again.

    Returns:
        Whether it was made. Where it was not, the rows are there all the same.

    Raises:
        InputError: it cannot be made, and there are no rows.
    """
    from natostance.errors import NatostanceError
    from natostance.formats.labelled import read_labelled
    from natostance.report.site import write_report

    try:
        written = write_report(read_labelled(Path(out)) if out else labelled, html)
    except NatostanceError as error:
        if out is None:
            raise
        fail(f"no page was made: {error}; the rows are kept, see natostance report {out}")
        return False
    err_console().print(f"page: {written.path}")
    if written.missing:
        warn(f"the page has no plots: {written.missing}")
    return True


def _bar(stack: ExitStack) -> Callable[[Progress], None]:
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    bars = stack.enter_context(
        Bars(
            TextColumn("labelling"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[articles]:,} articles, {task.fields[sentences]:,} sentences"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=err_console(),
            transient=True,
        )
    )
    task = bars.add_task("", total=None, articles=0, sentences=0, rate="")

    def update(progress: Progress) -> None:
        elapsed = bars.tasks[0].elapsed or 0.0
        known = progress.fraction is not None
        bars.update(
            task,
            total=1.0 if known else None,
            completed=progress.fraction or 0.0,
            articles=progress.labelled,
            sentences=progress.sentences,
            rate=f"{progress.sentences / elapsed:,.0f}/s" if elapsed > 1 else "",
        )

    return update


def _summary(report: JobReport) -> str:
    shares = ", ".join(
        f"{label} {count / report.sentences:.0%}" for label, count in report.labels.items() if count
    )
    text = f"{report.labelled:,} articles, {report.sentences:,} sentences"
    if shares:
        text += f" ({shares})"
    text += f" in {report.seconds:.1f} s"
    if report.resumed:
        text += f"; {report.resumed:,} of the articles were done before"
    if report.rejected:
        text += f"; {report.rejected:,} of {report.read:,} rejected"
    if report.foreign:
        text += f"; {report.foreign:,} in another language than the model's"
    return text

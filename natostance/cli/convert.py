"""``natostance convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import NOTHING_DONE, SOME_REJECTED, Quiet, err_console, fail, warn


def convert(
    source: Annotated[Path, typer.Argument(help="File or folder to read.")],
    target: Annotated[Path, typer.Argument(help="File or folder to write.")],
    source_format: Annotated[
        str | None,
        typer.Option("--from", help="Format of SOURCE.", show_default="by name and content"),
    ] = None,
    target_format: Annotated[
        str | None, typer.Option("--to", help="Format of TARGET.", show_default="by name")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FOREIGN=LABEL",
            help="What a foreign label becomes; may be repeated.",
            show_default=False,
        ),
    ] = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Move span edges to the nearest token edge, cut overlaps, list both."
        ),
    ] = False,
    annotator: Annotated[
        str | None,
        typer.Option(
            help="Whose work to read, where several people annotated the same articles in one "
            "Label Studio or Prodigy file: id or mail address.",
            show_default=False,
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="Corpus folder of another dispute: its corpus.yaml says what the labels are.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Convert annotated articles from one format to another.

    Formats: `natostance` (JSONL), `markup` (*.marked.txt), `label-studio`, `doccano`, `brat`,
    `prodigy`, `iob2`. Offsets are code points in natostance, whatever the other tool counts in.

        natostance convert training/articles tasks.json --to label-studio

        natostance convert export.json mine.jsonl --label Pro=NATO --label Contra=RUSSIA

        natostance convert export.json first.jsonl --annotator anna@example.org

    A document with anything wrong in it is listed and left out; the others are converted.
    """
    from natostance.corpus.load import read_labels
    from natostance.errors import InputError
    from natostance.formats.convert import convert as run

    mapping = {}
    for pair in label or []:
        foreign, equals, own = pair.partition("=")
        if not (foreign and equals and own):
            raise InputError(
                f"--label {pair!r} is no mapping", remedy="write --label FOREIGN=LABEL"
            )
        mapping[foreign] = own
    report = run(
        source,
        target,
        source_format=source_format,
        target_format=target_format,
        mapping=mapping or None,
        repair=repair,
        labels=None if corpus is None else read_labels(corpus),
        annotator=annotator,
    )
    for problem in report.problems:
        fail(problem)
    if corpus is None and any("unknown label" in problem.reason for problem in report.problems):
        fail(
            "labels of another dispute: --label maps them, or --corpus names a corpus folder that "
            "declares them"
        )
    if not quiet:
        for remark in (*report.repaired, *report.left_out):
            warn(remark)
        err_console().print(
            f"{report.documents} documents with {report.spans} spans from {report.source_format} "
            f"to {report.target_format}"
            + (f"; {report.rejected} not converted" if report.rejected else "")
        )
    if not report.documents:
        raise typer.Exit(NOTHING_DONE)
    raise typer.Exit(SOME_REJECTED if report.problems else 0)

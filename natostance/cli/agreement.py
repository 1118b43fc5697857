"""``natostance agreement``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natostance.cli.common import Articles, err_console
from natostance.cli.gold import read_by_hand


def agreement(
    first: Annotated[Path, typer.Argument(help="One annotator's articles.")],
    second: Annotated[Path, typer.Argument(help="The other's, of the same articles.")],
    articles: Articles = None,
    common: Annotated[
        bool,
        typer.Option(
            "--common", help="Compare what both annotated; say how many articles one alone did."
        ),
    ] = False,
    show: Annotated[int, typer.Option(help="Disagreements to show in context.", min=0)] = 10,
    with_gamma: Annotated[
        bool, typer.Option("--gamma", help="Also the gamma of spans (extra `[gamma]`; slow).")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write figures and all disagreements as JSON to this file.", show_default=False
        ),
    ] = None,
) -> None:
    """How far two annotators agree on the same articles, and where they do not.

    Each side is a corpus folder, a file with stand-off annotations, or a file or folder in any of
    the formats that `natostance convert` reads:

        natostance agreement eval/gold/first eval/gold/second

    Sentences: Cohen's kappa, Krippendorff's alpha, macro-F1. Characters: alpha, and F1 inside
    spans. Intervals are 95 %, with articles as clusters.
    """
    from dataclasses import asdict

    from rich.console import Console
    from rich.text import Text

    from natostance.cli.outputs import check_folders, write_results
    from natostance.cli.tables import show_table
    from natostance.evaluation.agreement import agreement as compare
    from natostance.evaluation.gamma import gamma
    from natostance.evaluation.tables import agreement_table

    check_folders(out)
    ours = read_by_hand(first, articles)
    theirs = read_by_hand(second, articles)
    if common:
        shared = {d.doc_id for d in ours} & {d.doc_id for d in theirs}
        alone = [sum(d.doc_id not in shared for d in side) for side in (ours, theirs)]
        ours, theirs = (tuple(d for d in side if d.doc_id in shared) for side in (ours, theirs))
        if any(alone):
            err_console().print(
                f"left out: {alone[0]} articles of the first alone, {alone[1]} of the second alone"
            )
    found = compare(ours, theirs)
    results = found.to_dict()
    console = Console(highlight=False)
    show_table(console, agreement_table(results))
    if with_gamma:
        of_spans = gamma(ours, theirs)
        results["gamma"] = asdict(of_spans)
        value = "none" if of_spans.mean is None else f"{of_spans.mean:.3f}"
        console.print(
            f"Gamma of the spans: {value}, mean over {of_spans.articles} articles; left out: "
            f"{of_spans.one_sided} marked by one alone, {of_spans.unmarked} without spans."
        )
    texts = {document.doc_id: document for document in ours}
    for item in found.disagreements[:show]:
        document = texts[item.doc_id]
        console.print(
            Text(
                f"\n{item.doc_id}, sentence {item.number + 1}: {item.first} | {item.second}", "bold"
            )
        )
        context = Text(" ".join(item.context(document).split()), "dim")
        context.highlight_words([" ".join(document.text[item.start : item.end].split())], "not dim")
        console.print(context)
        for name, spans in (("first", item.first_spans), ("second", item.second_spans)):
            marked = " … ".join(f"[{s.label}: {document[s]}]" for s in spans) or "no span"
            console.print(Text(f"  {name}: {marked}", "dim"))
    if out is not None:
        write_results(out, results)

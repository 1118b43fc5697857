"""``natostance evaluate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from natostance.cli.common import Articles, Backend, Device, Quiet, Threads
from natostance.cli.gold import Part, Reading, Split, read_gold
from natostance.cli.outputs import (
    Markdown,
    Section,
    check_folders,
    comparison_tables,
    tracked,
    write_results,
    write_text,
)
from natostance.cli.systems import (
    Baselines,
    Cache,
    FixedPrecision,
    Learning,
    Models,
    Predictions,
    Runtime,
    System,
    Train,
    TrainPart,
    TrainSplit,
    find_systems,
)

if TYPE_CHECKING:
    from natostance.document import Document
    from natostance.evaluation.harness import Evaluation
    from natostance.evaluation.mistakes import Mistake
    from natostance.evaluation.table import Table


@dataclass(frozen=True)
class Evaluated:
    """One system on one gold.

    Args:
        evaluation: its counts.
        results: what its results file holds.
        mistakes: its wrong labels, the worst first.
    """

    evaluation: Evaluation
    results: dict[str, Any]
    mistakes: tuple[Mistake, ...]


def evaluate(
    gold: Annotated[
        Path,
        typer.Argument(
            help="Corpus folder, for instance eval or training, or annotated articles in any "
            "format that natostance convert reads."
        ),
    ],
    split: Split = None,
    part: Part = None,
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
    reading: Reading = 1,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="Metadata column to slice by, beside the usual ones; may be repeated.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write the figures as JSON: a file for one system, a folder for several.",
            show_default=False,
        ),
    ] = None,
    markdown: Markdown = None,
    section: Section = None,
    html: Annotated[
        Path | None,
        typer.Option(
            help="Write one page with tables, plots and the worst errors (extra `[report]`).",
            show_default=False,
        ),
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option(
            help="Write all wrong labels in context as JSONL, the surest first.",
            show_default=False,
        ),
    ] = None,
    subset: Annotated[
        bool,
        typer.Option(
            "--subset",
            help="The gold is a sample of what was predicted: leave the other articles out.",
        ),
    ] = False,
    resamples: Annotated[int, typer.Option(help="For intervals and tests.", min=100)] = 10_000,
    seed: Annotated[int, typer.Option(help="For intervals and tests.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Compare labels with hand-annotated spans: how good, how sure, where they fail.

    Sentence figures are those of the gold's own sentences, so that segmentation and labelling are
    judged apart; span and character figures are those of the spans. Intervals are 95 %, with
    articles as clusters. Several systems are compared with the first one by paired tests:

        natostance evaluate training --part real --split dev --articles FOLDER

        natostance evaluate eval --part gold --model models/minilm-l6 --baseline keywords

        natostance evaluate gold.jsonl --predictions rows.csv --predictions other=rows.jsonl
    """
    from rich.console import Console

    from natostance.cli.tables import show_table
    from natostance.errors import InputError
    from natostance.evaluation.table import to_markdown
    from natostance.evaluation.tables import evaluation_tables
    from natostance.extras import require

    check_folders(out, markdown, html, errors)
    if section is not None and markdown is None:
        raise InputError("--section needs a file", remedy="name it with --markdown")
    if html is not None:
        require("matplotlib", "report", "The page of an evaluation")
    given = read_gold(gold, split=split, part=part, articles=articles, reading=reading)
    if not given.documents:
        raise InputError("there is nothing to evaluate: no annotated articles", file=gold)
    _check_columns(given.documents, by or ())
    labels = given.documents[0].labels
    learning = Learning(train, train_part, train_split, articles, cache)
    runtime = Runtime(backend, device, precision, threads)
    systems = find_systems(model, predictions, baseline, learning, labels, runtime)
    targets = _targets(out, [system.name for system in systems])
    papers = {"gold": given.papers}
    found = {
        system.name: evaluate_system(
            system,
            given.documents,
            papers,
            by or (),
            resamples,
            seed,
            subset=subset,
            shown=not quiet,
        )
        for system in systems
    }
    results = {name: done.results for name, done in found.items()}
    overview = comparison_tables(results, labels, resamples, seed)
    console = Console(highlight=False)
    for name, one in results.items():
        console.print(f"\n{name} on {given.title}", style="bold", markup=False)
        # of several systems the rest stands in the files
        for table in evaluation_tables(one)[: 2 if len(results) > 1 else None]:
            show_table(console, table)
    for table in overview:
        show_table(console, table)
    for name, path in targets.items():
        write_results(path, results[name])
    if errors is not None:
        _write_mistakes(errors, found)
    if markdown is not None:
        if section is not None:
            from natostance.report.sections import replace_section

            replace_section(markdown, section, to_markdown(overview))
        else:
            write_text(markdown, _whole_markdown(given.title, results, overview))
    if html is not None:
        from natostance.report.evaluation import evaluation_page

        page = evaluation_page(
            given.title, results, overview, {name: done.mistakes for name, done in found.items()}
        )
        write_text(html, page)


def evaluate_system(
    system: System,
    gold: Sequence[Document],
    papers: Mapping[str, Any],
    columns: Sequence[str] = (),
    resamples: int = 10_000,
    seed: int = 0,
    *,
    subset: bool = False,
    shown: bool = False,
) -> Evaluated:
    """Label the gold's articles with a system, and compare.

    Args:
        system: the system.
        gold: the articles.
        papers: what else its results hold.
        columns: to slice by, beside the usual ones.
        resamples: for intervals.
        seed: for intervals.
        subset: leave out predictions for other articles, instead of refusing them.
        shown: show progress.

    Raises:
        InputError: as `natostance.evaluation.harness.evaluate`; a file of predictions is named.
    """
    from natostance.errors import InputError
    from natostance.evaluation.harness import evaluate as compare
    from natostance.evaluation.hashes import fingerprint
    from natostance.evaluation.mistakes import mistakes

    predicted = tuple(tracked(system.label(gold), system.name, len(gold), shown))
    known = {document.doc_id for document in gold}
    others = [document.doc_id for document in predicted if document.doc_id not in known]
    if others and not subset:
        raise InputError(
            f"{len(others)} articles of the prediction are not in the gold: "
            f"{', '.join(sorted(others)[:10])}",
            file=system.file,
            remedy="leave them out, with --subset where the gold is a sample of them",
        )
    predicted = tuple(document for document in predicted if document.doc_id in known)
    hashes = {"gold": fingerprint(gold), "predictions": fingerprint(predicted)}
    if "model" in system.papers:
        hashes["model"] = system.papers["model"]["sha256"]
    try:
        found = compare(gold, predicted, hashes=hashes)
        figures = found.to_dict(columns=columns, resamples=resamples, seed=seed)
    except InputError as error:
        if system.file is None:
            raise
        raise error.at(system.file) from None
    results = {
        **papers,
        "system": {"name": system.name, "kind": system.kind},
        **system.papers,
        **figures,
    }
    by_id = {document.doc_id: document for document in predicted}
    return Evaluated(found, results, mistakes(found.judged.values(), by_id))


def _whole_markdown(
    title: str, results: Mapping[str, Mapping[str, Any]], overview: Sequence[Table]
) -> str:
    from natostance.evaluation.table import to_markdown
    from natostance.evaluation.tables import evaluation_tables

    parts = [f"# {' '.join(results)} on {title}\n" if len(results) == 1 else f"# {title}\n"]
    if overview:
        parts.append(to_markdown(overview))
    for name, one in results.items():
        if len(results) > 1:
            parts.append(f"## {name}\n")
        parts.append(to_markdown(evaluation_tables(one)))
    return "\n".join(parts)


def _check_columns(documents: Sequence[Document], columns: Sequence[str]) -> None:
    from natostance.errors import InputError
    from natostance.evaluation.slices import UNKNOWN, article_value

    for column in columns:
        if all(article_value(document, column) == UNKNOWN for document in documents):
            known = sorted({name for document in documents for name in document.meta})
            raise InputError(
                f"no article has a column {column!r}",
                remedy=f"the columns are {', '.join(known)}" if known else "leave out --by",
            )


def _targets(out: Path | None, names: Sequence[str]) -> dict[str, Path]:
    """The results file of each system."""
    from natostance.errors import InputError

    if out is None:
        return {}
    if len(names) == 1 and not out.is_dir():
        return {names[0]: out}
    if out.exists() and not out.is_dir():
        raise InputError(
            "several systems need a folder, and this is a file", file=out, remedy="name a folder"
        )
    if out.suffix == ".json" and not out.exists():
        raise InputError(
            "several systems need a folder, and this looks like a file",
            file=out,
            remedy="name a folder",
        )
    out.mkdir(exist_ok=True)
    return {name: out / f"{name.replace('/', '_')}.json" for name in names}


def _write_mistakes(path: Path, found: Mapping[str, Evaluated]) -> None:
    from natostance.formats.records import dumps

    lines = [
        dumps({"system": name, **mistake.to_dict()}) + "\n"
        for name, done in found.items()
        for mistake in done.mistakes
    ]
    write_text(path, "".join(lines))

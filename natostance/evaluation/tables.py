"""Results as tables: plain data that the command prints, and Markdown for a paper.

Everything is made from JSON-ready results, so that a file gives the same tables as a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from natostance.document import LabelSet
from natostance.evaluation.figures import ALL, figure_value, figures, is_defined
from natostance.evaluation.slices import UNKNOWN
from natostance.evaluation.table import NOTHING, Table, interval, percent, rate

Results = Mapping[str, Any]

_WORST = 15


def evaluation_tables(results: Results) -> tuple[Table, ...]:
    """The tables of `Evaluation.to_dict`."""
    tables = [_headline(results), _classes(results), _confusion(results), _spans(results)]
    if results["calibration"]:
        tables += [_calibration(results["calibration"]), _promises(results["calibration"])]
    return (*tables, slice_table(results))


def slice_table(results: Results, most: int = _WORST) -> Table:
    """The worst slices."""
    rows = results["slices"]
    notes = ["Small slices (*: under 30 sentences or 5 articles) stand last; they show little."]
    if len(rows) > most:
        notes.append(f"{len(rows) - most} more slices are in the results.")
    return Table(
        "Slices, the worst first",
        ("slice", "macro-F1", "95 % interval", "accuracy", "sentences", "articles"),
        tuple(
            (
                f"{row['column']}: {row['value']}{' *' if row['small'] else ''}",
                rate(row["macro_f1"]),
                interval(row["interval"]),
                rate(row["accuracy"]),
                str(row["sentences"]),
                str(row["articles"]),
            )
            for row in rows[:most]
        ),
        tuple(notes),
    )


def agreement_table(results: Results) -> Table:
    """The table of `natostance.evaluation.agreement.Agreement.to_dict`."""
    sentences, characters = results["sentences"], results["characters"]
    rows = [
        ("sentences: Cohen's kappa", sentences["kappa"]),
        ("sentences: Krippendorff's alpha", sentences["alpha"]),
        ("sentences: macro-F1", sentences["macro_f1"]),
        ("sentences: same label", sentences["agreement"]),
        *((f"sentences: F1, {label}", row["f1"]) for label, row in sentences["classes"].items()),
        ("characters: Krippendorff's alpha", characters["alpha"]),
        ("characters: F1 of spans", characters["f1"]),
        *((f"characters: F1, {label}", row["f1"]) for label, row in characters["classes"].items()),
    ]
    return Table(
        "Agreement of two annotators",
        ("figure", "value", "95 % interval"),
        tuple(
            (
                name,
                NOTHING if row["value"] is None else rate(row["value"]),
                interval(row["interval"]),
            )
            for name, row in rows
        ),
        (
            f"{results['articles']} articles, {sentences['total']} sentences; "
            f"{len(results['disagreements'])} sentences differ in label or spans.",
        ),
    )


def share_table(results: Results) -> Table:
    """The table of `natostance.evaluation.quantification.Shares.to_dict`."""
    return Table(
        f"Shares of sentences{' by ' + results['by'] if results['by'] else ''}",
        (
            *("group", "label", "raw", "corrected", f"{100 * results['level']:.0f} % interval"),
            *("method", "abstained", "sentences", "articles", "gold articles"),
        ),
        tuple(
            (
                row["value"],
                row["label"],
                percent(row["raw"]),
                percent(row["corrected"]) if _corrected(row) else NOTHING,
                interval(row["interval"], percent),
                row["method"],
                percent(row["abstained"]),
                str(row["sentences"]),
                str(row["articles"]),
                str(row["gold_articles"]),
            )
            for row in results["shares"]
        ),
        tuple(_share_notes(results)),
    )


def _corrected(row: Mapping[str, Any]) -> bool:
    """Whether a corrected share is fit to be shown: nothing is known of one without interval."""
    return row["corrected"] is not None and row["interval"] is not None


def _share_notes(results: Results) -> Iterator[str]:
    yield (
        "ppi: prediction-powered inference from the group's own gold; adjusted: adjusted counts "
        "from all the gold, right where the classifier confuses labels alike in all groups."
    )
    rows = results["shares"]
    if not all(_corrected(row) for row in rows):
        yield (
            f"{NOTHING}: cannot be corrected, because the group has one article alone, or because "
            "the model errs otherwise in it than on the gold; then annotate a sample of it."
        )
    if any(row["value"] == UNKNOWN for row in rows):
        dated = results["by"] in ("year", "month")
        what = "a date that is read (2024-03-17)" if dated else f"{results['by']!r}"
        yield f"{UNKNOWN}: articles without {what}."


def _headline(results: Results) -> Table:
    labels = LabelSet.from_dict(results["labels"])
    wanted = [f for f in figures(labels) if not f.name.startswith(("f1_", "character_f1_"))]
    notes = [f"{results['articles']} articles, {results['sentences']} sentences of the gold."]
    alignment = results["alignment"]
    for count, what in (
        (alignment["projected"], "sentences have a label projected from other sentences"),
        (alignment["outside"], "predicted sentences lie outside the gold's and do not count"),
        (alignment["from_spans"], "articles are predicted as spans alone"),
        (alignment["stand_ins"], "articles have no predicted spans: sentences stand for them"),
        (results["abstained"]["sentences"], "sentences abstained; they keep their best label"),
    ):
        if count:
            notes.append(f"{count} {what}.")
    if results["absent"]:
        notes.append(
            f"Neither in gold nor predicted, and left out: {', '.join(results['absent'])}."
        )
    return Table(
        "Figures",
        ("figure", "value", "95 % interval"),
        tuple(
            (
                f.title,
                rate(figure_value(results, f.name)) if is_defined(results, f.name) else NOTHING,
                interval(results["intervals"].get(f.name)),
            )
            for f in wanted
        ),
        tuple(notes),
    )


def _classes(results: Results) -> Table:
    rows = [(label, label, row) for label, row in results["classes"].items()]
    return Table(
        "Sentences by label",
        ("label", "precision", "recall", "F1", "95 % interval", "sentences", "predicted"),
        tuple(
            (title, *_prf(row), interval(results["intervals"].get(f"f1_{label}")), *_sizes(row))
            for title, label, row in rows
        ),
    )


def _confusion(results: Results) -> Table:
    names = LabelSet.from_dict(results["labels"]).names
    return Table(
        "Confusion: gold in rows, predicted in columns",
        ("gold", *names),
        tuple(
            (name, *map(str, row)) for name, row in zip(names, results["confusion"], strict=True)
        ),
    )


def _spans(results: Results) -> Table:
    def rows() -> Iterator[tuple[str, ...]]:
        for group, modes in results["spans"].items():
            for mode, row in modes.items():
                # a single label: strict and exact, type and partial say nothing new
                if group == ALL or mode in ("strict", "partial"):
                    yield (f"{mode}, {group}", *_prf(row), *_sizes(row))
        yield (
            "partial credit",
            *_prf(results["partial_credit"]),
            *_sizes(results["partial_credit"]),
        )
        for side, row in results["characters"].items():
            yield (f"characters, {side}", *_prf(row), *_sizes(row))

    return Table(
        "Spans",
        ("match", "precision", "recall", "F1", "gold", "predicted"),
        tuple(rows()),
        ("The last rows count characters, the others spans.",),
    )


def _calibration(report: Results) -> Table:
    return Table(
        f"Probabilities of {report['sentences']} sentences",
        ("figure", "value"),
        (
            ("expected calibration error", rate(report["calibration_error"])),
            ("the same, debiased", rate(report["debiased_calibration_error"])),
            ("Brier score (0 to 2)", rate(report["brier"])),
            ("area under risk-coverage", rate(report["aurc"])),
        ),
    )


def _promises(report: Results) -> Table:
    return Table(
        "Thresholds that keep an error among the labelled sentences",
        ("promised error", "threshold", "labelled", "observed error"),
        tuple(
            (
                percent(row["error"]),
                NOTHING if row["threshold"] is None else rate(row["threshold"]),
                percent(row["coverage"]),
                NOTHING if row["observed"] is None else percent(row["observed"]),
            )
            for row in report["promises"]
        ),
        ("Hold for new articles of the same kind; – where too few articles stand behind it.",),
    )


def _prf(row: Results) -> tuple[str, str, str]:
    return (
        rate(row["precision"]) if row["predicted"] else NOTHING,
        rate(row["recall"]) if row["support"] else NOTHING,
        rate(row["f1"]) if row["predicted"] or row["support"] else NOTHING,
    )


def _sizes(row: Results) -> tuple[str, str]:
    return str(row["support"]), str(row["predicted"])

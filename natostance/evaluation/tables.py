"""Results as tables: plain data that the command prints, and Markdown for a paper.

Everything is made from JSON-ready results, so that a file gives the same tables as a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from natostance.document import LabelSet
from natostance.evaluation.figures import ALL, figures

Results = Mapping[str, Any]

# what a cell shows where a rate has nothing under the line
NOTHING = "–"

_WORST = 15


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Args:
        title: one line.
        header: the columns; the first one holds names, the others figures.
        rows: the cells, as they are shown.
        notes: lines below it.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def to_markdown(self) -> str:
        """The table in Markdown, its figures flush right."""
        lines = [
            f"**{_cell(self.title)}**",
            "",
            _row(self.header),
            _row(["---", *["---:"] * (len(self.header) - 1)]),
            *map(_row, self.rows),
        ]
        for note in self.notes:
            lines += ["", note]
        return "\n".join(lines) + "\n"


def to_markdown(tables: Iterable[Table]) -> str:
    """Some tables in Markdown, one below the other."""
    return "\n".join(table.to_markdown() for table in tables)


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
                _rate(row["macro_f1"]),
                _interval(row["interval"]),
                _rate(row["accuracy"]),
                str(row["sentences"]),
                str(row["articles"]),
            )
            for row in rows[:most]
        ),
        tuple(notes),
    )


def system_table(systems: Mapping[str, Results], figure: str = "macro_f1") -> Table:
    """Several systems by one figure, the best first."""
    labels = LabelSet.from_dict(next(iter(systems.values()))["labels"])
    title = next(f.title for f in figures(labels) if f.name == figure)
    ordered = sorted(systems, key=lambda name: -_value(systems[name], figure))
    return Table(
        f"Systems by {title}",
        ("system", title, "95 % interval", *(f"F1 {label}" for label in labels.names)),
        tuple(
            (
                name,
                _rate(_value(systems[name], figure)),
                _interval(systems[name]["intervals"].get(figure)),
                *(_rate(systems[name]["classes"][label]["f1"]) for label in labels.names),
            )
            for name in ordered
        ),
    )


def comparison_table(comparison: Results, labels: LabelSet, names: tuple[str, str]) -> Table:
    """The table of `natostance.evaluation.comparison.compare`."""
    titles = {f.name: f.title for f in figures(labels)}
    return Table(
        f"{names[0]} against {names[1]}",
        ("figure", *names, "difference", "95 % interval", "p (permutation)", "p (bootstrap)"),
        tuple(
            (
                titles[name],
                _rate(row["first"]),
                _rate(row["second"]),
                f"{row['effect']:+.3f}",
                _interval(row["interval"]),
                _p_value(row["p_permutation"]),
                _p_value(row["p_bootstrap"]),
            )
            for name, row in comparison["figures"].items()
        ),
        (f"Paired tests over {comparison['articles']} articles.",),
    )


def seed_table(spreads: Mapping[str, Results], labels: LabelSet) -> Table:
    """The table of `natostance.evaluation.comparison.over_seeds`."""
    titles = {f.name: f.title for f in figures(labels)}
    runs = next(iter(spreads.values()))["runs"]
    return Table(
        f"Mean over {runs} seeds",
        ("figure", "mean", "sd"),
        tuple(
            (titles[name], _rate(row["mean"]), NOTHING if row["sd"] is None else _rate(row["sd"]))
            for name, row in spreads.items()
        ),
    )


def challenge_table(results: Results) -> Table:
    """The table of `natostance.evaluation.challenge.ChallengeResult.to_dict`."""
    return Table(
        "Challenge suite",
        ("phenomenon", "groups right", "accuracy", "95 % interval", "items right", "accuracy"),
        tuple(
            (
                name,
                f"{row['groups_right']}/{row['groups']}",
                _rate(row["group_accuracy"]),
                _interval(row["interval"]),
                f"{row['items_right']}/{row['items']}",
                _rate(row["item_accuracy"]),
            )
            for name, row in [*results["phenomena"].items(), (ALL, results["all"])]
        ),
        ("A group is right when all its items are; that is the figure that counts.",),
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
        tuple((name, _rate(row["value"]), _interval(row["interval"])) for name, row in rows),
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
                _percent(row["raw"]),
                NOTHING if row["corrected"] is None else _percent(row["corrected"]),
                _interval(row["interval"], _percent),
                row["method"],
                _percent(row["abstained"]),
                str(row["sentences"]),
                str(row["articles"]),
                str(row["gold_articles"]),
            )
            for row in results["shares"]
        ),
        (
            "ppi: prediction-powered inference from the group's own gold; adjusted: adjusted "
            "counts from all the gold, where the classifier confuses labels alike in all groups. "
            "– where it visibly does not: annotate a sample of that group.",
        ),
    )


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
            (f.title, _rate(_value(results, f.name)), _interval(results["intervals"].get(f.name)))
            for f in wanted
        ),
        tuple(notes),
    )


def _value(results: Results, figure: str) -> float:
    """A figure by its name in `natostance.evaluation.figures`."""
    if figure == "own_macro_f1":
        value = results["own_sentences"]["macro_f1"]
    elif figure == "partial_credit_f1":
        value = results["partial_credit"]["f1"]
    elif figure.startswith("span_f1_"):
        value = results["spans"][ALL][figure.removeprefix("span_f1_")]["f1"]
    elif figure.startswith("character_f1_"):
        value = results["characters"][figure.removeprefix("character_f1_")]["f1"]
    elif figure.startswith("f1_"):
        value = results["classes"][figure.removeprefix("f1_")]["f1"]
    else:
        value = results[figure]
    return float(value)


def _classes(results: Results) -> Table:
    rows = [(label, label, row) for label, row in results["classes"].items()]
    return Table(
        "Sentences by label",
        ("label", "precision", "recall", "F1", "95 % interval", "sentences", "predicted"),
        tuple(
            (title, *_prf(row), _interval(results["intervals"].get(f"f1_{label}")), *_sizes(row))
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
            ("expected calibration error", _rate(report["calibration_error"])),
            ("the same, debiased", _rate(report["debiased_calibration_error"])),
            ("Brier score (0 to 2)", _rate(report["brier"])),
            ("area under risk-coverage", _rate(report["aurc"])),
        ),
    )


def _promises(report: Results) -> Table:
    return Table(
        "Thresholds that keep an error among the labelled sentences",
        ("promised error", "threshold", "labelled", "observed error"),
        tuple(
            (
                _percent(row["error"]),
                NOTHING if row["threshold"] is None else _rate(row["threshold"]),
                _percent(row["coverage"]),
                NOTHING if row["observed"] is None else _percent(row["observed"]),
            )
            for row in report["promises"]
        ),
        ("Hold for new articles of the same kind; – where too few articles stand behind it.",),
    )


def _prf(row: Results) -> tuple[str, str, str]:
    return (
        _rate(row["precision"]) if row["predicted"] else NOTHING,
        _rate(row["recall"]) if row["support"] else NOTHING,
        _rate(row["f1"]) if row["predicted"] or row["support"] else NOTHING,
    )


def _sizes(row: Results) -> tuple[str, str]:
    return str(row["support"]), str(row["predicted"])


def _rate(value: float) -> str:
    return f"{value:.3f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else _rate(value)


def _interval(ends: Sequence[float] | None, show: Callable[[float], str] = _rate) -> str:
    return f"{show(ends[0])} to {show(ends[1])}" if ends else NOTHING


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Text that stays inside its cell, whatever an article's metadata hold."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")

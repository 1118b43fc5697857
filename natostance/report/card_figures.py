"""Figures of a model in Markdown, for its card and for the README.

What its papers lack was not measured, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from natostance.evaluation.table import NOTHING
from natostance.report.papers import Json, Papers, get

NOT_MEASURED = "not measured"
TITLES = {"dev": "Dev split", "test": "Test split", "gold": "Composed gold articles"}
_WORST = 10
_NOTES = {
    "gold": "These articles were composed to seek out what is difficult: no known names, nested "
    "and continued speech, positions that name no side.",
}


def figures(papers: Papers) -> str:
    """The figures of the model on everything that it was measured on, in Markdown."""
    if not papers.results:
        return f"How good it is was {NOT_MEASURED}."
    parts = []
    for name, results in papers.results.items():
        parts.append(_figures(TITLES.get(name, name.capitalize()), results))
        if name in papers.seeds:
            parts.append(_spread(papers.seeds[name], papers.run))
        if name == "dev":
            parts.append(_dev_note(papers))
        elif name in _NOTES:
            parts.append(_NOTES[name])
    if any(results.get("intervals") for results in papers.results.values()):
        parts.append("Intervals are 95 %, by bootstrap over articles.")
    return "\n\n".join(parts)


def _figures(title: str, results: Json) -> str:
    lines = [
        f"{title}: {count(results, 'articles')} articles, {count(results, 'sentences')} "
        f"sentences. Sentence macro-F1 **{rate(results, 'macro_f1')}**"
        f"{_interval(results, 'macro_f1')}, accuracy {rate(results, 'accuracy')}"
        f"{_interval(results, 'accuracy')}; characters inside spans: F1 "
        f"{rate(results, 'character_f1')}{_interval(results, 'character_f1')}."
    ]
    if classes := get(results, "classes"):
        lines += [
            "",
            "| label | precision | recall | F1 | 95 % interval of F1 | sentences |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for label, rates in classes.items():
            interval = get(results, "intervals", f"f1_{label}")
            cells = _prf(rates)
            none = NOTHING if cells[-1] == NOTHING else NOT_MEASURED
            between = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else none
            lines.append(
                f"| {label} | {' | '.join(cells)} | {between} | {count(rates, 'support')} |"
            )
    return "\n".join(lines)


def _spread(seeds: Json, run: Json) -> str:
    """Mean and standard deviation over seeds, beside the figures of the one that is released."""
    rows = {"sentence macro-F1": "macro_f1", "accuracy": "accuracy", "character F1": "character_f1"}
    said = [
        f"{title} {row['mean']:.3f} ± {row['sd']:.3f}"
        for title, name in rows.items()
        if (row := get(seeds, "figures", name)) and row["sd"] is not None
    ]
    here = "" if (own := run.get("seed")) is None else f" This model is seed {own}."
    if get(run, "recipe", "optimisation", "epochs") == 0:
        here = " This model is the mean of such runs' weights."
    runs = len(get(seeds, "runs") or ())
    return f"Over {runs} seeds of the recipe (mean ± sd): {', '.join(said)}.{here}"


def _dev_note(papers: Papers) -> str:
    last = get(papers.run, "recipe", "optimisation", "keep") == "last"
    chose = "chose among recipes" if last else "chose the epoch"
    if get(papers.run, "recipe", "calibration", "folds"):
        chose += " (probabilities were calibrated out of fold)"
    elif papers.config.calibration.threshold:
        chose += ", and temperature and threshold were fitted on it"
    else:
        chose += ", and the temperature was fitted on it"
    seed = papers.run.get("seed")
    what = f"one run (seed {seed})"
    if get(papers.run, "recipe", "optimisation", "epochs") == 0:
        what = "one mean of weights, and of no other seeds"
    one = f" They are of {what}." if seed is not None and not papers.seeds else ""
    test = "" if "test" in papers.results else " On the test split it was not measured."
    return (
        f"Figures on the dev split flatter the model a little: the split also {chose}.{one}{test}"
    )


def slices(results: Json | None) -> str:
    """Where the model is worst, in Markdown."""
    rows = [row for row in get(results, "slices") or [] if not row.get("small")]
    if not rows:
        return f"Slices were {NOT_MEASURED}."
    lines = [
        "The worst on the dev split (those of 30 sentences and 5 articles or more):",
        "",
        "| slice | macro-F1 | 95 % interval | accuracy | sentences |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in rows[:_WORST]:
        interval = row.get("interval")
        between = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else "–"
        lines.append(
            f"| {_cell(row.get('column'))}: {_cell(row.get('value'))} | {rate(row, 'macro_f1')} "
            f"| {between} | {rate(row, 'accuracy')} | {count(row, 'sentences')} |"
        )
    return "\n".join(lines)


def probabilities(papers: Papers) -> str:
    """What its probabilities are worth, in Markdown."""
    parts = []
    report = get(papers.dev, "calibration")
    where = "On the dev split"
    if get(papers.run, "out_of_fold", "calibration"):
        report = get(papers.run, "out_of_fold", "calibration")
        where = "Out of fold, on the articles that it learned from"
    if isinstance(report, Mapping):
        parts.append(
            f"{where}: expected calibration error {rate(report, 'calibration_error')} "
            f"(debiased {rate(report, 'debiased_calibration_error')}), Brier score "
            f"{rate(report, 'brier')}, area under the risk-coverage curve {rate(report, 'aurc')}."
        )
    else:
        parts.append(f"Calibration was {NOT_MEASURED}.")
    if unsure := get(papers.dev, "abstained", "sentences"):
        others = get(papers.dev, "abstained", "others_macro_f1")
        rest = f"{others:.3f}" if others is not None else NOT_MEASURED
        parts.append(
            f"On the dev split it abstains on {unsure} sentences; macro-F1 on the others: {rest}."
        )
    threshold = papers.config.calibration.threshold
    if threshold:
        promised = get(papers.run, "promise", "error")
        kept = f" (promised: an error of {promised:.0%} among the others)" if promised else ""
        parts.append(f"It abstains below a probability of {threshold:.3f}{kept}.")
    else:
        parts.append("It never abstains.")
    return " ".join(parts)


def challenge(results: Json | None) -> str:
    """What came of the challenge suite, in Markdown."""
    whole = get(results, "all")
    if not isinstance(whole, Mapping):
        return f"Minimal pairs of one phenomenon each: {NOT_MEASURED}."
    lines = [
        f"Minimal pairs of one phenomenon each: {count(whole, 'items_right')} of "
        f"{count(whole, 'items')} sentences right, {count(whole, 'groups_right')} of "
        f"{count(whole, 'groups')} groups wholly right.",
        "",
        "| phenomenon | sentences right | groups wholly right |",
        "|---|---:|---:|",
    ]
    phenomena = get(results, "phenomena") or {}
    for name, row in sorted(phenomena.items(), key=lambda i: (i[1].get("group_accuracy", 0), i[0])):
        lines.append(
            f"| {_cell(name)} | {count(row, 'items_right')} of {count(row, 'items')} | "
            f"{count(row, 'groups_right')} of {count(row, 'groups')} |"
        )
    return "\n".join(lines)


def rate(results: Json, key: str) -> str:
    """A rate with three places."""
    value = results.get(key)
    return f"{value:.3f}" if isinstance(value, (int, float)) else NOT_MEASURED


def count(results: Json, key: str) -> str:
    """A count."""
    value = results.get(key)
    return str(value) if isinstance(value, int) else "an unknown number of"


def _prf(rates: Json) -> list[str]:
    """Precision, recall and F1; a dash where nothing stands under the line."""
    predicted, support = rates.get("predicted"), rates.get("support")
    nothing = (predicted == 0, support == 0, predicted == 0 and support == 0)
    return [
        NOTHING if none else rate(rates, key)
        for key, none in zip(("precision", "recall", "f1"), nothing, strict=True)
    ]


def _interval(results: Json, key: str) -> str:
    interval = get(results, "intervals", key)
    return f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", r"\|").split())

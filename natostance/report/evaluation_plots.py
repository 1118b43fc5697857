"""Plots of an evaluation, as pictures inside a page: everything is made from results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from natostance.document import LabelSet
from natostance.report.page import Html
from natostance.report.palette import NEUTRAL, colours
from natostance.report.plots import new_figure
from natostance.report.svg import picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[str, Any]

_LINE = "#0b7fc4"
_QUIET = "#8a8a8a"
_MOST_SLICES = 25


def systems_picture(systems: Mapping[str, Results]) -> Html:
    """Macro-F1 of every system with its interval, the best on top (a forest plot)."""
    ordered = sorted(systems, key=lambda name: -float(systems[name]["macro_f1"]))
    rows = [
        (name, systems[name]["macro_f1"], systems[name]["intervals"].get("macro_f1"))
        for name in ordered
    ]
    return _forest(rows, "sentence macro-F1, 95 % interval", "Systems by sentence macro-F1")


def slices_picture(name: str, results: Results) -> Html:
    """Macro-F1 of the slices that are large enough, the worst on top."""
    large = [row for row in results["slices"] if not row["small"]][:_MOST_SLICES]
    names = [f"{row['column']}: {row['value']} ({row['sentences']:,})" for row in large]
    rows = [
        (shown, row["macro_f1"], row["interval"]) for shown, row in zip(names, large, strict=True)
    ]
    words = f"Slices of {name} by sentence macro-F1, the worst first"
    return _forest(rows, "sentence macro-F1, 95 % interval", words, results["macro_f1"])


def confusion_picture(name: str, results: Results) -> Html:
    """How often each gold label was predicted as each label; shaded by the share of the row."""
    from matplotlib.patches import Rectangle

    labels = LabelSet.from_dict(results["labels"])
    palette = {**colours(labels), labels.neutral: NEUTRAL}
    figure, axes = new_figure(5.2, 3.6)
    for i, row in enumerate(results["confusion"]):
        for j, count in enumerate(row):
            share = count / max(1, sum(row))
            colour = palette[labels.names[j]]
            axes.add_patch(
                Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, alpha=0.08 + 0.6 * share)
            )
            axes.text(j, i, f"{count:,}\n{share:.0%}", ha="center", va="center")
    places = range(len(labels.names))
    axes.set_xticks(places, [_plain(label) for label in labels.names])
    axes.set_yticks(places, [_plain(label) for label in labels.names])
    axes.set_xlim(-0.5, len(labels.names) - 0.5)
    axes.set_ylim(len(labels.names) - 0.5, -0.5)
    axes.set_xlabel("predicted")
    axes.set_ylabel("gold")
    return picture(figure, f"Confusion of {name}: gold in rows, predicted in columns")


def reliability_picture(name: str, calibration: Results) -> Html:
    """Share of right labels against mean probability, by bins of equally many sentences."""
    figure, axes = new_figure(5.2, 3.6)
    axes.plot([0, 1], [0, 1], color=_QUIET, linestyle="--", linewidth=1, label="as promised")
    bins = calibration["reliability"]
    axes.plot(
        [row["confidence"] for row in bins],
        [row["accuracy"] for row in bins],
        color=_LINE,
        marker="o",
        markersize=4,
        label="as observed",
    )
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("mean probability of the given label")
    axes.set_ylabel("share of right labels")
    axes.legend(loc="upper left", frameon=False)
    return picture(figure, f"Reliability of {name}")


def risk_coverage_picture(name: str, calibration: Results) -> Html:
    """Share of wrong labels among the surest sentences, against how many these are."""
    figure, axes = new_figure(5.2, 3.6)
    points = calibration["risk_coverage"]
    axes.plot(
        [coverage for coverage, _, _ in points],
        [risk for _, risk, _ in points],
        color=_LINE,
        marker="o",
        markersize=3,
    )
    axes.set_xlim(0, 1.02)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("coverage: share of sentences that keep their label")
    axes.set_ylabel("risk: share of wrong labels")
    return picture(figure, f"Risk and coverage of {name}")


def _forest(
    rows: Sequence[tuple[str, float, Sequence[float] | None]],
    axis: str,
    words: str,
    reference: float | None = None,
) -> Html:
    figure, axes = new_figure(8, 1.1 + 0.3 * len(rows))
    if reference is not None:
        axes.axvline(reference, color=_QUIET, linestyle="--", linewidth=1)
    for place, (_, value, interval) in enumerate(rows):
        if interval:
            axes.plot(interval, [place, place], color=_LINE, linewidth=2, solid_capstyle="butt")
        axes.plot([value], [place], color=_LINE, marker="o", markersize=6)
    _names(axes, [name for name, _, _ in rows])
    axes.set_xlim(0, 1)
    axes.set_xlabel(axis)
    return picture(figure, words)


def _names(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)


def _plain(name: str, most: int = 44) -> str:
    """A name as matplotlib shows it as it is: no mathematics, one line."""
    line = "".join(c if c.isprintable() else " " for c in name)
    cut = line if len(line) <= most else f"{line[: most - 1]}…"
    return cut.replace("$", r"\$")

"""Plots, drawn without a network: into files, or as vector pictures inside a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from natostance.document import LabelSet
from natostance.errors import InputError
from natostance.evaluation.quantification import Share
from natostance.extras import require
from natostance.report.page import Html
from natostance.report.palette import NEUTRAL, colours, in_line
from natostance.report.svg import picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from natostance.corpus.stats import Row
    from natostance.report.overview import Group

Fixed = Mapping[str, Mapping[str, Share]]

# told apart without colour
_MARKERS = "osD^v*P"
_HATCHES = ("", "///", "...", "xxx", "\\\\\\", "+++")


def label_bars(rows: Sequence[Row], labels: LabelSet, path: Path) -> None:
    """One bar a group, cut into the shares of its labels, into a file.

    Raises:
        InputError: the picture cannot be written.
        MissingExtraError: the extra ``[report]`` is not installed.
    """
    figure, axes = new_figure(8, 1 + 0.35 * len(rows))
    shares = [{n: row.labels[n] / max(1, row.sentences) for n in labels.names} for row in rows]
    _bars(axes, [f"{row.group} ({row.sentences:,})" for row in rows], shares, labels)
    axes.set_xlabel("share of sentences")
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be written: {error}", file=path) from None


def groups_picture(
    groups: Sequence[Group], labels: LabelSet, by: str, fixed: Fixed | None = None
) -> Html:
    """Shares by group: corrected with intervals where there are such, else raw as bars.

    Raises:
        MissingExtraError: the extra ``[report]`` is not installed.
    """
    figure, axes = new_figure(6.6, 0.9 + 0.34 * len(groups))
    names = [f"{_short(group.name)} ({group.sentences:,})" for group in groups]
    if fixed is None or not _any(fixed, groups):
        shares = [{label: group.share(label) for label in labels.names} for group in groups]
        _bars(axes, names, shares, labels)
        axes.set_xlabel("share of sentences, raw: as the model labelled them")
        return picture(figure, f"Raw shares of sentences by {by}; the table has the figures.")
    palette = {**colours(labels), labels.neutral: NEUTRAL}
    step = 0.7 / len(labels.names)
    for i, label in enumerate(labels.names):
        at = [y + (i - (len(labels.names) - 1) / 2) * step for y in range(len(groups))]
        rows = [fixed.get(group.name, {}).get(label) for group in groups]
        known = [
            (row, y)
            for row, y in zip(rows, at, strict=True)
            if row and row.corrected is not None and row.interval
        ]
        axes.errorbar(
            [row.corrected or 0.0 for row, _ in known],
            [y for _, y in known],
            xerr=_reaches([row for row, _ in known]),
            fmt=_MARKERS[i % len(_MARKERS)],
            color=palette[label],
            markersize=5,
            linewidth=1.5,
            label=label,
        )
    axes.set_yticks(range(len(groups)), names)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_xlabel("share of sentences, corrected, 95 % intervals")
    _legend(axes, len(labels.names))
    return picture(figure, f"Corrected shares of sentences by {by}; the table has the figures.")


def times_picture(
    times: Sequence[Group], labels: LabelSet, period: str, fixed: Fixed | None = None
) -> Html:
    """Shares of the sides over time, one line a side; the rest is neutral.

    Raises:
        MissingExtraError: the extra ``[report]`` is not installed.
    """
    figure, axes = new_figure(6.6, 3.2)
    palette = colours(labels)
    places = list(range(len(times)))
    if fixed is not None and not _any(fixed, times):
        fixed = None
    for i, label in enumerate(labels.sides):
        style: dict[str, Any] = {
            "color": palette[label],
            "marker": _MARKERS[i % len(_MARKERS)],
            "markersize": 5,
            "linewidth": 1.8,
            "label": label,
        }
        if fixed is None:
            axes.plot(places, [group.share(label) for group in times], **style)
            continue
        rows = [fixed.get(group.name, {}).get(label) for group in times]
        known = [
            (row, x)
            for row, x in zip(rows, places, strict=True)
            if row and row.corrected is not None and row.interval
        ]
        axes.errorbar(
            [x for _, x in known],
            [row.corrected or 0.0 for row, _ in known],
            yerr=_reaches([row for row, _ in known]),
            capsize=2,
            **{**style, "linestyle": "none", "elinewidth": 1.5},
        )
    every = -(-len(times) // 12)
    axes.set_xticks(places[::every], [group.name for group in times][::every])
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:.0%}")
    kind = "raw" if fixed is None else "corrected, 95 % intervals"
    axes.set_ylabel(f"share of sentences, {kind}")
    _legend(axes, len(labels.sides))
    words = "Raw" if fixed is None else "Corrected"
    return picture(figure, f"{words} shares of sentences by {period}; the table has the figures.")


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure in inches and its axes, without a window.

    Raises:
        MissingExtraError: the extra ``[report]`` is not installed.
    """
    require("matplotlib", "report", "Plots")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _bars(
    axes: Axes, names: Sequence[str], shares: Sequence[Mapping[str, float]], labels: LabelSet
) -> None:
    palette = {**colours(labels), labels.neutral: NEUTRAL}
    left = [0.0] * len(names)
    for label in in_line(labels):
        widths = [row[label] for row in shares]
        hatch = _HATCHES[labels.names.index(label) % len(_HATCHES)]
        neutral = label == labels.neutral
        axes.barh(
            range(len(names)),
            widths,
            left=left,
            color=palette[label],
            label=label,
            hatch="" if neutral else hatch,
            alpha=0.4 if neutral else 1,
            edgecolor="#ffffff",
            linewidth=0.8,
            height=0.7,
        )
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter("{x:.0%}")
    _legend(axes, len(labels.names))


def _legend(axes: Axes, columns: int) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False)


def _known(
    fixed: Fixed, label: str, groups: Sequence[Group], places: Sequence[float]
) -> list[tuple[Share, float]]:
    """The corrected shares of a label, each with its place.

    Groups without one are left out, and so are those of one article: without an interval a
    corrected share says nothing.
    """
    rows = [fixed.get(group.name, {}).get(label) for group in groups]
    return [
        (row, place)
        for row, place in zip(rows, places, strict=True)
        if row and row.corrected is not None and row.interval
    ]


def _any(fixed: Fixed, groups: Sequence[Group]) -> bool:
    """Whether any group has a corrected share with an interval."""
    return any(row.interval for group in groups for row in fixed.get(group.name, {}).values())


def _reaches(rows: Sequence[Share]) -> list[list[float]]:
    """How far the intervals reach below and above the shares."""
    below, above = [], []
    for row in rows:
        share, interval = row.corrected or 0.0, row.interval
        below.append(max(0.0, share - interval.low) if interval else 0.0)
        above.append(max(0.0, interval.high - share) if interval else 0.0)
    return [below, above]


def _short(name: str, most: int = 28) -> str:
    name = "".join(c if c.isprintable() else " " for c in name).replace("$", r"\$")
    return name if len(name) <= most else f"{name[: most - 1]}…"

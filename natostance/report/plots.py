"""Plots, drawn without a network; vector pictures where the suffix is .svg or .pdf."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from natostance.corpus.stats import Row
from natostance.document import LabelSet
from natostance.errors import InputError
from natostance.extras import require
from natostance.report.palette import NEUTRAL, colours


def label_bars(rows: Sequence[Row], labels: LabelSet, path: Path) -> None:
    """One bar a group, cut into the shares of its labels.

    Raises:
        InputError: the picture cannot be written.
        MissingExtraError: the extra ``[report]`` is not installed.
    """
    require("matplotlib", "report", "Plots")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1 + 0.35 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    palette = {**colours(labels), labels.neutral: NEUTRAL}
    names = [f"{row.group} ({row.sentences:,})" for row in rows]
    left = [0.0] * len(rows)
    for label in labels.names:
        shares = [row.labels[label] / max(1, row.sentences) for row in rows]
        axes.barh(names, shares, left=left, color=palette[label], label=label)
        left = [a + b for a, b in zip(left, shares, strict=True)]
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of sentences")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(labels.names))
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be written: {error}", file=path) from None

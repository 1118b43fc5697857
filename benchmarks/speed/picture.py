"""The speeds as a picture."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.speed.context import ALONE, CONTEXT
from benchmarks.speed.rounds import Measurement, Results
from benchmarks.speed.systems import FILES, NATOSTANCE, PEERS
from natostance.extras import require
from natostance.report.plots import new_figure

_COLOURS = {FILES: "#0b7fc4", ALONE: "#8a8a8a", CONTEXT: "#c8c8c8"}
_WORDS = {
    FILES: "from file to file, with context",
    ALONE: "sentences alone",
    CONTEXT: "sentences with their left context",
}


def speed_picture(results: Results, path: Path) -> None:
    """Sentences a second of natostance and its peers, on a logarithmic axis.

    Raises:
        MissingExtraError: the extra ``[report]`` is not installed.
    """
    matplotlib = require("matplotlib", "report", "Plots")
    names = [system.name for system in (NATOSTANCE, *PEERS)]
    found = [name for name in names if any(key[0] == name for key in results.measurements)]
    figure, axes = new_figure(8, 1.4 + 0.45 * len(found))
    for texts, place in ((FILES, 0.0), (ALONE, -0.2), (CONTEXT, 0.2)):
        rows: list[tuple[int, Measurement]] = [
            (y, results.measurements[name, texts])
            for y, name in enumerate(found)
            if (name, texts) in results.measurements
        ]
        axes.barh(
            [y + place for y, _ in rows],
            [median(one.rates) for _, one in rows],
            height=0.36,
            color=_COLOURS[texts],
            label=_WORDS[texts],
        )
        for y, one in rows:
            rate = median(one.rates)
            axes.text(rate, y + place, f" {rate:,.0f}", va="center", fontsize=8)
    axes.set_yticks(range(len(found)), found)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.set_xlabel("sentences a second, median (logarithmic)")
    axes.legend(loc="lower left", bbox_to_anchor=(-0.4, 1), ncols=3, frameon=False, fontsize=8)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "speed"}):
        figure.savefig(path, format="svg", metadata={"Date": None})

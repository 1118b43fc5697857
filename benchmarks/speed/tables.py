"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.speed.arithmetic import Work
from benchmarks.speed.context import ALONE, CONTEXT
from benchmarks.speed.rounds import Measurement, Results
from benchmarks.speed.systems import COMMAND, FILES, MACHINE, NATOSTANCE, NETWORK, PEERS

README = Path(__file__).resolve().parents[1] / "README.md"
TITLES = {
    ALONE: "Peers read each sentence alone; natostance reads context",
    CONTEXT: "Peers read each sentence behind its left context",
}


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; figures, all columns but the first, flush right."""
    lines = [list(header), ["---", *["---:"] * (len(header) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def ratios(ours: Measurement, theirs: Measurement) -> tuple[float, float, float]:
    """How many times as fast we are: median, lowest and highest, of rounds side by side."""
    found = [a / b for a, b in zip(ours.rates, theirs.rates, strict=True)]
    return median(found), min(found), max(found)


def speed_table(results: Results, texts: str) -> str:
    """Natostance and its peers, the fastest first; natostance's ratio to each."""
    own = [results.measurements.get((system.name, FILES)) for system in (NATOSTANCE, COMMAND)]
    peers = [results.measurements.get((system.name, texts)) for system in PEERS]
    found = [m for m in (*own, *peers) if m]
    ours = own[0]
    rows = []
    for one in sorted(found, key=lambda m: -median(m.rates)):
        if ours is None or one is ours:
            ratio = ""
        else:
            middle, low, high = ratios(ours, one)
            ratio = f"{middle:.2f} ({low:.2f} to {high:.2f})"
        name = f"**{one.system}**" if one is ours else one.system
        rate = f"{median(one.rates):,.0f}"
        span = f"{min(one.rates):,.0f} to {max(one.rates):,.0f}"
        rows.append((name, rate, span, ratio, f"{one.sentences:,}", f"{one.peak_mb:,.0f}"))
    header = (
        "system",
        "sentences a second, median",
        "lowest to highest",
        "natostance is so many times as fast",
        "sentences",
        "peak memory, MB",
    )
    return markdown_table(header, rows)


def skipped_list(skipped: Mapping[str, str]) -> str:
    """The systems that were not measured, each with its reason."""
    return "".join(f"- not measured: {name}: {reason}\n" for name, reason in skipped.items())


def peaks(results: Results) -> dict[str, float]:
    """The best matrix product of all rounds, in GFLOP/s, by precision."""
    return {
        texts: max(answer["gflops"] for answer in one.extra)
        for (name, texts), one in results.measurements.items()
        if name == MACHINE.name
    }


def arithmetic_table(results: Results, needed: Work) -> str:
    """What natostance reaches of the machine's matrix product."""
    peak = peaks(results)
    rows = []
    for system in (NETWORK, NATOSTANCE):
        one = results.measurements.get((system.name, FILES))
        if one is None:
            continue
        seconds = median(one.seconds)
        for words, operations in (
            ("all tokens that are read", needed.operations),
            ("scored tokens alone", needed.scored_operations),
        ):
            reached = operations / seconds / 1e9
            shares = [f"{reached / peak[p]:.0%}" if p in peak else "" for p in ("fp32", "bf16")]
            rows.append((f"{system.name}: {words}", f"{reached:,.0f}", *shares))
    rows += [(f"the machine's peak, {p}", f"{value:,.0f}", "", "") for p, value in peak.items()]
    header = ("useful arithmetic", "GFLOP/s", "of the fp32 peak", "of the bf16 peak")
    return markdown_table(header, rows)


def versions_lines(results: Results) -> str:
    """Which versions ran, a line a system."""
    lines = []
    for name, versions in results.versions.items():
        known = ", ".join(f"{k} {v}" for k, v in versions.items() if v != "?")
        lines.append(f"- {name}: {known}\n")
    return "".join(lines)

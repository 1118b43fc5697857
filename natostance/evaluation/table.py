"""A table as plain data, in Markdown, and how figures are written in its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

# what a cell shows where a rate has nothing under the line
NOTHING = "–"


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


def rate(value: float) -> str:
    """A rate with three places."""
    return f"{value:.3f}"


def percent(value: float) -> str:
    """A share in percent."""
    return f"{100 * value:.1f} %"


def p_value(value: float) -> str:
    """A p-value with three places."""
    return "< 0.001" if value < 0.001 else rate(value)


def interval(ends: Sequence[float] | None, show: Callable[[float], str] = rate) -> str:
    """An interval as in a results file; a dash where there is none."""
    return f"{show(ends[0])} to {show(ends[1])}" if ends else NOTHING


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Text that stays inside its cell, whatever an article's metadata hold."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")

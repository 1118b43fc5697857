"""Tables of figures on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Shown

from natostance.evaluation.tables import Table


def show_table(console: Console, table: Table) -> None:
    """Print a table of figures, numbers to the right."""
    shown = Shown(title=table.title, title_justify="left")
    for i, column in enumerate(table.header):
        shown.add_column(column, justify="left" if i == 0 else "right")
    for row in table.rows:
        shown.add_row(*row)
    console.print(shown)
    for note in table.notes:
        console.print(note)

"""Tables of figures on a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table as Shown
from rich.text import Text

from natostance.evaluation.table import Table


def show_table(console: Console, table: Table) -> None:
    """Print a table of figures, numbers to the right.

    On a narrow terminal headings are broken between words; into a file or pipe nothing is broken.
    """
    longest = [max(map(len, cells)) for cells in zip(table.header, *table.rows, strict=True)]
    needed = sum(width + 3 for width in longest) + 1
    header = list(table.header)
    if not console.is_terminal:
        console.width = max(console.width, needed)
    elif needed > console.width:
        header = [name.replace(" ", "\n") for name in header]
    shown = Shown(title=Text(table.title, "bold"), title_justify="left", box=box.SIMPLE_HEAD)
    for i, column in enumerate(header):
        shown.add_column(
            Text(column), justify="left" if i == 0 else "right", no_wrap=i > 0, vertical="bottom"
        )
    for row in table.rows:
        # what articles' metadata hold is no mark-up
        shown.add_row(*map(Text, row))
    console.print(shown)
    for note in table.notes:
        console.print(note, markup=False, highlight=False)

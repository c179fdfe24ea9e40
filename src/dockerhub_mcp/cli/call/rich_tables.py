"""Blocks in the manner of rich, which the extra `cli` installs. Nothing of a result is read as markup."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dockerhub_mcp.cli.call.layout import Block
from dockerhub_mcp.cli.call.plain_tables import COLUMN_GAP, fit_column_widths


def render_rich(blocks: Sequence[Block], terminal_width: int) -> str:
    """Return blocks as the terminal at standard output shows them, in so many columns."""
    tables = {
        id(block): fit_column_widths(block.rows_with_header(), terminal_width)
        for block in blocks
        if block.rows
    }
    widest = max((sum(widths) + len(COLUMN_GAP) * len(widths) for widths in tables.values()), default=0)
    # Rendered in memory, so that a reader who leaves is met in one place; rich would leave out columns rather
    # than let a line be longer than the terminal.
    console = Console(file=sys.stdout, width=max(terminal_width, widest))
    with console.capture() as shown:
        for number, block in enumerate(blocks):
            if number:
                console.print()
            if block.title:
                console.print(Text(f"{block.title}:", style="bold"))
            for line in block.text_lines:
                console.print(Text(f"{COLUMN_GAP}{line}"), soft_wrap=True)
            if block.rows:
                console.print(_build_rich_table(block, tables[id(block)]))
    return shown.get()


def _build_rich_table(block: Block, widths: Sequence[int]) -> Table:
    table = Table(
        box=None, pad_edge=False, padding=(0, len(COLUMN_GAP), 0, 0), show_header=bool(block.header)
    )
    for position, width in enumerate(widths):
        table.add_column(
            Text(block.header[position] if block.header else ""),
            style="cyan" if position == 0 else "",
            header_style="bold",
            overflow="ellipsis",
            no_wrap=True,
            width=width,
        )
    for row in block.rows:
        table.add_row(*map(Text, row))
    return table

"""Blocks in the manner of rich, which the extra `cli` installs. Nothing of a result is read as markup."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dockerhub_mcp.cli.call.layout import Block
from dockerhub_mcp.cli.call.plain_tables import GAP, widths_of


def rendered(blocks: Sequence[Block], room: int) -> str:
    """Return blocks as the terminal at standard output shows them, in so many columns."""
    tables = {id(block): widths_of(block.lines(), room) for block in blocks if block.rows}
    widest = max((sum(widths) + len(GAP) * len(widths) for widths in tables.values()), default=0)
    # Rendered in memory, so that a reader who leaves is met in one place; rich would leave out columns rather
    # than let a line be longer than the terminal.
    console = Console(file=sys.stdout, width=max(room, widest))
    with console.capture() as shown:
        for number, block in enumerate(blocks):
            if number:
                console.print()
            if block.title:
                console.print(Text(f"{block.title}:", style="bold"))
            for line in block.text:
                console.print(Text(f"{GAP}{line}"), soft_wrap=True)
            if block.rows:
                console.print(_table(block, tables[id(block)]))
    return shown.get()


def _table(block: Block, widths: Sequence[int]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, len(GAP), 0, 0), show_header=bool(block.head))
    for position, width in enumerate(widths):
        table.add_column(
            Text(block.head[position] if block.head else ""),
            style="cyan" if position == 0 else "",
            header_style="bold",
            overflow="ellipsis",
            no_wrap=True,
            width=width,
        )
    for row in block.rows:
        table.add_row(*map(Text, row))
    return table

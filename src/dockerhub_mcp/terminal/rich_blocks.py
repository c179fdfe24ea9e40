"""Blocks in the manner of rich, which the extra `cli` installs. Nothing of a result is read as markup."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dockerhub_mcp.terminal.layout import Block


def rendered(blocks: Sequence[Block]) -> str:
    """Return blocks as the terminal at standard output shows them."""
    # Rendered in memory, so that a reader who leaves is met in one place.
    console = Console(file=sys.stdout, width=shutil.get_terminal_size().columns)
    with console.capture() as shown:
        for number, block in enumerate(blocks):
            if number:
                console.print()
            for part in _parts(block):
                console.print(part)
    return shown.get()


def _parts(block: Block) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(f"{block.title}:", style="bold")] if block.title else []
    if block.text:
        parts.append(Padding(Text("\n".join(block.text)), (0, 0, 0, 2)))
    if block.rows:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(block.head))
        for position in range(len(block.rows[0])):
            table.add_column(
                Text(block.head[position] if block.head else ""),
                style="cyan" if position == 0 else "",
                header_style="bold",
                overflow="ellipsis" if block.head else "fold",
                no_wrap=bool(block.head),
            )
        for row in block.rows:
            table.add_row(*map(Text, row))
        parts.append(table)
    return parts

"""Blocks as plain text in aligned columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from dockerhub_mcp.cli.call.layout import Block

GAP = "  "
"""What stands between columns."""

_NARROWEST = 8  # columns of the terminal that a cell keeps when lines are cut


def plain(blocks: Sequence[Block], room: int = 0) -> str:
    """Return blocks as text.

    Args:
        blocks: What to show.
        room: The columns of the terminal, to which long cells are cut; 0 for as wide as it takes.
    """
    lines: list[str] = []
    for number, block in enumerate(blocks):
        if number:
            lines.append("")
        if block.title:
            lines.append(f"{block.title}:")
        lines += [f"{GAP}{line}" for line in block.text]
        widths = widths_of(block.lines(), room)
        for row in block.lines():
            cells = [_filled(cell, width) for cell, width in zip(row, widths, strict=True)]
            lines.append(GAP.join(cells).rstrip())
    return "".join(f"{line}\n" for line in lines)


def widths_of(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return how wide each column is; the widest give way where a line would not fit into the room."""
    if not rows:
        return []
    widths = [max(_wide(row[column]) for row in rows) for column in range(len(rows[0]))]
    over = sum(widths) + len(GAP) * (len(widths) - 1) - room if room else 0
    while over > 0 and (widest := max(widths)) > _NARROWEST:
        widths[widths.index(widest)] -= 1
        over -= 1
    return widths


def _filled(cell: str, most: int) -> str:
    if _wide(cell) > most:
        while _wide(cell) > most - 1:
            cell = cell[:-1]
        cell += "…"
    return cell + " " * (most - _wide(cell))


def _wide(text: str) -> int:
    """Return the columns that a text takes: two for a wide letter, none for a mark above one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})
        for letter in text
    )

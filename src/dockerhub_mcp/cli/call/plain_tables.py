"""Blocks as plain text in aligned columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from dockerhub_mcp.cli.call.layout import Block

COLUMN_GAP = "  "
"""What stands between columns."""

_MIN_COLUMN_WIDTH = 8  # columns of the terminal that a cell keeps when lines are cut


def render_plain(blocks: Sequence[Block], max_width: int = 0) -> str:
    """Return blocks as text.

    Args:
        blocks: What to show.
        max_width: The columns of the terminal, to which long cells are cut; 0 for as wide as it takes.
    """
    lines: list[str] = []
    for number, block in enumerate(blocks):
        if number:
            lines.append("")
        if block.title:
            lines.append(f"{block.title}:")
        lines += [f"{COLUMN_GAP}{line}" for line in block.text_lines]
        widths = fit_column_widths(block.rows_with_header(), max_width)
        for row in block.rows_with_header():
            cells = [_fit_cell(cell, width) for cell, width in zip(row, widths, strict=True)]
            lines.append(COLUMN_GAP.join(cells).rstrip())
    return "".join(f"{line}\n" for line in lines)


def fit_column_widths(rows: Sequence[Sequence[str]], max_width: int) -> list[int]:
    """Return how wide each column is; the widest give way where a line would not fit into the room."""
    if not rows:
        return []
    widths = [max(_measure_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    over = sum(widths) + len(COLUMN_GAP) * (len(widths) - 1) - max_width if max_width else 0
    while over > 0 and (widest := max(widths)) > _MIN_COLUMN_WIDTH:
        widths[widths.index(widest)] -= 1
        over -= 1
    return widths


def _fit_cell(cell: str, width: int) -> str:
    if _measure_width(cell) > width:
        while _measure_width(cell) > width - 1:
            cell = cell[:-1]
        cell += "…"
    return cell + " " * (width - _measure_width(cell))


def _measure_width(text: str) -> int:
    """Return the columns that a text takes: two for a wide letter, none for a mark above one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})
        for letter in text
    )

"""Writing for a person or the next program: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

from dockerhub_mcp.terminal.layout import Block

_GAP = "  "
_NARROWEST = 8  # columns that a cell keeps when lines are cut to the terminal


def width() -> int:
    """Return the columns of the terminal, 100 at most for prose; 80 where there is none."""
    return min(100, shutil.get_terminal_size().columns)


def say(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def write(text: str) -> None:
    """Write to standard output; when nobody reads on, as with `| head`, the rest goes nowhere."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # where the terminal's letters are not all there are
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a descriptor is wanted
            os.dup2(nothing.fileno(), sys.stdout.fileno())


def as_json(data: Any) -> str:
    """Return data as JSON, indented, in letters that standard output has."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return json.dumps(data, indent=2, ensure_ascii=not is_unicode) + "\n"


def write_blocks(blocks: Sequence[Block]) -> None:
    """Write blocks in columns: with rich where it is installed and a terminal shows them, else plainly."""
    if sys.stdout.isatty():
        try:
            from dockerhub_mcp.terminal.rich_blocks import rendered  # noqa: PLC0415 - an extra
        except ImportError:
            write(plain(blocks, shutil.get_terminal_size().columns))
        else:
            write(rendered(blocks))
        return
    write(plain(blocks))


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
        lines += [f"{_GAP}{line}" for line in block.text]
        lines += _columns([*([block.head] if block.head else []), *block.rows], room)
    return "".join(f"{line}\n" for line in lines)


def _columns(rows: Sequence[Sequence[str]], room: int) -> list[str]:
    if not rows:
        return []
    widths = [max(_wide(row[column]) for row in rows) for column in range(len(rows[0]))]
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - room if room else 0
    while over > 0 and (widest := max(widths)) > _NARROWEST:
        widths[widths.index(widest)] -= 1
        over -= 1
    return [
        _GAP.join(_filled(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


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

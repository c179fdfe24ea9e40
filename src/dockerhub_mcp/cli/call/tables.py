"""Tables in aligned columns, with colour if the extra `cli` has installed rich."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TextIO

from dockerhub_mcp.cli.call.layout import Block

_GAP = "  "  # between columns, and before lines of text
_NAME_FIELDS = frozenset(
    [
        "name",
        "namespace",
        "id",
        "uuid",
        "username",
        "orgname",
        "label",
        "token_label",
        "group_name",
        "group_id",
        "team",
        "teams",
        "groups",
        "invitee",
        "invitees",
        "email",
        "slug",
        "tag",
        "tags",
        "repository",
        "source",
        "pinned",
    ]
)
"""The fields that are not cut to fit into a terminal, because other calls or files need them whole."""
_MIN_COLUMN_WIDTH = 8  # columns of the terminal that a cell keeps if lines are cut


def render_plain(blocks: Sequence[Block], max_width: int = 0) -> str:
    """Return blocks as plain text, with cells cut to fit into max_width columns; 0 for no limit."""
    return "".join("".join(text for text, _ in line) + "\n" for line in _render_lines(blocks, max_width))


def render_for_terminal(
    blocks: Sequence[Block], stream: TextIO, *, width: int, environment: Mapping[str, str]
) -> str:
    """Return blocks as text for the terminal behind a stream: coloured if rich is installed."""
    try:
        from rich.console import Console as RichConsole  # noqa: PLC0415 - an optional extra
        from rich.text import Text  # noqa: PLC0415
    except ImportError:
        return render_plain(blocks, width)
    console = RichConsole(file=stream, width=width, _environ=environment)
    with console.capture() as captured:
        for line in _render_lines(blocks, width):
            console.print(Text.assemble(*line), soft_wrap=True)
    return captured.get()


def _render_lines(blocks: Sequence[Block], max_width: int) -> Iterator[list[tuple[str, str]]]:
    """Yield the lines of blocks, each as parts of a text and its style: bold, cyan or none."""
    for number, block in enumerate(blocks):
        if number:
            yield []
        if block.title:
            yield [(f"{block.title}:", "bold")]
        for line in block.text_lines:
            yield [(f"{_GAP}{line}", "")]
        rows = [block.header, *block.rows] if block.header else block.rows
        names = [number for number, name in enumerate(block.header) if _is_name(name)]
        widths = fit_column_widths(rows, max_width, names)
        for row in rows:
            is_name = not block.header and _is_name(row[0])
            cells = [
                _fit_cell(cell, max(width, _measure_width(cell)) if is_name else width)
                for cell, width in zip(row, widths, strict=True)
            ]
            first, rest = cells[0], _GAP.join(["", *cells[1:]]).rstrip()
            if row is block.header:
                yield [((first + rest).rstrip(), "bold")]
            else:
                yield [(first if rest else first.rstrip(), "cyan"), (rest, "")]


def _is_name(field: str) -> bool:
    return field.lower() in _NAME_FIELDS


def fit_column_widths(
    rows: Sequence[Sequence[str]], max_width: int, whole: Collection[int] = ()
) -> list[int]:
    """Return the width of each column, taking columns from the widest until a line fits into max_width.

    Args:
        rows: The cells.
        max_width: The width of a line; 0 for no limit.
        whole: The numbers of the columns that keep their width.
    """
    if not rows:
        return []
    widths = [max(map(_measure_width, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - max_width if max_width else 0
    cut = [number for number in range(len(widths)) if number not in whole]
    while excess > 0 and cut and widths[widest := max(cut, key=widths.__getitem__)] > _MIN_COLUMN_WIDTH:
        widths[widest] -= 1
        excess -= 1
    return widths


def _fit_cell(cell: str, width: int) -> str:
    if _measure_width(cell) > width:
        while _measure_width(cell) > width - 1:
            cell = cell[:-1]
        cell += "…"
    return cell + " " * (width - _measure_width(cell))


def _measure_width(text: str) -> int:
    """Return the columns that text takes: two for a wide letter, none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})
        for letter in text
    )

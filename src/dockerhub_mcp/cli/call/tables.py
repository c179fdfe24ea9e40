"""Tables in aligned columns, with colour if the extra `cli` has installed rich."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from dockerhub_mcp.cli.call.cells import format_pair
from dockerhub_mcp.cli.call.column_widths import GAP, fit_columns, measure_columns
from dockerhub_mcp.cli.call.layout import Block
from dockerhub_mcp.cli.call.text_width import pad, shorten_lines, wrap
from dockerhub_mcp.cli.streams import supports_colour

_MAX_CELL_LINES = 4
"""Lines that a cell takes at most; a longer one ends with an ellipsis."""

_START_OF_LINE = re.compile(r"\s*(?:[-*+]\s+|\d+\.\s+)?")

Line = list[tuple[str, str]]
"""A line as parts of a text and its style: bold, cyan or none."""


def render_plain(blocks: Sequence[Block], max_width: int = 0) -> str:
    """Return blocks as plain text, fitted into max_width columns; 0 for no limit."""
    return join_lines(TableRenderer(max_width).render(blocks))


def render_for_terminal(lines: Sequence[Line], stream: TextIO, *, environment: Mapping[str, str]) -> str:
    """Return lines as text for the terminal behind a stream: coloured if it can be and rich is installed."""
    if not supports_colour(stream, environment):
        return join_lines(lines)
    try:
        from rich.console import Console as RichConsole  # noqa: PLC0415 - an optional extra
        from rich.text import Text  # noqa: PLC0415
    except ImportError:
        return join_lines(lines)
    console = RichConsole(file=stream, _environ=environment)
    with console.capture() as captured:
        for line in lines:
            console.print(Text.assemble(*line), soft_wrap=True)
    return captured.get()


def join_lines(lines: Sequence[Line]) -> str:
    """Return lines as plain text."""
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


@dataclass(slots=True)
class TableRenderer:
    """Renders blocks as lines.

    Attributes:
        max_width: The columns of the terminal; 0 for no limit.
        shortened: The names of the columns and fields that have values which are not whole.
    """

    max_width: int = 0
    shortened: dict[str, None] = field(default_factory=dict)

    def render(self, blocks: Sequence[Block]) -> list[Line]:
        """Return the lines of blocks."""
        lines: list[Line] = []
        for number, block in enumerate(blocks):
            lines += [[]] if number else []
            lines += self._render_block(block)
        return lines

    def _render_block(self, block: Block) -> Iterator[Line]:
        if block.title:
            yield [(f"{block.title}:", "bold")]
        for text in block.text_lines:
            yield from ([(f"{GAP}{line}", "")] for line in self._wrap_paragraph(text))
        block = self._choose_form(block)
        if block.shared:
            yield from ([(line, "")] for line in self._wrap_text(block.shared))
        if block.header:
            yield from self._render_table(block)
        elif block.rows:
            yield from self._render_pairs(block.rows)

    def _choose_form(self, block: Block) -> Block:
        """Return the form of a table with the most detail that fits into the width."""
        while block.briefer and self.max_width and sum(measure_columns(block)) > self.max_width:
            block = block.briefer
        return block

    def _render_table(self, block: Block) -> Iterator[Line]:
        columns = fit_columns(block, self.max_width)
        if columns is None:
            for number, record in enumerate(block.records):
                if number:
                    yield []
                yield from self._render_pairs(record.rows)
            return
        self.shortened |= dict.fromkeys(block.shortened)
        for row in (block.header, *block.rows):
            is_header = row is block.header
            cells = []
            for column in columns:
                cell = row[column.number]
                lines = column.wrap_title(cell) if is_header else column.wrap(cell)
                lines, is_cut = shorten_lines(lines, column.width, _MAX_CELL_LINES)
                if is_cut:
                    self.shortened[column.name] = None
                cells.append([pad(line, column.width, is_right=column.is_number) for line in lines])
            yield from _render_row(cells, [column.width for column in columns], is_header=is_header)
        yield from self._render_left_out(block, [column.number for column in columns])

    def _render_left_out(self, block: Block, shown: Sequence[int]) -> Iterator[Line]:
        """Yield the values in the columns that are not shown, by the first cell of their rows."""
        left_out = [number for number in range(len(block.header)) if number not in shown]
        pairs = [
            (
                GAP + row[0],
                ", ".join(
                    format_pair(block.header[number], row[number]) for number in left_out if row[number]
                ),
            )
            for row in block.rows
            if any(row[number] for number in left_out)
        ]
        if pairs:
            yield [("Also:", "bold")]
            yield from self._render_pairs(pairs)

    def _render_pairs(self, pairs: Sequence[Sequence[str]]) -> Iterator[Line]:
        """Yield names with their values, which continue below themselves."""
        widths = [max(map(len, column)) for column in zip(*pairs, strict=True)][:-1]
        indent = sum(widths) + len(GAP) * len(widths)
        for pair in pairs:
            names = GAP.join(pad(cell, width) for cell, width in zip(pair, widths, strict=False))
            first, *rest = self._wrap_text(pair[-1], indent)
            yield [(names if first else names.rstrip(), "cyan"), (f"{GAP}{first}" if first else "", "")]
            yield from ([(" " * indent + line, "")] for line in rest)

    def _wrap_paragraph(self, text: str) -> list[str]:
        """Return a line of a longer text as lines that keep its indent, and that of a list item."""
        if not self.max_width:
            return [text]
        text = text.expandtabs(4)
        start = _START_OF_LINE.match(text)
        indent = 0 if start is None else start.end()
        first, *rest = wrap(text[indent:], self.max_width - len(GAP) - indent, is_broken=False)
        return [text[:indent] + first, *(" " * indent + line for line in rest)]

    def _wrap_text(self, text: str, indent: int = 0) -> list[str]:
        """Return text as lines that fit beside an indent, with long words whole, as they may be copied."""
        return wrap(text, self.max_width - indent, is_broken=False) if self.max_width else [text]


def _render_row(cells: Sequence[Sequence[str]], widths: Sequence[int], *, is_header: bool) -> Iterator[Line]:
    """Yield the lines of a row; those of a header end at the same line, others begin at the same."""
    height = max(map(len, cells))
    for number in range(height):
        parts = []
        for lines, width in zip(cells, widths, strict=True):
            position = number - (height - len(lines)) if is_header else number
            parts.append(lines[position] if 0 <= position < len(lines) else " " * width)
        first, rest = parts[0], GAP.join(["", *parts[1:]]).rstrip()
        if is_header:
            yield [((first + rest).rstrip(), "bold")]
        else:
            yield [(first if rest else first.rstrip(), "cyan"), (rest, "")]

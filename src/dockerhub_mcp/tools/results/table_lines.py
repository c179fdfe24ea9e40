"""A table as lines: what all rows share, a legend, the column names, and the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a table.

    Attributes:
        head: The lines above the rows.
        rows: The rows.
        item_counts: The number of items on each row.
    """

    head: Sequence[str]
    rows: Sequence[str]
    item_counts: Sequence[int]

    @classmethod
    def with_one_item_per_row(cls, rows: Sequence[str], head: Sequence[str] = ()) -> Table:
        """Return a table with an item on each row."""
        return cls(head, rows, [1] * len(rows))

    @property
    def lines(self) -> list[str]:
        """All lines."""
        return [*self.head, *self.rows]

    def count_fitting_items(self, max_bytes: int) -> int:
        """Return how many of the first items fit into a number of bytes, below these lines above them."""
        fitting = count_fitting(self.rows, max_bytes - byte_length(self.head))
        return sum(self.item_counts[:fitting])


def byte_length(lines: Iterable[str]) -> int:
    """Return the length of the lines in bytes, including a line break behind each."""
    lines = list(lines)
    text = "\n".join(lines)
    return (len(text) if text.isascii() else len(text.encode("utf-8", "replace"))) + 1 if lines else 0


def count_fitting(lines: Iterable[str], max_bytes: int) -> int:
    """Return how many of the first lines fit into a number of bytes."""
    kept = 0
    for line in lines:
        max_bytes -= len(line if line.isascii() else line.encode("utf-8", "replace")) + 1
        if max_bytes < 0:
            break
        kept += 1
    return kept


def truncate_lines(lines: Sequence[str], max_bytes: int) -> list[str]:
    """Return the lines within a number of bytes; the longest are cut to the space that the others leave."""
    if byte_length(lines) <= max_bytes:
        return list(lines)
    left, most = max_bytes, max_bytes
    for number, line in enumerate(sorted(lines, key=lambda line: byte_length([line]))):
        most = left // (len(lines) - number)
        if byte_length([line]) > most:
            break
        left -= byte_length([line])
    else:
        return list(lines)
    return [line if byte_length([line]) <= most else _truncate_line(line, most - 1) for line in lines]


def _truncate_line(line: str, max_bytes: int) -> str:
    return line.encode()[: max(0, max_bytes - len("…".encode()))].decode("utf-8", "ignore") + "…"


def format_notes(notes: Sequence[str]) -> list[str]:
    """Return the lines of notes for the agent."""
    return [f"Note: {note}" for note in notes]

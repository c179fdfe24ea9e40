"""The columns of a table, as cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self


class Sentence(NamedTuple):
    """A text that may follow the wording of others.

    Attributes:
        text: The text as its cell shows it, without quotes.
        kind: What sentences with the same wording have in common, such as the action they describe.
        subject: A name from the same row, which the text may contain.
    """

    text: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: The title.
        cells: The text of each row: words without quotes, or JSON strings.
        is_key: Whether it identifies the items.
        may_abbreviate: Whether labels may replace repeated cells.
        sentences: The texts of the cells, where they follow a few wordings.
    """

    title: str
    cells: Sequence[str]
    is_key: bool = False
    may_abbreviate: bool = False
    sentences: Sequence[Sentence] = ()

    @property
    def is_constant(self) -> bool:
        """Whether several rows all have the same cell, which is not empty."""
        first = self.cells[0]
        count = len(self.cells)
        return count > 1 and bool(first) and self.cells[-1] == first and self.cells.count(first) == count

    def select(self, rows: Sequence[int]) -> Self:
        """Return the column with some of its rows."""
        sentences = [self.sentences[row] for row in rows] if self.sentences else ()
        return replace(self, cells=[self.cells[row] for row in rows], sentences=sentences)

"""The widths of the columns of a table, and how their cells are wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dockerhub_mcp.cli.call.layout import Block
from dockerhub_mcp.cli.call.text_width import (
    measure_longest,
    measure_width,
    split_long_words,
    split_name,
    split_words,
    wrap,
)

GAP = "  "
"""What is between columns, and before lines of text."""
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
"""The fields with words that are not broken, because other calls or files need them whole."""
_MAX_WORD_WIDTH = 20  # of a part of a word that is not broken in other fields
_MIN_TEXT_WIDTH = 16  # of a column with longer texts
_LONG_TEXT_WIDTH = 32
_SPARSE_SHARE = 3  # a column is sparse if at most one of this many rows has a value in it


@dataclass(slots=True)
class FittedColumn:
    """A column with a width.

    Attributes:
        number: Its position in the table.
        name: Its name.
        width: The columns of the terminal that it takes.
        content: The width at which only its title may be wrapped.
        least: The least that it can take.
        filled: How many rows have a value in it.
        is_number: Whether it is aligned to the right.
        is_name: Whether its words are never broken.
    """

    number: int
    name: str
    width: int
    content: int
    least: int
    filled: int
    is_number: bool
    is_name: bool

    def wrap(self, cell: str) -> list[str]:
        """Return a cell as lines of its width."""
        return wrap(cell, self.width, split_words, is_broken=not self.is_name)

    def wrap_title(self, title: str) -> list[str]:
        """Return the title of the column as lines of its width."""
        return wrap(title, self.width, split_name)


def measure_columns(block: Block) -> list[int]:
    """Return the widths of the columns of a table if no line is broken, with the gaps between them."""
    widths = [max(map(measure_width, column)) for column in zip(block.header, *block.rows, strict=True)]
    return [width + (len(GAP) if number else 0) for number, width in enumerate(widths)]


def fit_columns(block: Block, max_width: int) -> list[FittedColumn] | None:
    """Return the columns of a table with widths that fit into max_width; 0 for no limit.

    Titles are wrapped first, then the cells of the widest column, until a line fits. If the table cannot fit,
    columns with few values are left out. None means that it does not fit even then and has another form, as
    records.
    """
    columns = [
        _measure_column(number, name, cells, is_number=number in block.numbers)
        for number, (name, *cells) in enumerate(zip(block.header, *block.rows, strict=True))
    ]
    if not max_width:
        return columns
    while _measure_least(columns) > max_width and block.records:
        sparse = [column for column in columns[1:] if column.filled * _SPARSE_SHARE <= len(block.rows)]
        if not sparse:
            return None
        columns.remove(min(reversed(sparse), key=lambda column: column.filled))
    room = max_width - len(GAP) * (len(columns) - 1)
    while sum(column.width for column in columns) > room:
        flexible = [column for column in columns if column.width > column.content]
        flexible = flexible or [column for column in columns if column.width > column.least]
        if not flexible:
            break
        max(flexible, key=lambda column: column.width).width -= 1
    return columns


def _measure_least(columns: Sequence[FittedColumn]) -> int:
    return sum(column.least for column in columns) + len(GAP) * (len(columns) - 1)


def _measure_column(number: int, name: str, cells: Sequence[str], *, is_number: bool) -> FittedColumn:
    field = name.partition(" ")[0].lower()
    is_name = field in _NAME_FIELDS
    natural = max(map(measure_width, cells), default=0)
    longest = max(map(measure_longest, cells), default=0)
    if is_number or is_name:
        least = natural if is_number else longest
    else:
        least = min(
            max((measure_longest(cell, split_long_words) for cell in cells), default=0), _MAX_WORD_WIDTH
        )
        if natural > _LONG_TEXT_WIDTH:
            least = max(least, _MIN_TEXT_WIDTH)
    title = measure_longest(name, split_name)
    return FittedColumn(
        number,
        name,
        width=max(natural, measure_width(name)),
        content=max(natural, title),
        least=max(least, title),
        filled=sum(map(bool, cells)),
        is_number=is_number,
        is_name=is_name,
    )

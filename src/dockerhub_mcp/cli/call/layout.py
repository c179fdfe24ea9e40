"""Arrange the data of a result in blocks: tables, names with their values, and multi-line texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dockerhub_mcp.cli.call.cells import (
    Detail,
    Model,
    build_column,
    find_display,
    find_nested_model,
    format_cell,
    format_name,
    format_pair,
)
from dockerhub_mcp.hub.models import Display
from dockerhub_mcp.tools.results.position import ListPosition

_NAME_FIELDS = frozenset({"name", "slug", "label"})  # items with no other fields are shown as a list of names
_PAGINATION_FIELDS = frozenset(ListPosition.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a result: a table, with column names in `header` or names in the first column, or text.

    Attributes:
        title: What is written above it.
        rows: The cells, a line of text each.
        header: The names of the columns; empty where the first column has the names.
        text_lines: Lines of text, which are shown as they are.
        shared: What all rows have in common, and no column shows.
        numbers: The columns that are aligned to the right.
        shortened: The names of the columns with values that are not whole.
        briefer: The same with less detail, for a terminal that this one does not fit into.
        records: The same as a block for each row, for a terminal that no table fits into.
    """

    title: str = ""
    rows: Sequence[Sequence[str]] = ()
    header: Sequence[str] = ()
    text_lines: Sequence[str] = ()
    shared: str = ""
    numbers: Collection[int] = ()
    shortened: Sequence[str] = ()
    briefer: Block | None = None
    records: Sequence[Block] = ()


def build_blocks(data: Mapping[str, Any], model: Model = None, *, is_wide: bool = True) -> list[Block]:
    """Return the blocks of a result, without the fields that describe its page.

    Args:
        data: The result.
        model: The model of the result, which says what its numbers are.
        is_wide: Whether every value is whole and every column is shown; otherwise tables have briefer forms.
    """
    builder = _BlockBuilder(is_wide)
    if _is_page(data):
        return builder.build_table("", data["results"], find_nested_model(model, "results"))
    return builder.build_object("", data, model)


def format_pagination_hint(data: Mapping[str, Any]) -> str:
    """Return how many of the items are shown and the options for the next page; empty for a single object."""
    if not _is_page(data):
        return ""
    position = ListPosition.from_data(data)
    if position.page == 1:
        position = replace(position, page=None)  # goes without saying at a terminal
    has_next = position.next_page is not None
    following = f"--page {position.next_page} --page-size {position.page_size}" if has_next else ""
    return position.describe(len(data["results"]), following)


def _is_page(data: Mapping[str, Any]) -> bool:
    return _is_list_of(dict, data.get("results")) and data.keys() <= _PAGINATION_FIELDS | {"results"}


def _is_list_of(item_type: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, item_type) for item in value)


def _contains_table(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_contains_table, value.values()))
    return _is_list_of(dict, value) and any(item.keys() - _NAME_FIELDS for item in value)


@dataclass(frozen=True, slots=True)
class _BlockBuilder:
    is_wide: bool

    def build_object(self, title: str, data: Mapping[str, Any], model: Model) -> list[Block]:
        is_grid = isinstance(data.get("columns"), list) and _is_list_of(list, data.get("rows"))
        pairs, nested, texts = [], [], []
        for field, value in data.items():
            name = format_name(field)
            path = f"{title}.{name}" if title else name
            inside = find_nested_model(model, field)
            if is_grid and field == "columns":
                continue
            if is_grid and field == "rows":
                nested += self.build_grid(title, data["columns"], value)
            elif isinstance(value, dict) and any(map(_contains_table, value.values())):
                nested += self.build_object(path, value, inside)
            elif _contains_table(value):
                nested += self.build_table(f"{path} ({len(value)})", value, inside)
            elif isinstance(value, str) and "\n" in value.strip():
                texts.append(Block(path, text_lines=value.strip("\n").split("\n")))
            else:
                pairs.append((name, self._format_value(value, find_display(model, field))))
        return [*([Block(title, pairs)] if pairs else []), *nested, *texts]

    def _format_value(self, value: Any, display: Display | None) -> str:
        """Return a value that has a line of its own."""
        text = format_cell(value, display, Detail.WHOLE if self.is_wide else Detail.SECONDS)
        is_size = display is Display.SIZE and isinstance(value, int)
        return f"{value} ({text})" if is_size and text != str(value) else text

    def build_grid(self, title: str, columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[Block]:
        """Return the table of an object that has its rows as lists."""
        names = [format_cell(each) for each in columns]
        if self.is_wide:
            return [Block(title, [[format_cell(cell) for cell in row] for row in rows], header=names)]
        return self.build_table(title, [dict(zip(names, row, strict=False)) for row in rows], None)

    def build_table(self, title: str, items: Sequence[Mapping[str, Any]], model: Model) -> list[Block]:
        names = list(dict.fromkeys(name for item in items for name in item))
        if not items or not names:
            return []
        if self.is_wide:
            return [_build_table(title, items, names, model, Detail.WHOLE)]
        shared = _find_shared(items, names) if len(items) > 1 else []
        names = [name for name in names if name not in shared]
        records = tuple(self._build_record(item, names, model) for item in items)
        block: Block | None = None
        for detail in (Detail.DAYS, Detail.MINUTES):
            table = _build_table(title, items, names, model, detail)
            line, shortened = _format_shared(items[0], shared, model, detail)
            shortened = [*shortened, *table.shortened]
            block = replace(table, shared=line, shortened=shortened, briefer=block, records=records)
        return [block] if block else []

    def _build_record(self, item: Mapping[str, Any], names: Sequence[str], model: Model) -> Block:
        pairs = [
            (format_name(name), self._format_value(item[name], find_display(model, name)))
            for name in names
            if name in item
        ]
        return Block(rows=pairs)


def _build_table(
    title: str, items: Sequence[Mapping[str, Any]], names: Sequence[str], model: Model, detail: Detail
) -> Block:
    columns = [
        build_column(name, [item.get(name) for item in items], find_display(model, name), detail)
        for name in names
    ]
    return Block(
        title,
        list(zip(*(column.cells for column in columns), strict=True)),
        [column.title for column in columns],
        numbers=[number for number, column in enumerate(columns) if column.is_number],
        shortened=[column.name for column in columns if column.is_shortened],
    )


def _find_shared(items: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """Return the fields with the same value in every item, except for one if that would leave none."""
    first = items[0]
    same = [name for name in names if name in first and all(i.get(name, ...) == first[name] for i in items)]
    return same if len(same) < len(names) else same[1:]


def _format_shared(
    item: Mapping[str, Any], names: Sequence[str], model: Model, detail: Detail
) -> tuple[str, list[str]]:
    """Return the line with what all items have in common, and the fields in it that are not whole."""
    columns = [build_column(name, [item[name]], find_display(model, name), detail) for name in names]
    cells = [
        column.cells[0].replace(", ", " ") if isinstance(item[column.name], list) else column.cells[0]
        for column in columns
    ]
    pairs = [format_pair(column.title, cell) for column, cell in zip(columns, cells, strict=True)]
    shortened = [column.name for column in columns if column.is_shortened]
    return f"All have {', '.join(pairs)}" if pairs else "", shortened

"""The items of a list as its result shows them: as models, or reduced to rows while a long list is read."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Protocol

from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.tools.results.cells import RenderedCell, render_cell
from dockerhub_mcp.tools.results.model_types import SCALAR_TYPES, is_model
from dockerhub_mcp.tools.results.projected_values import FieldValues, project_values
from dockerhub_mcp.tools.results.projection import Projection, get_display
from dockerhub_mcp.tools.results.structured import (
    dump_all_fields,
    dump_compact_json,
    project_data,
    shorten_data,
)
from dockerhub_mcp.tools.results.table_lines import Table
from dockerhub_mcp.tools.results.tables import TableBuilder
from dockerhub_mcp.tools.results.tool_result import ResultView

_NO_ROWS = Table([], [], [])


class ListRows(Protocol):
    """The items of a list, in a form that a result is built from."""

    @property
    def count(self) -> int:
        """The number of items that were read."""
        ...

    @property
    def available(self) -> int:
        """The number of items that can be shown; others were too many to fit and are not kept."""
        ...

    @property
    def first(self) -> HubModel | None:
        """The first item."""
        ...

    def limit(self, count: int) -> ListRows:
        """Return the first items alone."""
        ...

    def render(self, count: int) -> Table:
        """Return the lines of the first items."""
        ...

    def to_data(self, count: int, omitted: Collection[str]) -> list[dict[str, Any]]:
        """Return the first items as JSON data, without the omitted fields."""
        ...


class Row(NamedTuple):
    """An item, reduced to what its result shows.

    Attributes:
        values: The values of the selected fields; none where all fields are shown.
        json: All fields, or the structured data, as JSON; empty where neither is shown.
    """

    values: FieldValues
    json: str


class RowTables:
    """The tables of the first rows of a list; each row, cell and table is built once.

    Args:
        model: The model of the items.
        projection: The selected fields.
    """

    def __init__(self, model: type[HubModel], projection: Projection) -> None:
        self._is_full = projection.full
        self._values: list[FieldValues] = []
        self._lines: list[str] = []
        self._builder = TableBuilder(model, self._values, projection)
        self._tables: dict[int, Table] = {}

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self._lines if self._is_full else self._values)

    def add_row(self, values: FieldValues, json: str) -> None:
        """Add a row; see `Row`."""
        if self._is_full:
            self._lines.append(json)
        else:
            self._values.append(values)

    def render(self, count: int) -> Table:
        """Return the lines of the first rows."""
        if self._is_full:
            return Table.with_one_item_per_row(self._lines[:count])
        count = min(count, self.count)
        if not count:
            return _NO_ROWS
        if count not in self._tables:
            self._tables[count] = self._builder.build(count)
        return self._tables[count]


class ModelRows:
    """Items that were read as a whole.

    Args:
        items: The items.
        projection: The selected fields.
    """

    def __init__(self, items: Sequence[HubModel], projection: Projection) -> None:
        self._items, self._projection = items, projection
        self._tables = RowTables(type(items[0]), projection) if items else None

    @property
    def count(self) -> int:
        """The number of items."""
        return len(self._items)

    available = count

    @property
    def first(self) -> HubModel | None:
        """The first item."""
        return self._items[0] if self._items else None

    def limit(self, count: int) -> ModelRows:
        """Return the first items alone."""
        return ModelRows(self._items[:count], self._projection)

    def render(self, count: int) -> Table:
        """Return the lines of the first items."""
        tables, projection = self._tables, self._projection
        if tables is None:
            return _NO_ROWS
        for item in self._items[tables.count : count]:
            if projection.full:
                tables.add_row({}, dump_compact_json(dump_all_fields(item)))
            else:
                tables.add_row(project_values(item, projection, in_list=True), "")
        return tables.render(count)

    def to_data(self, count: int, omitted: Collection[str]) -> list[dict[str, Any]]:
        """Return the first items as JSON data."""
        items = self._items[:count]
        data = [project_data(item, self._projection, in_list=True, excluded=omitted) for item in items]
        return shorten_data(type(items[0]), data, self._projection) if items else []


def build_row(item: HubModel, view: ResultView) -> Row:
    """Reduce an item to what its result shows."""
    projection = view.projection
    if projection.full:
        return Row({}, dump_compact_json(dump_all_fields(item)))
    values = _render_nested_values(type(item), project_values(item, projection, in_list=True), projection)
    is_structured = view.options.include_structured
    return Row(
        values, dump_compact_json(project_data(item, projection, in_list=True)) if is_structured else ""
    )


class ReducedRows:
    """Items of which only rows were kept.

    Args:
        rows: The rows of the first items.
        tables: The tables of the rows.
        count: The number of items that were read.
        first: The first item.
        projection: The selected fields.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        tables: RowTables | None,
        count: int,
        first: HubModel | None,
        projection: Projection,
    ) -> None:
        self._rows, self._tables, self._projection = rows, tables, projection
        self.count, self.first = count, first

    @property
    def available(self) -> int:
        """The number of items with a row."""
        return len(self._rows)

    def limit(self, count: int) -> ReducedRows:
        """Return the first items alone."""
        rows = self._rows[:count]
        return ReducedRows(rows, self._tables, min(count, self.count), self.first, self._projection)

    def render(self, count: int) -> Table:
        """Return the lines of the first items."""
        return self._tables.render(min(count, self.available)) if self._tables else _NO_ROWS

    def to_data(self, count: int, omitted: Collection[str]) -> list[dict[str, Any]]:
        """Return the first items as JSON data."""
        if omitted and self.first is not None:  # only where not even one item fits as a whole
            return ModelRows([self.first], self._projection).to_data(count, omitted)
        if self.first is None:
            return []
        data = [json.loads(row.json) for row in self._rows[:count]]
        return shorten_data(type(self.first), data, self._projection)


def _render_nested_values(model: type[HubModel], row: FieldValues, projection: Projection) -> FieldValues:
    """Return the values of a row with the text of their cells in place of objects, which take much memory."""
    nested = [
        name for name, value in row.items() if type(value) not in SCALAR_TYPES and _contains_object(value)
    ]
    for name in nested:
        cell = render_cell(row[name], get_display(model, name), projection.shows_whole(name))
        row[name] = RenderedCell(cell)
    return row


def _contains_object(value: Any) -> bool:
    kind = type(value)
    if kind is not list and kind is not dict:
        return is_model(value)
    parts = value if kind is list else value.values()
    return is_model(next((part for part in parts if part is not None), None))

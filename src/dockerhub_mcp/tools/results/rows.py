"""The items of a list as its result shows them: as models, or reduced to rows while a long list is read."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.tools.results.projected_values import FieldValues, project_values
from dockerhub_mcp.tools.results.projection import Projection, get_display
from dockerhub_mcp.tools.results.structured import (
    dump_all_fields,
    dump_compact_json,
    project_data,
    shorten_data,
)
from dockerhub_mcp.tools.results.table_lines import Table, byte_length
from dockerhub_mcp.tools.results.tables import (
    RenderedCell,
    measure_least_bytes,
    render_cell,
    render_rows,
    render_table,
)
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


@dataclass(frozen=True, slots=True)
class ModelRows:
    """Items that were read as a whole.

    Attributes:
        items: The items.
        projection: The selected fields.
    """

    items: Sequence[HubModel]
    projection: Projection

    @property
    def count(self) -> int:
        """The number of items."""
        return len(self.items)

    available = count

    @property
    def first(self) -> HubModel | None:
        """The first item."""
        return self.items[0] if self.items else None

    def limit(self, count: int) -> Self:
        """Return the first items alone."""
        return replace(self, items=self.items[:count])

    def render(self, count: int) -> Table:
        """Return the lines of the first items."""
        items = self.items[:count]
        if self.projection.full:
            return Table.with_one_item_per_row([dump_compact_json(dump_all_fields(item)) for item in items])
        return render_table(items, self.projection) if items else _NO_ROWS

    def to_data(self, count: int, omitted: Collection[str]) -> list[dict[str, Any]]:
        """Return the first items as JSON data."""
        items = self.items[:count]
        data = [project_data(item, self.projection, in_list=True, excluded=omitted) for item in items]
        return shorten_data(type(items[0]), data, self.projection) if items else []


@dataclass(frozen=True, slots=True)
class Row:
    """An item, reduced to what its result shows.

    Attributes:
        values: The values of the selected fields; none where all fields are shown.
        json: All fields, or the structured data, as JSON; empty where neither is shown.
    """

    values: FieldValues
    json: str


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


@dataclass(frozen=True, slots=True)
class ReducedRows:
    """Items of which only rows were kept.

    Attributes:
        rows: The rows of the first items.
        count: The number of items that were read.
        first: The first item.
        projection: The selected fields.
    """

    rows: Sequence[Row]
    count: int
    first: HubModel | None
    projection: Projection

    @property
    def available(self) -> int:
        """The number of items with a row."""
        return len(self.rows)

    def limit(self, count: int) -> Self:
        """Return the first items alone."""
        return replace(self, rows=self.rows[:count], count=min(count, self.count))

    def render(self, count: int) -> Table:
        """Return the lines of the first items."""
        rows = self.rows[:count]
        if self.projection.full:
            return Table.with_one_item_per_row([row.json for row in rows])
        if not rows or self.first is None:
            return _NO_ROWS
        return render_rows(type(self.first), [row.values for row in rows], self.projection)

    def to_data(self, count: int, omitted: Collection[str]) -> list[dict[str, Any]]:
        """Return the first items as JSON data."""
        if omitted and self.first is not None:  # only where not even one item fits as a whole
            return ModelRows([self.first], self.projection).to_data(count, omitted)
        if self.first is None:
            return []
        data = [json.loads(row.json) for row in self.rows[:count]]
        return shorten_data(type(self.first), data, self.projection)


def measure_rows(model: type[HubModel], rows: Sequence[Row], projection: Projection) -> int:
    """Return a number of bytes that the rows take at least in a result, with any other rows."""
    if projection.full:
        return byte_length([row.json for row in rows])
    return measure_least_bytes(model, [row.values for row in rows], projection)


def _render_nested_values(model: type[HubModel], row: FieldValues, projection: Projection) -> FieldValues:
    """Return the values of a row with the text of their cells in place of objects, which take much memory."""
    return {
        name: RenderedCell(render_cell(value, get_display(model, name), projection.shows_whole(name)))
        if _contains_object(value)
        else value
        for name, value in row.items()
    }


def _contains_object(value: Any) -> bool:
    parts = value if isinstance(value, list) else value.values() if isinstance(value, dict) else (value,)
    return any(isinstance(part, HubModel) for part in parts)

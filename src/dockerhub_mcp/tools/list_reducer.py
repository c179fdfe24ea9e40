"""Reduce the items of a long list to what its result and its notes are about, while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dockerhub_mcp.hub.api.item_facts import FactsReader
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.lists.pagination import PageResult
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.results.annotations import ItemAnnotator
from dockerhub_mcp.tools.results.fitting import Batch
from dockerhub_mcp.tools.results.rows import ReducedRows, Row, RowTables, build_row
from dockerhub_mcp.tools.results.table_lines import byte_length
from dockerhub_mcp.tools.results.tool_result import ResultView


class ReducedItem(NamedTuple):
    """What is kept of an item.

    Attributes:
        facts: The fields that `explain_result` looks at.
        row: The row; None where no further row fits into the result.
    """

    facts: Any
    row: Row | None


class ListReducer:
    """Reduces the items of a list.

    Args:
        call: The call that reads the list.
        view: The selected fields, and the limit behind which rows are not kept.
        annotator: Annotates the items first.
    """

    def __init__(self, call: Method[Page[Any]], view: ResultView, annotator: ItemAnnotator) -> None:
        self._call, self._view, self._annotator = call, view, annotator
        self._facts_reader = FactsReader(call.list_explained_fields())
        self._facts: list[Any] = []
        self._first: HubModel | None = None
        self._tables: RowTables | None = None
        self._batch, self._is_full = Batch(view.available_bytes), False

    def choose_item_model(self) -> type[HubModel] | None:
        """Choose the model for the items of a page that has arrived.

        Once no further row fits, nothing is read of items but what `reduce_items` looks at.
        """
        model = self._call.counted_model
        if model is not None and self._is_full and self._annotator.knows_dates:
            is_enough = model.model_fields.keys() >= set(self._call.list_explained_fields())
            return model if is_enough else self._call.item_model
        return self._call.item_model

    def reduce_items(self, items: Sequence[HubModel]) -> list[ReducedItem]:
        """Return what is kept of the items of a page; the first page comes first."""
        self._annotator.annotate(items)
        if self._first is None and items:
            self._first = items[0]
        is_full = self._is_full
        return [
            ReducedItem(self._facts_reader.read(item), None if is_full else build_row(item, self._view))
            for item in items
        ]

    def count_kept(self, items: Sequence[ReducedItem]) -> int:
        """Return how many further items are kept: as many as fitting them into the result begins with."""
        self._facts += [item.facts for item in items]
        rows = [item.row for item in items if item.row is not None]
        if self._is_full or self._first is None or not rows:
            return 0
        if self._tables is None:
            self._tables = RowTables(type(self._first), self._view.projection)
        tables, before = self._tables, self._tables.count
        for row in rows:
            tables.add_row(row.values, row.json)
        while not self._is_full and tables.count >= self._batch.count:
            used = byte_length(tables.render(self._batch.count).lines)
            if used > self._view.available_bytes:
                self._is_full = True
            else:
                self._batch.grow(used)
        return min(len(items), self._batch.count - before) if self._is_full else len(items)

    def collect_rows(self, page_result: PageResult[ReducedItem]) -> ReducedRows:
        """Return the rows for the result."""
        rows = [item.row for item in page_result.results if item.row is not None]
        return ReducedRows(rows, self._tables, page_result.items_read, self._first, self._view.projection)

    def collect_facts(self, page_result: PageResult[ReducedItem]) -> Page[Any]:
        """Return the list for `explain_result`, as one page with the facts of all items."""
        page = Page[Any](results=self._facts[: page_result.items_read], count=page_result.total)
        page.next = str(page_result.next_page) if page_result.next_page else None
        return page

"""Building results of lists: the summary of what was read first, and where the list continues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import IncompleteList
from dockerhub_mcp.hub.lists.completeness import ListExtent, check_page, find_next_page, known_count
from dockerhub_mcp.hub.models import Page
from dockerhub_mcp.tools.results.fitting import fit_items
from dockerhub_mcp.tools.results.position import (
    ListPosition,
    choose_cut,
    describe_incomplete,
    find_resume_page,
    limit_next_page,
)
from dockerhub_mcp.tools.results.projection import SUMMARY, find_untrusted_fields
from dockerhub_mcp.tools.results.rows import ListRows, ModelRows
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.results.table_lines import format_notes
from dockerhub_mcp.tools.results.tool_result import DEFAULT_VIEW, ResultView, ToolResult

if TYPE_CHECKING:
    from dockerhub_mcp.hub.lists.pagination import PageResult


def build_list_result(page: Page[Any], notes: Sequence[str], view: ResultView = DEFAULT_VIEW) -> ToolResult:
    """Build the result of a call that lists items without pages."""
    read, count = len(page.results), known_count(page)
    extent = ListExtent(read, count, unreadable=page.unreadable_count)
    error = (
        extent.find_mismatch()
        or extent.find_unreadable()
        or (IncompleteList(f"Read {read} items; the Hub names more.") if page.next else None)
    )
    position = ListPosition(count=extent.reached if count is None else count)
    rows = ModelRows(page.results, view.projection)
    return _build_items_result(rows, position, notes, view, error=error)


def build_page_result(
    page: Page[Any],
    notes: Sequence[str],
    view: ResultView = DEFAULT_VIEW,
    *,
    number: int,
    size: int | None,
    max_offset: int | None = None,
) -> ToolResult:
    """Build the result of a call that reads one page of a list.

    Args:
        page: The page.
        notes: Notes for the agent.
        view: The selected fields and the limit.
        number: The page number, from 1.
        size: The number of items that were requested; None where the call does not say.
        max_offset: The number of items behind which the Hub refuses the caller further pages, if any.
    """
    size = len(page.results) if size is None else size
    position = ListPosition(number, size, known_count(page), find_next_page(page, number, size))
    error = check_page(page, number, size)
    rows = ModelRows(page.results, view.projection)
    return _build_items_result(rows, position, notes, view, error=error, max_offset=max_offset)


def build_pagination_result(
    page_result: PageResult[Any],
    notes: Sequence[str],
    view: ResultView = DEFAULT_VIEW,
    *,
    rows: ListRows | None = None,
    max_offset: int | None = None,
) -> ToolResult:
    """Build the result of a call that reads a list over several pages; see `build_page_result`.

    Args:
        page_result: What was read.
        notes: Notes for the agent.
        view: The selected fields and the limit.
        rows: The items, where they were reduced; by default those of `page_result`.
        max_offset: The number of items behind which the Hub refuses the caller further pages, if any.
    """
    rows = ModelRows(page_result.results, view.projection) if rows is None else rows
    position = ListPosition(
        page_result.first_page, page_result.page_size, page_result.total, page_result.next_page
    )
    if (
        page_result.next_page
        and rows.count > (page_result.next_page - page_result.first_page) * page_result.page_size
    ):
        # `max_items` ended the list within a page: continue right behind it, with pages of another size.
        kept = choose_cut(position.offset, rows.count)
        rows, position = rows.limit(kept), position.resume_at(find_resume_page(position.offset + kept))
    return _build_items_result(
        rows,
        position,
        notes,
        view,
        offset=(page_result.first_page - 1) * page_result.page_size,
        error=page_result.error,
        max_offset=max_offset,
    )


def build_past_the_end_result(number: int, size: int, count: int | None, notes: Sequence[str]) -> ToolResult:
    """Build the result of a call for a page behind the last one.

    Args:
        number: The page number.
        size: The page size.
        count: The length of the list, as the Hub counts; None where unknown.
        notes: Notes for the agent.
    """
    return _build_items_result(ModelRows([], SUMMARY), ListPosition(number, size, count), notes, DEFAULT_VIEW)


def _build_items_result(
    items: ListRows,
    position: ListPosition,
    notes: Sequence[str],
    view: ResultView,
    *,
    offset: int | None = None,
    error: HubError | None = None,
    max_offset: int | None = None,
) -> ToolResult:
    offset = position.offset if offset is None else offset
    if error is not None:
        position = replace(position, partial=error_text(error))

    def choose_kept(fitting: int) -> int:
        return fitting if fitting == items.count or position.page is None else choose_cut(offset, fitting)

    def find_position(kept: int) -> ListPosition:
        if kept in {0, items.count} or position.page is None:
            return limit_next_page(position, max_offset)
        return limit_next_page(position.resume_at(find_resume_page(offset + kept)), max_offset)

    def build_header(kept: int) -> list[str]:
        shown = find_position(kept)
        following = "" if shown.next_page is None else f"page={shown.next_page}, page_size={shown.page_size}"
        lines = [shown.describe(kept, following)]
        if cut := items.count - kept:
            lines.append(
                f"CUT at {view.max_bytes} bytes: {cut} more were read and are not shown"
                + (" (the next page begins with them)." if position.page is not None else ".")
                + " fields makes items shorter."
            )
        if error is not None:
            lines.append(describe_incomplete(error))
        elif shown.partial:
            lines.append(f"PARTIAL, the list goes on: {shown.partial}")
        return [*lines, *format_notes(notes)]

    kept, text, omitted = fit_items(items, view, build_header, choose_kept)
    data = None
    if view.options.include_structured:
        data = {"results": items.to_data(kept, omitted), **find_position(kept).to_data()}
    untrusted = () if items.first is None else find_untrusted_fields(items.first)
    return ToolResult(text, data, untrusted_fields=untrusted, is_cacheable=error is None)

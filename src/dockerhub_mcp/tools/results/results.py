"""Building results: the summary of what was read first, no empty values, and where a list continues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.hub.pagination import PageResult
from dockerhub_mcp.tools.results.fitting import fit_items, fit_object
from dockerhub_mcp.tools.results.page_cut import find_resume_page
from dockerhub_mcp.tools.results.projection import SUMMARY
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.results.structured import project_data, to_json_value
from dockerhub_mcp.tools.results.tables import (
    byte_length,
    project_values,
    render_object,
    truncate_lines,
    truncate_rows,
)
from dockerhub_mcp.tools.results.tool_result import DEFAULT_VIEW, ResultView, ToolResult
from dockerhub_mcp.tools.results.untrusted_fields import find_untrusted_fields

_TOTAL_FIELDS = {"total": 0, "totalResults": 1}
"""The fields with the number of all items, and the offset of the first item."""


def build_object_result(
    result: HubModel, notes: Sequence[str], view: ResultView = DEFAULT_VIEW
) -> ToolResult:
    """Build the result of a call that returns a single object."""
    if result.items_field and not view.projection.full:
        return _build_item_list_result(result, notes, view)
    limit = view.available_bytes
    result, cut = truncate_rows(result, view.projection, limit - byte_length(_format_notes(notes)))
    header = truncate_lines([*([cut] if cut else []), *_format_notes(notes)], limit // 2)
    lines, omitted = fit_object(result, view.projection, limit - byte_length(header))
    data = None
    if view.options.include_structured:
        data = project_data(result, view.projection, excluded=omitted)
    return ToolResult("\n".join([*header, *lines]), data, untrusted_fields=find_untrusted_fields(result))


def _build_item_list_result(result: HubModel, notes: Sequence[str], view: ResultView) -> ToolResult:
    """Build the result of an object that consists of a list of items; it is cut between items."""
    outer = project_values(result, SUMMARY, in_list=False)
    items = outer.pop(result.items_field, [])
    about = [*_format_notes(notes), *render_object(result, excluded=(result.items_field,))]

    def build_header(kept: int) -> list[str]:
        if kept == len(items):
            return [*_format_next_offset(result, kept, view), *about, f"{result.items_field} ({kept}):"]
        cut = f"CUT at {view.max_bytes} bytes: {len(items) - kept} more were read and are not shown. "
        if view.offset_argument:
            cut += f"Go on with {view.offset_argument[0]}={view.offset_argument[1] + kept}. "
        return [
            f"{cut}fields makes items shorter.",
            *about,
            f"{result.items_field} ({kept} of {len(items)}):",
        ]

    kept, text, omitted = fit_items(items, view, build_header)
    if not view.options.include_structured:
        return ToolResult(text, untrusted_fields=find_untrusted_fields(result))
    shown = [project_data(item, view.projection, in_list=True, excluded=omitted) for item in items[:kept]]
    data = {**{name: to_json_value(value) for name, value in outer.items()}, result.items_field: shown}
    return ToolResult(text, data, untrusted_fields=find_untrusted_fields(result))


def _format_next_offset(result: HubModel, shown: int, view: ResultView) -> list[str]:
    """Return a line that says how to go on behind the items, if the Hub counts more of them."""
    if view.offset_argument is None or not shown:
        return []
    name, offset = view.offset_argument
    for field, first in _TOTAL_FIELDS.items():
        total = getattr(result, field, None)
        if isinstance(total, int) and offset - first + shown < total:
            return [f"Go on with {name}={offset + shown}."]
    return []


def build_list_result(page: Page[Any], notes: Sequence[str], view: ResultView = DEFAULT_VIEW) -> ToolResult:
    """Build the result of a call that lists items without pages."""
    return _build_items_result(page.results, {"count": len(page.results)}, notes, view)


def build_page_result(
    page: Page[Any],
    notes: Sequence[str],
    view: ResultView = DEFAULT_VIEW,
    *,
    number: int,
    size: int | None,
) -> ToolResult:
    """Build the result of a call that reads one page of a list.

    Args:
        page: The page.
        notes: Notes for the agent.
        view: The selected fields and the limit.
        number: The page number, from 1.
        size: The number of items that were requested; None where the call does not say.
    """
    size = len(page.results) if size is None else size
    more = bool(page.next) if "next" in page.model_fields_set else len(page.results) >= size
    position = {
        "page": number,
        "page_size": size,
        "count": page.count,
        "next_page": number + 1 if more and page.results else None,
    }
    return _build_items_result(page.results, position, notes, view, (number - 1) * size)


def build_pagination_result(
    page_result: PageResult[Any], notes: Sequence[str], view: ResultView = DEFAULT_VIEW
) -> ToolResult:
    """Build the result of a call that reads a list over several pages."""
    position: dict[str, Any] = {
        "page": page_result.first_page,
        "page_size": page_result.page_size,
        "count": page_result.total,
        "next_page": page_result.next_page,
        "partial": error_text(page_result.error) if page_result.error else None,
    }
    items, before = page_result.results, (page_result.first_page - 1) * page_result.page_size
    if (
        page_result.next_page
        and len(items) > (page_result.next_page - page_result.first_page) * page_result.page_size
    ):
        # `max_items` ended the list within a page: continue right behind it, with pages of another size.
        kept, resume_position = find_resume_page(before, len(items))
        items, position = items[:kept], position | resume_position
    return _build_items_result(items, position, notes, view, before)


def _build_items_result(
    items: Sequence[HubModel],
    position: dict[str, Any],
    notes: Sequence[str],
    view: ResultView,
    offset: int = 0,
) -> ToolResult:
    position = {name: value for name, value in position.items() if value is not None}

    def find_position(kept: int) -> tuple[int, dict[str, Any]]:
        if kept == len(items) or "page" not in position:
            return kept, position
        kept, resume_position = find_resume_page(offset, kept)
        return kept, position | resume_position

    def build_header(kept: int) -> list[str]:
        lines = [_format_position(kept, find_position(kept)[1])]
        if cut := len(items) - kept:
            lines.append(
                f"CUT at {view.max_bytes} bytes: {cut} more were read and are not shown"
                + (" (the next page begins with them)." if "page" in position else ".")
                + " fields makes items shorter."
            )
        if "partial" in position:
            lines.append(f"PARTIAL, the list is cut short: {position['partial']}")
        return [*lines, *_format_notes(notes)]

    kept, text, omitted = fit_items(items, view, build_header, lambda kept: find_position(kept)[0])
    position = find_position(kept)[1]
    data = None
    if view.options.include_structured:
        shown = [project_data(item, view.projection, in_list=True, excluded=omitted) for item in items[:kept]]
        data = {"results": shown, **position}
    untrusted = find_untrusted_fields(items[0]) if items else ()
    return ToolResult(text, data, untrusted_fields=untrusted, is_cacheable="partial" not in position)


def _format_position(shown: int, position: dict[str, Any]) -> str:
    total = f" of {position['count']}" if "count" in position else ""
    noun = "item" if not total and shown == 1 else "items"
    head = f"{shown}{total} {noun}" + (f", from page {position['page']}." if "page" in position else ".")
    if "next_page" in position:
        return f"{head} Go on with page={position['next_page']}, page_size={position['page_size']}."
    return head + (" This is the end of the list." if shown else " Nothing matches.")


def _format_notes(notes: Sequence[str]) -> list[str]:
    return [f"Note: {note}" for note in notes]

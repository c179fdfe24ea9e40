"""Results as an agent reads them: what matters first, nothing empty, one line that tells where one is."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.models import HubModel, Image, Page
from dockerhub_mcp.hub.pagination import PageResult
from dockerhub_mcp.tools.results.page_cut import find_resume_page
from dockerhub_mcp.tools.results.projection import SUMMARY, Projection
from dockerhub_mcp.tools.results.sanitize import error_text, inline, sanitize, sanitize_data
from dockerhub_mcp.tools.results.tables import (
    byte_length,
    count_fitting,
    project_values,
    render_object,
    render_table,
    truncate_lines,
    truncate_rows,
)
from dockerhub_mcp.tools.results.untrusted_fields import find_untrusted_fields

DEFAULT_MAX_BYTES = 32_768
"""Bytes of text that a result may have, unless somebody chose otherwise."""
_FIRST_BATCH_SIZE = 200
"""Items that are tried for their room first: of the thousands that a walk reads, a few hundred have some."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool call: the text, the same as data, and whether it is an error."""

    text: str
    structured_content: dict[str, Any] | None = None
    is_error: bool = False
    secret_line: str = ""
    """A line with a new secret that a person agreed to see; the only text that is not redacted."""
    untrusted_fields: tuple[str, ...] = ()
    """The fields in it that hold text by strangers."""
    is_cacheable: bool = True
    """Whether the same would be told again in a moment; not a list that trouble cut short."""


@dataclass(frozen=True, slots=True)
class ResultView:
    """How results are shown: what of them, and how much.

    Attributes:
        projection: Which fields.
        max_bytes: Bytes that the text of a result may have, everything in it counted.
        reserved_bytes: How many of them others will add to the text.
        offset_argument: The argument that skips items of a mere list, and what it was.
        include_structured: Whether the result is wanted as data, too.
    """

    projection: Projection = SUMMARY
    max_bytes: int = DEFAULT_MAX_BYTES
    reserved_bytes: int = 0
    offset_argument: tuple[str, int] | None = None
    include_structured: bool = True


def build_object_result(
    result: HubModel, notes: Sequence[str], view: ResultView = ResultView()
) -> ToolResult:
    """Shape a single thing."""
    if result.items_field and not view.projection.full:
        return _build_item_list_result(result, notes, view)
    room = view.max_bytes - view.reserved_bytes
    result, cut = truncate_rows(result, view.projection, room - byte_length(_format_notes(notes)))
    shown = truncate_lines([*([cut] if cut else []), *_format_notes(notes)], room // 2)
    lines, left_out = _fit_object(result, view.projection, room - byte_length(shown))
    data = _project_data(result, view.projection, excluded=left_out) if view.include_structured else None
    return ToolResult("\n".join([*shown, *lines]), data, untrusted_fields=find_untrusted_fields(result))


def _build_item_list_result(result: HubModel, notes: Sequence[str], view: ResultView) -> ToolResult:
    """Shape a thing that is but a list of others; it is cut at an item."""
    outer = project_values(result, SUMMARY, in_list=False)
    items = outer.pop(result.items_field, [])
    about = [*_format_notes(notes), *render_object(result, excluded=(result.items_field,))]

    def build_header(kept: int) -> list[str]:
        if kept == len(items):
            return [*about, f"{result.items_field} ({kept}):"]
        cut = f"CUT at {view.max_bytes} bytes: {len(items) - kept} more were read and are not shown. "
        if view.offset_argument:
            cut += f"Go on with {view.offset_argument[0]}={view.offset_argument[1] + kept}. "
        return [
            f"{cut}fields makes items shorter.",
            *about,
            f"{result.items_field} ({kept} of {len(items)}):",
        ]

    kept, text, left_out = _fit_items(items, view, build_header)
    if not view.include_structured:
        return ToolResult(text, untrusted_fields=find_untrusted_fields(result))
    shown = [_project_data(item, view.projection, in_list=True, excluded=left_out) for item in items[:kept]]
    data = {**{name: to_json_value(value) for name, value in outer.items()}, result.items_field: shown}
    return ToolResult(text, data, untrusted_fields=find_untrusted_fields(result))


def _fit_object(result: HubModel, projection: Projection, max_bytes: int) -> tuple[list[str], list[str]]:
    """Return the lines of a thing, and which fields were left out for their size, the largest first."""
    values = _dump_all_fields(result) if projection.full else _get_projected_values(result, projection)

    def render_without(omitted: Sequence[str]) -> list[str]:
        said = [_format_omitted_fields(omitted)] if omitted else []
        if not projection.full:
            return [*said, *render_object(result, projection, omitted)]
        gone = set(omitted)
        return [*said, dump_compact_json({name: value for name, value in values.items() if name not in gone})]

    lines = render_without([])
    if byte_length(lines) <= max_bytes:
        return lines, []
    sizes = {
        name: len(dump_compact_json({name: to_json_value(value)}).encode()) for name, value in values.items()
    }
    names = sorted(values, key=lambda name: sizes[name], reverse=True)
    count, rest = 0, sum(sizes.values())
    while projection.full and count < len(names) and rest > max_bytes:  # there may be very many
        count, rest = count + 1, rest - sizes[names[count]]
    count = max(1, count)
    while count < len(names) and byte_length(render_without(names[:count])) > max_bytes:
        count += 1
    return render_without(names[:count]), names[:count]


def _format_omitted_fields(names: Sequence[str]) -> str:
    named = ", ".join(inline(name, 24) for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004
    return f"LEFT OUT for its size: {named}{more}. Ask for less with fields, or for it alone."


def _get_projected_values(result: HubModel, projection: Projection) -> dict[str, Any]:
    return {name: getattr(result, name, None) for name in projection.field_names(result)}


def _dump_all_fields(result: HubModel) -> dict[str, Any]:
    """Return all that the Hub said, clean, but for fields that may hold a secret."""
    hidden = {"token", *(name for name, field in type(result).model_fields.items() if not field.repr)}
    dumped = sanitize_data(result.model_dump(mode="json", exclude_none=True, exclude=hidden))
    return cast("dict[str, Any]", dumped)


def build_page_result(
    method: Method[Any],
    page: Page[Any],
    notes: Sequence[str],
    view: ResultView = ResultView(),
) -> ToolResult:
    """Shape one page of a list."""
    if "page" not in type(method).model_fields:
        return _build_list_result(page.results, {"count": len(page.results)}, notes, view)
    number, size = getattr(method, "page", 1), getattr(method, "page_size", len(page.results))
    more = bool(page.next) if "next" in page.model_fields_set else len(page.results) >= size
    where = {
        "page": number,
        "page_size": size,
        "count": page.count,
        "next_page": number + 1 if more and page.results else None,
    }
    return _build_list_result(page.results, where, notes, view, (number - 1) * size)


def build_pagination_result(
    page_result: PageResult[Any], notes: Sequence[str], view: ResultView = ResultView()
) -> ToolResult:
    """Shape what a walk over pages has read."""
    where: dict[str, Any] = {
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
        # `max_items` ended it within a page: go on right behind it, with pages of another size.
        kept, there = find_resume_page(before, len(items))
        items, where = items[:kept], where | there
    return _build_list_result(items, where, notes, view, before)


def _build_list_result(
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
        kept, there = find_resume_page(offset, kept)
        return kept, position | there

    def build_header(kept: int) -> list[str]:
        lines = [_build_count_line(kept, find_position(kept)[1])]
        if cut := len(items) - kept:
            lines.append(
                f"CUT at {view.max_bytes} bytes: {cut} more were read and are not shown"
                + (" (the next page begins with them)." if "page" in position else ".")
                + " fields makes items shorter."
            )
        if "partial" in position:
            lines.append(f"PARTIAL, the list is cut short: {position['partial']}")
        return [*lines, *_format_notes(notes)]

    kept, text, left_out = _fit_items(items, view, build_header, lambda kept: find_position(kept)[0])
    position = find_position(kept)[1]
    data = None
    if view.include_structured:
        shown = [
            _project_data(item, view.projection, in_list=True, excluded=left_out) for item in items[:kept]
        ]
        data = {"results": shown, **position}
    found = find_untrusted_fields(items[0]) if items else ()
    return ToolResult(text, data, untrusted_fields=found, is_cacheable="partial" not in position)


def _fit_items(
    items: Sequence[HubModel],
    view: ResultView,
    build_header: Callable[[int], list[str]],
    adjust_count: Callable[[int], int] = lambda kept: kept,
) -> tuple[int, str, list[str]]:
    """Return how many items there is room for, the text, and what was left out of a single item.

    Args:
        items: The items.
        view: What of them, and the room.
        build_header: Gives the lines before so many items.
        adjust_count: Gives how many of so many are kept for another reason.
    """
    whole = room = view.max_bytes - view.reserved_bytes
    while True:
        fit, rows = _fit_rows(items, view.projection, room) if room > 0 else (0, [])
        kept = adjust_count(fit) if fit else 0
        lines = [
            *build_header(kept),
            *(rows if kept == fit else _render_items(items[:kept], view.projection)),
        ]
        if not items or (kept and byte_length(lines) <= whole):
            return kept, "\n".join(truncate_lines(lines, whole)), []
        if not kept:
            around = truncate_lines(build_header(1), whole // 2)
            lines, left_out = _fit_object(items[0], view.projection, whole - byte_length(around))
            return 1, "\n".join([*around, *lines]), left_out
        room -= max(1, byte_length(lines) - whole)


def _render_items(items: Sequence[HubModel], projection: Projection) -> list[str]:
    if not items:
        return []
    return (
        [dump_compact_json(_dump_all_fields(item)) for item in items]
        if projection.full
        else render_table(items, projection)
    )


def _fit_rows(items: Sequence[HubModel], projection: Projection, max_bytes: int) -> tuple[int, list[str]]:
    """Return how many of the items there is room for, and their lines."""
    kept = min(len(items), _FIRST_BATCH_SIZE)
    while (used := byte_length(lines := _render_items(items[:kept], projection))) <= max_bytes and kept < len(
        items
    ):
        kept = min(len(items), 2 * kept, kept * max_bytes // max(1, used) + 8)
    while kept and byte_length(lines) > max_bytes:
        # The last lines are those of the items; with fewer of them, what all have in common may change.
        kept = min(kept - 1, count_fitting(lines[-kept:], max_bytes - byte_length(lines[:-kept])))
        lines = _render_items(items[:kept], projection)
    return kept, lines


def _build_count_line(shown: int, position: dict[str, Any]) -> str:
    of = f" of {position['count']}" if "count" in position else ""
    noun = "item" if not of and shown == 1 else "items"
    head = f"{shown}{of} {noun}" + (f", from page {position['page']}." if "page" in position else ".")
    if "next_page" in position:
        return f"{head} Go on with page={position['next_page']}, page_size={position['page_size']}."
    return head + (" This is the end of the list." if shown else " Nothing matches.")


def project_summary(item: HubModel, *, in_list: bool = False) -> dict[str, Any]:
    """Return the fields of an item that a reader wants, without what is empty."""
    return _project_data(item, SUMMARY, in_list=in_list)


def _project_data(
    item: HubModel, projection: Projection, *, in_list: bool = False, excluded: Collection[str] = ()
) -> dict[str, Any]:
    if projection.full:
        gone = set(excluded)
        return {name: value for name, value in _dump_all_fields(item).items() if name not in gone}
    values = project_values(item, projection, in_list=in_list)
    return {name: to_json_value(value) for name, value in values.items() if name not in excluded}


def to_json_value(value: Any) -> Any:
    """Return a value as JSON has it: moments as text, models in brief, texts clean."""
    if isinstance(value, str):
        return sanitize(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, HubModel):
        return project_summary(value)
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, Image) and item.is_attestation)]
        return [to_json_value(item) for item in kept if item is not None]
    if isinstance(value, dict):
        return {sanitize(str(key)): to_json_value(item) for key, item in value.items()}
    return sanitize_data(value)


def _format_notes(notes: Sequence[str]) -> list[str]:
    return [f"Note: {note}" for note in notes]


def dump_compact_json(data: Any) -> str:
    """Return JSON on one line."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

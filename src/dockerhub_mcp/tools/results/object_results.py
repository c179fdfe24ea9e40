"""Building results of single objects, without empty values and with fewer fields where they are too large."""

from __future__ import annotations

from collections.abc import Sequence

from dockerhub_mcp.hub.models import HubModel, ItemList
from dockerhub_mcp.tools.results.objects import fit_object, render_object, truncate_rows
from dockerhub_mcp.tools.results.projected_values import project_values
from dockerhub_mcp.tools.results.projection import SUMMARY, find_untrusted_fields
from dockerhub_mcp.tools.results.structured import project_data, shorten_data, to_json_value
from dockerhub_mcp.tools.results.table_lines import byte_length, format_notes, truncate_lines
from dockerhub_mcp.tools.results.tool_result import DEFAULT_VIEW, ResultView, ToolResult


def build_object_result(
    result: HubModel, notes: Sequence[str], view: ResultView = DEFAULT_VIEW
) -> ToolResult:
    """Build the result of a call that returns a single object."""
    if result.items_field and not view.projection.full:
        return _build_item_list_result(result, notes, view)
    limit = view.available_bytes
    result, cut = truncate_rows(result, view.projection, limit - byte_length(format_notes(notes)))
    header = truncate_lines([*([cut] if cut else []), *format_notes(notes)], limit // 2)
    lines, omitted = fit_object(result, view.projection, limit - byte_length(header))
    data = None
    if view.options.include_structured:
        data = project_data(result, view.projection, excluded=omitted)
        (data,) = shorten_data(type(result), [data], view.projection)
    return ToolResult("\n".join([*header, *lines]), data, untrusted_fields=find_untrusted_fields(result))


def _build_item_list_result(result: HubModel, notes: Sequence[str], view: ResultView) -> ToolResult:
    """Build the result of an object that consists of a list of items; it is cut between items."""
    # Loaded here because most objects are no lists.
    from dockerhub_mcp.hub.lists.completeness import ListExtent  # noqa: PLC0415
    from dockerhub_mcp.tools.results.fitting import fit_items  # noqa: PLC0415
    from dockerhub_mcp.tools.results.position import describe_incomplete, describe_slice  # noqa: PLC0415
    from dockerhub_mcp.tools.results.rows import ModelRows  # noqa: PLC0415

    outer = project_values(result, SUMMARY, in_list=False)
    items = outer.pop(result.items_field, [])
    about = [*format_notes(notes), *render_object(result, excluded=(result.items_field,))]
    unreadable = result.unreadable_count if isinstance(result, ItemList) else 0
    total = getattr(result, result.count_field or "", None)
    position, is_whole = describe_slice(len(items) + unreadable, total, view)
    if lost := ListExtent(len(items), total, unreadable=unreadable).find_unreadable():
        position, is_whole = [describe_incomplete(lost), *position], False

    def build_header(kept: int) -> list[str]:
        if kept == len(items):
            return [*position, *about, f"{result.items_field} ({kept}):"]
        cut = f"CUT at {view.max_bytes} bytes: {len(items) - kept} more were read and are not shown. "
        if view.offset_argument:
            cut += f"Go on with {view.offset_argument[0]}={view.offset_argument[1] + kept}. "
        return [
            f"{cut}fields makes items shorter.",
            *about,
            f"{result.items_field} ({kept} of {len(items)}):",
        ]

    rows = ModelRows(items, view.projection)
    kept, text, omitted = fit_items(rows, view, build_header)
    untrusted = find_untrusted_fields(result)
    if not view.options.include_structured:
        return ToolResult(text, untrusted_fields=untrusted, is_cacheable=is_whole)
    shown = rows.to_data(kept, omitted)
    data = {**{name: to_json_value(value) for name, value in outer.items()}, result.items_field: shown}
    if not is_whole:
        data["partial"] = " ".join(line.partition(": ")[2] for line in position if line.startswith("PARTIAL"))
    return ToolResult(text, data, untrusted_fields=untrusted, is_cacheable=is_whole)

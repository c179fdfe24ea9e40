"""Reading the lists of Hub methods: one page, or several, and pages behind the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.api.local_selection import LocalSelectionMethod
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import AnonymousLimit, IncompleteList, NotFound, Refused
from dockerhub_mcp.hub.lists.completeness import ListExtent, known_count
from dockerhub_mcp.hub.lists.memory import release_free_memory
from dockerhub_mcp.hub.lists.pagination import PageResult
from dockerhub_mcp.hub.models import Page
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.list_reducer import ListReducer
from dockerhub_mcp.tools.request_context import get_current_request
from dockerhub_mcp.tools.results.annotations import ItemAnnotator
from dockerhub_mcp.tools.results.results import (
    build_list_result,
    build_page_result,
    build_pagination_result,
    build_past_the_end_result,
)
from dockerhub_mcp.tools.results.tool_result import ResultView, ToolResult

GONE = 410
_MAX_SELECTED_FROM = 10_000  # items of a list that is filtered or sorted here
_MANY_PAGES = 10  # of which the bodies take megabytes

CollectNotes = Callable[[Page[Any] | None], Awaitable[list[str]]]
"""Returns the notes for the agent on the page that was read, or on none; called after the requests.

Of a long list, the page has only the fields of the items that `explain_result` looks at.
"""


async def read_list(
    context: ToolContext,
    call: Method[Page[Any]],
    view: ResultView,
    annotator: ItemAnnotator,
    collect_notes: CollectNotes,
) -> ToolResult:
    """Read a list as its call says, and build the result.

    Args:
        context: The context of the request.
        call: The call.
        view: The selected fields and the limit.
        annotator: Annotates the items.
        collect_notes: Returns the notes for the agent.

    Raises:
        HubError: The list could not be read.
    """
    number: int = getattr(call, "page", 1)
    if isinstance(call, LocalSelectionMethod) and call.selects_locally:
        return await _read_selection(context, call, view, annotator, collect_notes)
    try:
        if getattr(call, "max_items", None) is not None:
            return await _read_pages(context, call, view, annotator, collect_notes)
        return await _read_page(context, call, view, annotator, collect_notes)
    except (NotFound, AnonymousLimit) as error:
        if number <= 1 or error.status == GONE:
            raise
        return await _explain_missing_page(context, call, collect_notes, error)


async def _read_pages(
    context: ToolContext,
    call: Method[Page[Any]],
    view: ResultView,
    annotator: ItemAnnotator,
    collect_notes: CollectNotes,
) -> ToolResult:
    reducer = ListReducer(call, view, annotator)
    page_result = await context.hub.paginate(
        call.with_item_model(reducer.choose_item_model),
        max_items=getattr(call, "max_items", None),
        timeout=context.result_options.pagination_timeout,
        on_progress=context.on_progress,
        reducer=reducer,
    )
    if page_result.pages_read >= _MANY_PAGES:
        release_free_memory()
    error = page_result.error
    get_current_request().pagination_error = type(error).__name__ if error else ""
    facts = reducer.collect_facts(page_result)
    notes = await _collect_list_notes(context, call, collect_notes, facts)
    rows, max_offset = reducer.collect_rows(page_result), _find_max_offset(context, call)
    return build_pagination_result(page_result, notes, view, rows=rows, max_offset=max_offset)


async def _read_selection(
    context: ToolContext,
    call: LocalSelectionMethod,
    view: ResultView,
    annotator: ItemAnnotator,
    collect_notes: CollectNotes,
) -> ToolResult:
    """Read the whole list, select from it here, and return a page of the selection."""
    whole = await context.hub.paginate(
        call.as_whole_list(),
        max_items=_MAX_SELECTED_FROM,
        timeout=context.result_options.pagination_timeout,
        on_progress=context.on_progress,
    )
    selected = call.select_items(whole.results)
    number, size = getattr(call, "page", 1), getattr(call, "page_size", 1)
    count, offset = getattr(call, "max_items", None) or size, (number - 1) * size
    error = whole.error
    if error is None and whole.next_page is not None:
        error = IncompleteList(f"Read {whole.items_read:,} items; the Hub lists more.")
    shown = PageResult(
        results=selected[offset : offset + count],
        total=len(selected) if error is None else None,
        error=error,
        next_page=number + count // size if offset + count < len(selected) else None,
        first_page=number,
        page_size=size,
    )
    annotator.annotate(shown.results)
    facts = Page[Any](results=whole.results, count=whole.total)
    notes = call.describe_selection(whole.results, selected) if whole.results else []
    notes += await _collect_list_notes(context, call, collect_notes, facts)
    return build_pagination_result(shown, notes, view)


async def _read_page(
    context: ToolContext,
    call: Method[Page[Any]],
    view: ResultView,
    annotator: ItemAnnotator,
    collect_notes: CollectNotes,
) -> ToolResult:
    page = await context.hub.send(call)
    annotator.annotate(page.results)
    notes = await _collect_list_notes(context, call, collect_notes, page)
    number: int | None = getattr(call, "page", None)
    if number is None:
        return build_list_result(page, notes, view)
    size = getattr(call, "page_size", None)
    max_offset = _find_max_offset(context, call)
    return build_page_result(page, notes, view, number=number, size=size, max_offset=max_offset)


async def _explain_missing_page(
    context: ToolContext, call: Method[Page[Any]], collect_notes: CollectNotes, error: Refused
) -> ToolResult:
    """Tell a page behind the end from a page that should exist, with one small request.

    Raises:
        NotFound: The list itself is missing, or its length could not be read.
        AnonymousLimit: The page exists, or the length could not be read.
        IncompleteList: The Hub counts items on the page.
    """
    number, size = getattr(call, "page", 1), getattr(call, "page_size", 1)
    try:
        first = await context.hub.send(call.model_copy(update={"page": 1, "page_size": 1}))
    except NotFound:
        raise
    except HubError:
        raise error from None
    count = known_count(first)
    is_counted = count is not None and (number - 1) * size < count
    if isinstance(error, AnonymousLimit) and (is_counted or count is None):
        raise error from None
    if is_counted:
        raise ListExtent(0, count).missing_page_error(number) from None
    if count == 0 and first.results:
        count = None
    return build_past_the_end_result(number, size, count, await collect_notes(None))


async def _collect_list_notes(
    context: ToolContext, call: Method[Page[Any]], collect_notes: CollectNotes, read: Page[Any]
) -> list[str]:
    """Return the notes, with what the account cannot see; later pages of the list do not repeat that."""
    hub, notes = context.hub, await collect_notes(read)
    if getattr(call, "page", 1) == 1 and (hidden := call.describe_hidden_items(hub.principal)):
        if hub.principal.is_anonymous and hub.credential_error is not None:
            hidden = f"{hidden.partition(':')[0]}."  # the other note says why the request was anonymous
        notes.append(hidden)
    return notes


def _find_max_offset(context: ToolContext, call: Method[Any]) -> int | None:
    return call.anonymous_max_offset if context.hub.principal.is_anonymous else None

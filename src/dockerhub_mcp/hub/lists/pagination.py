"""Read the pages of a list concurrently, keeping what was read when a later page fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import anyio

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.hub.errors import DeadlineExceeded, HubError, NotFound
from dockerhub_mcp.hub.lists.collector import MAX_PAGE_SIZE, PageCollector, PageResult
from dockerhub_mcp.hub.lists.completeness import ListExtent
from dockerhub_mcp.hub.lists.prefetcher import ConcurrencyLimit, PagePrefetcher
from dockerhub_mcp.hub.lists.reduction import ItemReducer, ReadPage, reduce_page
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.hub.transport.rate_limit import RateLimit

__all__ = [
    "MAX_CONCURRENT_PAGES",
    "MAX_PAGE_SIZE",
    "ItemReducer",
    "OnProgress",
    "PageResult",
    "get_page_concurrency",
    "paginate",
]

T = TypeVar("T", bound=HubModel)

MAX_CONCURRENT_PAGES = 12
"""The most pages requested at once; fewer when the rate limit is near."""

OnProgress = Callable[[int, int | None], Awaitable[None]]
# As text: evaluated, it would define a model of each generic type.
ExecuteCall: TypeAlias = "Callable[[Method[Page[Any]], bool], Awaitable[tuple[Page[Any], Method[Page[Any]]]]]"
"""Sends a call and returns the result with the call that produced it.

The flag tells whether the call may be corrected, as that of the first page may; see `corrected_call`.
"""
_ReadPage: TypeAlias = "Callable[[Method[Page[Any]], int], Awaitable[tuple[ReadPage, Method[Page[Any]]]]]"


def get_page_concurrency(rate_limit: RateLimit | None) -> int:
    """Return how many pages may be requested at once, within the headroom of the rate limit."""
    return MAX_CONCURRENT_PAGES if rate_limit is None else min(MAX_CONCURRENT_PAGES, rate_limit.headroom)


async def paginate(
    execute: ExecuteCall,
    method: Method[Page[T]],
    *,
    max_items: int | None,
    timeout: float | None,  # noqa: ASYNC109
    on_progress: OnProgress | None,
    concurrency_limit: ConcurrencyLimit,
    reducer: ItemReducer[T, Any] | None = None,
) -> PageResult[Any]:
    """Read the pages of a list; see `Hub.paginate`.

    Args:
        execute: Sends the call of one page.
        method: The call; its `page` is the first page to read.
        max_items: Stop after this many items; None for all.
        timeout: Seconds after which the items read so far are returned; None for no limit.
        on_progress: Called after each page.
        concurrency_limit: Returns how many pages may be requested at once.
        reducer: Reduces the items of each page when it arrives; None to return them as they are.

    Raises:
        HubError: The first page could not be read.
    """
    start: int = getattr(method, "page", 1)
    size: int = getattr(method, "page_size", MAX_PAGE_SIZE)
    if start == 1 and "page_size" not in method.model_fields_set:
        size = MAX_PAGE_SIZE
    before = (start - 1) * size
    if max_items is not None and max_items < size:  # smaller pages, so that `next_page` continues exactly
        fit = next(fit for fit in range(max_items, 0, -1) if before % fit == 0)
        if fit * 4 > max_items:  # but not pages of a few items only
            size, start = fit, before // fit + 1
    result: PageResult[Any] = PageResult(first_page=start, page_size=size, next_page=start)
    collector = PageCollector(result, None if reducer is None else reducer.count_kept)

    async def read_page(call: Method[Page[T]], number: int) -> tuple[ReadPage, Method[Page[T]]]:
        call = call.model_copy(update={"page": number, "page_size": size})
        page, call = await execute(call, result.pages_read == 0)
        return reduce_page(page, reducer), call

    try:
        with anyio.fail_after(timeout):
            await _read_pages(read_page, method, collector, max_items, on_progress, concurrency_limit)
    except TimeoutError:
        what = f"Reading the list took longer than {format_seconds(timeout or 0)}."
        result.error = DeadlineExceeded(what, remedy="Go on from the next page, or narrow the list.")
    except HubError as error:
        result.error = error
    if result.error is not None and result.pages_read == 0:
        raise result.error
    return result


async def _read_pages(  # noqa: PLR0917
    read_page: _ReadPage,
    method: Method[Page[Any]],
    collector: PageCollector,
    max_items: int | None,
    on_progress: OnProgress | None,
    concurrency_limit: ConcurrencyLimit,
) -> None:
    """Read the first page, which tells the total, then the others concurrently and in order."""
    page, method = await read_page(method, collector.result.first_page)

    async def fetch(number: int) -> ReadPage:
        return (await read_page(method, number))[0]

    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        prefetcher = PagePrefetcher(fetch, concurrency_limit, tasks)
        try:
            await _collect_pages(page, prefetcher, collector, max_items, on_progress)
        except Exception as error:  # noqa: BLE001 - raised below: a task group would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _collect_pages(
    page: ReadPage,
    prefetcher: PagePrefetcher[ReadPage],
    collector: PageCollector,
    max_items: int | None,
    on_progress: OnProgress | None,
) -> None:
    result, reported = collector.result, -1
    while True:
        collector.add_page(page)
        is_enough = max_items is not None and result.items_read >= max_items
        if max_items is not None and is_enough:
            collector.stop(max_items)
        if on_progress is not None and result.items_read > reported:
            reported = result.items_read
            await on_progress(reported, _limit_total(collector.extent, max_items))
        if result.next_page is None or result.error is not None or is_enough:
            return
        try:
            page = await prefetcher.next_page(result.next_page, _last_needed_page(result, max_items))
        except NotFound as error:
            collector.add_missing_page(error)
            return


def _last_needed_page(result: PageResult[Any], max_items: int | None) -> int:
    """Return the last page to read, or the next one where the total is unknown."""
    next_page = result.next_page or 1
    if result.total is None:
        return next_page
    before = (result.first_page - 1) * result.page_size
    end = result.total if max_items is None else min(result.total, before + max_items)
    return max(next_page, -(-end // result.page_size))


def _limit_total(extent: ListExtent, max_items: int | None) -> int | None:
    """Return how many items there are to read; None where unknown, or where more came than the Hub counts."""
    if extent.total is None or extent.reached > extent.total:
        return max_items
    total = extent.total - extent.before
    return total if max_items is None else min(total, max_items)

"""Read the pages of a list concurrently, keeping what was read when a later page fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import DeadlineExceeded, HubError, NotFound
from dockerhub_mcp.hub.models import HubModel, Page

T = TypeVar("T", bound=HubModel)

MAX_PAGE_SIZE = 100
"""The most items on a page; the Hub silently reduces larger numbers to this."""

MAX_CONCURRENT_PAGES = 12
"""The most pages requested at once; fewer when the rate limit is near."""

OnProgress = Callable[[int, int | None], Awaitable[None]]
ExecuteCall = Callable[[Method[Page[Any]], bool], Awaitable[tuple[Page[Any], Method[Page[Any]]]]]
"""Sends a call and returns the result with the call that produced it.

The flag tells whether the call may be corrected, as that of the first page may; see `corrected_call`.
"""
ConcurrencyLimit = Callable[[], int]
"""Returns how many pages may be requested at once at the moment."""


@dataclass(slots=True)
class PageResult(Generic[T]):
    """The items of a list, read from one or more pages.

    Attributes:
        results: The items, without duplicates.
        total: The length of the whole list, as the Hub last reported it; None where it does not.
        is_complete: Whether the list was read to its end.
        error: The error that cut the list short, or None when the end or `max_items` was reached.
        next_page: The page to continue with, or None at the end.
        first_page: The first page that was read.
        page_size: The page size that `first_page` and `next_page` count in.
        pages_read: The number of pages that were read.
    """

    results: list[T] = field(default_factory=list)
    total: int | None = None
    is_complete: bool = False
    error: HubError | None = None
    next_page: int | None = None
    first_page: int = 1
    page_size: int = MAX_PAGE_SIZE
    pages_read: int = 0


async def paginate(
    execute: ExecuteCall,
    method: Method[Page[T]],
    *,
    max_items: int | None,
    timeout: float | None,  # noqa: ASYNC109
    on_progress: OnProgress | None,
    concurrency_limit: ConcurrencyLimit,
) -> PageResult[T]:
    """Read the pages of a list; see `Hub.paginate`.

    Args:
        execute: Sends the call of one page.
        method: The call; its `page` is the first page to read.
        max_items: Stop after this many items; None for all.
        timeout: Seconds after which the items read so far are returned; None for no limit.
        on_progress: Called after each page.
        concurrency_limit: Returns how many pages may be requested at once.

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
    result: PageResult[T] = PageResult(first_page=start, page_size=size, next_page=start)
    try:
        with anyio.fail_after(timeout):
            await _read_pages(execute, method, result, max_items, on_progress, concurrency_limit)
    except TimeoutError:
        what = f"Reading the list took longer than {timeout:g} s."
        result.error = DeadlineExceeded(what, remedy="Go on from the next page, or narrow the list.")
    except HubError as error:
        result.error = error
    if result.error is not None and result.pages_read == 0:
        raise result.error
    if max_items is not None and len(result.results) > max_items:
        del result.results[max_items:]
        result.is_complete = False
        result.next_page = start + max_items // size
    return result


async def _read_pages(  # noqa: PLR0917
    execute: ExecuteCall,
    method: Method[Page[T]],
    result: PageResult[T],
    max_items: int | None,
    on_progress: OnProgress | None,
    concurrency_limit: ConcurrencyLimit,
) -> None:
    """Read the first page, which tells the total, then the others concurrently and in order."""
    page, method = await execute(_with_page(method, result, result.first_page), True)  # noqa: FBT003
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        prefetcher = _Prefetcher(execute, method, result, concurrency_limit, tasks)
        try:
            await _collect_pages(page, prefetcher, result, max_items, on_progress)
        except Exception as error:  # noqa: BLE001 - raised below: a task group would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _collect_pages(
    page: Page[T],
    prefetcher: _Prefetcher,
    result: PageResult[T],
    max_items: int | None,
    on_progress: OnProgress | None,
) -> None:
    seen: set[str] = set()
    while True:
        _add_page(result, page, seen)
        count = len(result.results)
        if on_progress is not None:
            shown = count if max_items is None else min(count, max_items)
            await on_progress(shown, _cap_total(result.total, max_items))
        if result.is_complete or (max_items is not None and count >= max_items):
            return
        try:
            page = await prefetcher.next_page(_last_needed_page(result, max_items))
        except NotFound:
            result.is_complete, result.next_page = True, None  # past the end: the list has shrunk
            return


def _with_page(method: Method[Page[T]], result: PageResult[T], page: int) -> Method[Page[T]]:
    return method.model_copy(update={"page": page, "page_size": result.page_size})


def _last_needed_page(result: PageResult[Any], max_items: int | None) -> int:
    """Return the last page to read, or the next one where the total is unknown."""
    next_page = result.next_page or 1
    if result.total is None:
        return next_page
    before = (result.first_page - 1) * result.page_size
    end = result.total if max_items is None else min(result.total, before + max_items)
    return max(next_page, -(-end // result.page_size))


class _Prefetcher:
    """Requests pages ahead of time and returns them in order."""

    def __init__(
        self,
        execute: ExecuteCall,
        method: Method[Page[Any]],
        result: PageResult[Any],
        concurrency_limit: ConcurrencyLimit,
        task_group: TaskGroup,
    ) -> None:
        self._execute, self._method, self._result = execute, method, result
        self._concurrency_limit, self._task_group = concurrency_limit, task_group
        self._requested: dict[int, tuple[anyio.Event, list[Page[Any] | Exception]]] = {}
        self._has_failed = False

    async def next_page(self, last_page: int) -> Page[Any]:
        """Return the next page, and keep requesting the pages after it up to `last_page`.

        Raises:
            HubError: The next page could not be read.
        """
        current = self._result.next_page or 1
        for number in range(current, last_page + 1):
            if number in self._requested:
                continue
            if len(self._requested) >= max(1, self._concurrency_limit()) or (
                self._has_failed and number > current
            ):
                break
            self._requested[number] = anyio.Event(), []
            self._task_group.start_soon(self._fetch_page, number)
        arrived, outcome = self._requested[current]
        await arrived.wait()
        del self._requested[current]
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    async def _fetch_page(self, number: int) -> None:
        arrived, outcome = self._requested[number]
        try:
            page, _ = await self._execute(_with_page(self._method, self._result, number), False)  # noqa: FBT003
            outcome.append(page)
        except Exception as error:  # noqa: BLE001 - raised by `next_page`
            self._has_failed = True
            outcome.append(error)
        arrived.set()


def _add_page(result: PageResult[T], page: Page[T], seen: set[str]) -> None:
    """Add the items of a page; the list may have shifted since the last one, so skip duplicates."""
    added = 0
    for item in page.results:
        key = _item_key(item)
        if key not in seen:
            seen.add(key)
            result.results.append(item)
            added += 1
    result.pages_read += 1
    result.total = page.count if page.count is not None else result.total
    if _has_next_page(page, result) and added:
        result.next_page = (result.next_page or 1) + 1
    else:
        result.is_complete, result.next_page = True, None


def _has_next_page(page: Page[Any], result: PageResult[Any]) -> bool:
    """Tell whether the list has another page.

    `next` only counts as a flag: its URL may name another host, and is never requested. Audit logs have
    neither `next` nor a count, and end with an empty page.
    """
    if not page.results:
        return False
    if "next" in page.model_fields_set:
        return bool(page.next)
    return result.total is None or len(result.results) < result.total


def _item_key(item: HubModel) -> str:
    """Return the value that identifies an item: its name or id, or else all its fields."""
    value = getattr(item, item.key_field, None) if item.key_field else None
    return item.model_dump_json() if value is None else str(value)


def _cap_total(total: int | None, max_items: int | None) -> int | None:
    if total is None or max_items is None:
        return total or max_items
    return min(total, max_items)

"""Reading a list over its pages, and keeping what was read when something comes between."""

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
"""Items on a page at most; the Hub cuts larger numbers to this without a word."""

MAX_CONCURRENT_PAGES = 12
"""Pages that are asked for at once, as browsers do of one host; fewer when the rate limit is near."""

OnProgress = Callable[[int, int | None], Awaitable[None]]
ExecuteCall = Callable[[Method[Page[Any]], bool], Awaitable[tuple[Page[Any], Method[Page[Any]]]]]
"""Sends a call; the flag tells whether the answer may be reconsidered, as that of the first page may."""
ConcurrencyLimit = Callable[[], int]
"""Tells how many pages may be asked for at once, at the moment."""


@dataclass(slots=True)
class PageResult(Generic[T]):
    """What a walk over pages has read.

    Attributes:
        results: The items, each once.
        total: How many there are, as the Hub last said; None where it does not say.
        is_complete: Whether the list was read to its end.
        error: The trouble that cut the list short, or None when the end or `max_items` was reached.
        next_page: The page to go on with, or None at the end.
        first_page: The page that the walk began with.
        page_size: The page size that `page` and `next_page` count in.
        pages_read: How many pages were read.
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
    """Walk over the pages of a list; see `Hub.walk`."""
    start: int = getattr(method, "page", 1)
    size: int = getattr(method, "page_size", MAX_PAGE_SIZE)
    if start == 1 and "page_size" not in method.model_fields_set:
        size = MAX_PAGE_SIZE
    before = (start - 1) * size
    if max_items is not None and max_items < size:  # smaller pages, so that `next_page` leads on
        fit = next(fit for fit in range(max_items, 0, -1) if before % fit == 0)
        if fit * 4 > max_items:  # but not a request for every few items
            size, start = fit, before // fit + 1
    walked: PageResult[T] = PageResult(first_page=start, page_size=size, next_page=start)
    try:
        with anyio.fail_after(timeout):
            await _read_pages(execute, method, walked, max_items, on_progress, concurrency_limit)
    except TimeoutError:
        what = f"Reading the list took longer than {timeout:g} s."
        walked.error = DeadlineExceeded(what, remedy="Go on from the next page, or narrow the list.")
    except HubError as error:
        walked.error = error
    if walked.error is not None and walked.pages_read == 0:
        raise walked.error
    if max_items is not None and len(walked.results) > max_items:
        del walked.results[max_items:]
        walked.is_complete = False
        walked.next_page = start + max_items // size
    return walked


async def _read_pages(  # noqa: PLR0917
    execute: ExecuteCall,
    method: Method[Page[T]],
    result: PageResult[T],
    max_items: int | None,
    on_progress: OnProgress | None,
    concurrency_limit: ConcurrencyLimit,
) -> None:
    """Read the first page, which tells how many there are, then the others side by side, taken in order."""
    page, method = await execute(_with_page(method, result, result.first_page), True)  # noqa: FBT003
    trouble: Exception | None = None
    async with anyio.create_task_group() as tasks:
        ahead = _Prefetcher(execute, method, result, concurrency_limit, tasks)
        try:
            await _collect_pages(page, ahead, result, max_items, on_progress)
        except Exception as error:  # noqa: BLE001 - raised below, as it is: a task group would wrap it
            trouble = error
        tasks.cancel_scope.cancel()
    if trouble is not None:
        raise trouble


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
        done = len(result.results)
        if on_progress is not None:
            shown = done if max_items is None else min(done, max_items)
            await on_progress(shown, _cap_total(result.total, max_items))
        if result.is_complete or (max_items is not None and done >= max_items):
            return
        try:
            page = await prefetcher.next_page(_last_needed_page(result, max_items))
        except NotFound:
            result.is_complete, result.next_page = True, None  # past the end: the list became shorter
            return


def _with_page(method: Method[Page[T]], result: PageResult[T], page: int) -> Method[Page[T]]:
    return method.model_copy(update={"page": page, "page_size": result.page_size})


def _last_needed_page(result: PageResult[Any], max_items: int | None) -> int:
    """Return the last page that will be wanted, as far as is known; the next one where it is not."""
    here = result.next_page or 1
    if result.total is None:
        return here
    before = (result.first_page - 1) * result.page_size
    end = result.total if max_items is None else min(result.total, before + max_items)
    return max(here, -(-end // result.page_size))


class _Prefetcher:
    """Asks for pages before they are wanted, and hands them out in order."""

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
        """Return the page that is next, while those behind it, up to the last, are under way.

        Raises:
            HubError: It could not be read.
        """
        wanted = self._result.next_page or 1
        for number in range(wanted, last_page + 1):
            if number in self._requested:
                continue
            if len(self._requested) >= max(1, self._concurrency_limit()) or (
                self._has_failed and number > wanted
            ):
                break
            self._requested[number] = anyio.Event(), []
            self._task_group.start_soon(self._fetch_page, number)
        arrived, content = self._requested[wanted]
        await arrived.wait()
        del self._requested[wanted]
        if isinstance(content[0], Exception):
            raise content[0]
        return content[0]

    async def _fetch_page(self, number: int) -> None:
        arrived, content = self._requested[number]
        try:
            page, _ = await self._execute(_with_page(self._method, self._result, number), False)  # noqa: FBT003
            content.append(page)
        except Exception as error:  # noqa: BLE001 - for whoever takes this page
            self._has_failed = True
            content.append(error)
        arrived.set()


def _add_page(result: PageResult[T], page: Page[T], seen: set[str]) -> None:
    """Add a page; the list may have moved since the last one, so items can come twice."""
    fresh = 0
    for item in page.results:
        key = _item_key(item)
        if key not in seen:
            seen.add(key)
            result.results.append(item)
            fresh += 1
    result.pages_read += 1
    result.total = page.count if page.count is not None else result.total
    if _has_next_page(page, result) and fresh:
        result.next_page = (result.next_page or 1) + 1
    else:
        result.is_complete, result.next_page = True, None


def _has_next_page(page: Page[Any], result: PageResult[Any]) -> bool:
    """Tell whether another page is worth asking for.

    `next` is only taken as a yes or no: its address may name another host, and is never fetched. Audit
    logs have neither `next` nor a count, and end with an empty page.
    """
    if not page.results:
        return False
    if "next" in page.model_fields_set:
        return bool(page.next)
    return result.total is None or len(result.results) < result.total


def _item_key(item: HubModel) -> str:
    """What makes an item the same when it comes twice: its name or id, else all of it."""
    value = getattr(item, item.key_field, None) if item.key_field else None
    return item.model_dump_json() if value is None else str(value)


def _cap_total(total: int | None, max_items: int | None) -> int | None:
    if total is None or max_items is None:
        return total or max_items
    return min(total, max_items)

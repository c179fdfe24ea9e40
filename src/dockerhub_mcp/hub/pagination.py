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

LARGEST_PAGE = 100
"""Items on a page at most; the Hub cuts larger numbers to this without a word."""

SIDE_BY_SIDE = 12
"""Pages that are asked for at once, as browsers do of one host; fewer when the rate limit is near."""

OnProgress = Callable[[int, int | None], Awaitable[None]]
Settle = Callable[[Method[Page[Any]], bool], Awaitable[tuple[Page[Any], Method[Page[Any]]]]]
"""Sends a call; the flag tells whether the answer may be reconsidered, as that of the first page may."""
Width = Callable[[], int]
"""Tells how many pages may be asked for at once, at the moment."""


@dataclass(slots=True)
class Walk(Generic[T]):
    """What a walk over pages has read.

    Attributes:
        results: The items, each once.
        total: How many there are, as the Hub last said; None where it does not say.
        complete: Whether the list was read to its end.
        stopped_by: The trouble that cut the list short, or None when the end or `max_items` was reached.
        next_page: The page to go on with, or None at the end.
        page: The page that the walk began with.
        page_size: The page size that `page` and `next_page` count in.
        pages: How many pages were read.
    """

    results: list[T] = field(default_factory=list)
    total: int | None = None
    complete: bool = False
    stopped_by: HubError | None = None
    next_page: int | None = None
    page: int = 1
    page_size: int = LARGEST_PAGE
    pages: int = 0


async def walk(
    settle: Settle,
    method: Method[Page[T]],
    *,
    max_items: int | None,
    timeout: float | None,  # noqa: ASYNC109
    on_progress: OnProgress | None,
    width: Width,
) -> Walk[T]:
    """Walk over the pages of a list; see `Hub.walk`."""
    start: int = getattr(method, "page", 1)
    size: int = getattr(method, "page_size", LARGEST_PAGE)
    if start == 1 and "page_size" not in method.model_fields_set:
        size = LARGEST_PAGE
    before = (start - 1) * size
    if max_items is not None and max_items < size:  # smaller pages, so that `next_page` leads on
        fit = next(fit for fit in range(max_items, 0, -1) if before % fit == 0)
        if fit * 4 > max_items:  # but not a request for every few items
            size, start = fit, before // fit + 1
    walked: Walk[T] = Walk(page=start, page_size=size, next_page=start)
    try:
        with anyio.fail_after(timeout):
            await _read_pages(settle, method, walked, max_items, on_progress, width)
    except TimeoutError:
        what = f"Reading the list took longer than {timeout:g} s."
        walked.stopped_by = DeadlineExceeded(what, remedy="Go on from the next page, or narrow the list.")
    except HubError as error:
        walked.stopped_by = error
    if walked.stopped_by is not None and walked.pages == 0:
        raise walked.stopped_by
    if max_items is not None and len(walked.results) > max_items:
        del walked.results[max_items:]
        walked.complete = False
        walked.next_page = start + max_items // size
    return walked


async def _read_pages(  # noqa: PLR0917
    settle: Settle,
    method: Method[Page[T]],
    walked: Walk[T],
    max_items: int | None,
    on_progress: OnProgress | None,
    width: Width,
) -> None:
    """Read the first page, which tells how many there are, then the others side by side, taken in order."""
    page, method = await settle(_at(method, walked, walked.page), True)  # noqa: FBT003
    trouble: Exception | None = None
    async with anyio.create_task_group() as tasks:
        ahead = _Ahead(settle, method, walked, width, tasks)
        try:
            await _take_pages(page, ahead, walked, max_items, on_progress)
        except Exception as error:  # noqa: BLE001 - raised below, as it is: a task group would wrap it
            trouble = error
        tasks.cancel_scope.cancel()
    if trouble is not None:
        raise trouble


async def _take_pages(
    page: Page[T], ahead: _Ahead, walked: Walk[T], max_items: int | None, on_progress: OnProgress | None
) -> None:
    seen: set[str] = set()
    while True:
        _take(walked, page, seen)
        done = len(walked.results)
        if on_progress is not None:
            shown = done if max_items is None else min(done, max_items)
            await on_progress(shown, _bounded(walked.total, max_items))
        if walked.complete or (max_items is not None and done >= max_items):
            return
        try:
            page = await ahead.next(_last_page(walked, max_items))
        except NotFound:
            walked.complete, walked.next_page = True, None  # past the end: the list became shorter
            return


def _at(method: Method[Page[T]], walked: Walk[T], page: int) -> Method[Page[T]]:
    return method.model_copy(update={"page": page, "page_size": walked.page_size})


def _last_page(walked: Walk[Any], max_items: int | None) -> int:
    """Return the last page that will be wanted, as far as is known; the next one where it is not."""
    here = walked.next_page or 1
    if walked.total is None:
        return here
    before = (walked.page - 1) * walked.page_size
    end = walked.total if max_items is None else min(walked.total, before + max_items)
    return max(here, -(-end // walked.page_size))


class _Ahead:
    """Asks for pages before they are wanted, and hands them out in order."""

    def __init__(
        self,
        settle: Settle,
        method: Method[Page[Any]],
        walked: Walk[Any],
        width: Width,
        tasks: TaskGroup,
    ) -> None:
        self._settle, self._method, self._walked = settle, method, walked
        self._width, self._tasks = width, tasks
        self._asked: dict[int, tuple[anyio.Event, list[Page[Any] | Exception]]] = {}
        self._is_in_trouble = False

    async def next(self, last: int) -> Page[Any]:
        """Return the page that is next, while those behind it, up to the last, are under way.

        Raises:
            HubError: It could not be read.
        """
        wanted = self._walked.next_page or 1
        for number in range(wanted, last + 1):
            if number in self._asked:
                continue
            if len(self._asked) >= max(1, self._width()) or (self._is_in_trouble and number > wanted):
                break
            self._asked[number] = anyio.Event(), []
            self._tasks.start_soon(self._ask, number)
        arrived, content = self._asked[wanted]
        await arrived.wait()
        del self._asked[wanted]
        if isinstance(content[0], Exception):
            raise content[0]
        return content[0]

    async def _ask(self, number: int) -> None:
        arrived, content = self._asked[number]
        try:
            page, _ = await self._settle(_at(self._method, self._walked, number), False)  # noqa: FBT003
            content.append(page)
        except Exception as error:  # noqa: BLE001 - for whoever takes this page
            self._is_in_trouble = True
            content.append(error)
        arrived.set()


def _take(walked: Walk[T], page: Page[T], seen: set[str]) -> None:
    """Add a page; the list may have moved since the last one, so items can come twice."""
    fresh = 0
    for item in page.results:
        key = _key(item)
        if key not in seen:
            seen.add(key)
            walked.results.append(item)
            fresh += 1
    walked.pages += 1
    walked.total = page.count if page.count is not None else walked.total
    if _has_more(page, walked) and fresh:
        walked.next_page = (walked.next_page or 1) + 1
    else:
        walked.complete, walked.next_page = True, None


def _has_more(page: Page[Any], walked: Walk[Any]) -> bool:
    """Tell whether another page is worth asking for.

    `next` is only taken as a yes or no: its address may name another host, and is never fetched. Audit
    logs have neither `next` nor a count, and end with an empty page.
    """
    if not page.results:
        return False
    if "next" in page.model_fields_set:
        return bool(page.next)
    return walked.total is None or len(walked.results) < walked.total


def _key(item: HubModel) -> str:
    """What makes an item the same when it comes twice: its name or id, else all of it."""
    value = getattr(item, item.identity, None) if item.identity else None
    return item.model_dump_json() if value is None else str(value)


def _bounded(total: int | None, max_items: int | None) -> int | None:
    if total is None or max_items is None:
        return total or max_items
    return min(total, max_items)

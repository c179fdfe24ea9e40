"""Request the pages of a list ahead of time and return them in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

P = TypeVar("P")

ConcurrencyLimit = Callable[[], int]
"""Returns how many pages may be requested at once at the moment."""


class PagePrefetcher(Generic[P]):
    """Requests pages ahead of time and returns them in order.

    Args:
        fetch: Requests a page by its number.
        concurrency_limit: Returns how many pages may be requested at once.
        task_group: Runs the requests.
    """

    def __init__(
        self,
        fetch: Callable[[int], Awaitable[P]],
        concurrency_limit: ConcurrencyLimit,
        task_group: TaskGroup,
    ) -> None:
        self._fetch, self._concurrency_limit, self._task_group = fetch, concurrency_limit, task_group
        self._requested: dict[int, tuple[anyio.Event, list[P | Exception]]] = {}
        self._has_failed = False

    async def next_page(self, current: int, last_page: int) -> P:
        """Return the page `current`, and keep requesting the pages after it up to `last_page`.

        Raises:
            HubError: The page could not be read.
        """
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
            outcome.append(await self._fetch(number))
        except Exception as error:  # noqa: BLE001 - raised by `next_page`
            self._has_failed = True
            outcome.append(error)
        arrived.set()

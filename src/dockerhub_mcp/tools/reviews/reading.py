"""Reading what a review needs in few requests, keeping in mind what could not be read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import anyio

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.errors import Refused
from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.tools.images.request_reserve import check_request_reserve
from dockerhub_mcp.tools.images.tag_listing import RateReserveReached
from dockerhub_mcp.tools.results.tables import render_table

C = TypeVar("C", bound=Method[Any])
K = TypeVar("K", bound=Hashable)
R = TypeVar("R")
T = TypeVar("T", bound=HubModel)
M = TypeVar("M", bound=HubModel)

_MAX_ITEMS = 10_000
_MAX_CONCURRENT = 6
_MAX_SUBJECTS = 5


class ReviewReader:
    """Reads lists and objects for one review.

    Attributes:
        requests: The number of requests that were answered.

    Args:
        hub: The Hub client.
        now: The current time.
    """

    def __init__(self, hub: Hub, now: datetime) -> None:
        self._hub, self._now = hub, now
        self._failures: dict[str, list[str]] = {}
        self._incomplete: set[str] = set()
        self.requests = 0

    async def require_list(self, call: Method[Page[T]], subject: str) -> list[T]:
        """Return a whole list; one that does not add up counts as incomplete.

        Args:
            call: The call of a page.
            subject: What the list contains, for the reason of an incomplete review.

        Raises:
            HubError: The first page could not be read.
        """
        if "page" not in type(call).model_fields:
            page = await self.require(call)
            if page.unreadable_count or page.next:
                self._add_part(subject, "The Hub listed a part only.")
            return page.results
        result = await self._hub.paginate(call, max_items=_MAX_ITEMS)
        self.requests += result.pages_read
        if result.error is not None:
            self._add_part(subject, _describe_error(result.error))
        elif result.next_page is not None:
            self._add_part(subject, f"There are more than {_MAX_ITEMS:,}.")
        return result.results

    async def try_list(self, call: Method[Page[T]], subject: str) -> list[T] | None:
        """Return a whole list; None where it cannot be read, which makes the review incomplete."""
        return await self._try(self.require_list(call, subject), subject)

    async def require(self, call: Method[R]) -> R:
        """Return an object.

        Raises:
            HubError: It could not be read.
        """
        found = await self._hub.send(call)
        self.requests += 1
        return found

    async def try_read(self, call: Method[R], subject: str) -> R | None:
        """Return an object; None where it cannot be read, which makes the review incomplete."""
        return await self._try(self.require(call), subject)

    async def try_each(
        self,
        calls: Mapping[K, C],
        describe: Callable[[K], str],
        read: Callable[[C, str], Awaitable[R | None]],
    ) -> dict[K, R | None]:
        """Return the result of each of several calls, sent a few at a time; None for those that failed.

        A tenth of the rate limit is left free.

        Args:
            calls: The calls by key.
            describe: Returns what the result of a key contains.
            read: `try_list` or `try_read`.
        """
        found: dict[K, R | None] = dict.fromkeys(calls)
        limiter = anyio.CapacityLimiter(_MAX_CONCURRENT)

        async def read_one(key: K, call: C) -> None:
            async with limiter:
                try:
                    check_request_reserve(self._hub, self._now, in_flight=int(limiter.borrowed_tokens) - 1)
                except RateReserveReached as error:
                    self.add_failure(describe(key), f"{error.what} Try again in a minute.")
                    return
                found[key] = await read(call, describe(key))

        async with anyio.create_task_group() as tasks:
            for key, call in calls.items():
                tasks.start_soon(read_one, key, call)
        return found

    def add_failure(self, subject: str, reason: str) -> None:
        """Note that something was not read, with a sentence on the reason."""
        self._incomplete.add(subject)
        self._failures.setdefault(reason, []).append(subject)

    def is_whole(self, subject: str) -> bool:
        """Tell whether a list was read to its end, so that what it lacks does not exist."""
        return subject not in self._incomplete

    def _add_part(self, subject: str, reason: str) -> None:
        self._incomplete.add(subject)
        self.add_failure(f"{subject} (not all)", reason)

    def describe_failures(self) -> str:
        """Return what could not be read and why, a sentence for each reason; empty if nothing is missing."""
        parts = []
        for reason, subjects in self._failures.items():
            more = len(subjects) - _MAX_SUBJECTS
            listed = ", ".join(subjects[:_MAX_SUBJECTS]) + (f" and {more} more" if more > 0 else "")
            parts.append(f"not read: {listed}. {reason}")
        return " ".join(parts)

    async def _try(self, reading: Awaitable[R], subject: str) -> R | None:
        try:
            return await reading
        except HubError as error:
            self.requests += 1
            self.add_failure(subject, _describe_error(error))
            return None


def _describe_error(error: HubError) -> str:
    """Return the reason of a failure without its request, so that equal ones are reported once."""
    if error.why:
        return error.why
    return f"The Hub answered with {error.status}." if isinstance(error, Refused) else error.what


def fit_rows(rows: Sequence[M], max_bytes: int) -> list[M]:
    """Return the first rows of a table that fit into a number of bytes, at least one.

    Args:
        rows: The rows, those first that matter most.
        max_bytes: The share of the result's limit that the table may take.
    """
    if not rows:
        return []
    kept = render_table(rows).count_fitting_items(max_bytes)
    return list(rows[: max(1, kept)])


def limit_names(names: Sequence[str], max_names: int) -> list[str]:
    """Return the first names, and behind them how many there are beyond them."""
    more = len(names) - max_names
    return [*names[:max_names], *([f"(+{more})"] if more > 0 else [])]

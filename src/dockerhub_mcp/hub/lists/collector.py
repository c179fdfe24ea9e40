"""Collect the pages of a list, and decide whether the list was read completely."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dockerhub_mcp.hub.errors import HubError, IncompleteList, NotFound
from dockerhub_mcp.hub.lists.completeness import ListExtent, known_count
from dockerhub_mcp.hub.lists.reduction import CountKept, ReadPage

T = TypeVar("T")

MAX_PAGE_SIZE = 100
"""The most items on a page; the Hub silently reduces larger numbers to this."""


@dataclass(slots=True)
class PageResult(Generic[T]):
    """The items of a list, read from one or more pages.

    Attributes:
        results: The items, without duplicates; the first of them, reduced, where an `ItemReducer` was given.
        dropped: The number of further items that were read, and that the reducer did not keep.
        total: The length of the whole list, as the Hub last reported it; None where it does not.
        is_complete: Whether the list was read to its end and adds up to what the Hub counts.
        error: The error that cut the list short, or an `IncompleteList` where it does not add up; None when
            the end or `max_items` was reached.
        next_page: The page to continue with, None if there is no other.
        first_page: The first page that was read.
        page_size: The page size that `first_page` and `next_page` count in.
        pages_read: The number of pages that were read.
    """

    results: list[T] = field(default_factory=list)
    dropped: int = 0
    total: int | None = None
    is_complete: bool = False
    error: HubError | None = None
    next_page: int | None = None
    first_page: int = 1
    page_size: int = MAX_PAGE_SIZE
    pages_read: int = 0

    @property
    def items_read(self) -> int:
        """The number of items that were read, without duplicates."""
        return len(self.results) + self.dropped


class PageCollector:
    """Adds pages to a result, in order, until the list ends.

    Args:
        result: Receives the items; its `next_page` or `error` tells that the list has ended.
        count_kept: Returns how many of further items to keep; None to keep all.

    Attributes:
        result: The result so far.
    """

    def __init__(self, result: PageResult[Any], count_kept: CountKept | None = None) -> None:
        self.result, self._count_kept = result, count_kept
        self._seen: set[str | bytes] = set()
        self._before = [0]  # the numbers of items that may be on the pages before the first one read
        self._duplicates = 0
        self._unreadable = 0
        self._earlier_total: int | None = None
        self._last_page: ReadPage | None = None

    @property
    def extent(self) -> ListExtent:
        """How much of the list was read so far."""
        result, read = self.result, self.result.items_read
        before = next((count for count in self._before if count + read == result.total), self._before[0])
        return ListExtent(read, result.total, result.first_page, before, self._duplicates, self._unreadable)

    def add_page(self, read_page: ReadPage) -> None:
        """Add the items of a page; the list may have shifted since the last one, so skip duplicates."""
        result, number, page = self.result, self.result.next_page or 1, read_page.page
        added = self._add_items(read_page)
        self._unreadable += page.unreadable_count
        result.pages_read += 1
        count = known_count(page)
        if count is not None:
            if result.total not in {None, count}:
                self._earlier_total = result.total
            result.total = count
        if result.pages_read == 1 and number > 1:
            # The Hub may count in smaller pages than requested, or may have left out items of this one.
            self._before = [(number - 1) * size for size in (result.page_size, len(read_page.keys))]
        goes_on = self._has_next_page(read_page)
        is_repeated = self._last_page is not None and read_page.keys == self._last_page.keys
        is_full = bool(page.next) or len(read_page.keys) >= result.page_size
        self._last_page = read_page
        if goes_on and added:
            result.next_page = number + 1
        elif read_page.keys and not added and (is_repeated or is_full) and not self._adds_up:
            self._end(self.extent.repeated_page_error(number))
        elif read_page.keys or self._is_past_the_end(read_page):
            self._end()
        else:
            self._end(self.extent.empty_page_error(number), number + 1 if page.next else None)

    def stop(self, max_items: int) -> None:
        """Stop behind this many items, and continue there with another call."""
        result = self.result
        if result.items_read > max_items:
            del result.results[max_items:]
            result.dropped = max_items - len(result.results)
            result.is_complete, result.error = False, None
            result.next_page = result.first_page + max_items // result.page_size
        if result.next_page is not None:
            result.error = self._find_change() or self.extent.find_unreadable()

    def add_missing_page(self, error: NotFound) -> None:
        """Decide whether a page that is missing is past the end of the list or interrupts it."""
        number, extent, last = self.result.next_page or 1, self.extent, self._last_page
        is_open = last is not None and (bool(last.page.next) or len(last.keys) >= self.result.page_size)
        is_end = extent.reaches_total or (extent.total is None and not is_open)
        if is_end and error.status == 404:  # noqa: PLR2004 - 410 means that the route was withdrawn
            self._end()
        else:
            self.result.error = extent.missing_page_error(number)

    @property
    def _adds_up(self) -> bool:
        extent = self.extent
        return extent.total is not None and extent.find_mismatch() is None

    def _add_items(self, read_page: ReadPage) -> int:
        added = []
        for key, item in zip(read_page.keys, read_page.items, strict=True):
            if key not in self._seen:
                self._seen.add(key)
                added.append(item)
        kept = len(added) if self._count_kept is None else self._count_kept(added)
        self.result.results += added[:kept]
        self.result.dropped += len(added) - kept
        self._duplicates += len(read_page.keys) - len(added)
        return len(added)

    def _has_next_page(self, read_page: ReadPage) -> bool:
        """Tell whether the list has another page.

        `next` only counts as a flag: its URL may name another host, and is never requested. Audit logs have
        neither `next` nor a count, and end with an empty page.
        """
        if not read_page.keys:
            return False
        if "next" in read_page.page.model_fields_set:
            return bool(read_page.page.next)
        return not self.extent.reaches_total

    def _is_past_the_end(self, read_page: ReadPage) -> bool:
        """Tell whether an empty page is where the Hub's count lets it be."""
        total = self.result.total
        return self.extent.reaches_total or (total is None and not read_page.page.next)

    def _find_change(self) -> IncompleteList | None:
        """Return the error of a list that changed while it was read, or None."""
        if self._earlier_total is None:
            return None
        return self.extent.changed_list_error(self._earlier_total)

    def _end(self, error: IncompleteList | None = None, next_page: int | None = None) -> None:
        result = self.result
        result.error = (
            error or self._find_change() or self.extent.find_mismatch() or self.extent.find_unreadable()
        )
        result.is_complete, result.next_page = result.error is None, next_page

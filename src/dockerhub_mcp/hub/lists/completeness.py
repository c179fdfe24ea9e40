"""Check whether what was read of a list adds up to what the Hub counts.

The Hub may end a list before its count is reached, answer 404 or an empty page in the middle, repeat a page,
or change the list while it is read. Each of these is an `IncompleteList` that states both numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dockerhub_mcp.hub.errors import IncompleteList
from dockerhub_mcp.hub.models import Page

_NOT_WHOLE = "Do not take this for the whole list."
_PAGE_IGNORED = "The Hub may have ignored the page number, or the list changed."


def known_count(page: Page[Any]) -> int | None:
    """Return the Hub's count of the list; None where it sends none, or a negative one."""
    return page.count if page.count is not None and page.count >= 0 else None


class ListExtent(NamedTuple):
    """How much of a list was read.

    Attributes:
        read: The number of items read, without duplicates.
        total: The Hub's count of the whole list, if known.
        first_page: The first page that was read.
        before: The number of items on the pages before it.
        duplicates: The number of items that came more than once.
        unreadable: The number of items that could not be read and were left out.
    """

    read: int
    total: int | None
    first_page: int = 1
    before: int = 0
    duplicates: int = 0
    unreadable: int = 0

    @property
    def reached(self) -> int:
        """The number of items up to the last one read."""
        return self.before + self.read + self.unreadable

    @property
    def reaches_total(self) -> bool:
        """Whether the Hub counts no item behind the last one read."""
        return self.total is not None and self.reached >= self.total

    def describe(self) -> str:
        """Return what was read and what the Hub counts, as the beginning of a sentence."""
        start = f" from page {self.first_page} on" if self.first_page > 1 else ""
        count = "" if self.total is None else f"; the Hub counts {self.total}"
        return f"Read {self.read} {'item' if self.read == 1 else 'items'}{start}{count}"

    def find_mismatch(self) -> IncompleteList | None:
        """Return the error of a list that ended elsewhere than at its count, or None where it adds up."""
        if self.total is None or self.reached == self.total:
            return None
        if self.reached > self.total:
            why = "Its count is wrong, or the list changed while it was read; items may be missing."
            return IncompleteList(f"{self.describe()}.", why=why)
        if self.duplicates:
            why = f"{self.duplicates} came twice: the list may have changed while it was read."
            return IncompleteList(f"{self.describe()}.", why=why, remedy="Read it again.")
        why = "Some may be hidden from this account, or the count is out of date."
        what = f"{self.describe()}, but names no further page."
        return IncompleteList(what, why=why, remedy=_NOT_WHOLE)

    def find_unreadable(self) -> IncompleteList | None:
        """Return the error of a list with items that could not be read, or None."""
        if not self.unreadable:
            return None
        items = "1 item" if self.unreadable == 1 else f"{self.unreadable} items"
        verb = "is" if self.unreadable == 1 else "are"
        return IncompleteList(f"{items} could not be read, and {verb} left out.")

    def empty_page_error(self, page: int) -> IncompleteList:
        """Return the error of an empty page that is not past the end."""
        why = "The Hub may have failed for a moment, or hides these items from this account."
        return IncompleteList(f"{self.describe()}, but page {page} came empty.", why=why, remedy=_NOT_WHOLE)

    def repeated_page_error(self, page: int) -> IncompleteList:
        """Return the error of a page that holds nothing but items of earlier pages."""
        what = f"{self.describe()}, but page {page} only repeated items."
        return IncompleteList(what, why=_PAGE_IGNORED, remedy=_NOT_WHOLE)

    def missing_page_error(self, page: int) -> IncompleteList:
        """Return the error of a page that is answered by 404 although the list goes on."""
        what = f"{self.describe()}, but page {page} was answered by 404."
        why = "It may have failed for a moment, or the list was shortened or deleted meanwhile."
        return IncompleteList(what, why=why, remedy=f"Try page {page} again.")

    def changed_list_error(self, earlier_total: int) -> IncompleteList:
        """Return the error of a list with a count that changed between its pages."""
        what = f"{self.describe()}, and counted {earlier_total} before."
        why = "The list changed while it was read; items may be missing."
        return IncompleteList(what, why=why, remedy="Read it again.")


def find_next_page(page: Page[Any], number: int, size: int) -> int | None:
    """Return the number of the page after one that was read alone, or None at the end.

    `next` only counts as a flag. A list without it goes on up to its count, or else until a page that is not
    full.
    """
    if not page.results:
        return None
    count = known_count(page)
    if "next" in page.model_fields_set:
        goes_on = bool(page.next)
    elif count is not None:
        goes_on = (number - 1) * size + len(page.results) + page.unreadable_count < count
    else:
        goes_on = len(page.results) + page.unreadable_count >= size
    return number + 1 if goes_on else None


def check_page(page: Page[Any], number: int, size: int) -> IncompleteList | None:
    """Return the error of a page, read alone, that contradicts the Hub's count; None where it adds up.

    An empty page past the end is no contradiction.
    """
    count, before = known_count(page), (number - 1) * size
    extent = ListExtent(len(page.results), count, number, before, unreadable=page.unreadable_count)
    if unreadable := extent.find_unreadable():
        return unreadable
    if find_next_page(page, number, size) is not None:
        # The Hub may have sent smaller pages than requested.
        full = extent._replace(before=(number - 1) * min(size, extent.read))
        return extent.find_mismatch() if count is not None and full.reached > count else None
    if page.results:
        return extent.find_mismatch()
    return extent.empty_page_error(number) if page.next or (count is not None and before < count) else None

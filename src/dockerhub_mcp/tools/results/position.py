"""Where the items of a result are in their list, how it goes on, and whether the Hub's count agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import IncompleteList
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.results.tool_result import ResultView

_MAX_PAGE_SIZE = 100
_PREFERRED_PAGE_SIZE = 40  # smaller pages take more calls


@dataclass(frozen=True, slots=True)
class ListPosition:
    """The position of a result in its list, as structured results state it.

    Attributes:
        page: The page of the first item; None for a list without pages.
        page_size: The page size that `page` and `next_page` count in.
        count: The length of the whole list, as the Hub counts.
        next_page: The page to go on with; None if the caller may read no other.
        partial: Why the list is cut short or may be incomplete; empty where it is neither.
    """

    page: int | None = None
    page_size: int | None = None
    count: int | None = None
    next_page: int | None = None
    partial: str = ""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the position that a structured result states."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})

    def to_data(self) -> dict[str, Any]:
        """Return the fields of a structured result, without empty ones."""
        return {name: value for name, value in asdict(self).items() if value not in {None, ""}}

    def resume_at(self, resume_position: Mapping[str, int]) -> Self:
        """Return the position with the next page, and its size, that `find_resume_page` found."""
        return replace(
            self,
            next_page=resume_position.get("next_page", self.next_page),
            page_size=resume_position.get("page_size", self.page_size),
        )

    @property
    def offset(self) -> int:
        """The number of items on the pages before this one."""
        return ((self.page or 1) - 1) * (self.page_size or 0)

    def describe(self, shown: int, next_page: str = "") -> str:
        """Return how many items are shown and how the list goes on, without contradicting the Hub's count.

        Args:
            shown: The number of items shown.
            next_page: How to ask for the next page, where there is one.
        """
        if not shown and self.page is not None and self.page > 1 and not self.partial:
            return self._describe_page_past_the_end(self.page)
        agrees = self._agrees_with_count(shown)
        total = f" of {self.count}" if agrees else ""
        noun = "item" if not total and shown == 1 else "items"
        text = f"{shown}{total} {noun}" + ("." if self.page is None else f", from page {self.page}.")
        if self.count is not None and not agrees:
            text += f" The Hub counts {self.count}."
        if next_page:
            return f"{text} Go on with {next_page}."
        if self.partial:
            return text
        return text + (" This is the end of the list." if shown else " Nothing matches.")

    def _agrees_with_count(self, shown: int) -> bool:
        """Tell whether the whole list may have as many items as the Hub counts."""
        if self.count is None:
            return False
        if self.next_page is not None:
            return shown < self.count
        return self.offset + shown <= self.count

    def _describe_page_past_the_end(self, page: int) -> str:
        start = f"Page {page} is past the end"
        if self.count is None or not self.page_size:
            return f"{start} of the list."
        if not self.count:
            return f"{start}: nothing matches."
        pages, items = -(-self.count // self.page_size), "item" if self.count == 1 else "items"
        plural = "page" if pages == 1 else "pages"
        return f"{start} ({pages} {plural} of {self.page_size}, {self.count} {items})."


def describe_incomplete(error: HubError) -> str:
    """Return the line of a list that an error cut short, or that does not add up."""
    problem = "the list does not add up" if isinstance(error, IncompleteList) else "the list is cut short"
    return f"PARTIAL, {problem}: {error_text(error)}"


def limit_next_page(position: ListPosition, max_offset: int | None) -> ListPosition:
    """Return the position without a next page that the Hub would refuse to an anonymous caller.

    Args:
        position: The position.
        max_offset: The number of items behind which the Hub refuses further pages, if any.
    """
    next_page, size = position.next_page, position.page_size or 0
    if max_offset is None or next_page is None or (next_page - 1) * size < max_offset:
        return position
    limit = f"page={next_page}, page_size={size} needs a sign-in; "
    limit += f"anonymous callers may read the first {max_offset} items only."
    return replace(position, next_page=None, partial=position.partial or limit)


def describe_slice(read: int, total: int | None, view: ResultView) -> tuple[list[str], bool]:
    """Describe where a part of a list without pages is in the list.

    Args:
        read: The number of items that were read.
        total: The length of the whole list, as the Hub counts, if known.
        view: The view, which names the argument that skips items.

    Returns:
        The lines for the agent, and whether the number of items agrees with the count.
    """
    name, value = view.offset_argument or ("", view.first_offset)
    reached = value - view.first_offset + read
    if name and read and (total is None or total < 0):
        return [f"Go on with {name}={value + read}; the total is unknown."], True
    if total is None or total < 0 or (reached == total and (read or not total)):
        return [], True
    if reached < total and read and name:
        return [f"Go on with {name}={value + read}."], True
    if not read and reached >= total and name:
        return [f"{name}={value} is past the end."], True
    count = f"the Hub sent {read} {'item' if read == 1 else 'items'}"
    count += f" at {name}={value}" if name and value > view.first_offset else ""
    return [f"PARTIAL, the list does not add up: {count}, but counts {total}."], False


def choose_cut(offset: int, fitting: int) -> int:
    """Choose how many items to keep, so that the list can be continued behind them.

    The Hub addresses pages by number and size: page 4 of 20 items begins behind item 60, but no page of 100
    does. A few items are dropped if that allows for larger pages.

    Args:
        offset: The number of items before the first item of the list.
        fitting: The number of items that fit.
    """
    best, largest = 0, 0
    for count in range(fitting, fitting // 2, -1):
        size = _find_page_size(offset + count)
        if size >= _PREFERRED_PAGE_SIZE:
            return count
        if size > largest:
            best, largest = count, size
    return best


def find_resume_page(end: int) -> dict[str, int]:
    """Return `next_page` and `page_size` of the largest page that begins behind a number of items."""
    size = _find_page_size(end)
    return {"next_page": end // size + 1, "page_size": size}


def _find_page_size(end: int) -> int:
    """Return the largest page size with a page that ends behind the given number of items."""
    return next(size for size in range(min(end, _MAX_PAGE_SIZE), 0, -1) if end % size == 0)

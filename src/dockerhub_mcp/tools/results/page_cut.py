"""Where to continue a list that was cut between pages as the Hub counts them."""

from __future__ import annotations

_MAX_PAGE_SIZE = 100
_PREFERRED_PAGE_SIZE = 40  # smaller pages take more calls


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

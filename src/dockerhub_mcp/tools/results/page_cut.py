"""Where to continue a list that was cut between pages as the Hub counts them."""

from __future__ import annotations

from typing import Any

_MAX_PAGE_SIZE = 100
_PREFERRED_PAGE_SIZE = 40  # smaller pages take more calls


def find_resume_page(offset: int, kept: int) -> tuple[int, dict[str, Any]]:
    """Find a page that begins right behind the last item kept.

    The Hub addresses pages by number and size: page 4 of 20 items begins behind item 60, but no page of 100
    does. A few items are dropped if that allows for larger pages.

    Args:
        offset: The number of items before the first item of the list.
        kept: The number of items that fit.

    Returns:
        The number of items to keep, and `next_page` and `page_size`; no page if none is kept.
    """
    sizes = {count: _find_page_size(offset + count) for count in range(kept, kept // 2, -1)}
    best = next((count for count, size in sizes.items() if size >= _PREFERRED_PAGE_SIZE), 0)
    best = best or max(sizes, key=lambda count: sizes[count], default=0)
    return best, {"next_page": (offset + best) // sizes[best] + 1, "page_size": sizes[best]} if best else {}


def _find_page_size(end: int) -> int:
    """Return the largest page size with a page that ends behind the given number of items."""
    return next(size for size in range(min(end, _MAX_PAGE_SIZE), 0, -1) if end % size == 0)

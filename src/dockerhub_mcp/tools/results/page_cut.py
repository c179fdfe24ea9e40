"""Where a list that was cut goes on, in pages as the Hub counts them."""

from __future__ import annotations

_MAX_PAGE_SIZE, _PREFERRED_PAGE_SIZE = 100, 40  # items; smaller pages take more calls


def find_resume_page(offset: int, kept: int) -> tuple[int, dict[str, int]]:
    """Return how many items to keep so that a page of some size begins right behind them, and that page.

    Pages are counted by their size: behind item 60 comes page 4 of 20, but no page of 100.
    """
    sizes = {count: _find_page_size(offset + count) for count in range(kept, kept // 2, -1)}
    best = next((count for count, fits in sizes.items() if fits >= _PREFERRED_PAGE_SIZE), 0)
    best = best or max(sizes, key=lambda count: sizes[count], default=0)
    return best, {"next_page": (offset + best) // sizes[best] + 1, "page_size": sizes[best]} if best else {}


def _find_page_size(end: int) -> int:
    """Return the largest size of pages of which one ends here."""
    return next(size for size in range(min(end, _MAX_PAGE_SIZE), 0, -1) if end % size == 0)

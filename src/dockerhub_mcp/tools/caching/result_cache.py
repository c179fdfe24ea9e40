"""A short-lived cache of read results, with single flight.

The cache holds results as the agent reads them, some kilobytes each, rather than the Hub's responses, which
are a hundred times as large. Each Hub client has its own entries; a mutation through any of them clears all.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.durations import format_seconds
from dockerhub_mcp.tools.caching.client_cache import CacheEntry, ClientCache
from dockerhub_mcp.tools.results.tool_result import ToolResult

if TYPE_CHECKING:
    from dockerhub_mcp.tools.images.tag_facts import TagListing

_MAX_BYTES = 4 * 1024 * 1024  # of the results of one client
_MIN_ENTRY_BYTES = 32 * 1024  # that each counts for at least, so that there are 128 at most
_DATA_FACTOR = 8  # bytes in memory of structured data for each character of the text
_MAX_NOTE_BYTES = 96  # bytes of the line that states a result's age
_MAX_LISTING_BYTES = 24 * 1024 * 1024  # of the tag listings of one client: 10,000 tags of several platforms


class ResultCache(ClientCache[ToolResult]):
    """A cache of read results, and of the tag listings that several workflows share.

    Args:
        ttl: Seconds that a result is kept, counted from the start of its request; 0 disables the cache.
        clock: The clock, in seconds.

    Attributes:
        tag_listings: The tag listings, which are kept as long; cleared together with the results.
    """

    def __init__(self, ttl: float = 30.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(
            ttl,
            max_bytes=_MAX_BYTES,
            measure=_measure_result,
            is_cacheable=lambda result: result.is_cacheable and not result.is_error,
            clock=clock,
        )
        self.tag_listings: ClientCache[TagListing] = ClientCache(
            ttl,
            max_bytes=_MAX_LISTING_BYTES,
            measure=lambda listing: listing.measure(),
            is_cacheable=lambda listing: listing.is_complete,
            clock=clock,
        )

    @property
    def max_note_bytes(self) -> int:
        """The most bytes that the note on its age adds to a cached result."""
        return _MAX_NOTE_BYTES if self.ttl else 0

    async def get_or_fetch(
        self, hub: Hub, build_key: Callable[[], str], fetch: Callable[[], Awaitable[ToolResult]]
    ) -> ToolResult:
        """Return the cached result, with a note on its age, or a new one; see `get_or_fetch_entry`."""
        entry, is_cached = await self.get_or_fetch_entry(hub, build_key, fetch)
        return self._add_age_note(entry) if is_cached else entry.value

    def find_result(self, hub: Hub, key: str) -> ToolResult | None:
        """Return the cached result of a key, with a note on its age, or None; nothing is requested."""
        entry = self.find_entry(hub, key) if self.ttl else None
        return None if entry is None else self._add_age_note(entry)

    def clear(self) -> None:
        """Remove everything, because the Hub's data changed; see `ClientCache.clear`."""
        super().clear()
        self.tag_listings.clear()

    def suspend(self) -> None:
        """Remove everything, and keep nothing until `resume`; see `ClientCache.suspend`."""
        super().suspend()
        self.tag_listings.suspend()

    def resume(self) -> None:
        """Keep the values of requests that begin from now on."""
        super().resume()
        self.tag_listings.resume()

    def _add_age_note(self, entry: CacheEntry[ToolResult]) -> ToolResult:
        age = format_seconds(round(self.measure_age(entry)))
        result, as_of = entry.value, str(entry.as_of.time())[:8]
        note = f"Note: as of {as_of}Z, {age} ago (cached by this server)."
        return ToolResult(
            f"{note}\n{result.text}",
            result.structured_content,
            untrusted_fields=result.untrusted_fields,
            is_cacheable=result.is_cacheable,
        )


def _measure_result(result: ToolResult) -> int:
    """Return about how many bytes of memory a result takes."""
    factor = 1 if result.structured_content is None else 1 + _DATA_FACTOR
    return max(_MIN_ENTRY_BYTES, len(result.text) * factor)

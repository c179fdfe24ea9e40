"""A short-lived cache of read results, with single flight.

The cache holds results as the agent reads them, some kilobytes each, rather than the Hub's responses, which
are a hundred times as large. Each Hub client has its own entries; a mutation through any of them clears all.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

import anyio
from cachetools import TLRUCache

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.tools.results.tool_result import ToolResult

_MAX_BYTES = 4 * 1024 * 1024  # of the results of one client
_MIN_ENTRY_BYTES = 32 * 1024  # that each counts for at least, so that there are 128 at most
_DATA_FACTOR = 8  # bytes in memory of structured data for each character of the text
_MAX_NOTE_BYTES = 96  # bytes of the line that states a result's age


@dataclass(slots=True)
class _Entry:
    """A cached result, with the time at which its request began."""

    result: ToolResult
    started_at: float
    as_of: datetime


@dataclass(slots=True)
class _InFlight:
    """A request in progress that other callers wait for."""

    done: anyio.Event = field(default_factory=anyio.Event)
    result: ToolResult | None = None


@dataclass(slots=True)
class _ClientCache:
    """The entries of one Hub client."""

    entries: TLRUCache[str, _Entry]
    in_flight: dict[str, _InFlight] = field(default_factory=dict)


class ResultCache:
    """A cache of read results.

    Args:
        ttl: Seconds that a result is kept, counted from the start of its request; 0 disables the cache.
        clock: The clock, in seconds.
    """

    def __init__(self, ttl: float = 30.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.ttl = ttl
        self._clock = clock
        self._clients: WeakKeyDictionary[Hub, _ClientCache] = WeakKeyDictionary()
        self._epoch = 0

    @property
    def max_note_bytes(self) -> int:
        """The most bytes that the note on its age adds to a cached result."""
        return _MAX_NOTE_BYTES if self.ttl else 0

    async def get_or_fetch(
        self, hub: Hub, build_key: Callable[[], str], fetch: Callable[[], Awaitable[ToolResult]]
    ) -> ToolResult:
        """Return the cached result, the result of the same request in progress, or a new one.

        Args:
            hub: The Hub client that the result belongs to.
            build_key: Returns the key, which names everything that the result depends on. The account may be
                known only after the request, so the key is built again then.
            fetch: Sends the request and builds the result.
        """
        if not self.ttl:
            return await fetch()
        client = self._clients.get(hub)
        if client is None:
            client = self._clients[hub] = _ClientCache(self._create_entries())
        while True:
            key = build_key()
            if entry := client.entries.get(key):
                return _add_age_note(entry, self._clock() - entry.started_at)
            if key not in client.in_flight:
                return await self._fetch_and_store(client, build_key, fetch)
            in_flight = client.in_flight[key]
            await in_flight.done.wait()
            if in_flight.result is not None:
                return in_flight.result

    def clear(self) -> None:
        """Remove everything, because the Hub's data changed.

        Callers that wait for a request in progress still get its result; later callers send their own.
        """
        self._epoch += 1
        for client in self._clients.values():
            client.entries.clear()
            client.in_flight.clear()

    def _create_entries(self) -> TLRUCache[str, _Entry]:
        ttl = self.ttl
        return TLRUCache(
            _MAX_BYTES,
            ttu=lambda _, entry, __: entry.started_at + ttl,
            timer=self._clock,
            getsizeof=_measure_entry,
        )

    async def _fetch_and_store(
        self, client: _ClientCache, build_key: Callable[[], str], fetch: Callable[[], Awaitable[ToolResult]]
    ) -> ToolResult:
        key = build_key()
        in_flight = client.in_flight[key] = _InFlight()
        epoch, started_at, as_of = self._epoch, self._clock(), datetime.now(UTC)
        try:
            result = in_flight.result = await fetch()
        finally:
            # Callers that wait for a cancelled request find no result and send their own.
            if client.in_flight.get(key) is in_flight:
                del client.in_flight[key]
            in_flight.done.set()
        entry = _Entry(result, started_at, as_of)
        is_small = _measure_entry(entry) <= _MAX_BYTES
        if epoch == self._epoch and not result.is_error and result.is_cacheable and is_small:
            client.entries[build_key()] = entry
        return result


def _measure_entry(entry: _Entry) -> int:
    """Return about how many bytes of memory a result takes."""
    factor = 1 if entry.result.structured_content is None else 1 + _DATA_FACTOR
    return max(_MIN_ENTRY_BYTES, len(entry.result.text) * factor)


def _add_age_note(entry: _Entry, age: float) -> ToolResult:
    note = f"Note: as of {entry.as_of:%H:%M:%S}Z, {age:.0f} s ago (cached by this server)."
    return replace(entry.result, text=f"{note}\n{entry.result.text}")

"""Reads that were answered a moment ago: kept for a short time, and shared by those who ask at once.

What is kept is the result as the agent read it, some kilobytes, and not what the Hub sent, which is a hundred
times that. Each client of the Hub has its own; a change through any of them empties all, in every process of
this server.
"""

from __future__ import annotations

import mmap
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

import anyio

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.tools.results.results import ToolResult

_MAX_ENTRIES = 128  # results of one client
_MAX_NOTE_BYTES = 96  # bytes of the line that tells the age


@dataclass(slots=True)
class _CacheEntry:
    result: ToolResult
    started_at: float
    as_of: datetime


@dataclass(slots=True)
class _InFlight:
    """A read under way, and those who wait for it."""

    done: anyio.Event = field(default_factory=anyio.Event)
    result: ToolResult | None = None


@dataclass(slots=True)
class _HubCache:
    entries: OrderedDict[str, _CacheEntry] = field(default_factory=OrderedDict)
    in_flight: dict[str, _InFlight] = field(default_factory=dict)


class CacheEpoch:
    """Tells processes that were split off from one of each other's changes: each leaves a new mark."""

    def __init__(self) -> None:
        self._value = mmap.mmap(-1, 16)  # shared by all that are forked later

    @property
    def value(self) -> bytes:
        """What the last change left."""
        return self._value[:]

    def bump(self) -> None:
        """Leave another mark."""
        self._value[:] = secrets.token_bytes(16)


class ResultCache:
    """Answers repeated reads from memory.

    Args:
        ttl: Seconds that a result is kept; with 0 nothing is kept or shared.
        clock: The clock, in seconds.
        epoch: Where changes are noted, by other processes too.
    """

    def __init__(
        self,
        ttl: float = 30.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        epoch: CacheEpoch | None = None,
    ) -> None:
        self._ttl, self._clock = ttl, clock
        self._caches: WeakKeyDictionary[Hub, _HubCache] = WeakKeyDictionary()
        self._epoch = epoch or CacheEpoch()
        self._seen_epoch = self._epoch.value

    @property
    def max_note_bytes(self) -> int:
        """Bytes at most that a repeated answer is longer."""
        return _MAX_NOTE_BYTES if self._ttl else 0

    async def get_or_fetch(
        self, hub: Hub, build_key: Callable[[], str], fetch: Callable[[], Awaitable[ToolResult]]
    ) -> ToolResult:
        """Return what was answered a moment ago, or is being answered now, or ask.

        Args:
            hub: Who asks.
            build_key: Names what is asked, in every detail that the result depends on. Who asks may be known
                only when it was answered, so it is called again then.
            fetch: Asks the Hub and shapes the result.
        """
        if not self._ttl:
            return await fetch()
        memory = self._caches.setdefault(hub, _HubCache())
        while True:
            if self._epoch.value != self._seen_epoch:
                self._drop_entries()
            key = build_key()
            if kept := self._get_fresh(memory, key):
                return _add_age_note(kept, self._clock() - kept.started_at)
            if key not in memory.in_flight:
                return await self._fetch_and_store(memory, build_key, fetch)
            under_way = memory.in_flight[key]
            await under_way.done.wait()
            if under_way.result is not None:
                return under_way.result

    def clear(self) -> None:
        """Drop everything: something was changed."""
        self._epoch.bump()
        self._drop_entries()

    def _drop_entries(self) -> None:
        self._seen_epoch = self._epoch.value
        for memory in self._caches.values():
            memory.entries.clear()
            memory.in_flight.clear()  # who waits already gets that answer; who comes now asks anew

    def _get_fresh(self, cache: _HubCache, key: str) -> _CacheEntry | None:
        oldest = self._clock() - self._ttl
        for name in [name for name, kept in cache.entries.items() if kept.started_at <= oldest]:
            del cache.entries[name]
        return cache.entries.get(key)

    async def _fetch_and_store(
        self, cache: _HubCache, build_key: Callable[[], str], fetch: Callable[[], Awaitable[ToolResult]]
    ) -> ToolResult:
        key = build_key()
        asked = cache.in_flight[key] = _InFlight()
        changes = self._epoch.value
        clock, moment = self._clock(), datetime.now(UTC)
        try:
            outcome = asked.result = await fetch()
        finally:
            # Whoever waits for a read that was cancelled finds no outcome, and asks for itself.
            if cache.in_flight.get(key) is asked:
                del cache.in_flight[key]
            asked.done.set()
        if changes == self._epoch.value and not outcome.is_error and outcome.is_cacheable:
            cache.entries[build_key()] = _CacheEntry(outcome, clock, moment)
            if len(cache.entries) > _MAX_ENTRIES:
                cache.entries.popitem(last=False)
        return outcome


def _add_age_note(entry: _CacheEntry, age: float) -> ToolResult:
    said = f"Note: as of {entry.as_of:%H:%M:%S}Z, {age:.0f} s ago (kept by this server for a moment)."
    return replace(entry.result, text=f"{said}\n{entry.result.text}")

"""A short-lived cache of values for each Hub client, with single flight."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import anyio
from cachetools import TLRUCache

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.auth.account import Account

V = TypeVar("V")


class CacheEntry(NamedTuple, Generic[V]):
    """A cached value, with the time at which its request began."""

    value: V
    started_at: float
    as_of: datetime


class _InFlight(Generic[V]):
    """A request in progress that other callers wait for."""

    __slots__ = ("done", "entry")

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.entry: CacheEntry[V] | None = None


class _ClientEntries(Generic[V]):
    """The entries of one Hub client."""

    __slots__ = ("entries", "in_flight")

    def __init__(self, entries: TLRUCache[str, CacheEntry[V]]) -> None:
        self.entries = entries
        self.in_flight: dict[str, _InFlight[V]] = {}


class ClientCache(Generic[V]):
    """A cache of values that belong to a Hub client and its account.

    Args:
        ttl: Seconds that a value is kept, counted from the start of its request; 0 disables the cache.
        max_bytes: The most bytes of the values of one client.
        measure: Returns about how many bytes of memory a value takes.
        is_cacheable: Tells whether a value may be kept; callers that wait for it get it in any case.
        clock: The clock, in seconds.
    """

    def __init__(
        self,
        ttl: float,
        *,
        max_bytes: int,
        measure: Callable[[V], int],
        is_cacheable: Callable[[V], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ttl = ttl
        self._max_bytes, self._measure, self._is_cacheable = max_bytes, measure, is_cacheable
        self._clock = clock
        self._clients: WeakKeyDictionary[Account, _ClientEntries[V]] = WeakKeyDictionary()
        self._epoch = 0
        self._is_suspended = False

    def find(self, hub: Hub, key: str) -> V | None:
        """Return the cached value of a key, or None; nothing is requested."""
        entry = self.find_entry(hub, key)
        return None if entry is None else entry.value

    def find_entry(self, hub: Hub, key: str) -> CacheEntry[V] | None:
        """Return the cached entry of a key, or None; nothing is requested."""
        client = self._clients.get(hub.account)
        return None if client is None else client.entries.get(key)

    async def get_or_fetch_entry(
        self, hub: Hub, build_key: Callable[[], str], fetch: Callable[[], Awaitable[V]]
    ) -> tuple[CacheEntry[V], bool]:
        """Return the cached value, the value of the same request in progress, or a new one.

        Args:
            hub: The Hub client that the value belongs to.
            build_key: Returns the key, which names everything that the value depends on. The account may be
                known only after the request, so the key is built again then.
            fetch: Sends the request and returns the value.

        Returns:
            The entry, and whether it was cached before.
        """
        # A request in progress may have begun before a change that this cache was not notified of.
        if not self.ttl or self._is_suspended:
            return await self._fetch(fetch), False
        client = self._clients.get(hub.account)
        if client is None:
            client = self._clients[hub.account] = _ClientEntries(self._create_entries())
        while True:
            key = build_key()
            if entry := client.entries.get(key):
                return entry, True
            if key not in client.in_flight:
                return await self._fetch_and_store(client, build_key, fetch), False
            in_flight = client.in_flight[key]
            await in_flight.done.wait()
            if in_flight.entry is not None:
                return in_flight.entry, False

    def clear(self) -> None:
        """Remove everything, because the Hub's data changed.

        Callers that wait for a request in progress still get its value; later callers send their own.
        """
        self._epoch += 1
        for client in self._clients.values():
            client.entries.clear()
            client.in_flight.clear()

    def suspend(self) -> None:
        """Remove everything, and keep nothing until `resume`: changes of the Hub's data may be missed.

        Meanwhile every caller sends its own request.
        """
        self._is_suspended = True
        self.clear()

    def resume(self) -> None:
        """Keep the values of requests that begin from now on."""
        self._is_suspended = False
        self.clear()

    def measure_age(self, entry: CacheEntry[V]) -> float:
        """Return the seconds since the request of an entry began."""
        return self._clock() - entry.started_at

    def _create_entries(self) -> TLRUCache[str, CacheEntry[V]]:
        ttl = self.ttl
        return TLRUCache(
            self._max_bytes,
            ttu=lambda _, entry, __: entry.started_at + ttl,
            timer=self._clock,
            getsizeof=lambda entry: self._measure(entry.value),
        )

    async def _fetch(self, fetch: Callable[[], Awaitable[V]]) -> CacheEntry[V]:
        started_at, as_of = self._clock(), datetime.now(UTC)
        return CacheEntry(await fetch(), started_at, as_of)

    async def _fetch_and_store(
        self, client: _ClientEntries[V], build_key: Callable[[], str], fetch: Callable[[], Awaitable[V]]
    ) -> CacheEntry[V]:
        key = build_key()
        in_flight: _InFlight[V] = _InFlight()
        client.in_flight[key] = in_flight
        epoch = self._epoch
        try:
            entry = in_flight.entry = await self._fetch(fetch)
        finally:
            # Callers that wait for a cancelled request find no value and send their own.
            if client.in_flight.get(key) is in_flight:
                del client.in_flight[key]
            in_flight.done.set()
        is_small = self._measure(entry.value) <= self._max_bytes
        is_current = epoch == self._epoch and not self._is_suspended
        if is_current and is_small and self._is_cacheable(entry.value):
            self._remove_expired()
            client.entries[build_key()] = entry
        return entry

    def _remove_expired(self) -> None:
        for client in self._clients.values():
            client.entries.expire()

"""Slow down guessing: limit how many credentials from one address may be rejected."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from cachetools import LRUCache, TTLCache

from dockerhub_mcp.server.http.addresses import normalize_address

MAX_FAILURES = 10
"""How many credentials from one address may be rejected within the window."""
FAILURE_WINDOW = 60.0
"""Seconds after which a rejection no longer counts."""
_TRUST_TTL = 3600.0  # seconds


class SharedFailures(Protocol):
    """Counts rejected credentials per address over all replicas.

    Where the count is unknown, both methods return None: the replica's own count decides.
    """

    async def measure(self, network: str) -> float | None:
        """Return the seconds after which credentials may be tried, or None if they may be tried now."""

    async def add(self, network: str) -> float | None:
        """Count a rejection, and return None; the seconds until another may follow if there were too many."""


class Throttle:
    """Counts rejected credentials per address.

    Credentials that were accepted from an address are exempt there for an hour, so that one bad client behind
    a shared proxy does not lock out the good ones.

    Args:
        limit: How many credentials may be rejected within the window.
        window: Seconds after which a rejection no longer counts.
        max_entries: How many addresses, and how many accepted credentials, are remembered.
        max_concurrent: How many unknown credentials may be tried at the same time.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        limit: int = MAX_FAILURES,
        window: float = FAILURE_WINDOW,
        max_entries: int = 10_000,
        max_concurrent: int = 64,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._window = window
        self._max_concurrent = max_concurrent
        self._clock = clock
        self._failures: LRUCache[str, deque[float]] = LRUCache(max_entries)
        self._attempts: dict[str, Counter[bytes]] = {}
        self._accepted: TTLCache[tuple[str, bytes], None] = TTLCache(max_entries, _TRUST_TTL, clock)

    def retry_after(self, address: str, fingerprint: bytes) -> float | None:
        """Return the seconds after which the credentials may be tried, or None if they may be tried now."""
        network = normalize_address(address)
        if (network, fingerprint) in self._accepted:
            return None
        attempts = self._attempts.get(network, Counter())
        if len(attempts) >= self._max_concurrent and fingerprint not in attempts:
            return 1.0
        return self._measure_failures(network)

    def is_exempt(self, address: str, fingerprint: bytes) -> bool:
        """Return whether the credentials were accepted from this address within the last hour."""
        return (normalize_address(address), fingerprint) in self._accepted

    @contextmanager
    def track_attempt(self, address: str, fingerprint: bytes) -> Iterator[None]:
        """Count credentials as being tried for the duration of the block."""
        network = normalize_address(address)
        attempts = self._attempts.setdefault(network, Counter())
        attempts[fingerprint] += 1
        try:
            yield
        finally:
            attempts[fingerprint] -= 1
            if not attempts[fingerprint]:
                del attempts[fingerprint]
            if not attempts:
                self._attempts.pop(network, None)

    def record_failure(self, address: str) -> float | None:
        """Count a rejection, and return None; the seconds until another may follow if there were too many.

        There may be more than the limit where credentials were tried at the same time.
        """
        network = normalize_address(address)
        wait = self._measure_failures(network)
        if wait is None:
            self._failures.setdefault(network, deque(maxlen=self._limit)).append(self._clock())
        return wait

    def record_success(self, address: str, fingerprint: bytes) -> None:
        """Exempt accepted credentials from the limit at this address."""
        self._accepted[normalize_address(address), fingerprint] = None

    def _measure_failures(self, network: str) -> float | None:
        failures = self._failures.get(network)
        if failures is None or len(failures) < self._limit:
            return None
        # The deque holds the last `limit` failures: another attempt may follow once the first has expired.
        wait = failures[0] + self._window - self._clock()
        return wait if wait > 0 else None

"""How many calls are served at once: in all, and for one caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from dockerhub_mcp.server.http.responses import HTTPRejection


class ConcurrencyLimiter:
    """Counts the calls under way.

    Args:
        max_calls: Calls at once; a further one is refused with 503.
        max_calls_per_key: Calls of one caller at once; a further one is refused with 429.
    """

    def __init__(self, *, max_calls: int, max_calls_per_key: int) -> None:
        self.max_calls, self.max_calls_per_key = max_calls, max_calls_per_key
        self._calls_by_key: Counter[str] = Counter()
        self._idle_event = anyio.Event()

    @property
    def active_calls(self) -> int:
        """How many are under way."""
        return self._calls_by_key.total()

    def require_capacity(self, limit_key: str) -> None:
        """Let a caller in.

        Raises:
            Refusal: There are too many calls.
        """
        if self.active_calls >= self.max_calls:
            msg = "The server has as many calls under way as it takes; try again in a moment."
            raise HTTPRejection(503, msg, {"retry-after": "1"})
        if self._calls_by_key[limit_key] >= self.max_calls_per_key:
            msg = f"{self.max_calls_per_key} calls of yours are under way, and more are not taken at once; wait for one."
            raise HTTPRejection(429, msg, {"retry-after": "1"})

    @contextmanager
    def track_call(self, limit_key: str) -> Iterator[None]:
        """Count a call while it lasts."""
        self._calls_by_key[limit_key] += 1
        try:
            yield
        finally:
            self._calls_by_key[limit_key] -= 1
            if not self._calls_by_key[limit_key]:
                del self._calls_by_key[limit_key]
            if not self._calls_by_key:
                self._idle_event.set()
                self._idle_event = anyio.Event()

    async def wait_until_idle(self) -> None:
        """Wait until no call is under way."""
        while self._calls_by_key:
            await self._idle_event.wait()

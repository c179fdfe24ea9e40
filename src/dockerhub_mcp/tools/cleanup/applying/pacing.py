"""Pace the requests of a clean-up: a tenth of the Hub's rate limit stays free for other calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import anyio

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.errors import RateLimited
from dockerhub_mcp.hub.transport.rate_limit import RateLimit
from dockerhub_mcp.tools.cleanup.applying.outcomes import RunStoppedError

_WINDOW = 60.0  # seconds of the Hub's rate limit
_MAX_PAUSES = 10
_MAX_PAUSE = 120.0  # seconds


class RequestPacer:
    """Lets requests pass while the rate limit has room for them, and waits for the next window otherwise.

    Args:
        hub: The Hub client, which knows the limit.
        clock: Returns the current time, in UTC.
    """

    def __init__(self, hub: Hub, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._clock = clock
        self._in_flight = 0
        self._outlived: RateLimit | None = None
        self._lock = anyio.Lock()
        self._pauses = 0
        self._resumes_at = float("-inf")

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Wait until a request may be sent, and count it while the block runs."""
        async with self._lock:
            await self._wait_for_room()
            self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def pause(self, error: RateLimited) -> None:
        """Hold all requests back for as long as a refusal asks for.

        Raises:
            RunStoppedError: It asks for too long, or too often.
        """
        seconds = _WINDOW if error.retry_after is None else error.retry_after
        now = anyio.current_time()
        self._pauses += self._resumes_at <= now
        if seconds > _MAX_PAUSE or self._pauses > _MAX_PAUSES:
            raise RunStoppedError(error.what, why=error.why, remedy=error.remedy)
        self._resumes_at = max(self._resumes_at, now + seconds)

    async def wait_for_pause(self) -> None:
        """Wait until the pause has ended that a refusal asked for."""
        await anyio.sleep_until(self._resumes_at)

    async def _wait_for_room(self) -> None:
        await self.wait_for_pause()
        limit = self._hub.rate_limit
        if limit is None or limit is self._outlived or limit.headroom > self._in_flight:
            return
        seconds = _WINDOW
        if limit.resets_at is not None:
            seconds = min(_WINDOW, (limit.resets_at - self._clock()).total_seconds())
        if seconds > 0:
            await anyio.sleep(seconds)
        self._outlived = limit  # of a window that has ended; the next response reports that of the new one

"""Check whether the Hub can be reached, for readiness probes that include it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import anyio

from dockerhub_mcp.hub import HubError

_READY_TTL = 15.0  # seconds for which a result is kept, so that probes cost the Hub next to nothing
_NOT_READY_TTL = 5.0
_PROBE_TIMEOUT = 5.0  # seconds for the Hub to answer a probe


class ReadinessCheck:
    """Probes the Hub and caches the result briefly.

    Args:
        check_connection: Sends a small request to the Hub.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self, check_connection: Callable[[], Awaitable[None]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._check_connection, self._clock = check_connection, clock
        self._expires_at = float("-inf")
        self._failure_reason = ""
        self._lock = anyio.Lock()

    async def get_failure_reason(self) -> str:
        """Return why the Hub cannot be used; an empty string if it can."""
        async with self._lock:
            if self._clock() >= self._expires_at:
                self._failure_reason = await self._probe_hub()
                self._expires_at = self._clock() + (_NOT_READY_TTL if self._failure_reason else _READY_TTL)
            return self._failure_reason

    async def _probe_hub(self) -> str:
        try:
            with anyio.fail_after(_PROBE_TIMEOUT):
                await self._check_connection()
        except TimeoutError:
            return "the Hub does not answer in time"
        except HubError:
            return "the Hub cannot be reached"
        return ""

"""Whether the server is alive, and whether it can do its work."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import anyio

from dockerhub_mcp.hub import HubError

_GOOD_FOR = 15.0  # seconds that an answer is kept, so that probes cost the Hub next to nothing
_BAD_FOR = 5.0
_WITHIN = 5.0  # seconds for the Hub to answer a probe


class Readiness:
    """Tells whether the Hub can be reached; the answer is kept for a while.

    Args:
        reach: Sends the Hub a small request.
        now: The clock, in seconds.
    """

    def __init__(
        self, reach: Callable[[], Awaitable[None]], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._reach, self._now = reach, now
        self._until = float("-inf")
        self._trouble = ""
        self._lock = anyio.Lock()

    async def trouble(self) -> str:
        """Return why the server cannot do its work; an empty text where it can."""
        async with self._lock:
            if self._now() >= self._until:
                self._trouble = await self._ask()
                self._until = self._now() + (_BAD_FOR if self._trouble else _GOOD_FOR)
            return self._trouble

    async def _ask(self) -> str:
        try:
            with anyio.fail_after(_WITHIN):
                await self._reach()
        except TimeoutError:
            return "the Hub does not answer in time"
        except HubError:
            return "the Hub cannot be reached"
        return ""

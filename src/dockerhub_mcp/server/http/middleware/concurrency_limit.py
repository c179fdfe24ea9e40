"""How many calls are served at once: in all, and for one caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from dockerhub_mcp.server.http.responses import Refusal


class Gate:
    """Counts the calls under way.

    Args:
        most: Calls at once; a further one is refused with 503.
        each: Calls of one caller at once; a further one is refused with 429.
    """

    def __init__(self, *, most: int, each: int) -> None:
        self.most, self.each = most, each
        self._callers: Counter[str] = Counter()
        self._emptied = anyio.Event()

    @property
    def calls(self) -> int:
        """How many are under way."""
        return self._callers.total()

    def check(self, caller: str) -> None:
        """Let a caller in.

        Raises:
            Refusal: There are too many calls.
        """
        if self.calls >= self.most:
            msg = "The server has as many calls under way as it takes; try again in a moment."
            raise Refusal(503, msg, {"retry-after": "1"})
        if self._callers[caller] >= self.each:
            msg = f"{self.each} calls of yours are under way, and more are not taken at once; wait for one."
            raise Refusal(429, msg, {"retry-after": "1"})

    @contextmanager
    def inside(self, caller: str) -> Iterator[None]:
        """Count a call while it lasts."""
        self._callers[caller] += 1
        try:
            yield
        finally:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]
            if not self._callers:
                self._emptied.set()
                self._emptied = anyio.Event()

    async def empty(self) -> None:
        """Wait until no call is under way."""
        while self._callers:
            await self._emptied.wait()

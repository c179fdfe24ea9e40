"""A listener of a channel that records its calls, for tests that await them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from dockerhub_mcp.shared.state import SharedState

_PATIENCE = 30.0  # seconds; on a busy machine


class RecordingListener:
    """Counts its calls.

    Attributes:
        calls: The calls in their order: subscribed, message or lost.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._called = asyncio.Event()

    def on_subscribed(self) -> None:
        """Record that messages arrive."""
        self._record("subscribed")

    def on_message(self) -> None:
        """Record a message."""
        self._record("message")

    def on_lost(self) -> None:
        """Record that messages may be missed."""
        self._record("lost")

    def _record(self, call: str) -> None:
        self.calls.append(call)
        self._called.set()

    async def wait_for(self, call: str, count: int = 1) -> None:
        """Wait until a call was made so many times."""
        async with asyncio.timeout(_PATIENCE):
            while Counter(self.calls)[call] < count:
                self._called.clear()
                await self._called.wait()


@asynccontextmanager
async def listening(state: SharedState, channel: str = "changes") -> AsyncIterator[RecordingListener]:
    """Listen to a channel during the block, subscribed at its start."""
    listener = RecordingListener()
    task = asyncio.create_task(state.listen(channel, listener))
    try:
        await listener.wait_for("subscribed")
        yield listener
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

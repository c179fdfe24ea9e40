"""Clear what replicas keep of the Hub's data when one of them changes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.state import SharedState

logger = logging.getLogger(__name__)

_CHANNEL = "changes"
_RETRY_INTERVAL = 0.5  # seconds between attempts to publish a change


class ClearableCache(Protocol):
    """What a replica keeps of the Hub's data."""

    def clear(self) -> None:
        """Remove everything; what is being read does not count as read after this."""

    def suspend(self) -> None:
        """Remove everything, and keep nothing until `resume`."""

    def resume(self) -> None:
        """Keep what is read from now on."""


class ChangeChannel:
    """Notifies all replicas of changes to the Hub's data.

    A replica that may miss a change keeps nothing.

    Args:
        state: The state that the replicas share.
        cache: What this replica keeps.
    """

    def __init__(self, state: SharedState, cache: ClearableCache) -> None:
        self._state, self._cache = state, cache
        self._is_subscribed = False
        self._unpublished = asyncio.Event()

    async def publish(self) -> None:
        """Let all replicas clear what they keep. Never fails: without the store they keep nothing anyway.

        If this replica alone cannot reach the store, the others learn of the change as soon as it can.
        """
        for _ in range(2):  # a connection may have been lost
            if not (self._is_subscribed or self._state.is_available):
                break
            with suppress(StoreUnavailable):
                await self._state.publish(_CHANNEL)
                return
        self._unpublished.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen for the duration of the block; keep nothing before the subscription."""
        self._cache.suspend()
        listening = asyncio.create_task(self._state.listen(_CHANNEL, self))
        listening.add_done_callback(self._stop_keeping)
        publishing = asyncio.create_task(self._publish_later())
        try:
            yield
        finally:
            listening.cancel()
            publishing.cancel()
            await asyncio.gather(listening, publishing, return_exceptions=True)

    def on_subscribed(self) -> None:
        """Keep what is read from now on."""
        self._is_subscribed = True
        self._cache.resume()

    def on_message(self) -> None:
        """Remove everything."""
        self._cache.clear()

    def on_lost(self) -> None:
        """Keep nothing until the next subscription."""
        self._is_subscribed = False
        self._cache.suspend()

    async def _publish_later(self) -> None:
        """Publish the changes that could not be published, as one, once the store is reached again."""
        while True:
            await self._unpublished.wait()
            self._unpublished.clear()
            try:
                await self._state.publish(_CHANNEL)
            except StoreUnavailable:
                self._unpublished.set()
                await asyncio.sleep(_RETRY_INTERVAL)

    def _stop_keeping(self, listening: asyncio.Task[None]) -> None:
        self._cache.suspend()
        if not listening.cancelled() and (error := listening.exception()):
            logger.error("results are no longer cached: listening to changes failed", exc_info=error)

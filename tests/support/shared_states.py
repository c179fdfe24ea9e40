"""State in memory that servers in one process share, as replicas share a store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from dockerhub_mcp.bootstrap import http
from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.local import LocalState
from dockerhub_mcp.shared.state import ChannelListener, SharedState


class UnreliableState(LocalState):
    """A store that can stop responding, and records the commands that it got.

    Attributes:
        commands: The name of each command, with its key or channel.
        is_down: Whether commands fail.
        failures_left: How many commands fail before they work.
    """

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[tuple[str, str]] = []
        self.is_down = False
        self.failures_left = 0
        self._subscribed: list[ChannelListener] = []

    async def claim(self, key: str, value: bytes, *, seconds: float) -> bool:
        await self._receive("claim", key)
        return await super().claim(key, value, seconds=seconds)

    async def add_to_window(self, key: str, member: str, *, limit: int, seconds: float) -> float:
        await self._receive("add_to_window", key)
        return await super().add_to_window(key, member, limit=limit, seconds=seconds)

    async def measure_window(self, key: str, *, limit: int, seconds: float) -> float:
        await self._receive("measure_window", key)
        return await super().measure_window(key, limit=limit, seconds=seconds)

    async def read_generation(self) -> str:
        await self._receive("read_generation", "")
        return await super().read_generation()

    async def publish(self, channel: str) -> None:
        await self._receive("publish", channel)
        await super().publish(channel)

    async def listen(self, channel: str, listener: ChannelListener) -> None:
        self._subscribed.append(listener)
        await super().listen(channel, listener)

    def fail(self) -> None:
        """Let commands fail, and end the subscriptions."""
        self.is_down, self.is_available = True, False
        for listener in self._subscribed:
            listener.on_lost()

    def recover(self) -> None:
        """Respond to commands again, and renew the subscriptions."""
        self.is_down, self.is_available = False, True
        for listener in self._subscribed:
            listener.on_subscribed()

    async def _receive(self, command: str, key: str) -> None:
        self.commands.append((command, key))
        await asyncio.sleep(0)  # a store answers no sooner
        self.failures_left -= 1
        if self.is_down or self.failures_left >= 0:
            reason = "timed out"
            raise StoreUnavailable(reason)


def share_state(monkeypatch: pytest.MonkeyPatch, build: Callable[[], SharedState]) -> None:
    """Give a state to each HTTP server that is built from now on, as if its settings named a store."""
    monkeypatch.setattr(http, "read_store_url", lambda *_: "redis://store.example.com")
    monkeypatch.setattr(http, "build_shared_state", lambda *_: build())

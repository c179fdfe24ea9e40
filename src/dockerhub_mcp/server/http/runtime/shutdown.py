"""Coordinate a graceful shutdown: drain, stop accepting connections, finish, or stop at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio


class ShutdownEvent:
    """Announces the phases of a graceful shutdown to the application. Each phase begins once.

    While draining, the server reports that it is not ready but still serves new requests. Once it stops, it
    accepts no connection: calls under way are finished, and streams that would last for ever must end.
    """

    def __init__(self) -> None:
        self._draining = anyio.Event()
        self._stopping = anyio.Event()

    @property
    def is_draining(self) -> bool:
        """Whether the shutdown has begun; remains True while the server stops."""
        return self._draining.is_set()

    @property
    def is_stopping(self) -> bool:
        """Whether the server has stopped accepting connections, or is about to."""
        return self._stopping.is_set()

    def start_draining(self) -> None:
        """Begin the first phase. Call this in the event loop."""
        self._draining.set()

    def start_stopping(self) -> None:
        """Begin the second phase. Call this in the event loop."""
        self._draining.set()
        self._stopping.set()

    async def wait_until_draining(self) -> None:
        """Return once the shutdown has begun."""
        await self._draining.wait()

    async def wait_until_stopping(self) -> None:
        """Return once the server stops."""
        await self._stopping.wait()


class ShutdownController:
    """Starts the shutdown of the server that runs in the current task, from a signal handler or the loop."""

    def __init__(self) -> None:
        self.is_requested = False
        self._is_forced = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._event: ShutdownEvent | None = None

    def request_shutdown(self) -> None:
        """Begin a graceful shutdown."""
        self.is_requested = True
        self._schedule_shutdown()

    def force_shutdown(self) -> None:
        """Stop without waiting for calls under way."""
        self.is_requested = self._is_forced = True
        self._schedule_shutdown()

    @contextmanager
    def bind_current_task(self, event: ShutdownEvent) -> Iterator[None]:
        """Direct requests to the current task and `event`, including a request that came before."""
        self._loop, self._task, self._event = asyncio.get_running_loop(), asyncio.current_task(), event
        self._apply_shutdown()
        try:
            yield
        finally:
            self._loop = None

    @contextmanager
    def suppress_forced_cancellation(self) -> Iterator[None]:
        """End the block early if the shutdown is forced, and continue normally after it."""
        try:
            yield
        except asyncio.CancelledError:
            if not self._is_forced or self._task is None:
                raise
            self._task.uncancel()

    def _schedule_shutdown(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._apply_shutdown)

    def _apply_shutdown(self) -> None:
        if self.is_requested and self._event is not None:
            self._event.start_draining()
        if self._is_forced and self._loop is not None and self._task is not None:
            self._task.cancel()

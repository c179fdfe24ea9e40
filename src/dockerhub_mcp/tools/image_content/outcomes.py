"""Several requests at once, of which any may fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import anyio

from dockerhub_mcp.hub.errors import HubError

T = TypeVar("T")


@dataclass(slots=True)
class Outcome(Generic[T]):
    """The value of a request, or the error that it failed with; neither where nothing was requested."""

    value: T | None = None
    error: HubError | None = None

    async def capture(self, request: Callable[[], Awaitable[T]]) -> None:
        """Send a request and keep what comes of it."""
        try:
            self.value = await request()
        except HubError as error:
            self.error = error


async def capture_all(*requests: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run several captures at once."""
    async with anyio.create_task_group() as tasks:
        for request in requests:
            tasks.start_soon(request)

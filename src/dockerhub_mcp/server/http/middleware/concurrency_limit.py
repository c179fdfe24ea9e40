"""Limit the number of concurrent calls, in total and per caller."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.server.http.scope_keys import LIMIT_KEY, MESSAGE_KEY


class ConcurrencyLimiter:
    """Counts the calls under way.

    Args:
        max_calls: Concurrent calls in total; a further one is rejected with 503.
        max_calls_per_key: Concurrent calls of one caller; a further one is rejected with 429.
    """

    def __init__(self, *, max_calls: int, max_calls_per_key: int) -> None:
        self._max_calls, self._max_calls_per_key = max_calls, max_calls_per_key
        self._calls_by_key: dict[str, int] = {}
        self._active_calls = 0
        self._idle_event: asyncio.Event | None = None  # exists while something waits for it

    @property
    def active_calls(self) -> int:
        """The number of calls under way."""
        return self._active_calls

    def require_capacity(self, limit_key: str) -> None:
        """Check that a further call may start.

        Raises:
            HTTPRejection: A limit is reached.
        """
        if self._active_calls >= self._max_calls:
            msg = "The server has reached its limit of concurrent calls; try again in a moment."
            raise HTTPRejection(503, msg, {"retry-after": "1"})
        if self._calls_by_key.get(limit_key, 0) >= self._max_calls_per_key:
            msg = f"Your limit of {self._max_calls_per_key} concurrent calls is reached; let one finish."
            raise HTTPRejection(429, msg, {"retry-after": "1"})

    def track_call(self, limit_key: str) -> TrackedCall:
        """Return a context manager that counts a call for the duration of the block."""
        return TrackedCall(self, limit_key)

    def start_call(self, limit_key: str) -> None:
        """Count a call until `end_call`."""
        self._active_calls += 1
        self._calls_by_key[limit_key] = self._calls_by_key.get(limit_key, 0) + 1

    def end_call(self, limit_key: str) -> None:
        """Stop counting a call."""
        self._active_calls -= 1
        if remaining := self._calls_by_key[limit_key] - 1:
            self._calls_by_key[limit_key] = remaining
        else:
            del self._calls_by_key[limit_key]
        if not self._active_calls and self._idle_event is not None:
            self._idle_event.set()
            self._idle_event = None

    async def wait_until_idle(self) -> None:
        """Return once no call is under way."""
        while self._active_calls:
            if self._idle_event is None:
                self._idle_event = asyncio.Event()
            await self._idle_event.wait()


class TrackedCall:
    """Counts a call of a `ConcurrencyLimiter` for the duration of a block."""

    __slots__ = ("_limit_key", "_limiter")

    def __init__(self, limiter: ConcurrencyLimiter, limit_key: str) -> None:
        self._limiter, self._limit_key = limiter, limit_key

    def __enter__(self) -> None:
        self._limiter.start_call(self._limit_key)

    def __exit__(self, *_: object) -> None:
        self._limiter.end_call(self._limit_key)


class ConcurrencyLimitMiddleware:
    """Applies a `ConcurrencyLimiter` to JSON-RPC requests.

    Responses and notifications of a client pass freely, because a call under way may be waiting for them.
    """

    def __init__(self, app: ASGIApp, *, limiter: ConcurrencyLimiter) -> None:
        self._app, self._limiter = app, limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPRejection: 503 or 429.
        """
        message = scope.get(MESSAGE_KEY, {})
        if "method" not in message or "id" not in message:
            await self._app(scope, receive, send)
            return
        self._limiter.require_capacity(scope[LIMIT_KEY])
        with self._limiter.track_call(scope[LIMIT_KEY]):
            await self._app(scope, receive, send)

"""Limit the number of open streams, and end them when the server stops."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.server.http.responses import HTTPRejection


class StreamLimiter:
    """Counts the open streams, and ends all of them at once.

    Attributes:
        open_streams: The number of open streams.
        closing: Set to end them.
    """

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self.open_streams = 0
        self.closing = anyio.Event()

    def require_capacity(self) -> None:
        """Check that a further stream may open.

        Raises:
            HTTPRejection: 503.
        """
        if self.open_streams >= self._max_streams:
            msg = "The server has reached its limit of open streams; try again later."
            raise HTTPRejection(503, msg, {"retry-after": "5"})


class StreamLimitMiddleware:
    """Applies a `StreamLimiter` to GET requests: their responses stay open."""

    def __init__(self, app: ASGIApp, *, limiter: StreamLimiter) -> None:
        self._app, self._limiter = app, limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; a stream ends when its client leaves or all streams are closed.

        Raises:
            HTTPRejection: 503.
        """
        if scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        self._limiter.require_capacity()
        closing = self._limiter.closing
        started = ended = False

        async def receive_until_closing() -> Message:
            received: list[Message] = []

            async def cancel_on_closing() -> None:
                await closing.wait()
                tasks.cancel_scope.cancel()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(cancel_on_closing)
                received.append(await receive())
                tasks.cancel_scope.cancel()
            return received[0] if received else {"type": "http.disconnect"}

        async def send_tracked(message: Message) -> None:
            nonlocal started, ended
            started = started or message["type"] == "http.response.start"
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        self._limiter.open_streams += 1
        try:
            await self._app(scope, receive_until_closing, send_tracked)
        finally:
            self._limiter.open_streams -= 1
        if started and not ended and closing.is_set():
            await send({"type": "http.response.body", "body": b""})

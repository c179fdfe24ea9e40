"""Limit the number of open streams, in total, per caller and per address; end them when the server stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.server.http.middleware.fair_share import FairShare, list_shares
from dockerhub_mcp.server.http.responses import HTTPRejection


class StreamLimiter:
    """Counts the open streams, and ends all of them at once.

    Args:
        max_streams: Open streams in total; a further one is rejected with 503.
        max_per_caller: Open streams of one caller; a further one is rejected with 429.
        max_per_address: Open streams from one address.

    Attributes:
        open_streams: The number of open streams.
        closing: Set to end them.
    """

    def __init__(self, max_streams: int, *, max_per_caller: int, max_per_address: int) -> None:
        self._max_streams, self._limits = max_streams, (max_per_caller, max_per_address)
        self._streams_by_share: Counter[FairShare] = Counter()
        self.open_streams = 0
        self.closing = anyio.Event()

    @contextmanager
    def track_stream(self, scope: Scope) -> Iterator[None]:
        """Count a stream for the duration of the block.

        Raises:
            HTTPRejection: 503 or 429.
        """
        if self.open_streams >= self._max_streams:
            msg = "The server has reached its limit of open streams; try again later."
            raise HTTPRejection(503, msg, {"retry-after": "5"})
        shares = list_shares(scope, *self._limits)
        for share in shares:
            if self._streams_by_share[share] >= share.limit:
                msg = f"{share.owner} has reached its limit of {share.limit} open streams; close one."
                raise HTTPRejection(429, msg, {"retry-after": "5"})
        self.open_streams += 1
        self._streams_by_share.update(shares)
        try:
            yield
        finally:
            self.open_streams -= 1
            self._streams_by_share.subtract(shares)
            for share in shares:
                if not self._streams_by_share[share]:
                    del self._streams_by_share[share]


class StreamLimitMiddleware:
    """Applies a `StreamLimiter` to GET requests: their responses stay open."""

    def __init__(self, app: ASGIApp, *, limiter: StreamLimiter) -> None:
        self._app, self._limiter = app, limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; a stream ends when its client leaves or all streams are closed.

        Raises:
            HTTPRejection: 503 or 429.
        """
        if scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
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

        with self._limiter.track_stream(scope):
            await self._app(scope, receive_until_closing, send_tracked)
        if started and not ended and closing.is_set():
            await send({"type": "http.response.body", "body": b""})

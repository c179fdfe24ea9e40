"""The endpoints behind the entrance: streamable HTTP, and the older SSE."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockerhub_mcp.server.http.middleware.body_limit import (
    MAX_BODY_BYTES,
    parse_message,
    read_body,
    replay_body,
)
from dockerhub_mcp.server.http.middleware.concurrency_limit import ConcurrencyLimiter
from dockerhub_mcp.server.http.responses import HTTPRejection

logger = logging.getLogger(__name__)

MESSAGES_PATH = "/messages/"
LIMIT_KEY = "dockerhub_mcp.who"
_ALLOW_POST = {"allow": "POST"}


class StreamLimiter:
    """The streams that stay open: how many there may be, and the end of all of them."""

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self.open_streams = 0
        self.closing = anyio.Event()

    async def serve_stream(self, app: Callable[..., Any], scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a stream until the client leaves or all streams end, and end it in good order.

        Raises:
            Refusal: There are too many.
        """
        if self.open_streams >= self._max_streams:
            msg = "The server has as many streams open as it takes; try again later."
            raise HTTPRejection(503, msg, {"retry-after": "5"})
        begun = ended = False

        async def receive_until_closing() -> Message:
            received: list[Message] = []

            async def cancel_on_closing() -> None:
                await self.closing.wait()
                tasks.cancel_scope.cancel()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(cancel_on_closing)
                received.append(await receive())
                tasks.cancel_scope.cancel()
            return received[0] if received else {"type": "http.disconnect"}

        async def send_tracked(message: Message) -> None:
            nonlocal begun, ended
            begun = begun or message["type"] == "http.response.start"
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        self.open_streams += 1
        try:
            await app(scope, receive_until_closing, send_tracked)
        finally:
            self.open_streams -= 1
        if begun and not ended and self.closing.is_set():
            await send({"type": "http.response.body", "body": b""})


class BodyLimiter:
    """Takes in requests with a body: not too many at once, none too large, too slow or of another kind."""

    def __init__(self, call_limiter: ConcurrencyLimiter, *, body_timeout: float) -> None:
        self._call_limiter, self._body_timeout = call_limiter, body_timeout
        self._upload_limiter = ConcurrencyLimiter(
            max_calls=call_limiter.max_calls, max_calls_per_key=call_limiter.max_calls_per_key
        )

    async def dispatch_request(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole request, then let the application answer it; that counts as a call.

        Answers and notifications do not: a call that is under way may be waiting for them.

        Raises:
            Refusal: It is none that is taken.
            ClientGoneError: The client hung up.
        """
        who = scope[LIMIT_KEY]
        headers = Headers(scope=scope)
        self._upload_limiter.require_capacity(who)
        with self._upload_limiter.track_call(who):
            if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                msg = "Content-Type must be application/json."
                raise HTTPRejection(415, msg)
            body = await read_body(receive, headers.get("content-length"), body_timeout=self._body_timeout)
        message = parse_message(body)
        if "method" not in message or "id" not in message:
            await app(scope, replay_body(body, receive), send)
            return
        self._call_limiter.require_capacity(who)
        with self._call_limiter.track_call(who):
            await app(scope, replay_body(body, receive), send)


class StreamableHTTPEndpoint:
    """The endpoint of streamable HTTP, for both generations of the protocol."""

    def __init__(
        self,
        server: Server[Any],
        body_limiter: BodyLimiter,
        stream_limiter: StreamLimiter,
        *,
        sessions: bool,
        max_sessions: int,
        session_timeout: float,
    ) -> None:
        self._body_limiter, self._stream_limiter, self._sessions = body_limiter, stream_limiter, sessions
        self.session_manager = StreamableHTTPSessionManager(
            server,
            stateless=not sessions,
            max_request_body_size=MAX_BODY_BYTES,
            max_sessions=max_sessions,
            session_idle_timeout=session_timeout,
        )

    @property
    def open_sessions(self) -> int:
        """How many sessions there are; the SDK has no public word for it."""
        return len(self.session_manager._server_instances)  # noqa: SLF001

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            Refusal: It is none that this endpoint takes.
        """
        if scope["method"] == "POST":
            await self._body_limiter.dispatch_request(self.session_manager.asgi_app, scope, receive, send)
        elif not self._sessions:
            msg = (
                "Only POST: this server keeps no sessions (--sessions), so there is no stream to open or end."
            )
            raise HTTPRejection(405, msg, _ALLOW_POST)
        elif scope["method"] == "GET":
            await self._stream_limiter.serve_stream(self.session_manager.asgi_app, scope, receive, send)
        elif scope["method"] == "DELETE":
            await self.session_manager.asgi_app(scope, receive, send)
        else:
            msg = "Only GET, POST and DELETE."
            raise HTTPRejection(405, msg, {"allow": "GET, POST, DELETE"})


class LegacySSE:
    """The two endpoints of the HTTP+SSE transport of 2024: a stream, and a place to post messages to.

    A quiet session stays: its client holds the stream open, and would not open another by itself.
    """

    def __init__(
        self,
        server: Server[Any],
        call_limiter: ConcurrencyLimiter,
        body_limiter: BodyLimiter,
        stream_limiter: StreamLimiter,
    ) -> None:
        self._server, self._call_limiter, self._body_limiter, self._stream_limiter = (
            server,
            call_limiter,
            body_limiter,
            stream_limiter,
        )
        self._transport = SseServerTransport(MESSAGES_PATH, max_request_body_size=MAX_BODY_BYTES)
        server.middleware.append(self._track_session_call)

    async def handle_sse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a session, and serve it until the client leaves.

        Raises:
            Refusal: Another method than GET, or too many streams.
        """
        if scope["method"] != "GET":
            msg = "Only GET: this is the stream of the older SSE; streamable HTTP has a path of its own."
            raise HTTPRejection(405, msg, {"allow": "GET"})
        await self._stream_limiter.serve_stream(self._run_session, scope, receive, send)

    async def handle_post_message(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a message for a session.

        Raises:
            Refusal: It is none that this endpoint takes.
        """
        if scope["method"] != "POST":
            msg = "Only POST: messages of the older SSE transport."
            raise HTTPRejection(405, msg, _ALLOW_POST)
        await self._body_limiter.dispatch_request(self._transport.handle_post_message, scope, receive, send)

    async def _run_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._transport.connect_sse(scope, receive, send) as (inbound, outbound):
            await self._server.run(inbound, outbound, self._server.create_initialization_options())

    async def _track_session_call(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Count the calls of SSE sessions: their POST is answered before the call is."""
        scope = getattr(ctx.request, "scope", {})
        if scope.get("path") != MESSAGES_PATH:
            return await call_next(ctx)
        with self._call_limiter.track_call(scope[LIMIT_KEY]):
            return await call_next(ctx)

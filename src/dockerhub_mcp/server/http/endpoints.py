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

from dockerhub_mcp.server.http.middleware.body_limit import LARGEST, check_message, replay, take_body
from dockerhub_mcp.server.http.middleware.concurrency_limit import Gate
from dockerhub_mcp.server.http.responses import Refusal

logger = logging.getLogger(__name__)

MESSAGES = "/messages/"
WHO = "dockerhub_mcp.who"
_ONLY_POST = {"allow": "POST"}


class Standing:
    """The streams that stay open: how many there may be, and the end of all of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.open = 0
        self.over = anyio.Event()

    async def serve(self, app: Callable[..., Any], scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a stream until the client leaves or all streams end, and end it in good order.

        Raises:
            Refusal: There are too many.
        """
        if self.open >= self._most:
            msg = "The server has as many streams open as it takes; try again later."
            raise Refusal(503, msg, {"retry-after": "5"})
        begun = ended = False

        async def until_over() -> Message:
            received: list[Message] = []

            async def wait_for_it() -> None:
                await self.over.wait()
                tasks.cancel_scope.cancel()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait_for_it)
                received.append(await receive())
                tasks.cancel_scope.cancel()
            return received[0] if received else {"type": "http.disconnect"}

        async def watched(message: Message) -> None:
            nonlocal begun, ended
            begun = begun or message["type"] == "http.response.start"
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        self.open += 1
        try:
            await app(scope, until_over, watched)
        finally:
            self.open -= 1
        if begun and not ended and self.over.is_set():
            await send({"type": "http.response.body", "body": b""})


class Intake:
    """Takes in requests with a body: not too many at once, none too large, too slow or of another kind."""

    def __init__(self, gate: Gate, *, body_within: float) -> None:
        self._gate, self._body_within = gate, body_within
        self._arriving = Gate(most=gate.most, each=gate.each)

    async def pass_on(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole request, then let the application answer it; that counts as a call.

        Answers and notifications do not: a call that is under way may be waiting for them.

        Raises:
            Refusal: It is none that is taken.
            ClientGoneError: The client hung up.
        """
        who = scope[WHO]
        headers = Headers(scope=scope)
        self._arriving.check(who)
        with self._arriving.inside(who):
            if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                msg = "Content-Type must be application/json."
                raise Refusal(415, msg)
            body = await take_body(receive, headers.get("content-length"), within=self._body_within)
        message = check_message(body)
        if "method" not in message or "id" not in message:
            await app(scope, replay(body, receive), send)
            return
        self._gate.check(who)
        with self._gate.inside(who):
            await app(scope, replay(body, receive), send)


class StreamableHTTP:
    """The endpoint of streamable HTTP, for both generations of the protocol."""

    def __init__(
        self,
        server: Server[Any],
        intake: Intake,
        standing: Standing,
        *,
        sessions: bool,
        max_sessions: int,
        session_timeout: float,
    ) -> None:
        self._intake, self._standing, self._sessions = intake, standing, sessions
        self.manager = StreamableHTTPSessionManager(
            server,
            stateless=not sessions,
            max_request_body_size=LARGEST,
            max_sessions=max_sessions,
            session_idle_timeout=session_timeout,
        )

    @property
    def open_sessions(self) -> int:
        """How many sessions there are; the SDK has no public word for it."""
        return len(self.manager._server_instances)  # noqa: SLF001

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            Refusal: It is none that this endpoint takes.
        """
        if scope["method"] == "POST":
            await self._intake.pass_on(self.manager.asgi_app, scope, receive, send)
        elif not self._sessions:
            msg = (
                "Only POST: this server keeps no sessions (--sessions), so there is no stream to open or end."
            )
            raise Refusal(405, msg, _ONLY_POST)
        elif scope["method"] == "GET":
            await self._standing.serve(self.manager.asgi_app, scope, receive, send)
        elif scope["method"] == "DELETE":
            await self.manager.asgi_app(scope, receive, send)
        else:
            msg = "Only GET, POST and DELETE."
            raise Refusal(405, msg, {"allow": "GET, POST, DELETE"})


class OlderSSE:
    """The two endpoints of the HTTP+SSE transport of 2024: a stream, and a place to post messages to.

    A quiet session stays: its client holds the stream open, and would not open another by itself.
    """

    def __init__(self, server: Server[Any], gate: Gate, intake: Intake, standing: Standing) -> None:
        self._server, self._gate, self._intake, self._standing = server, gate, intake, standing
        self._transport = SseServerTransport(MESSAGES, max_request_body_size=LARGEST)
        server.middleware.append(self._count)

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a session, and serve it until the client leaves.

        Raises:
            Refusal: Another method than GET, or too many streams.
        """
        if scope["method"] != "GET":
            msg = "Only GET: this is the stream of the older SSE; streamable HTTP has a path of its own."
            raise Refusal(405, msg, {"allow": "GET"})
        await self._standing.serve(self._session, scope, receive, send)

    async def message(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a message for a session.

        Raises:
            Refusal: It is none that this endpoint takes.
        """
        if scope["method"] != "POST":
            msg = "Only POST: messages of the older SSE transport."
            raise Refusal(405, msg, _ONLY_POST)
        await self._intake.pass_on(self._transport.handle_post_message, scope, receive, send)

    async def _session(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._transport.connect_sse(scope, receive, send) as (inbound, outbound):
            await self._server.run(inbound, outbound, self._server.create_initialization_options())

    async def _count(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Count the calls of SSE sessions: their POST is answered before the call is."""
        scope = getattr(ctx.request, "scope", {})
        if scope.get("path") != MESSAGES:
            return await call_next(ctx)
        with self._gate.inside(scope[WHO]):
            return await call_next(ctx)
